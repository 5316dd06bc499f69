"""Finds shops that no name says, by their receipts: one value each, and a series of numbers of its own in each shop."""

import re

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.evidence import is_dated
from retail_brain.ingest.look.further_names import goes_with
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.word_parts import is_beside
from retail_brain.ingest.look.words import bare_name, role_scores
from retail_brain.ingest.look.words_about_people import is_about_people
from retail_brain.ingest.look.words_of_centres import CENTRES
from retail_brain.ingest.look.words_of_roles import NO_SHOPS, OF_RECEIVERS, are_ways
from retail_brain.ingest.look.words_of_states import CANCELLED, GIVEN_BACK, NOT_PAID

_ROWS = 4_000
"""Rows that are looked at: what holds on so many holds on all."""
MOST_SHOPS = 0.1
"""Share of distinct values up to which a column may name shops. By judgement."""
_HOLDS = 0.97
"""Share of the receipts on which a column must have one value. By judgement."""
_LEAST_RECEIPTS = 10
"""Receipts of several lines below which nothing is concluded."""
_USUAL = 0.8
"""Share of the rows from which a value is the plain kind of sale and no shop among others. By judgement."""
_TWICE = 0.05
"""Share of the numbers that come in several places from which each place numbers on its own: a typing error is rarer.
By judgement."""
_LEAST_TWICE = 5
"""Numbers that must come in several places: fewer may be chance."""


def free_codes(rows: pl.DataFrame, found: Columns) -> list[str]:
    """Free columns of codes or names: no dates, no fractions, no name of something beside goods."""
    taken = set(found.roles.values())
    free = [name for name, seen in found.seen.items() if name not in taken and not is_dated(seen) and not seen.is_clock]
    free = [name for name in free if not is_beside(bare_name(name)) and rows[name].n_unique() > 1]
    return [name for name in free if not (found.seen[name].numbers and _has_fractions(values(rows, found, name)))]


def _has_fractions(numbers: pl.Series) -> bool:
    return bool((numbers != numbers.round()).any())


def of_receipts(rows: pl.DataFrame, found: Columns) -> list[str]:
    """Free columns that have one value on every receipt of several lines."""
    receipt = found.roles.get("receipt")
    if receipt is None:
        return []
    names = free_codes(rows, found)
    if found.seen[receipt].distinct == found.seen[receipt].filled == 1:
        return names  # a row each
    filled = rows.with_columns(pl.col(receipt).forward_fill())  # a number may stand on the first line alone
    lines = filled.group_by(receipt).agg(pl.len().alias("_lines"), pl.col(names).drop_nulls().n_unique())
    several = lines.filter(pl.col("_lines") > 1)
    if several.height < _LEAST_RECEIPTS:
        return []
    return [name for name in names if share(several[name] <= 1) >= _HOLDS]


def shop_of_receipts(rows: pl.DataFrame, found: Columns) -> str | None:
    """The one free column of few values that receipts have: perhaps the shop; None where none or several are.

    Of several the one that is called a centre of costs counts.
    """
    rows = of_goods(rows, found)
    receipts = rows[found.roles["receipt"]].n_unique() if "receipt" in found.roles else 0
    few = [name for name in of_receipts(rows, found) if 2 <= rows[name].n_unique() <= max(2, MOST_SHOPS * receipts)]
    person = found.roles.get("customer", "").rpartition("_")[0]  # as in `client_email` beside `client_last_name`
    few = [name for name in few if not person or not name.startswith(f"{person}_")]
    full = [name for name in few if not rows[name].null_count() and may_be_shops(rows, found, name)]
    centres = [name for name in full if re.search(CENTRES, bare_name(name))] or full
    return centres[0] if len(centres) == 1 else None


def place_of_series(rows: pl.DataFrame, found: Columns) -> str | None:
    """The one free column of few values in each of which receipts are numbered on their own; None where none is.

    The same number is in several places at several moments there, and in one place of one moment.

    Args:
        rows: the first rows.
        found: roles of the columns.
    """
    receipt, moment = found.roles.get("receipt"), found.roles.get("moment")
    if receipt is None or moment is None or not found.seen[moment].dates:
        return None
    rows = of_goods(rows, found)
    rows = rows.with_columns(pl.Series("_day", days_of(rows[moment], found.seen[moment])))
    time = [found.roles["time"]] if "time" in found.roles else [moment] if found.seen[moment].has_time else []
    few = max(2, MOST_SHOPS * rows[receipt].n_unique())
    named = [name for name in free_codes(rows, found) if 2 <= rows[name].n_unique() <= few]
    full = [name for name in named if not rows[name].null_count() and may_be_shops(rows, found, name)]
    places = [name for name in full if _numbers_on_its_own(rows, receipt, ["_day", *time], name)]
    return places[0] if len(places) == 1 else None


def _numbers_on_its_own(rows: pl.DataFrame, receipt: str, moment: list[str], name: str) -> bool:
    pairs = rows.group_by(receipt, name).agg(
        pl.struct(moment).n_unique().alias("_moments"), pl.struct(moment).first().alias("_when")
    )
    twice = pairs.group_by(receipt).agg(pl.len().alias("_places"), pl.col("_when").n_unique().alias("_apart"))
    several = twice.filter(pl.col("_places") > 1)
    if several.height < _LEAST_TWICE or several.height < _TWICE * twice.height:
        return False
    return share(pairs["_moments"] == 1) >= _HOLDS and share(several["_apart"] == several["_places"]) >= _HOLDS


def of_goods(rows: pl.DataFrame, found: Columns) -> pl.DataFrame:
    """The first rows that name goods: titles and sums between them have no shop either."""
    rows = rows.head(_ROWS)
    goods = [found.roles[role] for role in ("product", "product_name") if role in found.roles]
    return rows.filter(pl.all_horizontal(pl.col(goods).is_not_null())) if goods else rows


def may_be_shops(rows: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether a column has no name of something else, and no value is on nearly every row."""
    plain = bare_name(name)
    if (
        role_scores(name)
        or is_about_people(plain)
        or re.search(NO_SHOPS, plain)
        or re.search(f"{OF_RECEIVERS}|%", f"{name.lower()} {plain}")  # `billCity` is `bill_city` as a plain name
        or name in {one for names in found.alternatives.values() for one in names}
    ):
        return False
    if (
        are_ways(rows[name])
        or goes_with(rows, found, name)
        or (found.seen[name].numbers and (values(rows, found, name) < 0).any())
    ):
        return False
    counts = rows[name].cast(pl.String).value_counts(sort=True, name="rows")
    states = counts[name].str.to_lowercase().str.contains(f"{CANCELLED}|{GIVEN_BACK}|{NOT_PAID}").any()
    return not states and counts["rows"][0] < _USUAL * rows.height
