"""Finds the lines that a head does not charge, such as gifts, by its sum: without them the lines add up to it."""

import tomllib
from collections.abc import Mapping
from typing import Any

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.join_keys import Keys
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.state_columns import column_of, listed
from retail_brain.sources.conditions import condition_of

_HOLDS = 0.97
"""Share of the heads whose sum the lines must make without the flagged ones. By judgement: a few were given back."""
_LEAST = 3
"""Heads with a flagged line below which it may be chance that they add up without it. By judgement."""
_MOST_FLAGGED = 0.5
"""Share of the lines that a flag may take out. By judgement."""
_MOST_KINDS = 6
"""Values up to which a column may be of flags or kinds of lines. By judgement."""
_CENT = 0.011
"""Money that rounding of one line may add."""


def leave_out_unpaid(made: Proposal, rows: pl.DataFrame, found: Columns, order: LookedAt, keys: Keys) -> None:
    """Writes `where` for the value of a flag whose lines are not in the sums of their heads, and says so.

    Args:
        made: the proposal of the lines with their heads, with `unit_price`; its `where` is added to.
        rows: the lines.
        found: their columns.
        order: the heads.
        keys: the columns by which lines know their head; nothing is done where they are several.
    """
    total = order.columns.roles.get("amount")
    paid = paid_of(made, rows, found)
    where = made.keys.get("where", "")
    if total is None or paid is None or len(keys) != 1 or where.startswith("?"):
        return
    (ours, theirs), condition = keys[0], where.strip("'")
    lines = rows.with_columns(pl.col(ours).cast(pl.String).alias("_head"), paid.alias("_paid"))
    lines = lines.filter(condition_of(condition, lines.schema)) if condition else lines
    heads = order.sample.select(
        pl.col(theirs).cast(pl.String).alias("_head"), values(order.sample, order.columns, total).alias("_total")
    )
    for name in rows.columns:
        kinds = lines[name].drop_nulls().unique().cast(pl.String).sort()
        if name in found.roles.values() or not 0 < len(kinds) <= _MOST_KINDS:
            continue
        for value in kinds:
            if _is_unpaid(lines, heads, name, value):
                out = f"{column_of(name)} IS NULL OR {column_of(name)} NOT IN ({listed([value])})"
                made.keys["where"] = f"'''({condition}) AND ({out})'''" if condition else f"'''{out}'''"
                count = lines.filter(pl.col(name).cast(pl.String) == value).height
                made.remarks.append(
                    f"{count:,} rows whose {name!r} is {value!r} are not in {total!r} of their heads and are left out"
                )
                return


def paid_of(made: Proposal, rows: pl.DataFrame, found: Columns) -> pl.Series | None:
    """The money of each line as the proposal reads it; None where that is open or not read from one column."""
    key, units = _key_paid(made), found.roles.get("units")
    if key is None or units is None:
        return None
    money = values(rows, found, key["column"])
    return money if key.get("total") else money * values(rows, found, units)


def column_paid(made: Proposal) -> str | None:
    """The one column that the proposal reads money from, as it stands there; None where that is open."""
    key = _key_paid(made)
    return None if key is None else str(key["column"])


def _key_paid(made: Proposal) -> Mapping[str, Any] | None:
    """The keys of the price; None where they are open, or more than a column and how its numbers are written."""
    written = made.columns.get("unit_price", "?")
    if written.startswith("?"):
        return None
    key: Mapping[str, Any] | str = tomllib.loads(f"key = {written}")["key"]
    key = {"column": key} if isinstance(key, str) else key
    is_plain = "column" in key and key.keys() <= {"column", "total", "decimal", "thousands", "strip"}
    return key if is_plain else None


def _is_unpaid(lines: pl.DataFrame, heads: pl.DataFrame, name: str, value: str) -> bool:
    """Whether heads add up without the lines of a value, and those that have such lines do not with them."""
    is_out = (pl.col(name).cast(pl.String) == value).fill_null(value=False)
    sums = lines.group_by("_head").agg(
        pl.col("_paid").sum().alias("all"), pl.col("_paid").filter(~is_out).sum().alias("kept"),
        is_out.sum().alias("out"), pl.len().alias("lines"),
    ).join(heads, on="_head")  # fmt: skip
    room = _CENT * pl.col("lines")
    fits = sums.with_columns(
        ((pl.col("all") - pl.col("_total")).abs() <= room).alias("all"),
        ((pl.col("kept") - pl.col("_total")).abs() <= room).alias("kept"),
    )
    told = fits.filter(pl.col("out") > 0, pl.col("all") != pl.col("kept"))
    if told.height < _LEAST or int(sums["out"].sum()) > _MOST_FLAGGED * lines.height:
        return False
    return bool(told["kept"].all()) and share(fits["kept"]) > _HOLDS
