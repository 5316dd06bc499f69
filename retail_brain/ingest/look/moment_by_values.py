"""Takes the moment of sales where several columns hold days and no name says which is it.

Exports come in the order of their rows: the moment goes up (or down) from row to row, and what is due or delivered
comes after it. The day on which a person joined or was born follows no order.
"""

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.evidence import is_dated
from retail_brain.ingest.look.numbered_rows import are_counted_through
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_expiry import is_of_expiry

_IN_ORDER = 0.8
"""Share of the rows that are not before (or not after) the one above. By judgement: days of shops one below the other
begin anew in each, and those of chance are in order on half of the rows."""
_FILLED, _HOLDS = 0.98, 0.98
"""Share of the rows that have the day, and on which it is not after another."""
_LEAST_ROWS = 20
"""Rows below which the order says nothing."""


def moment_by_values(rows: pl.DataFrame, found: Columns) -> dict[str, str]:
    """`moment` by the values of free columns of days; none where one is known, or none is in order.

    A known one that whole orders lack, such as the day on which they were sent, gives way to one that all have before.

    Args:
        rows: the first rows, in the order of the file.
        found: roles of the columns.
    """
    held = found.roles.get("moment")
    if rows.height < _LEAST_ROWS or (held is not None and not _is_of_later_steps(rows, found, held)):
        return {}
    taken = set(found.roles.values())
    names = [name for name, seen in found.seen.items() if name not in taken and is_dated(seen)]
    names = [name for name in names if not are_counted_through(rows[name]) and not is_of_expiry(bare_name(name))]
    dated = {name: days_of(rows[name], found.seen[name]) for name in names if found.seen[name].filled >= _FILLED}
    dated = {name: days for name, days in dated.items() if days.n_unique() > 1 and _is_in_order(days)}
    if held is not None:
        later = days_of(rows[held], found.seen[held])
        dated = {name: days for name, days in dated.items() if share((days <= later).drop_nulls()) >= _HOLDS}
    first = [name for name, days in dated.items() if all(share(days <= other) >= _HOLDS for other in dated.values())]
    timed = [name for name in first if found.seen[name].has_time]
    return {"moment": (timed or first)[0]} if first else {}


def _is_of_later_steps(rows: pl.DataFrame, found: Columns, held: str) -> bool:
    """Whether whole orders lack a day, as those not sent yet do, and a column of states says what they are."""
    number = found.roles.get("receipt")
    if number is None or "status" not in found.roles or not 0 < found.seen[held].filled < _FILLED:
        return False
    if not is_dated(found.seen[held]) or found.seen[number].filled < _FILLED:
        return False
    known = rows.group_by(number).agg(pl.col(held).is_not_null().sum().alias("_known"), pl.len().alias("_lines"))
    return share((known["_known"] == 0) | (known["_known"] == known["_lines"])) >= _HOLDS


def _is_in_order(days: pl.Series) -> bool:
    """Whether days go up from row to row, or down."""
    return max(share(days >= days.shift()), share(days <= days.shift())) >= _IN_ORDER and _changes(days)


def _changes(days: pl.Series) -> bool:
    """Whether some rows are of another day than the one above in the direction of most: all the same says nothing."""
    steps = days.diff().dt.total_days().drop_nulls()
    up, down = int((steps > 0).sum()), int((steps < 0).sum())
    return max(up, down) > 2 * min(up, down)
