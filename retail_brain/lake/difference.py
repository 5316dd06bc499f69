"""Computes the difference of incoming rows and a stored table: new, changed and unchanged rows.

Rows are compared by 64-bit hashes, taken on both sides in the same process, in slices of bounded size. Two different
rows share a hash with a probability of about rows x rows / 1.8e19: 2e-5 for 20 million against 20 million.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import polars as pl

from retail_brain.files import scratch_folder
from retail_brain.lake.layout import Layout

ROW = "_row"
"""Column with the position of a row in the incoming data, from 0."""

SLICE_ROWS = 25_000_000
"""Rows compared at once: about 2 GB at the peak."""


@dataclass(frozen=True)
class Difference:
    """Incoming rows by what has to be written.

    Attributes:
        new: positions of rows that the stored table lacks.
        changed: positions of rows whose key is stored with other values.
        unchanged: number of rows that are stored already.
    """

    new: pl.Series
    changed: pl.Series
    unchanged: int


def _row_hash(columns: Sequence[str]) -> pl.Expr:
    """One 64-bit hash of several columns; nulls count as values, -0.0 equals 0.0."""
    return pl.struct(columns).hash()


def difference(incoming: pl.LazyFrame, stored: pl.LazyFrame, table_layout: Layout) -> Difference:
    """Compares incoming rows with the stored rows of a table.

    Args:
        incoming: columns of the table and `_row`; keys are unique where the layout has a key.
        stored: the same columns but `_row`, in the same types.
        table_layout: whether the table is a log or a state, and its key.
    """
    if not _height(stored):  # the usual day: nothing is stored of the days that come
        every = incoming.select(ROW).collect(engine="streaming")[ROW]
        return Difference(every, every.clear(), 0)
    columns = [name for name in incoming.collect_schema().names() if name != ROW]
    key = table_layout.key
    hashes = {"row_hash": _row_hash(columns)} | ({"key_hash": _row_hash(key)} if key else {})
    # slices are cut by what is compared, so that all rows of a key (of a log: equal rows) meet in one slice
    compare, by = (_state_difference, "key_hash") if key else (_log_difference, "row_hash")
    left, right = incoming.select(ROW, **hashes), stored.select(**hashes)
    parts = [compare(*slices) for slices in _slices(left, right, by)]
    return Difference(
        pl.concat([part.new for part in parts]),
        pl.concat([part.changed for part in parts]),
        sum(part.unchanged for part in parts),
    )


def duplicated_keys(incoming: pl.LazyFrame, key: Sequence[str]) -> pl.Series:
    """Positions of rows whose key occurs again later in the same data: the last row of a key is not among them."""
    hashed = incoming.select(ROW, key_hash=_row_hash(key))
    duplicates = [
        _repeated(part, "key_hash").filter(pl.col(ROW) != pl.col(ROW).max().over("key_hash"))[ROW]
        for part in _cut(hashed, "key_hash", _count_slices(hashed))
    ]
    return pl.concat(duplicates)


def _repeated(part: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rows whose hash occurs more than once."""
    # sorting takes a sixth of the time of grouping, and nearly always finds none
    hashes = part[name].sort()
    repeated = hashes.filter(hashes == hashes.shift()).unique()
    return part.join(repeated.to_frame(), on=name, how="semi") if len(repeated) else part.clear()


def keys_of_several_files(incoming: pl.LazyFrame, key: Sequence[str], file: str, but: pl.Series) -> pl.Series:
    """Positions of all rows whose key is in several files, where some rows are not looked at.

    Args:
        incoming: `_row`, the columns and the number of the file.
        key: columns.
        file: column with the number of the file.
        but: positions of rows that do not bring a key into a file.
    """
    hashed = incoming.select(ROW, file, key_hash=_row_hash(key))
    found = []
    for part in _cut(hashed, "key_hash", _count_slices(hashed)):
        rest = part.join(but.alias(ROW).to_frame(), on=ROW, how="anti")
        files = rest.group_by("key_hash").agg(first=pl.col(file).min(), last=pl.col(file).max())
        several = files.filter(pl.col("first") != pl.col("last"))
        found.append(part.join(several, on="key_hash", how="semi")[ROW])
    return pl.concat(found)


