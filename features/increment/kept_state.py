"""Keeps the state of every key of a feature table between builds: buckets of a build, and the keys that changed since.

`bucket=NNN.parquet` are those of the last whole build, `keys.parquet` the keys whose rows there no longer count, and
`rows.parquet` the rows that count instead (none of keys that went). Once these are many, the buckets are written anew.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
        """The rows of all buckets that count."""
        return pl.concat([self.bucket(number) for number in range(len(self.files))])

    def bucket(self, number: int) -> pl.LazyFrame:
        """The rows of a bucket that count; those that changed come last."""
        kept = pl.scan_parquet(self.files[number])
        if not (self.folder / _KEYS).exists():
            return kept
        is_here = bucket_of(self.by, len(self.files)) == number
        keys, rows = (pl.scan_parquet(self.folder / name).filter(is_here) for name in (_KEYS, _ROWS))
        kept = kept.join(keys, on=list(self.key), how="anti", maintain_order="left")
        return pl.concat([kept, rows])

    def with_rows(self, folder: Path, keys: pl.DataFrame, rows: pl.DataFrame) -> "KeptState":
        """The state at another place with other rows for some keys; files that do not change are shared.

        Args:
            folder: new folder.
            keys: keys that changed since the build before.
            rows: the rows that count for them from now on; those of keys that went are absent.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for file in self.files:
            share(file, folder / file.name)
        if (self.folder / _KEYS).exists():
            earlier, kept = pl.read_parquet(self.folder / _KEYS), pl.read_parquet(self.folder / _ROWS)
            rows = pl.concat([kept.join(keys, on=list(self.key), how="anti"), rows.select(kept.columns)])
            keys = pl.concat([earlier, keys]).unique()
        keys.write_parquet(folder / _KEYS)
        rows.write_parquet(folder / _ROWS)
        state = KeptState(folder, self.key, self.by)
        if keys.height > _MOST_ASIDE * self.height():
            state.write_buckets()
        return state

    def write_buckets(self) -> None:
        """Writes the rows that count into the buckets; a kill leaves a state of the run that began it, and no other."""
        for number, file in enumerate(self.files):
            rows = self.bucket(number).collect()
            with atomic_path(file) as aside:  # a new file: the one before may be shared with the tables in use
                rows.write_parquet(aside)
        for name in (_KEYS, _ROWS):
            (self.folder / name).unlink()


def share(source: Path, target: Path) -> None:
    """The same file at another place: a hard link where the disk has them."""
    if target.exists():
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
