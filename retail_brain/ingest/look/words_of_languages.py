"""Names of columns in further languages, as plain names without accents.

Portuguese, Turkish, Vietnamese, Polish, Indonesian, Nordic, Finnish, Czech, Hungarian, Greek, Arabic, Thai, Hebrew.
"""

from collections.abc import Mapping
from typing import Final

from retail_brain.ingest.look.words_of_lists import LISTS

FURTHER: Final[Mapping[str, str]] = {
    **LISTS,
    "receipt": r"n(?:umero|o|r|ro)?_(?:de_|do_|da_)?(?:pedido|venda|venta|cupom|nota|documento|boleta|factura"
    r"|folio|comprobante)|folio|boleta|cupom|comprobante|kvitto|paragon|(?:siparis|fis|fatura|belge|satis|islem)_(?:no|numarasi)|(?:ma|so)_(?:hoa_don|don_hang|phieu|chung_tu|giao_dich)"
    r"|(?:nr|numer)_(?:zamowienia|paragonu|faktury|dokumentu|transakcji)|no(?:mor)?_(?:struk|transaksi|pesanan|faktur|nota)"
    r"|id_pesanan|(?:kvitto|bong|kvittering|ordre)s?(?:nummer|nr)|kuitti(?:numero|nro)?|tilausnumero"
    r"|(?:cislo_)?(?:uctenk[ay]|dokladu|objednavky)|(?:bizonylat|nyugta|szamla|rendeles)(?:szam|_szama)"
    r"|(?:αρ(?:ιθμοσ)?_)?(?:αποδειξησ|παραστατικου|παραγγελιασ)|παραστατικο|رقم_(?:الفاتورة|الطلب|الايصال|الإيصال)"
    r"|เลขที่(?:ใบเสร็จ|บิล|เอกสาร|คำสั่งซื้อ)|(?:מספר|מס)_(?:קבלה|חשבונית|הזמנה|עסקה)"
    r"|nr_(?:iesire|bon(?:_fiscal)?|factura|document|comanda|doc)",
    "moment": r"opened|closed|apertura|chiusura|(?:bon|beleg|vorgangs?)_?(?:start|beginn|ende|datum|zeit)"
    r"|data_(?:da_venda|do_pedido|de_emissao|emissao|hora|sprzedazy|zamowienia|transakcji|wystawienia"
    r"|paragonu)|(?:(?:siparis|fis|satis|islem|fatura)_)?tarihi?|thoi_gian(?:_.*)?|ngay(?:_(?:ban|hoa_don|dat_hang|gio|tao))?"
    r"|(?:tanggal|waktu)(?:_.*)?|(?:salgs|ordre|kjops|kobs)?dato|forsaljningsdatum|(?:pvm|paivays|paivamaara|myyntipaiva)"
    r"|datum_(?:prodeje|objednavky)|kelt|idopont|ημερομηνια(?:_.*)?|(?:ال)?تاريخ(?:_.*)?|วันที่.*|תאריך(?:_.*)?",
    "time": r"saati?|gio|godzina|jam|klokkeslett|klokkeslaet|klockslag|(?:kellon)?aika|cas|ωρα|الوقت|الساعة|เวลา|שעה"
    r"|hora(?:_da_venda)?",
    "store": r"(?:benzin_|akaryakit_)?istasyon[u]?|tankstelle|stacja(?:_paliw)?"
    r"|estacion(?:_de_servicio)?|eczane|apteka|apothek[ae]?|apotek|apotheek|farmacia|pharmac(?:y|ie)|lekar(?:na|en)|ljekarna|gyogyszertar|φαρμακειο"
    r"|заклад|торгова_точка|punto_(?:di_|de_)?v(?:endita|enta)|organi[sz]ation|organizacion"
    r"|loja|(?:magaza|sube)(?:_(?:adi|kodu|no))?|chi_nhanh|cua_hang|sklep|punkt_sprzedazy|toko|cabang|gerai"
    r"|(?:ال)?موقع|butikk?|avdeling|afdeling|myymala|toimipiste|prodejna|pobocka|bolt|uzlet|telephely|καταστημα|الفرع|المتجر|المعرض"
    r"|(?:ชื่อ|รหัส)?(?:สาขา|ร้าน(?:ค้า)?|คลัง(?:สินค้า)?)(?:/(?:สาขา|คลัง|ร้าน))?|kho(?:_hang)?|gudang|(?:depo|ambar)(?:_adi)?|المستودع|סניף|חנות"
    r"|gestiune|(?:cod|den(?:umire)?)_gest(?:iune)?",
    "product": r"(?:urun|stok|malzeme)_(?:kodu|no)|barkod(?:_no)?|ma_(?:hang|hang_hoa|san_pham|vach|sp)"
    r"|(?:kod|symbol|indeks)_(?:towaru|produktu|kreskowy)|kode_(?:barang|produk|item)|varenr|varenummer|artikelnr"
    r"|tuote(?:numero|nro|koodi)|viivakoodi|kod_(?:zbozi|produktu)|carovy_kod|cikkszam|termekkod|vonalkod"
    r"|κωδικοσ|κωδ(?:ικοσ)?_?(?:ειδουσ|προιοντοσ|υλικου)|(?:رمز|كود|رقم)_(?:الصنف|المنتج)|الباركود|(?:รหัส|เลข)สินค้า|(?:รหัส)?บาร์โค้ด|מקט|ברקוד"
    r"|קוד_(?:פריט|מוצר)|cod_(?:art(?:icol)?|produs|bare)",
    "product_name": r"(?:artikel|waren|produkt)_?(?:text|bezeichnung|name)"
    r"|(?:urun|stok|malzeme)_adi|urun|ten_(?:hang|hang_hoa|san_pham|sp)"
    r"|nazwa(?:_(?:towaru|produktu))?|towar|nama_(?:barang|produk|item)|benamning|varenavn|tuote(?:nimi)?|nazev(?:_(?:zbozi|produktu))?|termek(?:nev)?"
    r"|megnevezes|cikknev|περιγραφη|ειδοσ|προιον|(?:اسم_)?(?:الصنف|المنتج)|(?:ชื่อ)?(?:สินค้า|รายการ)(?:สินค้า)?|שם_(?:פריט|מוצר)|תיאור"
    r"|den(?:umire)?_(?:art(?:icol)?|produs)"
    r"|descricao(?:_do_produto)?|nome_do_produto|produto",
    "units": r"adet|miktar|so_luong(?:_san_pham|_ban)?|sl|ilosc(?:_sztuk)?|szt|jumlah|kuantitas|antall?|maara"
    r"|kpl|mnozstvi|pocet(?:_kusu)?"
    r"|mennyiseg|darab|ποσοτητα|τεμαχια|(?:ال)?(?:كمية|عدد)(?:_المباعة)?|จำนวน(?:ชิ้น|ที่ขาย|ขาย|หน่วย|สินค้า)?|ปริมาณ|כמות"
    # as lists of narrow columns shorten them; inside a longer name these letters mean something else
    r"|q_ta|anz|stck|pz|uds?|unids?|ks|db|kol|kom|buc(?:ati)?|к_во|к_сть|ποσ|판매량|(?:판매)?개수|件|个数",
    "price": r"stk_?(?:br(?:utto)?|preis)"
    r"|birim_fiyati?|fiyat|don_gia|gia(?:_ban|_san_pham)?|cena(?:_(?:jednostkowa|brutto|netto"
    r"|sprzedazy|za_kus|za_jednotku))?"
    r"|harga(?:_(?:satuan|jual))?|(?:styck|enhets|stk)_?pris|a_pris|pris|(?:yksikko|a_?)?hinta|jednotkova_cena|egysegar"
    r"|τιμη(?:_μοναδασ)?|سعر_الوحدة|السعر|ราคา(?:ต่อหน่วย|ขาย)?|מחיר(?:_.*)?|valor_unitario",
    "amount": r"valor_total(?:_.*)?|(?:toplam_|satir_|faturalanacak_)?tutari?|toplam"
    r"|(?:thanh|tong|so)_tien|doanh_thu|gia_tri"
    r"|wartosc(?:_(?:brutto|sprzedazy))?|kwota(?:_brutto)?|razem|total_harga|belopp?|belob|summa|sum|yhteensa|castka|celkem"
    r"|osszeg|ertek|osszesen|(?:(?:καθ(?:αρη)?|συν(?:ολικη)?|τελικη)_?)?αξια|συνολο|ποσο|(?:ال)?(?:اجمالي|إجمالي|مبلغ)(?!_(?:ال)?(?:كمي|عدد|مخزون|رصيد))(?:_.*)?|ยอดรวม|ยอดขาย(?:สุทธิ)?|ยอดสุทธิ|รวม(?:เงิน|ทั้งสิ้น)?|จำนวนเงิน|มูลค่า"
    r"|סהכ|סכום",
    "discount": r"indirim(?:_tutari)?|giam_gia|chiet_khau|rabatt?|diskon|potongan|alennus|sleva|kedvezmeny|εκπτωση"
    r"|(?:ال)?خصم|ส่วนลด|הנחה",
    "customer": r"(?:n(?:o|r|umero)?_)?tessera|business_partner|klant(?:nr|nummer|code)?"
    r"|musteri_(?:no|kodu|id|numarasi)|(?:(?:ma|ten|sdt|so_dien_thoai|email)_)?khach(?:_hang)?|ma_kh|(?:取引先|得意先)(?:コード|番号|id|名)?|(?:客商|往来户)(?:编码|编号|名称)?|(?:nr|id|kod)_klienta|klient"
    r"|(?:id|kode)_pelanggan|pelanggan|kund(?:nummer|nr)|medlems(?:nummer|nr)|asiakas(?:numero|nro)?|(?:cislo_)?zakaznika?|vevo(?:kod)?|ugyfel"
    r"|πελατησ|κωδ(?:ικοσ)?_?πελατη|(?:رقم_)?العميل|(?:รหัส|ชื่อ)?(?:ลูกค้า|สมาชิก)|เลข(?:ที่)?สมาชิก|ชื่อผู้ใช้|(?:מספר_)?לקוח|(?:מספר_|מס_)?(?:כרטיס_)?(?:מועדון|חבר(?:_מועדון)?)"
    r"|(?:cpf|cnpj|rut|nif|dni)(?:[/_].*)?",
    "status": r"(?:siparis_)?(?:statusu|durumu?)|trang_thai|tila|stav(?:_objednavky)?|allapot|statusz|κατασταση"
    r"|(?:ال)?حالة(?:_.*)?|وضعیت|สถานะ|סטטוס|situacao(?:_.*)?",
}
"""Role -> pattern of plain names; a name that several languages share is in the first of them."""

NET_SALES: Final = (
    r"net_sales|ventas_netas|vendas_liquidas|ventes_nettes|netto_?(?:verkaufe|umsatz|omzet)|vendite_nette"
    r"|чистые_продажи|penjualan_bersih|doanh_thu_thuan|ยอดขายสุทธิ|純売上(?:高|額)?|순_?매출(?:액)?|净销售(?:额|金额)"
    r"|net_satis(?:lar)?|sprzedaz_netto"
)
"""Sales after discounts: what was paid for a line."""
GROSS_SALES: Final = (
    r"gross_sales|ventas_brutas|vendas_brutas|ventes_brutes|brutto_?(?:verkaufe|umsatz|omzet)|vendite_lorde"
    r"|валовые_продажи|penjualan_kotor|doanh_thu_gop|ยอดขายรวม|総売上(?:高|額)?|총_?매출(?:액)?|(?:总|毛)销售(?:额|金额)"
    r"|brut_satis(?:lar)?|sprzedaz_brutto"
)
"""Sales before discounts, which count where no net ones are there."""
