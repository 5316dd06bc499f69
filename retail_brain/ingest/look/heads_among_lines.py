"""Registers with the head of every receipt in a row of its own above its lines.

The head has the number, the day and, in the column in which the lines have their goods, who bought; the lines have
goods, units and money alone. The head may sum the units of its lines. Such a report is read as lines with what their
head says beside them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns, columns_of
from retail_brain.ingest.look.draft import quoted
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.purchases import PURCHASE
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name, role_scores

HEADS: Final = "heads"
"""The key of rows that begin a receipt and are no line."""
_NAME: Final = "Customer"
"""What the column of those who bought is called."""
_NEARLY: Final = 0.98
"""Share of the heads, or of the lines, from which they have, or lack, a value. By judgement."""
_LEAST_HEADS: Final = 5
"""Heads below which nothing is concluded. By judgement."""
_LEAST_SUMS: Final = 2
"""Least heads, where each sums the units of its lines. By judgement: a month has few returns, and chance sums none."""
_ROUNDED: Final = 0.005
"""What rounding may add to the sum of a line's units."""
_BOTH: Final = 0.05
"""Share of the different names of heads that may be names of lines as well. By judgement."""


@dataclass(frozen=True)
class Heads:
    """Lines with what their heads say.

    Attributes:
        key: the value of the key `heads` in TOML.
        names: columns to fill down, the number of the receipt first.
        lines: the rows of goods, filled.
        remark: what was found.
    """

    key: str
    names: list[str]
    lines: pl.DataFrame
    remark: str


def heads_among_lines(sample: pl.DataFrame, found: Columns, title: str) -> Heads | None:
    """The lines of a register with heads in rows of their own; None for any other file.

    Of orders to suppliers the head names no customer: these are none.

    Args:
        sample: the first rows, blanks as null.
        found: roles of its columns by their names.
        title: the name of the file and the text above its header, which say whether these are purchases.
    """
    roles = found.roles
    if not {"receipt", "moment", "units"} <= roles.keys() or "customer" in roles:
        return None
    number, day = roles["receipt"], roles["moment"]
    is_head = sample[number].is_not_null()
    if not len(is_head) or not is_head[0] or is_head.all() or is_head.sum() < _LEAST_SUMS:
        return None
    start = is_head.cum_sum()
    are_summed = _are_summed(values(sample, found, roles["units"]), is_head, start)
    if is_head.sum() < _LEAST_HEADS and not are_summed:
        return None
    filled = {name: (share(cells.filter(is_head)), share(cells.filter(~is_head))) for name, cells in _filled(sample)}
    units = filled[roles["units"]]
    if filled[day][0] < 1 or filled[day][1] or (units[0] and not are_summed) or units[1] < _NEARLY:
        return None
    named = [name for name, (of_head, of_line) in filled.items() if of_head >= _NEARLY and of_line >= _NEARLY]
    named = [name for name in named if not found.seen[name].numbers and _are_apart(sample[name], is_head)]
    if len(named) != 1 or _is_of_purchases(sample, filled, title):
        return None
    ours = _NAME
    while ours in sample.columns:
        ours = f"{ours} of the head"
    further = [
        name
        for name, (of_head, of_line) in filled.items()
        if of_head and not of_line and (not found.seen[name].numbers or _is_id(name)) and name != number
    ]
    names = [number, *further, ours]
    named_on_heads = pl.when(is_head).then(pl.col(named[0])).alias(ours)
    filling = [pl.col(name).forward_fill().over(start) for name in names]
    lines = sample.with_columns(named_on_heads).with_columns(filling).filter(~is_head)
    remark = (
        f"{is_head.sum():,} rows with {number!r} begin a receipt and are no line: their {named[0]!r} is the "
        "customer of the lines below"
    )
    key = f"{{ column = {quoted(number)}, named = {{ {quoted(ours)} = {quoted(named[0])} }} }}"
    return Heads(key, names, lines, remark)


def goods_below_heads(keys: Mapping[str, str], sample: pl.DataFrame) -> Mapping[str, str]:
    """The column in which heads have who bought, with what its lines have there: goods, or their name beside a code.

    Args:
        keys: how the file is read, of which `heads` says the column.
        sample: the lines, filled.
    """
    if HEADS not in keys:
        return {}
    names = list(tomllib.loads(f"key = {keys[HEADS]}")["key"]["named"].values())
    roles = columns_of(sample.drop(names)).roles
    return dict.fromkeys(names, "product_name" if "product" in roles else "product")


def _filled(sample: pl.DataFrame) -> list[tuple[str, pl.Series]]:
    return [(name, sample[name].is_not_null()) for name in sample.columns]


def _are_summed(units: pl.Series, is_head: pl.Series, start: pl.Series) -> bool:
    """Whether the units of nearly every head are the sum of those of the lines below it."""
    rows = pl.DataFrame({"units": units, "head": is_head, "start": start})
    lines = pl.col("units").filter(~pl.col("head"))
    of_receipts = rows.group_by("start").agg(
        pl.col("units").filter(pl.col("head")).first().alias("said"), lines.sum().alias("sum"), lines.len().alias("n")
    )
    known = of_receipts.filter(pl.col("said").is_not_null())
    fits = (known["said"] - known["sum"]).abs() <= _ROUNDED * (known["n"] + 1)
    return len(known) >= _LEAST_SUMS and share(fits) >= _NEARLY


def _are_apart(names: pl.Series, is_head: pl.Series) -> bool:
    """Whether heads and lines name different things, such as people and goods."""
    of_heads, of_lines = names.filter(is_head).unique(), names.filter(~is_head).unique()
    return share(of_heads.is_in(of_lines.implode())) <= _BOTH


def _is_id(name: str) -> bool:
    """Whether numbers in a column are ids, and no sums of the receipt."""
    return bool(role_scores(name).keys() & {"store", "customer", "moment", "time", "guide"})


def _is_of_purchases(sample: pl.DataFrame, filled: dict[str, tuple[float, float]], title: str) -> bool:
    """Whether a register is of orders to suppliers, by its title or the kinds of its heads."""
    of_heads = [name for name, (of_head, of_line) in filled.items() if of_head and not of_line]
    kinds = [sample[name].drop_nulls().cast(pl.String).unique() for name in of_heads]
    said = [title, *of_heads, *(kind[0] for kind in kinds if len(kind) == 1)]
    return pl.Series([bare_name(text) for text in said]).str.contains(PURCHASE).any()
