"""Keeps the state of every key of a feature table between builds: buckets of a build, and the keys that changed since.

`bucket=NNN.parquet` are those of the last whole build, `keys.parquet` the keys whose rows there no longer count, and
`rows.parquet` the rows that count instead (none of keys that went). Once these are many, the buckets are written anew.
The rows of a bucket come in the order of their keys, as in a whole build.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from features.partitions import bucket_of
from retail_brain.files import atomic_path

_KEYS, _ROWS = "keys.parquet", "rows.parquet"
_MOST_ASIDE: Final = 0.25
"""Share of the keys beside the buckets from which these are written anew. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class KeptState:
    """The kept state of one table.

    Attributes:
        folder: its folder.
        key: key columns.
        by: the one of them whose hash gives the bucket.
    """

    folder: Path
    key: Sequence[str]
    by: str

    @property
    def files(self) -> list[Path]:
        """The buckets of the last whole build, in their order."""
        return sorted(self.folder.glob("bucket=*.parquet"))

    def height(self) -> int:
        """Rows of the last whole build."""
        return sum(pl.scan_parquet(file).select(pl.len()).collect().item() for file in self.files)

    def scan(self) -> pl.LazyFrame:
        """The rows of all buckets that count, in no order."""
        kept = pl.scan_parquet(self.files)
        if not (self.folder / _KEYS).exists():
            return kept
        keys, rows = (pl.scan_parquet(self.folder / name) for name in (_KEYS, _ROWS))
        return pl.concat([kept.join(keys, on=list(self.key), how="anti"), rows])

    def bucket(self, number: int) -> pl.DataFrame:
        """The rows of a bucket that count, in the order of their keys."""
        kept = pl.read_parquet(self.files[number])
        if not (self.folder / _KEYS).exists():
            return kept
        is_here = bucket_of(self.by, len(self.files)) == number
        keys, rows = (pl.scan_parquet(self.folder / name).filter(is_here).collect() for name in (_KEYS, _ROWS))
        # the rows of a bucket are sorted: few keys are found in it in a fraction of the time of a join with all of them
        order, gone, new = (frame.select(self._order).to_series() for frame in (kept, keys, rows))
        stays = np.ones(kept.height, dtype=bool)
        places = order.search_sorted(gone).to_numpy()
        known = places < kept.height
        is_there = (order.gather(places[known]) == gone.filter(pl.Series(known))).to_numpy()
        stays[places[known][is_there]] = False
        staying = np.flatnonzero(stays)
        before = np.searchsorted(staying, order.search_sorted(new).to_numpy())
        taken = np.insert(staying, before, kept.height + np.arange(rows.height))
        # in one piece: of several, taking rows costs twice
        return pl.concat([kept, rows.select(kept.columns)]).rechunk()[taken]

    @property
    def _order(self) -> pl.Expr:
        """The key as one text; what separates its columns comes before every letter, so that the order is the same."""
        return pl.concat_str(self.key, separator="\0", ignore_nulls=True).alias("_order")

    def with_rows(self, folder: Path, keys: pl.DataFrame, rows: pl.DataFrame, buckets: int) -> "KeptState":
        """The state at another place with other rows for some keys; files that do not change are shared.

        Args:
            folder: new folder; what is there already is the result of an interrupted run.
            keys: keys that changed since the build before.
            rows: the rows that count for them from now on; those of keys that went are absent.
            buckets: buckets that a whole build would have now.
        """
        if not folder.exists():
            with atomic_path(folder) as aside:
                self._write(aside, keys, rows, buckets)
        return replace(self, folder=folder)

    def _write(self, folder: Path, keys: pl.DataFrame, rows: pl.DataFrame, buckets: int) -> None:
        folder.mkdir(parents=True)
        for file in self.files:
            share(file, folder / file.name)
        if (self.folder / _KEYS).exists():
            earlier, kept = pl.read_parquet(self.folder / _KEYS), pl.read_parquet(self.folder / _ROWS)
            rows = pl.concat([kept.join(keys, on=list(self.key), how="anti"), rows.select(kept.columns)])
            keys = pl.concat([earlier, keys]).unique()
        keys.write_parquet(folder / _KEYS)
        rows.sort(self.key).write_parquet(folder / _ROWS)
        state = replace(self, folder=folder)
        if keys.height > _MOST_ASIDE * self.height() or buckets != len(self.files):
            state.write_buckets(buckets)

    def write_buckets(self, buckets: int) -> None:
        """Writes the rows that count into so many buckets; whoever calls it gives up a folder that a kill left half."""
        every, before = self.scan(), self.files
        for number in range(buckets):
            is_same = buckets == len(before)
            rows = self.bucket(number) if is_same else _of_bucket(every, self, number, buckets).collect()
            rows.write_parquet(self.folder / f"new={number:03d}.parquet")
        for file in (*before, self.folder / _KEYS, self.folder / _ROWS):
            file.unlink()
        for number in range(buckets):
            (self.folder / f"new={number:03d}.parquet").rename(self.folder / f"bucket={number:03d}.parquet")


def _of_bucket(rows: pl.LazyFrame, state: KeptState, number: int, buckets: int) -> pl.LazyFrame:
    return rows.filter(bucket_of(state.by, buckets) == number).sort(state.key)


def share(source: Path, target: Path) -> None:
    """The same file at another place: a hard link where the disk has them."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
