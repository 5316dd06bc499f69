"""Which incoming rows the lake does not hold yet.

Rows are compared by 64-bit hashes, taken on both sides in the same process, in slices of bounded size. Two different
rows share a hash with a probability of about rows x rows / 1.8e19: 2e-5 for 20 million against 20 million.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import polars as pl

from retail_brain.lake.layout import Layout

ROW = "_row"
"""Position of a row in what is being ingested."""

SLICE_ROWS = 25_000_000
"""Rows compared at once: about 2 GB at the peak."""


@dataclass(frozen=True)
class Difference:
    """Rows by what has to happen to them.

    Attributes:
        new: positions of rows that the lake lacks.
        changed: positions of rows whose key the lake holds with other values.
        unchanged: number of rows that the lake holds already.
    """

    new: pl.Series
    changed: pl.Series
    unchanged: int


def hash_of(columns: Sequence[str]) -> pl.Expr:
    """One 64-bit hash of several columns; nulls count as values, -0.0 equals 0.0."""
    return pl.struct(columns).hash()


def difference(incoming: pl.LazyFrame, stored: pl.LazyFrame, kept: Layout) -> Difference:
    """What of `incoming` is new or changed against `stored`.

    Args:
        incoming: columns of the table and `_row`; keys are unique where the layout has a key.
        stored: the same columns but `_row`, in the same types.
        kept: the table's layout.
    """
    columns = [name for name in incoming.collect_schema().names() if name != ROW]
    hashes = {"row_hash": hash_of(columns)} | ({"key_hash": hash_of(kept.key)} if kept.key else {})
    compare, by = (_state_difference, "key_hash") if kept.key else (_log_difference, "row_hash")
    left, right = incoming.select(ROW, **hashes), stored.select(**hashes)
    parts = [compare(*both) for both in _slices(left, right, by)]
    return Difference(
        pl.concat([part.new for part in parts]),
        pl.concat([part.changed for part in parts]),
        sum(part.unchanged for part in parts),
    )


def duplicated_keys(incoming: pl.LazyFrame, key: Sequence[str]) -> pl.Series:
    """Positions of rows whose key comes again later in the same data."""
    hashed = incoming.select(ROW, key_hash=hash_of(key))
    found = [
        part.filter(pl.col("key_hash").is_duplicated()).filter(pl.col(ROW) != pl.col(ROW).max().over("key_hash"))[ROW]
        for part in _cut(hashed, "key_hash", _count_slices(hashed))
    ]
    return pl.concat(found)


def _log_difference(incoming: pl.DataFrame, stored: pl.DataFrame) -> Difference:
    """Of equal rows, as many are new as there are more of them than the lake holds."""
    held = stored.group_by("row_hash").len("held")
    wanted = incoming.group_by("row_hash").len("wanted").join(held, on="row_hash", how="left")
    missing = wanted.with_columns(pl.col("held").fill_null(0)).filter(pl.col("wanted") > pl.col("held"))
    candidates = incoming.join(missing, on="row_hash").sort(ROW)
    occurrence = pl.int_range(pl.len()).over("row_hash")
    fresh = pl.concat(
        [
            candidates.filter(pl.col("held") == 0)[ROW],
            candidates.filter(pl.col("held") > 0).filter(occurrence >= pl.col("held"))[ROW],
        ]
    )
    return Difference(fresh, fresh.clear(), incoming.height - fresh.len())


def _state_difference(incoming: pl.DataFrame, stored: pl.DataFrame) -> Difference:
    joined = incoming.join(stored.rename({"row_hash": "held_hash"}), on="key_hash", how="left")
    new = joined.filter(pl.col("held_hash").is_null())[ROW]
    changed = joined.filter(pl.col("held_hash") != pl.col("row_hash"))[ROW]
    return Difference(new, changed, incoming.height - new.len() - changed.len())


def _slices(left: pl.LazyFrame, right: pl.LazyFrame, by: str) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    slices = max(_count_slices(left), _count_slices(right))
    return list(zip(_cut(left, by, slices), _cut(right, by, slices), strict=True))


def _count_slices(frame: pl.LazyFrame) -> int:
    rows: int = frame.select(pl.len()).collect().item()
    return max(1, ceil(rows / SLICE_ROWS))


def _cut(frame: pl.LazyFrame, by: str, slices: int) -> list[pl.DataFrame]:
    """The frame's rows by the remainder of a hash, so that equal hashes fall into the same slice."""
    return [frame.filter(pl.col(by) % slices == number).collect(engine="streaming") for number in range(slices)]
