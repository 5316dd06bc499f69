"""Finds the number of receipts by its values, where the name of no column says that it is one."""

import re

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.evidence import is_dated
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.shops_of_tills import TILLS
from retail_brain.ingest.look.words import bare_name

_LEAST, _MOST = 0.1, 0.97
"""Share of distinct values of a number of receipts: some have several lines, and few have dozens. By judgement."""
_DIGITS, _LONG = 0.8, 6
"""Share of the numbers of receipts that have a digit, and capitals of one that has none. By judgement."""
_LEAST_ROWS = 20
"""Rows below which lines may stand together by chance. By judgement."""


def receipt_by_values(sample: pl.DataFrame, found: Columns) -> str | None:
    """The column whose lines stand together, are of one moment and of one customer; None for none or several.

    Args:
        sample: the rows, in the order of the file.
        found: roles of its columns.
    """
    moment = found.roles.get("moment")
    if moment is None or sample.height < _LEAST_ROWS:
        return None
    # days may be numbers that no file dates
    days = days_of(sample[moment], found.seen[moment]) if found.seen[moment].dates else sample[moment]
    telling = [role for role in ("time", "customer", "store") if role in found.roles]
    if "store" in telling and len(telling) > 1 and re.fullmatch(TILLS, bare_name(found.roles["store"])):
        telling.remove("store")  # some reports say a till for each line
    whole = [sample[moment], *(sample[found.roles[role]] for role in telling if role != "store")]
    names = [name for name in found.seen if name not in found.roles.values() and _may_number(sample, found, name)]
    shop = sample[found.roles["store"]] if "store" in telling else None
    numbers = [name for name in names if _numbers_receipts(sample[name], whole, days, shop)]
    # an id and a number of the same receipts say the same
    pairs = (sample.select(numbers[0], other).unique().height for other in numbers[1:])
    is_same = all(count == sample[name].n_unique() for count, name in zip(pairs, numbers, strict=False))
    return numbers[0] if numbers and is_same and len({sample[name].n_unique() for name in numbers}) == 1 else None


def _may_number(sample: pl.DataFrame, found: Columns, name: str) -> bool:
    seen = found.seen[name]
    if seen.filled < 1 or not _LEAST < seen.distinct < _MOST or is_dated(seen) or seen.is_clock:
        return False
    text = sample[name].cast(pl.String)
    # a code at random, such as TSHDHDMUCW beside TAZ5AP3XXD, may have no digit
    is_code = text.str.contains(rf"\d|^[A-Z]{{{_LONG},}}$").all() and share(text.str.contains(r"\d")) > _DIGITS
    return bool(is_code and not text.str.contains(r"[\s.,]").any())


def _numbers_receipts(number: pl.Series, whole: list[pl.Series], days: pl.Series, shop: pl.Series | None) -> bool:
    """Whether the lines of every number stand together and share moment, customer and shop.

    Lines without a shop, such as carriage that comes out of no stock, are of that of the others.
    """
    runs = int((number != number.shift(1)).fill_null(value=True).sum())
    if runs != number.n_unique() or number.n_unique() < days.n_unique():
        return False
    rows = pl.DataFrame({"number": number, **{f"_{place}": values for place, values in enumerate(whole)}})
    kinds = rows.group_by("number").agg(pl.exclude("number").n_unique())
    if shop is not None:
        shops = pl.DataFrame({"number": number, "shop": shop}).drop_nulls().unique()
        if not shops["number"].is_unique().all():
            return False
    return bool((kinds.drop("number").max_horizontal() == 1).all())
