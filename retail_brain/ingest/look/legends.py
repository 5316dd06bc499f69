"""Reads what codes mean out of the name of their column: `Kind (1: sale, 2: return)`, `区分（1：通常、2：返品）`."""

import re
from collections.abc import Mapping

_PAIR = (
    r"(?<![\w.])(\d{1,2}|[A-Za-z])\s*[:：=＝]\s*([^\s、,，;；/|()（）\[\]【】:：=＝][^、,，;；/|()（）\[\]【】:：=＝]*)"
)
"""A code and its meaning."""
_LEAST = 2
"""Codes that a legend has at least."""


def legend_of(name: str) -> Mapping[str, str]:
    """Code -> its meaning, by the name of a column; empty where the name explains no codes.

    >>> legend_of("Kind (1: sale, 2: goods returned)"), legend_of("区分（1：通常、2：返品）"), legend_of("Rate 1:2")
    ({'1': 'sale', '2': 'goods returned'}, {'1': '通常', '2': '返品'}, {})
    """
    found = {code: meaning.strip() for code, meaning in re.findall(_PAIR, name)}
    return found if len(found) >= _LEAST else {}
