"""Tax numbers of the shop in names of columns, such as `CNPJ da loja` and `NIP sprzedawcy`: no customer has these."""

import re
from collections.abc import Mapping
from typing import Final

_NUMBER: Final = (
    r"cnpj|rut|rfc|nif|cif|nit|ruc|cuit|nip|siret|siren|ico|dic|vkn|gstin|abn|ein|tin|afm|инн|єдрпоу|едрпоу|αφμ"
    r"|(?:tax|vat)_?(?:id|no|nr|number)|ust_?id(?:_?nr)?|steuer_?nummer|partita_iva|p_?iva|vergi_no"
    r"|税号|税號|统一编号|統一編號|统编|統編|登録番号|사업자(?:등록)?번호"
)
_SELLER: Final = (
    r"loja|lojista|filial|matriz|estabelecimento|emitente|emissor|tienda|sucursal|emisor|vendedora|comercio|magasin|boutique"
    r"|etablissement|emetteur|store|shop|branch|outlet|merchant|issuer|seller|filiale|laden|markt|verkaufers?|aussteller"
    r"|negozio|emittente|venditore|winkel|verkoper|sprzedawc[ay]|sklepu?|wystawcy|prodejce|prodejny|predajcu|продавца"
    r"|магазина|продавця|πωλητη|satici|magaza|sube"
)
"""The seller and the shop; `Company` may be the firm that bought."""
_OF_SELLER: Final = re.compile(
    rf"(?:^|_)(?:{_NUMBER})(?:_(?:d[aoe]|del|de_la|du|della|des|of|der))?_(?:{_SELLER})(?:_|$)"
    rf"|(?:^|_)(?:{_SELLER})_(?:{_NUMBER})(?:_|$)"
    r"|(?:^|_)cnpj_(?:da_)?emp(?:resa)?(?:_|$)"
    r"|(?:销方|销售方|卖方|商家|门店|店铺|銷方|賣方|店舗|매장|판매자|가맹점)_?(?:的|の)?(?:纳税人识别号|税号|税號|统一编号|統一編號|登録番号|사업자(?:등록)?번호)"
)
_SCORE: Final = 0.3
"""Score for the shop: below that of any name of shops, of which several may have one number."""


def of_sellers(name: str, scores: Mapping[str, float]) -> dict[str, float]:
    """Scores of a plain name, as a shop's and of no customer where it is the tax number of the seller.

    >>> of_sellers("cnpj_loja", {"customer": 0.5}), of_sellers("cnpj", {"customer": 0.5})
    ({'store': 0.3}, {'customer': 0.5})
    """
    if not _OF_SELLER.search(name):
        return dict(scores)
    others = {role: score for role, score in scores.items() if role not in ("customer", "product", "guide")}
    return {**others, "store": max(_SCORE, scores.get("store", 0.0))}
