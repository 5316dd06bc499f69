"""Words that say what a report is sorted by, such as `Sales by Customer` and `按商品`."""

import re
from typing import Final

_BY: Final = r"by|per|nach|je|pro|par|por|di|para|po|wg|by|по"
"""Words between what a report counts and what it is sorted by."""
_KINDS: Final = {
    "product": (
        r"products?|items?|articles?|goods|services?|sku|artikel|produkt(?:e|en)?|ware|produits?|art[ií]culos?"
        r"|productos?|articol[oi]|prodott[oi]|produtos?|товар(?:ам|ы)?|номенклатур[еы]"
    ),
    "customer": (
        r"customers?|clients?|members?|buyers?|kunden?|cliente[s]?|client[ie]|klient(?:ow|ów|a)?|klant(?:en)?"
        r"|покупател(?:ям|ю|ь)|клиент(?:ам|у|ы)?|контрагент(?:ам|у|ы)?"
    ),
    "store": (
        r"stores?|shops?|locations?|branch(?:es)?|outlets?|sites?|filialen?|standort(?:en)?|magasins?|boutiques?|tiendas?"
        r"|sucursal(?:es)?|negozi[o]?|lojas?|winkels?|магазин(?:ам|у|ы)?|склад(?:ам|у|ы)?"
    ),
    "category": (
        r"categor(?:y|ies)|departments?|class(?:es)?|famil(?:y|ies)|groups?|warengruppen?|kategorien?|cat[eé]gories?"
        r"|categor[ií]as?|rayons?|familias?|категори(?:ям|и)|групп(?:ам|ы)"
    ),
    "guide": (
        r"(?:sales ?)?(?:reps?|persons?|employees?|staff|cashiers?|sellers?)|verk[aä]ufern?|mitarbeitern?|vendeurs?"
        r"|vendedor(?:es)?|продавц(?:ам|ы)|кассир(?:ам|ы)"
    ),
}
"""Kind -> words, in lower case."""
_HAN: Final = {
    "product": r"按(?:商品|货品|产品|品名|单品)",
    "customer": r"按(?:客户|会员|顾客)",
    "store": r"按(?:门店|店铺|分店|仓库)",
    "category": r"按(?:分类|类别|品类)",
    "guide": r"按(?:导购|营业员|店员|收银员)",
}


def kind_of_report(said: str) -> str:
    """The kind of what a report is sorted by; blank where its text names none, or several.

    >>> kind_of_report("Sales by Product/Service Detail"), kind_of_report("Umsatz nach Kunden"), kind_of_report("Sales")
    ('product', 'customer', '')
    """
    text = re.sub(r"[_\s]+", " ", said.lower())
    kinds = {
        kind
        for kind, words in _KINDS.items()
        if re.search(rf"(?<!\w)(?:{_BY}) (?:the )?(?:{words})(?!\w)", text) or re.search(_HAN[kind], text)
    }
    return kinds.pop() if len(kinds) == 1 else ""
