"""Tells money in hundredths by the system that the file is of, or by documents with their lines without any parts.

Interfaces for programs count money in hundredths more often than tables for people do, and most of them without a word
of it in the names of their fields.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name

_WHOLE: Final = 0.9
"""Share of the prices that have no part: some systems have halves of a hundredth. By judgement; of money that somebody
has divided already fewer are whole."""
_LEAST_PRICES: Final = 5
"""Different prices from which it is hardly by chance that none has a part. By judgement."""
_LEAST: Final = 100
"""The smallest price from which all may be in hundredths: little is sold for less than one."""
_MONEY: Final = ("price", "amount", "list_price", "unit_cost")
"""Roles of money; the first column of the first of them tells whether it is whole."""
_LINES: Final = "/"
"""What stands in the names of fields of lines within documents, as JSON has them."""
_WITH_PARTS: Final = r"\.\d{2,}$|,\d{1,2}$"
"""Money as people write it, with two places: no count of hundredths has these."""


@dataclass(frozen=True)
class _System:
    """A system whose interface gives money in hundredths.

    Attributes:
        name: what it is called.
        is_of: whether a column, given its plain name and its first values, is one of its own.
        is_always: whether money without hundredths in use is counted so too.
    """

    name: str
    is_of: Callable[[str, list[str]], bool]
    is_always: bool = False


def _all(pattern: str, texts: list[str]) -> bool:
    return bool(texts) and all(re.match(pattern, text) for text in texts)


_SYSTEMS: Final = (
    _System(
        "МойСклад (MoySklad)",
        lambda _, texts: _all(r"https?://[a-z.-]*moysklad\.(?:ru|com)/api/(?:remap|posap)/", texts),
        is_always=True,
    ),
    _System("Clover", lambda _, texts: _all(r"https?://[a-z.-]*clover\.com(?::\d+)?/v3/merchants/", texts)),
    _System(
        "Square",
        lambda name, _: re.search(r"(?:^|[_/])(?:total|base_price|gross_sales)_money_amount$", name) is not None,
    ),
    _System(
        "Stripe",
        lambda name, texts: (
            name.endswith("id") and _all(r"(?:li|il|ii|ch|pi|cs|in|price)_(?:test_|live_|1)\w{12,}$", texts)
        ),
    ),
)
"""The systems, by what no other has: addresses of their records, names of fields or forms of ids."""


def system_in_hundredths(sample: pl.DataFrame, found: Columns) -> tuple[str, bool]:
    """Why money is in hundredths by the system of the file, and whether in every currency; blank for any other.

    Args:
        sample: the rows.
        found: roles of the columns.
    """
    paid = [values(sample, found, name).drop_nulls() for role in _MONEY for name in found.all_of(role)]
    if not paid or share(paid[0] == paid[0].round()) < _WHOLE:
        return "", False
    for name, seen in found.seen.items():
        texts = [text for text in seen.examples if text]
        system = next((one for one in _SYSTEMS if one.is_of(bare_name(name), texts)), None)
        if system is not None:
            return f"{name!r} is of {system.name}, which counts money in hundredths", system.is_always
    return "", False


def may_be_hundredths(sample: pl.DataFrame, found: Columns) -> str:
    """Why prices of lines within documents may be in hundredths: none of them has a part; blank where they are not.

    Args:
        sample: the rows, of whose money none has a part.
        found: roles of the columns.
    """
    price = found.roles.get("price", found.roles.get("amount", ""))
    if _LINES not in price:
        return ""
    texts = sample[price].drop_nulls().cast(pl.String)
    numbers = values(sample, found, price).drop_nulls().abs()
    numbers = numbers.filter(numbers > 0)
    if numbers.n_unique() < _LEAST_PRICES or texts.str.contains(_WITH_PARTS).any():
        return ""
    return f"no price in {price!r} has a part of one" if (numbers >= _LEAST).all() else ""
