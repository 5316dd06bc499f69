"""Further whole names of columns of tills and web shops, by role; plain names, as those of `words_of_languages`.

In the order of German, French, Spanish, Portuguese, Italian, Dutch, Polish, Czech, Turkish, Russian, Japanese, Korean,
Vietnamese, Thai and Indonesian.
"""

from collections.abc import Mapping
from typing import Final

TILLS: Final[Mapping[str, str]] = {
    "receipt": r"transaktionsnummer|kassenbon|no_piece|pedido|nota_fiscal|(?:no_)?nf|n_nf|documento|scontrino|ordine"
    r"|factuurnummer|transactienummer|kassabon|verkoopnummer|zamowienie|dokument|objednavka|doklad|c_objednavky"
    r"|cislo_prodejky|kod_objednavky|adisyon_no|siparis_kodu|номер_отправления|заказ|документ|オーダーid"
    r"|(?:영수증|주문|거래)_번호|판매번호|주문id|승인번호|빌지번호|don_hang|ma_don|hoa_don"
    r"|หมายเลข(?:คำสั่งซื้อ|ใบเสร็จ|บิล)|ใบเสร็จ|เลขที่ใบกำกับภาษี|no_bukti",
    "moment": r"datum/uhrzeit|verkaufszeitpunkt|(?:erstellt|bestellt|gekauft|verkauft)_am|(?:cree|vendu)_le"
    r"|(?:creado|vendido)_el|criado_em|dt_venda|creato_il|data/h?ora|datum/tijd|aangemaakt_op|utworzono|vytvoreno"
    r"|cas_prodeje|tarih/saat|создан|매출일|ngay_chung_tu|ngay_tao_don|วันเวลา.*|เวลาที่ขาย|tgl(?:_.*)?",
    "store": r"(?:business|operating)_?unit_?(?:id|no|nr|number|code|name)?"
    r"|filialnummer|filialnr|markt(?:nummer|nr)?|laden|geschaft|niederlassung|lieu|agence|point_de_vente"
    r"|establecimiento|sede|ponto_de_venda|estabelecimento|deposito|caixa|pdv|cassa|filiaalnummer|winkel(?:nummer|naam)"
    r"|verkooppunt|magazijn|kassa|lokalizacja|kasa|salon|filia|obchod|pokladna|kod_pobocky|satis_noktasi|касса|салон"
    r"|аптека|倉庫|拠点|レジ|店番|店コード|가맹점명?|포스번호|(?:ma|ten)_(?:cua_hang|chi_nhanh)|diem_ban|quay|จุดขาย"
    r"|เครื่อง_?pos|lokasi|ladu|kauplus|pood",
    "product": r"variantennummer|ugs|gencod|riferimento|streepjescode|kod_paskowy|numer_katalogowy|katalogove_cislo"
    r"|kod_polozky|model_kodu|шк|номенклатурныи_номер|номенклатурный_номер|バーコード|品目コード|独自コード|품번"
    r"|(?:옵션|단품)코드|ma_(?:vat_tu|phan_loai_hang)|หมายเลขสินค้า",
    "product_name": r"produkt(?:titel)?|produit|artigo|mercadoria|designacao|concepto|detalle|articolo|prodotto"
    r"|(?:product|artikel)naam|asortyment|artykul|zbozi|polozka|artikl|urun_(?:aciklamasi|ismi)|cinsi|продукт|позиция"
    r"|品目名?|상품(?:이름)?|메뉴|품목|제품|san_pham|hang_hoa|(?:ten_)?mat_hang|dien_giai|(?:ชื่อ)?เมนู|รายละเอียดสินค้า"
    r"|barang|produk|deskripsi|naziv(?:_(?:artikla|izdelka|proizvoda))?",
    "units": r"net_(?:miktar|adet)"
    r"|absatz|abverkauf|nb|quantites|cdad|piezas|pecas|unita_vendute|stuks|hoeveelheid|aantallen|liczba"
    r"|sprzedano"
    r"|sztuki|prodano|продано|注文数|出荷数|sl_ban(?:_ra)?|so_luong_dat|จน|terjual|banyaknya",
    "price": r"price_vat|p[uv](?:_ttc|_ht)?|pvp"
    r"|p_unitario|vl[r]?_unit(?:ario)?|valor_unit|cena/ks|gia_ban_le|don_gia_ban"
    r"|j_?cena|jedn_?cena|cena_mj|einh_?preis|ราคา(?:/หน่วย|ต่อชิ้น|สินค้า)|หน่วยละ|harga/unit|할인가",
    "amount": r"(?:s|bez)_dph|(?:z|bez)_vat|(?:с|без)_ндс|(?:con|sin|com|sem)_iva|kdv_(?:dahil|haric)"
    r"|(?:inkl|exkl|zzgl|ohne|mit)_(?:mw_?st|u_?st)|(?:with|without|incl|excl|including|excluding|inc|ex)_(?:vat|tax|gst|btw|moms)"
    r"|(?:zeilen|positions)?summe|ca(?:_ttc|_ht)?|chiffre_daffaires(?:_ttc|_ht)?|ventas|venta_neta|facturacion"
    r"|faturamento|receita|imponibile|fatturato|incasso|subtotale|regel(?:totaal|bedrag)|totaal(?:bedrag|prijs)|subtotaal"
    r"|obrot|lacznie|przychod|cena_celkem|celkova_cena|trzba|obrat|ciro|оборот|всего|공급가액|총액"
    r"|(?:tong_)?doanh_thu|tong_cong|doanh_so|(?:tong_)?tien_hang|tong_gia_ban|ราคา(?:รวม|สุทธิ)|ยอดเงิน|มูลค่ารวม"
    r"|nilai(?:_penjualan)?|jumlah_harga",
    "discount": r"rabattbetrag|(?:preis)?nachlass|ermassigung|skonto|reduction|rabais|ristourne|dto|rebaja|bonificacion"
    r"|sconti|abbuono|kortingsbedrag|regelkorting|upust|obnizka|slevy|(?:vyse|castka)_slevy|iskonto(?:_tutari)?"
    r"|할인합계|tien_(?:giam_gia|chiet_khau)|khuyen_mai|so_tien_giam|ส่วนลด(?:สินค้า|รวม)|มูลค่าส่วนลด",
    "customer": r"mitgliedsnummer|kaufer|bonuskarte|(?:no|numero)_(?:de_)?carte_fidelite|adherent|(?:no_)?socio"
    r"|tarjeta_de_fidelidad|contribuinte|carta_fedelta|codice_fidelity|klantenkaart|spaarkaart"
    r"|(?:nr|numer)_karty(?:_lojalnosciowej)?|vernostni_karta|cislo_karty|kart_no|(?:бонусная_карта|карта_лояльности)"
    r"|номер_карты_лояльности|(?:ポイント)?カード番号|멤버십번호|회원카드번호|(?:so_)?dien_thoai(?:_khach_hang)?|ma_the"
    r"|nguoi_mua|ten_kh|ma_thanh_vien|เบอร์โทร(?:ศัพท์|ลูกค้า)?|หมายเลขสมาชิก|ผู้ซื้อ",
    "on_hand": r"counted(?:_(?:qty|quantity|units|stock))?|physical_(?:count|qty|quantity|stock)"
    r"|(?:实盘|盘点|实存)(?:数量?|库存)|gezahlt(?:e_menge)?|lagermenge|menge_auf_lager|verfugbar(?:er?_bestand)?|(?:ist|aktueller)_bestand"
    r"|stock_(?:disponible|actuel|reel|physique|actual)|(?:qte|quantite|cantidad)_en_stock|disponible"
    r"|(?:saldo_em_)?estoque(?:_atual|_disponivel)?|(?:estoque_)?fisico|n_saldo"
    r"|quantidade_em_estoque|esistenza|disponibilita|scorta"
    r"|giacenza_attuale|quantita_disponibile|(?:q_?ta|quantita)_in_magazzino|op_voorraad|beschikbaar|voorraadaantal"
    r"|(?:huidige|technische|vrije)_voorraad|dostepne|ilosc_(?:na_stanie|dostepna|w_magazynie)|stan_magazynu|zapas"
    r"|zasoba|na_sklade|dostupne|mnozstvi_na_sklade|stav_zasoby|pocet_kusu_skladem|mevcut(?:_stok)?|stok_bakiyesi"
    r"|доступно|количество_на_складе|в_наличии|наличие|(?:конечный|свободный)_остаток|остаток,?_шт"
    r"|(?:有効|理論)在庫数?|実在庫数?|在庫(?:数量|残)|기말재고|sl_ton|ton_(?:kho_)?hien_tai|co_the_ban|คงคลัง"
    r"|persediaan|saldo_akhir|sisa|qty_stok",
    "unit_cost": r"inkoop(?:s?prijs)?|kostprijs|indkobspris|costo_unitario|precio_(?:de_)?(?:compra|costo)|p_?costo"
    r"|prezzo_(?:di_|d_)?acquisto|preco_(?:de_)?(?:custo|compra)|custo_unitario|prix_d_?_?achat|pa_(?:ht|ttc)"
    r"|pret_(?:de_)?achizitie|buying(?:_price)?|ek_netto|采购(?:单)?价|進貨價|nabavna_cijena|nabavna_cena",
    "status": r"(?:bestell|auftrags)status|(?:beleg|vorgangs)art|statut(?:_commande)?|etat_de_la_commande"
    r"|type_de_(?:ticket|document)|estado_(?:del?_)?pedido|tipo_(?:de_)?(?:documento|comprobante)|estatus"
    r"|status_do_pedido|stato_ordine|bestelstatus|status_zamowienia|(?:typ|rodzaj)_dokumentu|(?:typ|druh)_dokladu"
    r"|(?:fis|belge)_turu|признак_расчета|(?:対応|注文)状況|(?:거래|전표|판매|매출|영수증)구분|거래유형"
    r"|trang_thai_don_hang|tinh_trang|loai_(?:hoa_don|chung_tu)|สถานะ(?:คำสั่งซื้อ|บิล|การสั่งซื้อ)|ประเภทเอกสาร"
    r"|status_(?:pesanan|transaksi)|jenis_transaksi",
}
"""Role -> pattern of plain names."""
