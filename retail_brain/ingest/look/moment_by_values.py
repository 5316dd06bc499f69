"""Takes the moment of sales where several columns hold days and no name says which is it.

Exports come in the order of their rows: the moment goes up (or down) from row to row, and what is due or delivered
comes after it. The day on which a person joined or was born follows no order.
"""

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.evidence import is_dated
from retail_brain.ingest.look.shares import share

_IN_ORDER = 0.8
"""Share of the rows that are not before (or not after) the one above. By judgement: days of shops one below the other
begin anew in each, and those of chance are in order on half of the rows."""
_FILLED, _HOLDS = 0.98, 0.98
"""Share of the rows that have the day, and on which it is not after another."""
_LEAST_ROWS = 20
"""Rows below which the order says nothing."""


def moment_by_values(rows: pl.DataFrame, found: Columns) -> dict[str, str]:
    """`moment` by the values of free columns of days; none where one is known, or none is in order.

    Args:
        rows: the first rows, in the order of the file.
        found: roles of the columns.
    """
    if "moment" in found.roles or rows.height < _LEAST_ROWS:
        return {}
    taken = set(found.roles.values())
    names = [name for name, seen in found.seen.items() if name not in taken and is_dated(seen)]
    dated = {name: days_of(rows[name], found.seen[name]) for name in names if found.seen[name].filled >= _FILLED}
    dated = {name: days for name, days in dated.items() if days.n_unique() > 1 and _is_in_order(days)}
    first = [name for name, days in dated.items() if all(share(days <= other) >= _HOLDS for other in dated.values())]
    timed = [name for name in first if found.seen[name].has_time]
    return {"moment": (timed or first)[0]} if first else {}


def _is_in_order(days: pl.Series) -> bool:
    """Whether days go up from row to row, or down."""
    return max(share(days >= days.shift()), share(days <= days.shift())) >= _IN_ORDER and _changes(days)


def _changes(days: pl.Series) -> bool:
    """Whether some rows are of another day than the one above in the direction of most: all the same says nothing."""
    steps = days.diff().dt.total_days().drop_nulls()
    up, down = int((steps > 0).sum()), int((steps < 0).sum())
    return max(up, down) > 2 * min(up, down)
