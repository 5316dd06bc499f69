"""Names of columns with a group of goods and its number, such as `Group name`, which are no goods themselves."""

import re
from typing import Final

_GROUP: Final = (
    r"(?:groups?|categor(?:y|ies|ia|ie)|cat(?:egory)?|section|class|division|kategori[aei]?|gruppen?|warengruppen?|familia|famille"
    r"|famiglia|rubro|rubrique|rayon|categoria|grupo|gruppo|groep|grupa|skupina|груп[аиіыу]?|категорі[яї]|категори[яи]"
    r"|раздела?|розділу?|рубрик[аи])"
)
_OF_IT: Final = (
    r"(?:id|ids|no|nr|num|number|code|key|name|title|label|nummer|bezeichnung|nom|nombre|numero|codigo|code|naam|nazwa|nazev"
    r"|номер|код|назва|название|наименование|ідентифікатор|идентификатор|укр|рус|ru|ua|en|uk|de|parent|батьківської"
    r"|родительской)"
)
_NAME: Final = re.compile(rf"(?:(?:{_OF_IT}_)+{_GROUP}(?:_{_OF_IT})*|{_GROUP}(?:_{_OF_IT})+)")
_GOODS: Final = {"product", "product_name"}


def without_goods(name: str, scores: dict[str, float]) -> dict[str, float]:
    """Scores of a plain name without those of goods where it is the name or the number of a group.

    >>> without_goods("group_name", {"product_name": 0.2}), without_goods("item_name", {"product_name": 1.0})
    ({}, {'product_name': 1.0})
    """
    if not _GOODS & scores.keys() or _NAME.fullmatch(name) is None:
        return scores
    return {role: score for role, score in scores.items() if role not in _GOODS}
