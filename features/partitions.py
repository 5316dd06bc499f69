"""Partitions rows into buckets by a key and applies a function to one bucket at a time.

The function maps an Arrow table to an Arrow table and needs nothing but its bucket, so Spark's `mapInArrow`, Ray or
Dask can run the same function over the same files.
"""

import json
import shutil
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from features.portable import RowsFunction, from_json, is_portable, to_json
from retail_brain.engine import Executor, Part
from retail_brain.files import atomic_path
from retail_brain.progress import Progress

ArrowFunction = Callable[[pa.Table], pa.Table]


def bucket_of(key: str, buckets: int) -> pl.Expr:
    """Number of the bucket of a key.

    Polars may hash otherwise in another version. Nothing outlives that: staged buckets belong to a run, whose digest
    holds the versions of all libraries, and so does that of kept states (`features.increment.base`). Workers are given
    buckets and hash nothing. (CRC-32, which would be the same for ever, takes 0.2 s of processor for a million keys
    more.)
    """
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
        # a bucket without rows still gives a file with their columns
        nothing = pl.DataFrame(schema=rows.collect_schema())
        for part in (aside / f"bucket={bucket}" for bucket in range(buckets)):
            if not part.exists():
                part.mkdir(parents=True)
                nothing.write_parquet(part / "nothing.parquet")


@dataclass(frozen=True)
class Buckets:
    """Where the buckets of some rows are, and what is written of them.

    Attributes:
        key: column whose rows must be in one bucket.
        staged: folder of the staged buckets; written if missing.
        out: folder of the results.
        count: number of buckets.
        sorted_by: columns that the rows of each result are sorted by; empty: as they come.
    """

    key: str
    staged: Path
    out: Path
    count: int
    sorted_by: tuple[str, ...] = ()


def run_buckets(
    rows: pl.LazyFrame, buckets: Buckets, function: RowsFunction, executor: Executor, progress: Progress
) -> int:
    """Applies the function to each bucket of the rows and writes `out/bucket=NNN.parquet`; returns the rows written.

    Parts of an earlier, interrupted run are not computed again. A single bucket is not staged on disk.

    Args:
        rows: the records.
        buckets: how they are split, and where they go.
        function: computes the result of a bucket.
        executor: runs the buckets where the function can go there.
        progress: shows a bar.
    """
    out, count = buckets.out, buckets.count
    parts = [out / f"bucket={bucket:03d}.parquet" for bucket in range(count)]
    missing = [bucket for bucket, part in enumerate(parts) if not part.exists()]
    if missing and count == 1:
        _write(parts[0], function, buckets.sorted_by, _to_arrow(rows.collect(engine="streaming")))
    elif missing:
        stage(rows, buckets.key, buckets.staged, count)
        folders = {bucket: buckets.staged / f"bucket={bucket}" for bucket in missing}
        if is_portable(function):
            common = {"function": to_json(function), "sorted_by": buckets.sorted_by}
            jobs = [
                Part(f"bucket {bucket} of {out.name}", str(folder), json.dumps(common | {"out": str(parts[bucket])}))
                for bucket, folder in folders.items()
            ]
            deque(executor.map(run_bucket, jobs, progress, out.name), maxlen=0)
        else:
            for bucket, folder in progress.track(folders.items(), out.name, total=len(folders)):
                _write(parts[bucket], function, buckets.sorted_by, _read(folder))
    # from the files, because parts of an earlier run were not counted in this one
    return sum(pq.read_metadata(part).num_rows for part in parts)


def run_bucket(path: str, options: str) -> str:
    """Job function: applies a portable function to a staged bucket and writes one Parquet file.

    Args:
        path: folder of the bucket.
        options: JSON with `function` (`features.portable`), `sorted_by` and `out`, the file to write.
    """
    given = json.loads(options)
    out = Path(given["out"])
    _write(out, from_json(given["function"]), given["sorted_by"], _read(Path(path)))
    return str(out)


def arrow_function(function: RowsFunction) -> ArrowFunction:
    """Wraps a function on rows for any engine: Arrow table in, Arrow table out."""

    def run(table: pa.Table) -> pa.Table:
        records = pl.DataFrame(pl.from_arrow(table))
        return function(records.lazy()).collect().to_arrow()

    return run


def _write(part: Path, function: RowsFunction, sorted_by: Sequence[str], table: pa.Table) -> None:
    def whole(rows: pl.LazyFrame) -> pl.LazyFrame:
        return function(rows).sort(sorted_by) if sorted_by else function(rows)

    with atomic_path(part) as aside:
        pq.write_table(arrow_function(whole)(table), aside)


def _read(folder: Path) -> pa.Table:
    return _to_arrow(pl.read_parquet(sorted(folder.glob("*.parquet"))))


def _to_arrow(frame: pl.DataFrame) -> pa.Table:
    """The frame as an Arrow table; string views, which Polars uses itself, are not copied."""
    return frame.to_arrow(compat_level=pl.CompatLevel.newest())


def drop(folder: Path) -> None:
    """Removes a folder, if it exists."""
    shutil.rmtree(folder, ignore_errors=True)
