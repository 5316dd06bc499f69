"""Partitions rows into buckets by a key and applies a function to one bucket at a time.

The function maps an Arrow table to an Arrow table and needs nothing but its bucket, so Spark's `mapInArrow`, Ray or
Dask can run the same function over the same files.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from retail_brain.files import atomic_path
from retail_brain.progress import Progress

ArrowFunction = Callable[[pa.Table], pa.Table]


def bucket_of(key: str, buckets: int) -> pl.Expr:
    """Number of the bucket of a key."""
    # a fixed seed: a resumed run must put every key into the bucket of the first one
    return (pl.col(key).hash(0) % buckets).cast(pl.UInt16)


def stage(rows: pl.LazyFrame, key: str, folder: Path, buckets: int) -> None:
    """Writes the rows to `folder/bucket=N/*.parquet` in one streaming pass; all rows of a key share a bucket.

    Does nothing if the folder exists: it is written atomically.

    Args:
        rows: the records.
        key: column whose hash gives the bucket.
        folder: folder to write.
        buckets: number of buckets.
    """
    if folder.exists():
        return
    with atomic_path(folder) as aside:
        rows.with_columns(bucket_of(key, buckets).alias("bucket")).sink_parquet(
            pl.PartitionBy(aside, key="bucket", include_key=False),
            mkdir=True,
            compression="lz4",
            maintain_order=False,
            engine="streaming",
        )
        # no rows make no folder, and the staged folder must exist to count as finished
        aside.mkdir(exist_ok=True)


def run_buckets(
    rows: pl.LazyFrame, key: str, staged: Path, out: Path, buckets: int, function: ArrowFunction, progress: Progress
) -> int:
    """Applies the function to each bucket of the rows and writes `out/bucket=NNN.parquet`; returns the rows written.

    Parts of an earlier, interrupted run are not computed again. A single bucket is not staged on disk.

    Args:
        rows: the records.
        key: column whose rows must be in one bucket.
        staged: folder of the staged buckets; written if missing.
        out: folder of the results.
        buckets: number of buckets.
        function: computes the result of a bucket.
        progress: shows a bar.
    """
    parts = [out / f"bucket={bucket:03d}.parquet" for bucket in range(buckets)]
    missing = [part for part in parts if not part.exists()]
    if missing and buckets > 1:
        stage(rows, key, staged, buckets)
    for bucket, part in enumerate(progress.track(parts, out.name, total=buckets)):
        if part in missing:
            table = _read(staged / f"bucket={bucket}", rows) if buckets > 1 else _collect(rows)
            with atomic_path(part) as aside:
                pq.write_table(function(table), aside)
    # from the files, because parts of an earlier run were not counted in this one
    return sum(pq.read_metadata(part).num_rows for part in parts)


def _read(folder: Path, rows: pl.LazyFrame) -> pa.Table:
    files = sorted(folder.glob("*.parquet"))
    if not files:
        # a bucket without rows still gives a file, so that a resumed run sees it as done
        return _to_arrow(pl.DataFrame(schema=rows.collect_schema()))
    return _to_arrow(pl.read_parquet(files))


def _collect(rows: pl.LazyFrame) -> pa.Table:
    return _to_arrow(rows.collect(engine="streaming"))


def _to_arrow(frame: pl.DataFrame) -> pa.Table:
    """The frame as an Arrow table; string views, which Polars uses itself, are not copied."""
    return frame.to_arrow(compat_level=pl.CompatLevel.newest())


def drop(folder: Path) -> None:
    """Removes a folder, if it exists."""
    shutil.rmtree(folder, ignore_errors=True)
