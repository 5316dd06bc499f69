"""Words of kinds of documents and rows that are no sales to people: quotations, purchases, transfers, counts, losses.

Languages in the order of `words_of_states`. Texts are in small letters.
"""

from typing import Final

SOLD: Final = (
    r"(?:\bsales?\b|\bsold\b|\bsell|\binvoice|\breceipt|verk[aä]uf|rechnung|beleg|verkoop|factuur|\bvente|facture"
    r"|\bventa"
    r"|factura|\bvenda|fatura\b|vendit|fattura|scontrino|sprzeda|faktura|paragon|prodej|účtenk|predaj|продаж"
    r"|реализац|чек\b"
    r"|v[aâ]nzar|elad[aá]s|számla|πώληση|πωληση|sat[ıi]ş|försäljning|forsälj|salg|myynti|bán hàng|penjualan|ขาย|بيع"
    r"|מכיר"
    r"|销售|零售|出售|売上|販売|판매|매출)"
)
"""A plain sale, beside which a kind called `Purchase` is what the shop bought."""
BOUGHT: Final = (
    r"(?:\bpurchase|\bgoods received|\bgrn\b|einkauf|wareneingang|inkoop|\bachat|\bcompra|\bacquist|\bzakup|n[aá]kup"
    r"|закуп|приход|поступлен|закупів|achizi|beszerz|αγορ[αά]|al[ıi]ş\b|al[ıi]m\b|ink[oö]p|indk[oø]b|innkj[oø]p"
    r"|osto\b"
    r"|nhập hàng|mua hàng|pembelian|ซื้อ|شراء|רכש|采购|進貨|进货|入库|仕入|入庫|매입|입고)"
)
"""What a shop buys; a purchase is the sale itself where no other kind is called a sale."""
NO_SALE: Final = (
    r"(?:\bquot(?:e|ation)|\bestimate|pro ?forma|\bproposal|angebot|kostenvoranschlag|offerte|\bdevis\b|cotizaci"
    r"|presupuest"
    r"|or[cç]amento|preventivo|\boferta|wycena|nab[ií]dk|ponuk|предложен|смет[аы]|пропозиц|ofert[aă]|aj[aá]nlat"
    r"|προσφορ"
    r"|teklif|tilbud|tarjous|báo giá|penawaran|ใบเสนอราคา|عرض سعر|הצעת מחיר|报价|報價|見積|견적"
    r"|\btransfer|umlagerung|umbuchung|overboeking|transfert|traspas|transfer[eê]n|trasferiment|przesuni|p[rř]evod"
    r"|перемещ|переміщ|mutare|átad[aá]s|μεταφορ|transferi|överföring|overf[oø]r|siirto|chuyển kho|調撥|调拨|移库"
    r"|移動|이동"
    r"|\bstock ?(?:count|take|taking)|\binventory (?:count|adjust)|inventur|voorraadtelling|inventaire|recuento"
    r"|contagem|inwentaryz|inventura|инвентариз|інвентариз|inventariere|lelt[aá]r|απογραφ|say[ıi]m|inventering"
    r"|kiểm kê"
    r"|stok opname|盘点|盤點|棚卸|재고 ?(?:조사|실사)"
    r"|\bloss|\bdamage|\bwast(?:e|age)|\bwrite[- ]?off|\bshrink|\bspoil|\bbreakage|schwund|bruch\b|verlust"
    r"|abschreibung"
    r"|derving|\bperte|\bcasse\b|\bmerma|p[eé]rdida|\bperda|\bquebra|perdit|\bscarto|\bstrat[ay]\b|ztr[aá]t|manko"
    r"|списан"
    r"|потер|недостач|spisani|pierder|selejt|απ[ωώ]λει|zayi|svinn|h[aä]vikki|hủy hàng|kerusakan|报损|報損|损耗|报废"
    r"|廃棄|ロス|폐기|파손"
    r"|\bstock (?:adjust|correct)|\badjustment|bestandskorrektur|ajuste|rettifica|регулир|корректировк\w* остат"
    r"|调整|調整|조정"
    r"|(?:return|refund)\w* to (?:supplier|vendor)|(?:supplier|vendor|purchase|stock) return|lieferantenr[uü]ck"
    r"|retour fournisseur|devoluci[oó]n a proveedor|reso a fornitore|zwrot do dostawcy|возврат поставщик|采购退"
    r"|进货退|退供"
    r"|仕入返品|仕入先返品|매입 ?반품"
    r"|\btraining\b|\btest(?:s|ing)?\b|\bpractice\b|\bdemo\b|schulung|übung|\bformation\b|capacitaci|treinamento"
    r"|szkolen|školen"
    r"|обучен|тест|навчан|eğitim|练习|培训|測試|测试|トレーニング|練習|연습|훈련"
    r"|\b(?:cash|pay|paid)[- ]?(?:in|out)s?\b|\bopening (?:float|balance)|\bdrawer|\bno ?sale\b|\bfloat\b"
    r"|kassensturz|einlage"
    r"|entnahme|внесен|изъят|инкассац|wp[lł]ata|wyp[lł]ata)"
)
"""Kinds of documents and rows that sell nothing to people."""
STATES_OF_SALES: Final = (
    r"(?:\bcomplet|\bdone\b|\bfinish|\bfinal|\bpaid\b|\bship|\bsent\b|\bdispatch|\bdeliver|\bfulfil|\bclosed?\b"
    r"|\bconfirm|\baccept"
    r"|\bapprov|\bactive\b|\bvalid\b|\bnormal|\bok\b|\bsuccess|\bsettled|\bposted|\binvoiced|\bready\b|\bpick"
    r"|\bpack|\breceived"
    r"|\bprocess|\bcollect|\bprint|\bregular|\bnew\b|\bcaptured|\bauthori|\bredeemed|\bbilled|\bin progress"
    r"|\bpreparing"
    r"|abgeschlossen|erledigt|bezahlt|versendet|versandt|geliefert|zugestellt|fertig|gültig|gebucht|neu\b|bearbeitung"
    r"|bestätigt|abgeholt|voltooid|betaald|verzonden|geleverd|afgerond|nieuw\b|afgehaald|termin|pay[ée]|exp[ée]di"
    r"|livr[ée]"
    r"|valid[ée]|en cours|trait[ée]|factur|pagad|enviad|entregad|completad|finaliz|acreditad|aprobad|vigente"
    r"|en proceso"
    r"|conclu[ií]d|pag[oa]\b|entregue|faturad|aprovad|ativ[oa]|emitid|completat|spedit|consegnat|evas[oa]|confermat"
    r"|chius"
    r"|zrealiz|zako[nń]cz|op[lł]acon|wys[lł]an|dostarcz|przyj[eę]t|nowe|w realizacji|dokon[cč]en|zaplacen|odesl[aá]n"
    r"|doru[cč]en|vyřízen|vybaven|uhrazen|выполн|заверш|оплач|отправ|доставлен|закрыт|выдан|провед[её]н|принят|новый"
    r"|обработ|викона|сплач|відправ|отрима|проведен|finalizat|pl[aă]tit|expediat|livrat|teljesít|fizetv|kiszállít"
    r"|lezárt"
    r"|ολοκληρ|πληρωμ|αποστολ|παραδ|tamamland|ödendi|kargo|teslim|onayland|gönderil|hazırlan|aktif|slutf|betald"
    r"|betalt|skickad"
    r"|levere|afsendt|fuldf|fullf|ferdig|valmis|maksettu|lähetet|toimitet|hoàn (?:thành|tất)"
    r"|đã (?:thanh toán|giao|gửi)"
    r"|thành công|selesai|lunas|dikirim|diterima|berhasil|สำเร็จ|ชำระแล้ว|จัดส่ง|เสร็จ|مكتمل|مدفوع|تم ال|שולם|הושלם"
    r"|נשלח|נמסר"
    r"|完成|已付|已支付|已发|已發|发货|發貨|已收|已结|结算|签收|已审核|正常|有效|待发|待收|待评|成功|派送|配送|完了"
    r"|済|出荷|発送|受付"
    r"|準備中|有効|正常|완결|완료|배송|발송|결제됨|입금 ?확인|정상|구매 ?확정)"
)
"""Words of orders that were sold, or are on their way."""
OF_DISPATCH: Final = (
    r"(?:ship|deliver|fulfil|dispatch|versand|liefer|bezorg|verzend|exp[ée]di|livrais|env[ií]o|entrega|spediz"
    r"|consegn|dostaw"
    r"|wysy[lł]|doruc|dodani|доставк|отгруз|kargo|teslim|leveran|levering|toimitus|giao|pengiriman|จัดส่ง|الشحن|משלוח"
    r"|发货|發貨|物流|配送|出荷|発送|배송|발송|print|sync|export|invoic)"
)
"""A word in the name of a column of states that say where the goods are, and not whether they were sold."""
KIND_NAME: Final = (
    r"(?:^|_)(?:way|type|kind|flag|mode|typ|tipo|art|soort|rodzaj|druh|turu?|tip|slag|jenis|loai|тип|вид|ειδοσ|סוג|نوع)"
    r"(?:_|$)"
    r"|(?:beleg|vorgangs?|buchungs?|dokument(?:en)?|bewegungs?|transaktions?)(?:art|typ|slag)"
    r"|方式|类型|标志|标识|种别|種別|区分|유형|구분"
)
"""A word in the name of a column with kinds of rows or documents."""
STATE_ALONE: Final = (
    r"stat(?:us|ut)(?:$|_)|статус|状态|狀態|ステータス|상태|durumu?$|(?:^|_)stav$|สถานะ|סטטוס|حالة|trang_thai|κατασταση"
)
"""A word in the name of a column of states that means nothing else, as `State` in an address does."""
