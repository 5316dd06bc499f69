"""Names of columns of stock, goods and people in further languages, as plain names without accents.

Thai, Vietnamese, Indonesian, Turkish, Arabic, Korean, Japanese, Polish, Czech, Hungarian, Greek, Nordic, Finnish and
Hebrew.
"""

from collections.abc import Mapping
from typing import Final

LISTS: Final[Mapping[str, str]] = {
    "on_hand": (
        r"คงเหลือ(?:_?สุทธิ)?|(?:จำนวน|ยอด|สินค้า|สต[๊็]?อ[กค])_?คงเหลือ|ยอดสต[๊็]?อก|สต[๊็]?อ[กค]"
        r"|(?:stock|estoque|saldo|giacenza|existencias?|voorraad)_(?:atual|actual|actuel|attuale|fisic[oa]|physique|real|reel"
        r"|current|disponible|disponivel|disponibile|beschikbaar)|(?:aktueller|verfugbarer)_bestand"
        r"|lagermenge|ton(?:_kho)?|so_luong_ton(?:_kho)?|ton_cuoi(?:_ky)?"
        r"|stok(?:_(?:akhir|barang|tersedia|saat_ini|miktari|adedi))?|(?:sisa|jumlah)_stok"
        r"|(?:mevcut|eldeki|depo)_(?:stok|miktar)|kalan(?:_miktar)?"
        r"|(?:ال)?(?:مخزون|رصيد)(?:_(?:ال)?(?:حالي|متاح|متوفر))?|الكمية_المتوفرة"
        r"|(?:현재?|가용|실)_?재고(?:량|수량?)?|재고량|在庫残|現在庫(?:数)?|stan_(?:magazynowy|aktualny)"
        r"|zapas|skladem|stav_(?:zasob|skladu)|keszlet|αποθεμα|υπολοιπο|varastosaldo|lagersaldo|(?:lager_?|vare_?)?beholdning|(?:lager_?)?behallning|(?:pa|i)_lager|bestand_(?:im|am|auf)_lager|מלאי"
    ),
    "on_order": (
        r"i_(?:bestilling|bestallning|ordre|order)|bestilt(?:_antall?)?|(?:สินค้า)?ระหว่าง(?:ทาง|สั่งซื้อ)|dang_(?:ve|dat)|hang_dang_ve|dalam_(?:perjalanan|pesanan)"
        r"|yoldaki(?:_miktar)?|siparis_edilen|입고_?예정(?:수량)?|미입고(?:수량)?|入荷予定(?:数)?"
    ),
    "unit_cost": (
        r"(?:ราคา)?ต้นทุน(?:เฉลี่ย|ต่อหน่วย)?|ราคาทุน|gia_von|gia_nhap|harga_(?:pokok|beli|modal)|hpp"
        r"|(?:birim_)?maliyeti?|alis_fiyati?|(?:سعر_)?(?:ال)?(?:تكلفة|شراء)"
        r"|(?:매입|입고|구매)_?(?:단가|가|원가)|(?:평균_?)?원가|原価|仕入(?:単価|価格|値)|cena_(?:zakupu|nabycia|hurtowa)(?:_(?:netto|brutto))?"
        r"|nakupni_cena|beszerzesi_ar|τιμη_αγορασ|ostohinta|inkopspris|innkjopspris|kostpris"
    ),
    "list_price": (
        r"ราคา(?:ป้าย|ปกติ|เต็ม)|gia_niem_yet|gia_goc|harga_(?:eceran|normal|katalog)|liste_fiyati|정가"
        r"|소비자_?가|定価|上代|希望小売価格"
    ),
    "category": (
        r"หมวดหมู่(?:สินค้า)?|หมวด|ประเภท(?:สินค้า)?|กลุ่มสินค้า|nhom_(?:hang|hang_hoa|san_pham)|danh_muc"
        r"|loai_hang|kategori(?:_(?:barang|produk))?|kelompok(?:_barang)?"
        r"|(?:urun_)?(?:kategori(?:si)?|grubu)|stok_grubu|(?:ال)?(?:فئة|تصنيف|مجموعة|قسم)"
        r"|(?:상품_?|제품_?)?(?:분류|카테고리)(?:명)?|(?:商品)?(?:分類|カテゴリー?|部門)(?:名)?|kategoria"
        r"|grupa(?:_towarowa)?|kategorie|skupina|termekcsoport|κατηγορια|tuoteryhma|varugrupp|varegruppe"
        r"|קטגוריה"
    ),
    "subcategory": (
        r"pod(?:grupa|kategoria)(?:_towarow[aey])?|pod(?:kategorie|skupina)|untergruppe|unterkategorie|unterwarengruppe"
        r"|sous_?(?:categorie|famille|rayon)|sub_?(?:categoria|familia|grupo|famiglia|rubro)|sottocategoria|sottofamiglia"
        r"|subcategorie|subgroep|subgrupa|alcsoport|alkategoria|υποκατηγορια|alt_(?:kategori|grup)(?:_adi)?|alaryhma"
        r"|под(?:категория|группа)|підкатегорія|підгрупа|sub_?kategori|nhom_con|小分類|소분류"
    ),
    "brand": (
        r"(?:ยี่ห้อ|แบรนด์)|thuong_hieu|nhan_hieu|merek?|marka(?:_adi)?|(?:ال)?(?:ماركة|علامة_التجارية)"
        r"|브랜드(?:명)?|ブランド(?:名)?|メーカー(?:名)?|znacka|마크|producent|vyrobce|fabrikant|produttore|gyarto|uretici|tillverkare|valmistaja|производитель"
    ),
    "joined_on": (
        r"(?:date_(?:d_?)?)?inscription|date_de_creation_du_compte|fecha_de_(?:registro|alta)|data_(?:di_)?iscrizione"
        r"|anmelde(?:datum|tag)|registriert(?:_am)?"
        r"|วันที่(?:สมัคร(?:สมาชิก)?|เป็นสมาชิก|ลงทะเบียน)|ngay_(?:tham_gia|dang_ky|tao_khach)"
        r"|tanggal_(?:daftar|gabung|bergabung|registrasi)|(?:uyelik|kayit)_tarihi"
        r"|تاريخ_(?:التسجيل|الانضمام)|(?:회원_?)?(?:가입|등록)_?(?:일시?|일자|날짜)"
        r"|(?:会員)?(?:登録|入会)(?:日時?|年月日)|data_(?:rejestracji|przystapienia|de_cadastro)"
        r"|datum_registrace|regisztracio(?:_datuma)?|registreringsdato|rekisteroitymispaiva"
    ),
    "birth_date": (
        r"วัน(?:เดือนปี)?เกิด|ngay_sinh|tanggal_lahir|dogum_(?:tarihi|gunu)|تاريخ_الميلاد|생일|生年月日"
        r"|誕生日|data_(?:urodzenia|de_nascimento)|datum_narozeni|szuletesi_(?:datum|ido)"
    ),
}
"""Role -> pattern of plain names; a name that several languages share is in the first of them."""
