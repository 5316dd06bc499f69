"""Takes what is left: units less those that came back, and money less a discount, whatever their columns are called.

Where one column is the difference of two others on every row, it is what counts.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.evidence import is_dated
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share

_ROWS = 4_000
"""Rows that are looked at."""
_HOLDS = 0.98
"""Share of the rows on which a difference holds. By judgement."""
_CENT = 0.011
"""Money that rounding may add."""
_LEAST_OFF = 3
"""Rows with something taken off below which nothing is concluded."""
_FREE = 0.1
"""Share of the rows without a discount from which what is taken off is one. By judgement."""
_MOST_COLUMNS = 14
"""Columns of numbers beyond which nothing is tried."""


def with_what_is_left(sample: pl.DataFrame, found: Columns) -> Columns:
    """The columns with net units in the place of units, and money after a discount in the place of money before it.

    Args:
        sample: the first rows.
        found: roles of the columns.
    """
    rows = sample.head(_ROWS)
    taken = {name for role, name in found.roles.items() if role not in ("discount", "list_price", "amount")}
    kinds = {name: seen for name, seen in found.seen.items() if seen.numbers and name not in taken}
    free = [name for name, seen in kinds.items() if not seen.is_clock and not is_dated(seen)]
    if len(free) > _MOST_COLUMNS:
        return found
    numbers = {name: values(rows, found, name).fill_null(0) for name in free}
    return _net_money(_net_units(rows, found, numbers), numbers)


def _net_units(rows: pl.DataFrame, found: Columns, numbers: dict[str, pl.Series]) -> Columns:
    sold = found.roles.get("units")
    if sold is None or "on_hand" in found.roles:
        return found
    whole = {name: one for name, one in numbers.items() if (one == one.round()).all()}
    for back, left in _differences(values(rows, found, sold).fill_null(0), whole):
        return _with(found, "units", left, f"{left!r} is {sold!r} less {back!r}: taken for the units")
    return found


def _net_money(found: Columns, numbers: dict[str, pl.Series]) -> Columns:
    gross = found.roles.get("amount")
    if gross is None or "discount" in found.roles or gross not in numbers:
        return found
    for off, left in _differences(numbers[gross], {name: one for name, one in numbers.items() if name != gross}):
        if _is_discount(numbers[off]):
            return _with(found, "amount", left, f"{left!r} is {gross!r} less {off!r}: it was paid")
    return found


def _differences(whole: pl.Series, parts: dict[str, pl.Series]) -> Iterator[tuple[str, str]]:
    """Pairs of a column that is taken off another, and of what it leaves."""
    for off, left in itertools.permutations(parts, 2):
        taken, rest = parts[off], parts[left]
        if (taken != 0).sum() < _LEAST_OFF or taken.abs().sum() >= rest.abs().sum():
            continue
        gaps = ((whole - taken - rest).abs(), (whole - taken.abs() - rest).abs())
        if max(share(gap <= _CENT) for gap in gaps) >= _HOLDS:
            yield off, left


def _is_discount(off: pl.Series) -> bool:
    """Whether some rows have nothing taken off: tax, cost and profit are on nearly every one."""
    return share(off == 0) >= _FREE


def _with(found: Columns, role: str, name: str, says: str) -> Columns:
    """The columns with another one for a role; what held it is an alternative no more."""
    held = {other: column for other, column in found.roles.items() if column != name}
    kept = {other: tuple(one for one in names if one != name) for other, names in found.alternatives.items()}
    return replace(found, roles={**held, role: name}, alternatives=kept, remarks=(*found.remarks, says))
