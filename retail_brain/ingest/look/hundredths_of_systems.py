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
_OF_RECORDS: Final = r".+/(?:price|sum|(?:unit_)?amount|amount_(?:sub)?total|\w+_money_amount)"
"""Plain names of money of lines within documents, as the systems call it."""
_WITH_PARTS: Final = r"\.\d{2,}$|,\d{1,2}$"
"""Money as people write it, with two places: no count of hundredths has these."""


_PARTS_OF_PRICES: Final = (0.0, 50.0, 90.0, 99.0)
"""Last two digits that whole prices often have and counts of hundredths too: with no others either may be meant."""
_HUNDRED: Final = 100
"""Hundredths of a unit of money."""


@dataclass(frozen=True)
class _System:
    """A system whose interface gives money in hundredths.

    Attributes:
        name: what it is called.
        is_of: whether a column, given its plain name and its first values, is one of its own.
        of_record: the end of the plain name of such a column where a record of the system itself has it; what stands
            before it is the way to the record. Elsewhere it may be a note in the tables of another.
        is_always: whether money without hundredths in use is counted so too.
    """

    name: str
    is_of: Callable[[str, list[str]], bool]
    of_record: str
    is_always: bool = False


@dataclass(frozen=True)
class Counted:
    """What tells that money is in hundredths by the system of a file.

    Attributes:
        why: the reason; blank for none.
        is_always: whether money without hundredths in use is counted so too.
        is_sure: whether the money stands in a record of the system itself and its digits are of no whole money.
    """

    why: str = ""
    is_always: bool = False
    is_sure: bool = False


def _all(pattern: str, texts: list[str]) -> bool:
    return bool(texts) and all(re.match(pattern, text) for text in texts)


_SYSTEMS: Final = (
    _System(
        "МойСклад (MoySklad)",
        lambda _, texts: _all(r"https?://[a-z.-]*moysklad\.(?:ru|com)/api/(?:remap|posap)/", texts),
        r"(?:meta_)?href",
        is_always=True,
    ),
    _System(
        "Clover",
        lambda _, texts: _all(r"https?://[a-z.-]*clover\.com(?::\d+)?/v3/merchants/", texts),
        r"(?:meta_)?href",
    ),
    _System(
        "Square",
        lambda name, _: re.search(r"(?:^|[_/])(?:total|base_price|gross_sales)_money_amount$", name) is not None,
        r"(?:base_price|gross_sales)_money_amount",  # others have a `total_money` too
    ),
    _System(
        "Stripe",
        # ids of payments (`ch_`, `pi_`, `cs_`, `in_`) stand in the tables of every shop that is paid by it
        lambda name, texts: name.endswith("id") and _all(r"(?:li|il|ii|price)_(?:test_|live_|1)\w{12,}$", texts),
        "id",
    ),
)
"""The systems, by what no other has: addresses of their records, names of fields or forms of ids."""


def system_in_hundredths(sample: pl.DataFrame, found: Columns) -> Counted:
    """What the system of the file tells about hundredths.

    A shop notes addresses and ids of such a system in tables of its own, whose money is divided already. Sure is only
    money within a record of the system, of which some price ends as whole prices do not.

    Args:
        sample: the rows.
        found: roles of the columns.
    """
    money = [name for role in _MONEY for name in found.all_of(role)]
    paid = [values(sample, found, name).drop_nulls() for name in money]
    if not paid or share(paid[0] == paid[0].round()) < _WHOLE:
        return Counted()
    of_system = [
        (name, system)
        for name, seen in found.seen.items()
        for system in _SYSTEMS
        if system.is_of(bare_name(name), [text for text in seen.examples if text])
    ]
    if not of_system:
        return Counted()
    own = [(name, system) for name, system in of_system if _is_in_record(bare_name(name), system, bare_name(money[0]))]
    name, system = (own or of_system)[0]
    ends = paid[0].filter(paid[0] != 0).abs() % _HUNDRED
    return Counted(
        why=f"{name!r} is of {system.name}, which counts money in hundredths",
        is_always=system.is_always,
        is_sure=bool(own) and bool((ends == ends.round()).all()) and not ends.is_in(_PARTS_OF_PRICES).all(),
    )


def _is_in_record(name: str, system: _System, money: str) -> bool:
    """Whether a column is of a record of the system itself, among whose lines the money stands; tables have none."""
    way = re.fullmatch(rf"(.*/)?(?:{system.of_record})", name)
    is_own = re.fullmatch(_OF_RECORDS, money) is not None and ("_money_" not in name or "_money_" in money)
    return way is not None and is_own and money.startswith(way[1] or "")


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
