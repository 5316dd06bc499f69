"""Jobs over key-partitioned Parquet: rows go to buckets by their key, one bucket at a time goes through a function.

The function takes and gives Arrow tables and needs nothing but its bucket, so Spark's `mapInArrow`, Ray or Dask can run
the same function over the same files.
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


def stage(rows: pl.LazyFrame, key: str, folder: Path, buckets: int) -> None:
    """Writes the rows to `folder/bucket=N/*.parquet` in one streaming pass; all rows of a key share a bucket.

    Does nothing if the folder is there: it appears only when whole.
    """
    if folder.exists():
        return
    bucket = (pl.col(key).hash(0) % buckets).cast(pl.UInt16)
    with atomic_path(folder) as aside:
        rows.with_columns(bucket.alias("bucket")).sink_parquet(
            pl.PartitionBy(aside, key="bucket", include_key=False),
            mkdir=True,
            compression="lz4",
            maintain_order=False,
            engine="streaming",
        )
        aside.mkdir(exist_ok=True)


def run_buckets(
    staged: Path, out: Path, buckets: int, function: ArrowFunction, empty: pa.Table, progress: Progress, name: str
) -> int:
    """Applies the function to each bucket and writes `out/bucket=NN.parquet`; returns the rows written.

    Parts that are there from an earlier, interrupted run are kept.

    Args:
        staged: what `stage` wrote.
        out: folder of the parts.
        buckets: number of buckets.
        function: bucket in, features out.
        empty: the input of a bucket without rows.
        progress: shows a bar.
        name: what the bar says.
    """
    rows = 0
    for bucket in progress.track(range(buckets), name, total=buckets):
        part = out / f"bucket={bucket:03d}.parquet"
        if not part.exists():
            files = sorted((staged / f"bucket={bucket}").glob("*.parquet"))
            table = pa.concat_tables([pq.read_table(file, partitioning=None) for file in files]) if files else empty
            with atomic_path(part) as aside:
                pq.write_table(function(table), aside)
        rows += pq.read_metadata(part).num_rows
    return rows


def drop(folder: Path) -> None:
    """Removes a folder that is no longer needed."""
    shutil.rmtree(folder, ignore_errors=True)
