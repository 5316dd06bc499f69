"""Finds rows that are sums of the rows above or below them, in any language: by their numbers, not by their words."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns, columns_of
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.state_columns import column_of
from retail_brain.ingest.numbers import parse_numbers

SUMS: Final = "rows are sums of the rows beside them and are left out"
"""What is said of such rows."""
_MOST_SUMS: Final = 0.5
"""Share of the rows that may be sums: a group has a line at least. By judgement."""
_STRONG: Final = 1.0
"""Sum from which it is hardly by chance that the rows beside it add up to it, such as 1.00 or more of money and units
of several rows. Smaller ones, such as a single piece, equal the row before them every other time."""
_LEAST_PROOFS: Final = 3
"""Sums of several rows that must come out, counted by column. By judgement."""
_HUNDREDTHS: Final = 100
"""Parts of a unit that are compared: sums are printed to two decimals."""
_LARGEST: Final = 1e11
"""Number beyond which a column is of codes, such as barcodes, and no sums: their sums would leave 64 bits."""
_MOST_CHANCE: Final = math.log(1e-3)
"""Logarithm of the chance up to which rows that add up are sums. By judgement."""
_MOST_NAMED: Final = 3
"""Blank columns by which a condition names the sums: as many as tell them from lines with a gap. By judgement."""
_MOST_STARTS: Final = 100
"""Lines, the nearest ones, from which a sum may begin: the column with the fewest zeros has few. Bounds the memory."""
_MOSTLY: Final = 0.9
"""Share of the sums with a day, and of the lines of their receipts without one, from which sums are heads."""
_EVEN: Final = 2
"""Rows from which a sum says more than the row beside it does."""


def sums_of_rows(sample: pl.DataFrame) -> tuple[str, pl.Series] | None:
    """Rows that are sums of others next to them, such as `Summe Filiale 0112` and `DAY TOTAL`; None without any.

    Sums leave a column blank that lines fill, such as the code of goods, and every row that does so is the sum of rows
    directly above it (or of those below it, where sums come first), in all columns that add up.

    Args:
        sample: the first rows of a table of text.

    Returns:
        The condition in SQL that keeps the other rows, and whether each row is a sum.
    """
    blank = sample.select(pl.all().is_null())
    counts = {name: int(blank[name].sum()) for name in sample.columns}
    few = [name for name, count in counts.items() if 0 < count <= _MOST_SUMS * sample.height]
    if not few:
        return None
    found = columns_of(sample)
    seen = {name: one for name, one in found.seen.items() if one.numbers and not one.dates}
    read = {name: parse_numbers(sample[name].cast(pl.String), one.numbers[0]) for name, one in seen.items()}
    numbers = {
        name: (values * _HUNDREDTHS).round().cast(pl.Int64)
        for name, values in read.items()
        if values.abs().is_between(0, _LARGEST).all()
    }
    for name in sorted(few, key=lambda name: -counts[name]):
        if _are_lines(sample, found, blank[name]):
            continue
        sums = {one: values for one, values in numbers.items() if not _counts_through(values, blank[name])}
        if not _add_up(blank[name], sums) and not _add_up(
            blank[name].reverse(), {one: values.reverse() for one, values in sums.items()}
        ):
            continue
        # those that lines leave blank too may be filled down, and tell no sums then
        always = [name, *(one for one in few if one != name and (blank[one] == blank[name]).all())][:_MOST_NAMED]
        filled = " OR ".join(f"{column_of(one)} <> ''" for one in always)
        return f"({filled})", blank[name]
    return None


def _are_lines(sample: pl.DataFrame, found: Columns, is_blank: pl.Series) -> bool:
    """Whether rows that leave a column blank name a receipt, its moment and goods as lines do: guests have no number.

    A sum leaves one of these blank, or has words of its own in the place of goods.
    """
    goods = [found.roles[role] for role in ("product", "product_name") if role in found.roles]
    if not goods or not {"receipt", "moment"} <= found.roles.keys():
        return False
    heads = sorted({found.roles["receipt"], found.roles["moment"]})
    perhaps, lines = sample.filter(is_blank), sample.filter(~is_blank)
    if perhaps.select(heads).null_count().sum_horizontal().item():
        return False
    return any(
        not perhaps[name].null_count() and share(perhaps[name].is_in(lines[name].implode())) > _MOST_SUMS
        for name in goods
    )


def _counts_through(values: pl.Series, is_sum: pl.Series) -> bool:
    """Whether numbers run from 1 on, row by row and through the lines: the second of two is no sum of others."""
    runs = (values == _HUNDREDTHS) | (values == values.shift(1) + _HUNDREDTHS)
    return bool(runs.fill_null(value=False).all()) and bool((values.filter(~is_sum) > _HUNDREDTHS).any())


def _add_up(is_sum: pl.Series, numbers: Mapping[str, pl.Series]) -> bool:
    """Whether each of some rows is the sum of lines directly above it, in every column that adds up."""
    above = ((~is_sum).cum_sum() - (~is_sum)).cast(pl.Int64).to_list()
    starts: dict[int, list[int]] = {}
    proofs, chance = 0, 0.0
    for values in sorted(numbers.values(), key=lambda values: int((values == 0).sum())):
        if not (values.filter(is_sum).abs() >= _STRONG * _HUNDREDTHS).any():
            continue
        totals = [0, *values.filter(~is_sum).fill_null(0).cum_sum().to_list()]
        rows = (is_sum & values.is_not_null()).arg_true().to_list()
        wanted = {row: totals[above[row]] - values[row] for row in rows}
        found = _starts(totals, wanted, above)
        several = sum(
            above[row] - places[-1] >= _EVEN and abs(values[row]) >= _STRONG * _HUNDREDTHS
            for row, places in found.items()
        )
        if not several or len(found) < len(rows):
            continue  # a price, which does not add up, or the number of a shop, which is that of the row above
        proofs += several
        chance += _log_chance(values, is_sum, totals)
        for row, places in found.items():
            known = starts.get(row)
            starts[row] = places if known is None else [one for one in known if totals[one] == wanted[row]]
    return proofs >= _LEAST_PROOFS and chance <= _MOST_CHANCE and len(starts) == is_sum.sum() and all(starts.values())


def _log_chance(values: pl.Series, is_sum: pl.Series, totals: Sequence[int]) -> float:
    """Logarithm of the chance that rows equal the lines above them as lines do: a single piece nearly always does."""
    lines = values.filter(~is_sum).fill_null(0).to_list()
    wanted = {row: totals[row] - value for row, value in enumerate(lines)}
    equal = _starts(totals, wanted, range(len(lines)))
    known: dict[int, tuple[int, int]] = {}
    for row, value in enumerate(lines):
        times, all_of_it = known.get(value, (0, 0))
        known[value] = (times + (row in equal), all_of_it + 1)
    counted = [row for row, value in enumerate(lines) if value]
    usual = (sum(row in equal for row in counted), len(counted))
    shares = (known.get(value, usual) for value in values.filter(is_sum).drop_nulls().to_list())
    return sum(math.log((times + 1) / (rows + 2)) for times, rows in shares)


def _starts(totals: Sequence[int], wanted: Mapping[int, int], above: Sequence[int]) -> dict[int, list[int]]:
    """Row -> the lines from which on those above it add up to it, the nearest ones, last; only rows with one.

    Args:
        totals: sum of the lines before each one.
        wanted: row -> the total that its sum begins at.
        above: number of lines above each row.
    """
    places: dict[int, list[int]] = {}
    for place, total in enumerate(totals):
        places.setdefault(total, []).append(place)
    ends = {row: bisect_left(places.get(total, []), above[row]) for row, total in wanted.items()}
    return {row: places[wanted[row]][max(end - _MOST_STARTS, 0) : end] for row, end in ends.items() if end}


def date_their_receipts(sample: pl.DataFrame, is_sum: pl.Series, found: Columns) -> bool:
    """Whether sums are the heads of receipts, on which alone their day stands: leaving them out would lose it.

    Args:
        sample: the rows.
        is_sum: whether each is a sum of rows beside it.
        found: roles of the columns.
    """
    receipt, moment = found.roles.get("receipt"), found.roles.get("moment")
    if receipt is None or moment is None:
        return False
    sums, lines = sample.filter(is_sum), sample.filter(~is_sum)
    theirs = lines.filter(pl.col(receipt).is_in(sums[receipt].drop_nulls().unique().implode()))
    return (
        bool(theirs.height)
        and share(sums[moment].is_not_null()) > _MOSTLY
        and share(theirs[moment].is_null()) > _MOSTLY
    )