def repeated_in_files(incoming: pl.LazyFrame, columns: Sequence[str], file: str) -> pl.Series:
    """Positions of rows that an earlier file has as well, as often as it has them; equal rows of one file all stay.

    Args:
        incoming: `_row`, the columns and the number of the file.
        columns: of which equal rows agree in all.
        file: column with the number of the file.
    """
    hashed = incoming.select(ROW, file, row_hash=_row_hash(columns))
    repeated = []
    for part in _cut(hashed, "row_hash", _count_slices(hashed)):
        again = _repeated(part, "row_hash")
        shared = again.filter(pl.col(file).min().over("row_hash") != pl.col(file).max().over("row_hash")).sort(ROW)
        # the n-th copy in one file matches the n-th in another: two equal sales of a day are no repetition
        nth = shared.with_columns(nth=pl.int_range(pl.len()).over("row_hash", file))
        repeated.append(nth.filter(~pl.struct("row_hash", "nth").is_first_distinct())[ROW])
    return pl.concat(repeated)


def _log_difference(incoming: pl.DataFrame, stored: pl.DataFrame) -> Difference:
    """Multiset difference: of equal rows, as many are new as the incoming data has more of them than the table."""
    # a log has no key: a customer may well buy the same thing twice in one second, so equal rows are counted
    stored_counts = stored.group_by("row_hash").len("stored")
    counts = incoming.group_by("row_hash").len("incoming").join(stored_counts, on="row_hash", how="left")
    missing = counts.with_columns(pl.col("stored").fill_null(0)).filter(pl.col("incoming") > pl.col("stored"))
    candidates = incoming.join(missing, on="row_hash").sort(ROW)
    occurrence = pl.int_range(pl.len()).over("row_hash")
    # the window function is slow, so it runs only on rows of which the table has some
    new = pl.concat(
        [
            candidates.filter(pl.col("stored") == 0)[ROW],
            candidates.filter(pl.col("stored") > 0).filter(occurrence >= pl.col("stored"))[ROW],
        ]
    )
    return Difference(new, new.clear(), incoming.height - new.len())


def _state_difference(incoming: pl.DataFrame, stored: pl.DataFrame) -> Difference:
    joined = incoming.join(stored.rename({"row_hash": "stored_hash"}), on="key_hash", how="left")
    new = joined.filter(pl.col("stored_hash").is_null())[ROW]
    changed = joined.filter(pl.col("stored_hash") != pl.col("row_hash"))[ROW]
    return Difference(new, changed, incoming.height - new.len() - changed.len())


def _slices(left: pl.LazyFrame, right: pl.LazyFrame, by: str) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Pairs of slices: equal hashes of both sides are in the same pair, so each pair is compared by itself."""
    slices = max(_count_slices(left), _count_slices(right))
    return zip(_cut(left, by, slices), _cut(right, by, slices), strict=True)


def _count_slices(frame: pl.LazyFrame) -> int:
    return max(1, ceil(_height(frame) / SLICE_ROWS))


def _height(frame: pl.LazyFrame) -> int:
    rows: int = frame.select(pl.len()).collect(engine="streaming").item()
    return rows


def _cut(frame: pl.LazyFrame, by: str, slices: int) -> Iterator[pl.DataFrame]:
    """Splits the rows by the remainder of a hash; equal hashes fall into the same slice, and one is held at a time."""
    if slices == 1:
        yield frame.collect(engine="streaming")
        return
    with scratch_folder("hashes") as folder:
        # hashed once: the slices read a few bytes a row instead of the rows
        hashes = folder / "hashes.parquet"
        frame.sink_parquet(hashes, compression="uncompressed")
        for number in range(slices):
            yield pl.scan_parquet(hashes).filter(pl.col(by) % slices == number).collect(engine="streaming")
