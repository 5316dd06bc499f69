"""The numbers of columns, and which of them may be money or units."""

import re

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.word_parts import is_beside
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.numbers import parse_numbers

MOST_UNITS = 60
"""Median of a column of units. By judgement: money of cheap currencies is above."""
_OF_PEOPLE = (
    r"customer|visit|guest|client|people|person|traffic|footfall|transaction|receipt|ticket|bill|order|kunden|besuch"
    r"|客数|客流|来客|客单|订单数|笔数"
)
"""Words in names of counts of people and receipts, which are no units."""
_MONEY = ("price", "amount")


def values(sample: pl.DataFrame, found: Columns, name: str) -> pl.Series:
    """The numbers of a column; null where it has none."""
    return parse_numbers(sample[name].cast(pl.String), found.seen[name].numbers[0])


def free_numbers(found: Columns) -> list[str]:
    """Columns of numbers that have no role and no name of something beside goods, such as tax."""
    taken = set(found.roles.values())
    return [
        name
        for name, seen in found.seen.items()
        if seen.numbers
        and not seen.is_clock
        and not seen.dates
        and name not in taken
        and not is_beside(bare_name(name))
    ]


def may_be_money(rows: pl.DataFrame, found: Columns) -> list[str]:
    """Columns that are prices or amounts by their name; else the free ones with cents."""
    named = [found.roles[role] for role in _MONEY if role in found.roles]
    return named or [name for name in free_numbers(found) if _is_money(values(rows, found, name))]


def may_be_units(rows: pl.DataFrame, found: Columns) -> list[str]:
    """The free columns of small whole numbers of which some are above 1."""
    named = [name for name in free_numbers(found) if not re.search(_OF_PEOPLE, bare_name(name))]
    return [name for name in named if _is_count(values(rows, found, name))]


def _is_money(numbers: pl.Series) -> bool:
    if numbers.drop_nulls().n_unique() < 3:
        return False
    cents = (numbers != numbers.round()).any() and ((numbers * 100 - (numbers * 100).round()).abs() < 0.001).all()
    return bool(cents)


def _is_count(numbers: pl.Series) -> bool:
    known = numbers.drop_nulls()
    median = known.abs().median()
    return (
        known.n_unique() > 1
        and bool((known == known.round()).all())
        and isinstance(median, float)
        and median <= MOST_UNITS
        and bool((known.abs() > 1).any())
    )
