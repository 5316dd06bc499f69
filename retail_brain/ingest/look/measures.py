"""Units of measure, such as `UN`, `kg` and `шт.`, whose column is no shop although `Unidade` is a word for one."""

import re
from collections.abc import Sequence
from typing import Final

_MEASURES: Final = (
    r"un|uni|und|unid(?:ade|ad)?|ud|uds|u|pc|pcs|pce|piece|pieza|pza?|pz|pe[cç]a|st|stk|st[uü]ck|szt|ks|kus|db|buc|adet|ad"
    r"|ea|each|kg|kgs|kilo|g|gr|gram|l|lt|ltr|litro|ml|m|m2|m3|mt|cm|cx|caixa|caja|box|bx|pct|pac|pack|pk|pac?ote|par|paar|pr"
    r"|pair|dz|dzn|doz|kit|set|rol|rolo|rl|fd|sc|sac|sack|saco|gal|tb|bag|bot|btl|can|jar|tray|ctn|kar|krt|kt|fl|pal|bd|bnd"
    r"|шт|упак(?:овка)?|уп|кг|г|л|м|компл|пар[а]?|ящ|кор|件|个|個|只|支|瓶|盒|箱|包|袋|条|双|套|千克|公斤|克|斤|本|枚|点|台|개|병|봉|박스"
)


def are_measures(examples: Sequence[str]) -> bool:
    """Whether every value is a unit of measure.

    >>> are_measures(["UN", "KG"]), are_measures(["шт.", "кг"]), are_measures(["North"]), are_measures([])
    (True, True, False, False)
    """
    return bool(examples) and all(re.fullmatch(rf"(?:{_MEASURES})\.?", one.strip().lower()) for one in examples)
