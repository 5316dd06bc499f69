"""Finds the rows that a build of the features sees and the build before did not, or the other way round.

A lake's data files are never changed: rows came with the files that are new, and went with those that are gone. Rows
that were there already and lie between the two last visible days came into sight.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from operator import or_
from pathlib import Path, PurePosixPath
from typing import Final

import polars as pl

from features.windows import day, in_days
from retail_brain.dataset import Dataset, conform
from retail_brain.tables import TABLES

_BEGINS: Final = {"promotions": "valid_from", "assortment": "listed_from"}
"""Tables of plans -> column with the day from which a row counts."""


def file_names(dataset: Dataset) -> dict[str, list[str]]:
    """Table -> names of its data files, as a later build needs them; they are random and never used again."""
    return {name: [PurePosixPath(file).name for file in files] for name, files in sorted(dataset.files.items())}


@dataclass(frozen=True)
class Changes:
    """What a dataset shows that it did not show on an earlier day, and what it showed then.

    Attributes:
        now: the dataset as of its last visible day.
        before: last visible day of the build before.
        files: table -> names of its data files then, as `file_names` gave them.
    """

    now: Dataset
    before: date
    files: Mapping[str, Collection[str]]

    @property
    def as_of(self) -> date:
        assert self.now.as_of is not None
        return self.now.as_of

    def lost_files(self) -> list[str]:
        """Data files that are needed to say which rows went, and that somebody removed: after an erasure."""
        return [str(path) for table in self.now.files for path in self._gone(table) if not path.exists()]

    def rows(self, table: str) -> pl.LazyFrame:
        """Rows of a table that came into sight or went: those that `Dataset.scan` gives, some perhaps twice."""
        if not self.now.has(table):
            return pl.LazyFrame(schema=TABLES[table].types)
        parts = [self.now.scan(table).clear(), *self._came_into_sight(table)]
        came, gone = self._came(table), self._gone(table)
        if came and gone:
            parts.append(_differing(*(self._of(table, files, as_of=self.as_of) for files in (came, gone))))
        elif came or gone:
            parts.append(self._of(table, came or gone, as_of=self.as_of))
        return pl.concat(parts, how="diagonal_relaxed")

    def sides(self, table: str) -> pl.LazyFrame:
        """Rows of a table that were visible to the build before (column `was`), or are now (`is`); each once.

        Args:
            table: one of observations, which has a day.
        """
        came, gone = self._came(table), self._gone(table)
        stayed = [path for path in map(Path, self.now.files[table]) if path not in set(came)]
        column = TABLES[table].observed_at
        assert column is not None
        known = pl.col(column).is_null()
        parts = [
            self._of(table, files, as_of=None).with_columns(
                (pl.lit(was) & (known | (day(column) <= self.before))).alias("was"),
                (pl.lit(now) & (known | (day(column) <= self.as_of))).alias("is"),
            )
            for files, was, now in ((stayed, True, True), (came, False, True), (gone, True, False))
            if files
        ]
        return pl.concat(parts, how="diagonal_relaxed").filter(pl.col("was") | pl.col("is"))

    def has_gone(self, table: str) -> bool:
        """Whether rows of a table may have gone."""
        return self.now.has(table) and bool(self._gone(table))

    def leaving(self, table: str, windows: Iterable[int]) -> pl.LazyFrame:
        """Rows of a table that left a window of some days since the build before."""
        column = TABLES[table].observed_at
        if not self.now.has(table) or column is None or self.as_of == self.before:
            return self.now.scan_or_empty(table).clear()
        spans = [
            in_days(column, self.before - timedelta(days=width - 1), self.as_of - timedelta(days=width))
            for width in sorted(set(windows))
        ]
        return self.now.scan(table).filter(reduce(or_, spans))

    def _came_into_sight(self, table: str) -> list[pl.LazyFrame]:
        column = TABLES[table].observed_at or _BEGINS.get(table)
        if column is None or self.as_of == self.before:
            return []
        return [self.now.scan(table).filter(in_days(column, self.before + timedelta(days=1), self.as_of))]

    def _came(self, table: str) -> list[Path]:
        then = set(self.files[table])
        return [Path(file) for file in self.now.files[table] if PurePosixPath(file).name not in then]

    def _gone(self, table: str) -> list[Path]:
        present = {PurePosixPath(file).name for file in self.now.files[table]}
        folder = Path(self.now.files[table][0]).parent
        return [folder / name for name in self.files[table] if name not in present]

    def _of(self, table: str, files: list[Path], *, as_of: date | None) -> pl.LazyFrame:
        """The rows of some files as the dataset shows them as of a day, or on all days."""
        frame = pl.concat([conform(pl.scan_parquet(file), TABLES[table]) for file in files], how="diagonal_relaxed")
        return replace(self.now, frames={**self.now.frames, table: frame}, as_of=as_of).scan(table)


def _differing(came: pl.LazyFrame, gone: pl.LazyFrame) -> pl.LazyFrame:
    """Rows that occur more often on one side: a table that was written anew has most of its rows on both."""
    both = pl.concat([came.with_columns(_sign=1), gone.with_columns(_sign=-1)], how="diagonal_relaxed")
    columns = [name for name in both.collect_schema().names() if name != "_sign"]
    hashed = both.with_columns(_hash=pl.struct(columns).hash())
    net = hashed.group_by("_hash").agg(pl.col("_sign").sum()).filter(pl.col("_sign") != 0)
    return hashed.join(net.select("_hash"), on="_hash", how="semi").drop("_sign", "_hash")
