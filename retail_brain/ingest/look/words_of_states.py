"""Words of the state of an order and the kind of a row: cancelled, not paid, given back, in part.

Languages in the order: English, German, Dutch, French, Spanish, Portuguese, Italian, Polish, Czech, Slovak, Russian,
Ukrainian, Romanian, Hungarian, Greek, Turkish, Nordic, Finnish, Vietnamese, Indonesian, Thai, Arabic, Hebrew, Chinese,
Japanese, Korean. Texts are in small letters.
"""

from typing import Final

CANCELLED: Final = (
    r"(?:未发货\W{0,3}(?:已退款|(?:全额)?退款(?:成功|完成))|\bcancel|\bvoid|\bfailed|\bexpired|\bdraft|\bdeleted|\brejected|\bdeclined|\babandoned|(?:\b|[^\We])storn|abbruch|"
    r"abgebrochen|"
    r"fehlgeschlagen|abgelehnt|abgelaufen|gel[oö]scht|entwurf|geannuleerd|mislukt|geweigerd|verlopen|\bannul|\banul|"
    r"[ée]chou|"
    r"refus[ée]|brouillon|expir[ée]|supprim|\bfallid|rechazad|borrador|caducad|vencid[oa]$|eliminad|\bfalhou|recusad|"
    r"rascunho|\bfallit|rifiutat|\bbozza|scadut|eliminat|nieudan|odrzucon|zrušen|neúspěš|zamítnut|отмен|аннулир|отклон|"
    r"неудач|не удал|просроч|черновик|удал[её]н|скасован|видал[её]н|вилучен|відхилен|anulat|eșuat|"
    r"respins|sztorn|töröl[tv]|sikertelen|"
    r"elutasít"
    r"|ακυρ|αποτυχ|απορρ|\biptal|başarısız|reddedil|avbrut|avbest|avlys|kansel|makuler|misslyck|mislykk|fejlet|annuller"
    r"|peruttu|peruutett|peruutet|epäonnistu|hylätty|h[uủ][yỷ]\b|thất bại|từ chối|\bbatal|dibatalkan|\bgagal|ditolak"
    r"|kedaluwarsa|ยกเลิก|ล้มเหลว|ปฏิเสธ|ملغ|لغو|فشل|مرفوض|בוטל|נכשל|נדחה|取消|作废|作廢|关闭|關閉|失败|失敗|删除|刪除|过期|超时|草稿|被?合并|被?合併|無効|无效"
    r"|キャンセル|削除|下書き|취소|실패|삭제|만료)"
)
"""Orders that never were sales, and rows that a till took back at once."""
NOT_PAID: Final = (
    r"(?:\bpending|\bunpaid|\bawaiting|\bnot paid|on ?hold|wartend|ausstehend|unbezahlt|offen$|openstaand|niet betaald|"
    r"en attente|impay|pendiente|pendent[ei]|aguardando|n[aã]o pag|in attesa|non pagat|oczekuj|nieopłac|čeká|nezaplac"
    r"|ожида|не оплач|очіку|не сплач|în așteptare|neplătit|függőben|fizetésre vár|εκκρεμ|απλήρωτ|bekliyor|bekleyen"
    r"|ödenmedi|väntar|obetald|afventer|ubetalt|venter|odottaa|maksamaton|chờ|chưa thanh toán|menunggu|"
    r"belum (?:di)?bayar"
    r"|รอ(?:ชำระ|การชำระ)|ยังไม่ชำระ|ที่ต้องชำระ|قيد الانتظار|غير مدفوع|ממתין|לא שולם"
    r"|未付款|待付款|未支付|待支付|等待(?:买家|客户|用户)?(?:付款|支付)|挂单|未払|未入金"
    r"|入金待ち|支払待ち|미결제|미입금|결제\s?대기|입금\s?대기)"
)
"""Orders that nobody has paid yet."""
GIVEN_BACK: Final = (
    r"(?:refund|return|credit ?(?:memo|note)|retour|gutschrift|r[uü]ckerstatt|erstattet|r[uü]ckgabe|r[uü]cksend"
    r"|terugbetaald|terugbetaling|creditnota|\bavoir|rembours|retourn|devoluci|devuelt|reembols|reintegr|"
    r"nota de cr[eé]dito|devolu[cç]"
    r"|devolv|estorn|\breso\b|\bresi\b|rimbors|nota di credito|\bstorno?\b$|zwrot|zwróc|korekta|vratka|vrácen"
    r"|dobropis|vráten|возврат|возвращ|поверн|returnat|retur\b|rambursat|visszáru|visszatér|jóváír|επιστρ[οά]φ|πιστωτικ[οόάα]|"
    r"\biade"
    r"|återköp|återbetal|kredit(?:nota|faktura)|refunder|tilbagebetal|tilbakebetal|palaut|hyvity|trả hàng|"
    r"hoàn (?:tiền|trả)"
    r"|đã trả|pengembalian|dikembalikan|\bretur|คืนสินค้า|คืนเงิน"
    r"|مرتجع|مرجوع|إرجاع|استرداد|مسترد|مسترجع|مرجع|החזר|זיכוי|退货|退貨|退款|退菜"
    r"|退单|退單|红字|冲红|返品|返金|赤伝|반품|환불|회수)"
)
"""Goods or money that came back."""
OF_CLAIM: Final = (
    rf"(?:{GIVEN_BACK}|after_?sales?|\bclaims?\b|_claims?\b|dispute|\brma\b|chargeback|reklama|reclam|售后|売后|アフター"
    r"|클레임|претенз)"
)
"""A word in the name of a column that holds what became of a claim of the buyer after the sale."""
CLAIM_REFUSED: Final = rf"(?:{OF_CLAIM}\W*{CANCELLED})"
"""A claim that came to nothing, as in `退款关闭` or `refund declined`: the goods stayed sold."""
REASON: Final = (
    r"(?:reason|grund|begruendung|begrundung|reden|motif|raison|motivo|razon|causa|causale|causal|powod|duvod|dovod"
    r"|причин|підстав|motiv|\bok\b|indok|αιτια|λογοσ|sebep|neden|gerekce|orsak|arsag|syy|ly_do|alasan|เหตุผล|สาเหตุ|سبب"
    r"|סיבה|סיבת|原因|理由|事由|사유)"
)
"""A word in the name of a column that says why something was done to a row."""
REMOVED: Final = (
    rf"(?:{CANCELLED}|remov|l[oö]schung|loesch|entfernt|write[ _]?off|written[ _]?off"
    r"|strike|struck|spoil|wast(?:e|age)|retir|supprim|ritir|usuni|odstran"
    r"|списан|удален|снят|вычеркн|убран|törl|poist|fjern|tagit_bort|slett|xoa|hapus|ลบ|حذف|מחיק|移除|删单|删菜|删除|退菜|報損|报损"
    r"|除去|取り消|제거)"
)
"""A word in the name of a column that says that rows were taken off a receipt."""
IN_PART: Final = (
    r"(?:partial|teil(?:weise|s)|gedeeltelijk|deels|partiel|parcial|parzial|częściow|částeč|частич|частков|parțial|"
    r"részleges"
    r"|μερικ|kısm[ie]n|delvis|osittain|một phần|sebagian|บางส่วน|جزئي|חלקי|部分|一部|부분)"
)
"""Of an order a part: what of its lines it is the state does not say."""
STATE_NAME: Final = (
    r"(?:status(?:es|u)?|state|stato|estado|etat|statut|statusu|durum[u]?|situacao|situacion|status_[a-z]+|stav|"
    r"allapot|statusz"
    r"|tila|tilstand|trang_thai|kondisi|статус|состояние|стан|κατασταση|สถานะ|(?:ال)?حالة|وضعیت|סטטוס|状态|狀態|ステータス|状況"
    r"|状態|상태)"
)
"""A word in the name of a column that holds the state of an order."""
OF_PAYMENT: Final = (
    r"(?:pay|paid|financial|zahl|betal|bezahl|paiement|regle|pago|cobro|pagament|platn|zaplat|оплат|плат[её]ж|сплат|"
    r"plat[aă]"
    r"|fizet|πληρωμ|odeme|tahsil|maks|thanh_toan|bayar|pembayaran|ชำระ|دفع|תשלום|付款|支付|支払|入金|결제|입금)"
)
"""A word in the name of a column that holds whether an order was paid."""
OF_INVOICE: Final = (
    r"(?:invoice|rechnung|factuur|facture|factura|fattura|fatura|faktur|faktura|lasku|szamla|arve(?:_|$)|saskait"
    r"|sąskait|счет|счёт|накладн|рахун|τιμολογ|hoa_don|فاتور|חשבונית|发票|發票|請求|계산서)"
)
"""A word in the name of the number of invoices, which are sales before anybody pays them."""
NOT_GOODS: Final = (
    r"(?:tips?|gratuity|trinkgeld|fooi|pourboire|propina|mancia|gorjeta|caixinha|napiwek|spropitn[eé]|чаевые|"
    r"borravaló|bahşiş"
    r"|dricks|drikkepenge|juomaraha|小费|チップ|팁"
    r"|shipping(?: (?:fee|cost|charge)s?)?|delivery(?: (?:fee|cost|charge)s?)?"
    r"|postage(?: (?:and|&) packing)?|freight|versand(?:kosten|position(?:en)?|pauschale)?|lieferkosten"
    r"|fracht(?:kosten)?|lieferung|porto|verzendkosten|frais (?:de port|"
    r"de livraison)"
    r"|livraison|(?:gastos|costo) de env[ií]o|env[ií]o|frete|portes|"
    r"spedizione|(?:spese|costi?) (?:di )?(?:spedizione|trasporto|consegna|imballo)|"
    r"trasporto|dostawa|"
    r"koszt wysyłki"
    r"|doprava|poštovné|доставка(?: заказа)?|transport"
    r"|szállítás(?:i (?:díj|költség))?|kezelési (?:díj|költség)|utánvét(?:i díj)?"
    r"|μεταφορικά|kargo(?: (?:ücreti|bedeli))?|frakt|fragt|"
    r"toimitus"
    r"|phí vận chuyển|ongkir|ongkos kirim|ค่าจัดส่ง|(?:ال)?شحن|משלוח|运费|運費|邮费|配送费|送料|配送料|배송비"
    r"|gift ?cards?|e-?gift|store credit|(?:geschenk)?gutschein|cadeaubon|cadeaukaart|carte[ -]cadeau|"
    r"ch[eè]que[ -]cadeau"
    r"|tarjeta (?:de )?regalo|cart[aã]o[ -]presente|vale[ -]presente|buono regalo|gift card|karta podarunkowa"
    r"|d[aá]rkov[yý] poukaz|подарочн\w+ (?:карта|сертификат)|hediye (?:kartı|çeki)|presentkort|gavekort|lahjakortti"
    r"|礼品卡|储值卡|充值|会员充值|ギフトカード|商品券|상품권|기프트\s?카드"
    r"|(?:bottle |container )?deposit|pfand|statiegeld|consigne|vratná záloha|pant|service charge|servicio|rounding"
    r"|rundung|afronding|arrondi|redondeo|arredondamento|arrotondamento|zaokrouhlení|öresavrundning|抹零|打包费|包装费"
    r"|(?:handling|processing|payment|cod|cash on delivery|booking|convenience|platform|transaction) (?:fee|charge)s?"
    r"|nachnahme(?:geb[uü]hr)?|(?:bearbeitungs|zahlungs)geb[uü]hr(?:en)?|frais (?:de (?:gestion|dossier|traitement)"
    r"|bancaires)|contrassegno|contra ?reembolso|op[lł]ata (?:manipulacyjna|za pobranie)|dob[ií]rka|dobírečné"
    r"|(?:代引き?|決済|振込|後払い?)?手数料|代引き?料|ポイント(?:利用|使用|値引き?|割引)?|クーポン(?:利用|値引き?|割引)?"
    r"|手续费|(?:결제 ?)?수수료|(?:포인트|적립금)(?: ?사용)?|kap[ıi]da [oö]deme(?: bedeli)?|hizmet bedeli"
    r"|biaya (?:layanan|admin|penanganan)|ph[ií] (?:d[iị]ch v[uụ]|thu h[oộ])|ค่าธรรมเนียม|комиссия|наложенный платеж"
    r"|服务费|レジ袋代?|surcharge|store discount|bon d'achat)"
)
"""Names of rows of a receipt that are no goods: tips, carriage, vouchers, deposits, rounding."""
BESIDE_GOODS: Final = (
    r"(?:^points?(?: used| redeemed)?$|\b(?:payment|tender|fee|tax|discount|coupon|voucher|comment|note|message|tip"
    r"|zahlung|rabatt|paiement|pago|promotion|reward point|loyalty point|handling|insurance|adjustment"
    r"|[a-z]*geb[uü]hr(?:en)?|nachnahme|nachlass|bonuspunkt[e]?|punkte|korting|toeslag|kosten|punten|frais|remise"
    r"|comisi[oó]n(?:es)?|cargo|descuento|puntos|taxa|desconto|pontos|cup[oó]m|cup[oó]n|commission[ei]|sconto|punti"
    r"|buono|op[lł]ata|rabat|punkty|prowizja|poplatek|sleva|kupon|avgift|gebyr|poeng|maksu|alennus"
    r"|komisyon|indirim|puan|[uü]cret[i]?|diskon|potongan|biaya|poin)s?\b"
    r"|комисси|скидк|балл[ыо]|бонус|купон|сбор\b|gi[aả]m gi[aá]|ph[ií] |đi[eể]m th[uư][oở]ng"
    r"|ค่าธรรมเนียม|ส่วนลด|คูปอง|คะแนน|แต้ม"
    r"|手数料|ポイント|値引|割引|クーポン|代引|消費税|決済料|手续费|積分|积分|优惠|优惠券|折扣|满减|税费"
    r"|수수료|포인트|적립금|할인|쿠폰)"
)
"""Words in kinds of rows that are no goods although they have a text and a sum."""
NOBODY: Final = (
    r"(?:walk[- _]?in(?: (?:customer|client|sale|guest))?s?|cash(?: |_)?(?:sale|customer)s?"
    r"|counter (?:sale|customer)s?|guest(?: (?:customer|user|checkout))?"
    r"|anonym(?:ous|us|e|o)?(?: customer)?|no customer|none|unknown(?: customer)?|default customer|general customer|"
    r"misc(?:ellaneous)? customer|retail customer"
    r"|n/?a|na|null|-+|laufkund(?:e|schaft)|barverkauf|barkunde|kassenkunde|diverse?(?: kunden?)?|passant|"
    r"contante klant"
    r"|client (?:de passage|comptoir|divers|anonyme)|(?:client[ea]|consumidor|publico|público) (?:final|general|"
    r"en general|generic[oa]|genéric[oa]|varios|"
    r"occasional|ocasional|mostrador|contado|an[oó]nimo|de contado)|venta de mostrador|clientes varios|consumidor"
    r"|cliente (?:occasionale|generico|padrão|balcão|não identificado)|consumatore finale"
    r"|cash|detal"
    r"|klient (?:detaliczny|anonimowy)|paragon|розничный (?:покупатель|клиент)|частное лицо|физ(?:ическое)?\.? ?лицо"
    r"|(?:роздрібний|кінцевий) (?:покупець|споживач)|client (?:ocazional|persoana fizica)|πελάτης λιανικής|"
    r"(?:perakende|muhtelif|peşin|kasa) (?:müşteri(?:si|ler|leri)?|sat[ıi]ş(?:lar)?|cari(?:si)?)|perakende|muhtelif"
    r"|nihai tüketici|kontantkund|kontantsalg|kontantkunde|käteisasiakas|khách (?:lẻ|vãng lai)|pelanggan umum|umum|"
    r"ลูกค้าทั่วไป"
    r"|عميل نقدي|לקוח מזדמן|散客|零售客户|普通顾客|游客|遊客"
    r"|访客|訪客|匿名|非会员|非會員|現金客|非会員|一般客|ゲスト|비회원|일반고객)"
)
"""What stands for people whom nobody knows."""
