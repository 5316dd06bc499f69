"""Words of kinds of documents and rows that are no sales to people: quotations, purchases, transfers, counts, losses.

Languages in the order of `words_of_states`. Texts are in small letters.
"""

from typing import Final

OF_SALE: Final = (
    r"(?:\bsales?\b|\bsold\b|\bsell(?!able|er)|verk[aä]uf|verkoop|\bvent[ea]|\bvenda|vendit|sprzeda|prodej|predaj|продаж|реализац"
    r"|v[aâ]nzar|elad[aá]s|πώληση|πωληση|sat[ıi]ş|försäljning|forsälj|salg|myynti|bán hàng|penjualan|ขาย|بيع|מכיר"
    r"|销售|零售|出售|売上|販売|판매|매출)"
)
"""A sale, whatever document it stands on."""
SOLD: Final = (
    rf"(?:{OF_SALE}|\bboleta|\bcupom fiscal|\btique|\bticket\b|\binvoice|\breceipt|rechnung|beleg|factuur|facture"
    r"|factura|fatura\b|fattura|scontrino|faktura|paragon|účtenk|чек\b|számla)"
)
"""A plain sale, beside which a kind called `Purchase` is what the shop bought."""
OPENING: Final = (
    r"(?:\bopening (?:stock|inventory|balance)|\binitial (?:stock|inventory)|anfangsbestand|er[oö]ffnungsb|saldovortrag"
    r"|beginvoorraad|beginsaldo|(?:stock|solde) initial|[àa] nouveau|(?:saldo|existencia|inventario|estoque) inicial"
    r"|(?:giacenza|saldo|esistenza) iniziale|bilans otwarcia|stan pocz[aą]tkowy|po[cč][aá]te[cč]n"
    r"|ввод\w* (?:начальн\w* )?остат"
    r"|начальн\w* остат|(?:sold|stoc) ini[tț]ial|nyit[oó] k[eé]szlet|αρχικ|\bdevir\b|a[cç][ıi]l[ıi][sş] (?:stok|fi[sş])"
    r"|ing[aå]ende|\bprimo|alkusaldo|t[oồ]n đầu|đầu kỳ|(?:saldo|stok) awal|ยอดยกมา|افتتاح|יתרת פתיחה|期初|年初|结转"
    r"|繰越|期首|기초 ?재고|이월)"
)
"""What a ledger begins with."""
GOODS_IN: Final = (
    r"(?:\br[eé]ception (?:de |des |d['’])?(?:marchandise|stock|fournisseur|achat|command)"
    r"|\brecepci[oó]n de (?:mercan|stock|almac|compra)|przyj[eę]ci[ea] (?:zewn|wewn|magazyn|towar|z zewn)"
    r"|\bpříjem (?:zboží|na sklad|materiál))"
)
"""Words with two meanings that the next word makes plain."""
TAKEN_IN: Final = (
    rf"(?:{GOODS_IN}|\br[eé]ception|\bentr[eé]e (?:de |en )?stock|\bcarico\b"
    r"|\bingreso de (?:mercan|stock|almac)|\brecepci[oó]n"
    r"|\bentrada de (?:mercad|stock|estoque)|przyj[eę]ci[ea]|\bpříjem|varumottag|inleverans|saapumi)"
)
"""Goods that come in, in words that elsewhere are of other things."""
BOUGHT: Final = (
    rf"(?:{TAKEN_IN}|"
    r"\bpurchas|\bgoods[- ](?:received?|receipts?)|\breceipts? of goods|\breceiv(?:ing|ed goods)|\bgrn\b"
    r"|(?:supplier|vendor)\w* (?:invoice|bill|receipt)|\b(?:stock|inventory)[- ]receipt|\bbill of (?:supplier|vendor)"
    r"|eingangsrechnung|lieferantenrechnung|kreditorenrechnung|ontvangstbon|goederenontvangst|inkomende factu"
    r"|facture (?:fournisseur|d['’]achat)|factura (?:de )?proveedor|fattura (?:di )?(?:fornitore|acquisto|passiva)"
    r"|fatura (?:de )?fornecedor|faktura (?:zakupu|dostawcy)|leverant[oö]rsfaktura|leverand[oø]rfaktura"
    r"|einkauf|wareneingang|inkoop|\bachat|\bcompra|\bacquist|\bzakup|n[aá]kup"
    r"|закуп|приход|поступлен|закупів|achizi|beszerz|αγορ[αά]|al[ıi]ş\b|al[ıi]m\b|ink[oö]p|indk[oø]b|innkj[oø]p"
    r"|osto\b"
    r"|nhập hàng|mua hàng|pembelian|ซื้อ|شراء|רכש|采购|進貨|进货|入库|仕入|入庫|매입|입고)"
)
"""What a shop buys; a purchase is the sale itself where no other kind is called a sale."""
ARRIVED: Final = (
    r"(?:\breceiv|\brestock|\brepleni|\bstock[- ]?in\b|\binbound|\bincoming|\bput ?away|\bdeliver(?:y|ies) in"
    r"|\beingang|\bzugang|\bwareneing|\bontvang|\bbinnengekomen|\br[eé]ceptionn|\bentr[eé]e?s?\b|\bentradas?\b"
    r"|\brecibid|\brecebid|\bricevut|\bricezion|\bcarico|\bprzyj|\bprzych[oó]d|\bpříjem|\bприход|\bпоступл|\bприн"
    r"|到货|到貨|收货|收貨|入荷|입하)"
)
"""Goods that came in, in words that are of states of orders elsewhere: for kinds of movements beside a sale alone."""
MOVED: Final = (
    r"(?:\bre-?count|\bcount|\bcorrect|\bmoved?\b|\bmovement|\btheft|\bstolen|\blost\b|\bfound\b|\bexpir|\bdonat"
    r"|\bsamples?\b|\bdefect|\bconsum|\bassembl|\bproduc(?:ed|tion)|\binitial|\bstart|\bunpack|\bset ?up|\bdispos"
    r"|\bdestr|\bkorrektur|\bz[aä]hlung|\bdiebstahl|\beigenbedarf|\bvernicht|\bcorrecti|\btelling|\bdiefstal"
    r"|\br[eé]gularis|\bcomptage|\bvols?\b|\bconteo|\brobo\b|\bfurto|\bcontagge|\bconteggio|\bkorekt|\bkradzie"
    r"|\bсборк|\bкраж|пересч|盘盈|盘亏|报溢|领用|领料|组装|拆装|拆卸|形态转换|赠送|样品|(?:其他|其它)(?:出|入)库|拨(?:入|出))"
)
"""Further movements of stock that sell nothing, in words that may be of sales on a receipt: in ledgers alone."""
QUOTATION: Final = (
    r"(?:\bquot(?:e|ation)|\bestimate|pro ?forma|kostenvoranschlag|cotizaci|presupuest|or[cç]amento|preventivo|wycena"
    r"|báo giá|ใบเสนอราคา|عرض سعر|הצעת מחיר|报价|報價|見積|견적|^av )"
)
"""Documents that no word of a sale beside them makes one, as in `Sales quote`; `AV` as below."""
TWO_MEANINGS: Final = (
    r"(?:\bfire\b|\bprimo\b|\bdevir\b|likwidac|\br[eé]ception|\brecepci[oó]n|przyj[eę]ci[ea]|\bpříjem|\bproposal|angebot"
    r"|\bofferte|\boferta|nab[ií]dk|ponuk|предложен|пропозиц|ofert[aă]|aj[aá]nlat|προσφορ|teklif|tilbud|tarjous|penawaran"
    r"|\bdemo\b|\bformation\b)"
)
"""Words that elsewhere are of sales: special offers, clearances, fires, first orders, front desks and courses."""
OF_DOCUMENTS: Final = (
    r"(?:doc|dok|beleg|vorgang|bewegung|buchung|movement|mouvement|movim|ruch|pohyb|piece|voucher|belge|evrak|bizonylat"
    r"|asiakirja|bilag|документ|операци|単据|单据|單據|伝票|전표|παραστατικ)"
)
"""A word in the name of a column of kinds of documents, where words with two meanings have one."""
NO_SALE: Final = (
    rf"(?:{OPENING}|"
    r"\bquot(?:e|ation)|\bestimate|pro ?forma|\bproposal|angebot|kostenvoranschlag|offerte|\bdevis\b|cotizaci"
    r"|presupuest"
    r"|or[cç]amento|preventivo|\boferta|wycena|nab[ií]dk|ponuk|предложен|\bсмет[аы]\b|пропозиц|ofert[aă]|aj[aá]nlat"
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
    r"|\brebut\b|d[eé]marque inconnue|afschrijving|ausbuchung|avskriv|\bfire\b|\bodpis|likwidac|списан"
    r"|потер|недостач|spisani|pierder|selejt|απ[ωώ]λει|zayi|svinn|h[aä]vikki|hủy hàng|kerusakan|报损|報損|损耗|报废"
    r"|廃棄|(?<!ク)ロス|폐기|파손"
    r"|\bstock (?:adjust|correct)|\badjustment|bestandskorrektur|ajuste|rettifica|регулир|корректировк\w* остат"
    r"|调整|調整|조정"
    r"|(?:return|refund)\w* to (?:supplier|vendor)|(?:supplier|vendor|purchase|stock) return|lieferantenr[uü]ck"
    r"|retour fournisseur|devoluci[oó]n a proveedor|reso a fornitore|zwrot do dostawcy|возврат поставщик|采购退"
    r"|进货退|退供"
    r"|仕入返品|仕入先返品|매입 ?반품"
    r"|\bre-?shipment|\bre-?send|\breplacement order|ersatzlieferung|nachlieferung|补发|換貨補寄|再送|재발송"
    r"|\btraining\b|\btest(?:s|ing)?\b|\bpractice\b|\bdemo\b|schulung|übung|\bformation\b|capacitaci|treinamento"
    r"|szkolen|školen"
    r"|обучен|\bтест(?:ов\w*)?\b|навчан|eğitim|练习|培训|測試|测试|トレーニング|練習|연습|훈련"
    r"|\b(?:cash|pay|paid)[- ]?(?:in|out)s?\b(?! full)|\bopening (?:float|balance)|\bdrawer|\bno ?sale\b|\bfloat\b"
    r"|kassensturz|einlage"
    r"|entnahme|внесен|изъят|инкассац|wp[lł]ata|wyp[lł]ata"
    r"|^av (?:transfer|bestell|beleg|sachbez|sonstig|rechnung))"
)
"""Kinds of documents and rows that sell nothing to people; `AV` stands before those of German tills (DSFinV-K)."""
STATES_OF_SALES: Final = (
    r"(?:\boverdue|\bpast due|überfällig|en retard\b|przetermin|förfall|forfall|逾期|延滞|연체"
    r"|جاري (?:ال)?(?:تو|تج|تن|شح)"
    r"|\bcomplet|\bdone\b|\bfinish|\bfinal|\bpaid\b|\bship|\bsent\b|\bdispatch|\bdeliver|\bfulfil|\bclosed?\b"
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
    r"|等待(?:出库|发货|收货|确认|自提|送达)|已确认|已確認|已核销|已接单|已出库|已发出|已入账|已打印|已揽"
    r"|\bplaced\b|\batendid|\bvendid|verificad|παραδ[όο]θ|εκτελ"
    r"|απεστάλ|εστάλ|تم (?:التوصيل|التنفيذ|الشحن|الدفع|التسليم)"
    r"|準備中|有効|正常|완결|완료|배송|발송|결제됨|입금 ?확인|정상|구매 ?확정)"
)
"""Words of orders that were sold, or are on their way."""
UNDER_WAY: Final = (
    r"(?:\bun(?:ship|fulfil|dispatch)|\bin transit|\bin delivery|\bon (?:the|its) way|\ben route|\bto ship"
    r"|\barchived?\b"
    r"|unterwegs|auf dem weg|nicht vers|unversandt|verpackt|gepackt|bereit\b|in zustellung|in auslieferung|archiviert"
    r"|onderweg|niet verzonden|te verzenden|ingepakt|\bklaar|in behandeling|gearchiveerd"
    r"|en transit|acheminement|non exp[ée]di|[àa] exp[ée]dier|emball[ée]|\bpr[êe]te?\b|nouve(?:au|lle)"
    r"|en pr[ée]paration|archiv[ée]e?\b"
    r"|en camino|en tr[áa]nsito|en reparto|no enviad|por enviar|sin enviar|empa[qc](?:uet)?ad|\blist[oa]\b|preparad"
    r"|en preparaci|\bnuev[oa]\b|archivad"
    r"|a caminho|em tr[âa]nsito|em transporte|saiu para entrega|em rota|n[ãa]o enviad"
    r"|a enviar|embalad|separad|em separa"
    r"|em prepara|\bpront[oa]\b|\bnov[oa]\b|arquivad"
    r"|in transito|in consegna|in viaggio|non spedit|da spedire|imballat|in preparazione|\bnuov[oa]\b|archiviat"
    r"|w drodze|w dor[ęe]czeniu|w transporcie|niewys[łl]an|do wys[łl]ania|spakowan|\bgotow|\bnow[yae]\b|archiwal"
    r"|na cest[ěe]|v p[řr]eprav|neodesl|k odesl|zabalen|p[řr]ipraven|pripraven|\bnov[ýáée]\b|archivov"
    r"|в пути|в дороге|в доставке|не отправл|к отправке|упакован|собран|\bготов|\bновы[йе]|\bновая|в архиве"
    r"|у дорозі|в дорозі|запакован|зібран|\bнов[иеа]"
    r"|pe drum|[îi]n tranzit|neexpediat|de expediat|ambalat|preg[ăa]tit|\bnou[ăa]?\b|arhivat"
    r"|\búton\b|(?:szállítás|feldolgozás) alatt|csomagol|előkész|\búj\b"
    r"|καθ.?οδόν|σε μεταφορά|συσκευασ|έτοιμ|\bνέ[αο]"
    r"|ta[şs][ıi]ma|\byolda|da[ğg][ıi]t[ıi]m|gönderilme|paketlen|haz[ıi]r|\byeni\b|ar[şs]iv"
    r"|på v(?:äg|ej|ei)|under transport|ej skickad|(?:ikke|ej) (?:af)?sendt|\bpack(?:ad|et)"
    r"|pakket|\bklar\b|\bny[tea]?\b"
    r"|arkiver"
    r"|matkalla|lähettämättä|pakattu|\buusi|arkistoi"
    r"|đang (?:giao|vận chuyển)|chưa giao|đóng gói|sẵn sàng|\bmới\b"
    r"|dalam (?:perjalanan|pengiriman)|sedang dikirim|belum dikirim|dikemas|\bsiap\b|\bbaru\b"
    r"|در حال پردازش|ارسال شده|تحویل شده"
    r"|ขนส่ง|ที่ต้องจัดส่ง|แพ็ค|พร้อมส่ง|ใหม่|في الطريق|قيد (?:الشحن|التوصيل|التجهيز)|جاهز|جديد|בדרך|ארוז|מוכן|חדש"
    r"|运输|運輸|在途|打包|拣货|揀貨|备货|備貨|配货|新订单|新訂單|归档|輸送|移動中|梱包|新規|未処理"
    r"|이동 ?중|포장|신규|상품 ?준비)"
)
"""Words of orders that are new, packed, ready, under way or filed: of fulfilment, which says nothing of payment."""
OPEN: Final = (
    r"(?:\bopen\b|\bouverte?\b|\babiert[oa]\b|\babert[oa]\b|\bapert[oa]\b|\botwart"
    r"|\botev[řr]en|\botvoren|открыт|відкрит"
    r"|deschis|nyitott|ανοι[χκ]τ|\baç[ıi]k\b|\böppen|\båben|\båpen|\bavoin|\bđang mở"
    r"|\bterbuka|مفتوح|פתוח|进行中|進行中|オープン|열림)"
)
"""An order that is open: still to be fulfilled where another column says whether it was paid, else perhaps not paid."""
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
CODE_OF_STATE: Final = (
    r"(?:^|_)(?:type|kind|typ|tipo|soort|rodzaj|druh|turu?|tip|slag|jenis|loai|тип|вид|ειδοσ|סוג|نوع)(?:_|$)"
    r"|(?:beleg|vorgangs?|buchungs?|dokument(?:en)?|bewegungs?|transaktions?)(?:art|typ|slag)"
    r"|类型|种别|種別|区分|유형|구분"
)
"""A word in the name of a column of kinds of rows or documents, without those of mere marks such as `flag`."""
OF_OTHER_THINGS: Final = (
    r"channel|kanal|canal|渠道|来源|채널|source|medium|customer|client|member|buyer|kunde|cliente|klient|会员|客户|顾客|회원"
    r"|product|article|artikel|goods|商品|товар|상품|category|brand|unit_type|tax|vat|mwst|iva\b|tva|税|ндс|price|preis|precio|prix"
    r"|价|цен|discount|rabatt|coupon|promo|折扣|优惠|скид|card|karte|卡|store|shop|filial|门店|店铺|магазин|매장|device|terminal"
    r"|gender|sex|currency|country|region|address|ship|bill|postal|state_(?:code|id|name)|province|geschlecht|adres"
    r"|size|colou?r|颜色|尺码|file|record_typ|satzart|day_type|weekday|meal|menu"
)
"""Words in names of columns whose codes are of the channel, the payer, the goods or the place, and not of the sale."""
