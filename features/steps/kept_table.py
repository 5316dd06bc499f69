"""Takes what is new into a table whose state is kept by key, or computes all of it; people and series are such."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow.parquet as pq

from features.increment.base import Base
from features.increment.kept_state import KeptState
from features.partitions import Buckets, drop, run_buckets
from features.portable import RowsFunction, from_json, to_json
from features.steps.build import Build
from features.windows import within
from retail_brain.engine import Part
from retail_brain.files import atomic_path

MOST_TOUCHED: Final = 0.25
"""Share of a table's keys that changed from which all are computed anew: what was kept would be mostly replaced. Chosen
by judgement, not measured."""
_MANY_LEFT: Final = 0.05
"""Share of a table's keys of which rows only left a window, from which these are renewed: of fewer, reading the state
of all keys may cost more than computing these from all rows. Chosen by judgement; at .2 of the people renewing took
about half the time."""


@dataclass(frozen=True)
class KeptTable:
    """How one table is computed from records and finished as of a day.

    Attributes:
        name: of the table.
        key: key columns.
        by: the one of them whose hash gives the bucket.
        compute: records -> state of their keys.
        touched: finds the keys that changed since a build.
        records: gives all records of some keys.
        everything: records of all keys.
        staged: name under which these are staged; they stay there where it is not the table's own.
        renew: state of an earlier day and recent records of keys of which rows only left a window -> their state.
            `touched` says which keys these are not (`is_new`).
        window: days of records that `renew` reads.
    """

    name: str
    key: tuple[str, ...]
    by: str
    compute: RowsFunction
    touched: Callable[[Base], pl.DataFrame]
    records: Callable[[pl.DataFrame], pl.LazyFrame]
    everything: pl.LazyFrame
    staged: str
    renew: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame]
    window: int

    def state(self, build: Build, why: str) -> tuple[KeptState, str]:
        """The state as of the build's day, and a note of what was computed.

        Args:
            build: the build.
            why: why nothing that was kept holds; empty where it does.
        """
        why = why or self._why_anew(build)
        if why:
            build.rebuilt[self.name] = why
            return self._anew(build), "all"
        keys = build.checkpoints.scan(self._touched).collect()
        new = keys["is_new"].sum()
        note = f"{new:,} with something new, {keys.height - new:,} of which something is too long ago now"
        return self._taken_in(build, keys), note

    @property
    def _touched(self) -> str:
        return f"touched_{self.name}"

    def _before(self, build: Build) -> KeptState:
        return KeptState(build.before(self.name), self.key, self.by)

    def _why_anew(self, build: Build) -> str:
        base = build.base
        if base is None:
            return build.why
        kept = self._before(build)
        if not kept.files:
            return "files of the tables before are missing"
        keys = build.once(self._touched, lambda: self.touched(base).lazy())
        count = keys.select(pl.col("is_new").sum()).collect().item()
        if count > MOST_TOUCHED * kept.height():
            return f"{count:,} of {kept.height():,} have something new since {base.changes.before}"
        return ""

    def _anew(self, build: Build) -> KeptState:
        out, staged = build.state / self.name, build.work / f"staged_{self.staged}"
        buckets = Buckets(self.by, staged, out, build.buckets[self.name], self.key)
        run_buckets(self.everything, buckets, self.compute, build.executor, build.progress)
        if self.staged == self.name:
            drop(staged)
        return KeptState(out, self.key, self.by)

    def _taken_in(self, build: Build, keys: pl.DataFrame) -> KeptState:
        kept, buckets = self._before(build), build.buckets[self.name]
        # each part holds about as many rows as a bucket of a whole build
        parts = max(1, ceil(buckets * keys.height / max(kept.height(), 1)))
        folder, staged = build.work / f"new_{self.name}", build.work / f"staged_new_{self.name}"
        names, compute = list(self.key), self.compute
        records = self.records(keys.select(names))
        left = keys.filter(~pl.col("is_new")).select(names)
        if left.height > _MANY_LEFT * kept.height():
            old = kept.scan().select(names).join(left.lazy(), on=names, how="semi").collect()
            recent = self.records(old).filter(within("at", build.as_of, self.window))
            new = keys.select(names).join(old, on=names, how="anti")
            # the keys themselves, since some have no recent record
            records = pl.concat([self.records(new), recent, old.lazy()], how="diagonal")
            compute = self._renewing(kept, old)
        few = Buckets(self.by, staged, folder, parts)
        run_buckets(records, few, compute, build.executor, build.progress)
        rows = pl.read_parquet(sorted(folder.glob("*.parquet")))
        return kept.with_rows(build.state / self.name, keys.select(names), rows, buckets)

    def _renewing(self, kept: KeptState, old: pl.DataFrame) -> RowsFunction:
        """As `compute`, but what was kept of some keys is only renewed."""
        every, names = kept.scan(), list(self.key)
        columns = every.collect_schema().names()

        def compute(rows: pl.LazyFrame) -> pl.LazyFrame:
            # the state of the rows' own part alone is in memory
            theirs = rows.join(old.lazy(), on=names, how="semi")
            state = every.join(theirs.select(names).unique(), on=names, how="semi")
            new = self.compute(rows.join(old.lazy(), on=names, how="anti"))
            return pl.concat([new.select(columns), self.renew(state, theirs).select(columns)])

        return compute


def finish(build: Build, name: str, state: KeptState, features: RowsFunction, sums: RowsFunction | None = None) -> Path:
    """Writes a table from its state, bucket by bucket; returns the folder of `sums`, computed of the same rows.

    Args:
        build: the build.
        name: of the table.
        state: state of all its keys.
        features: state -> rows of the table, in their order; portable.
        sums: state of a bucket -> what another table needs of it; portable.
    """
    aggregated, done = build.work / f"sums_{name}", build.done / name
    common = {
        "key": list(state.key),
        "by": state.by,
        "features": to_json(features),
        "sums": None if sums is None else to_json(sums),
        "aggregated": str(aggregated),
        "done": str(done),
    }
    parts = [
        Part(f"bucket {number} of {name}", str(state.folder), json.dumps(common | {"number": number}))
        for number, file in enumerate(state.files)
        if not (done / file.name).exists()  # written last
    ]
    deque(build.executor.map(finish_bucket, parts, build.progress, name), maxlen=0)
    written: int = sum(pq.read_metadata(file).num_rows for file in done.glob("*.parquet"))
    build.rows[name] = written
    return aggregated


def finish_bucket(path: str, options: str) -> str:
    """Job function: writes the rows of a table of one bucket of its state.

    Args:
        path: folder of the state.
        options: JSON with `key`, `by` and `number` of the bucket, the functions `features` and `sums`
            (`features.portable`), and the folders `done` and `aggregated` that they are written to.
    """
    given = json.loads(options)
    state = KeptState(Path(path), given["key"], given["by"])
    file, rows = state.files[given["number"]].name, state.bucket(given["number"]).lazy()
    part = Path(given["done"]) / file
    if given["sums"] is not None:
        with atomic_path(Path(given["aggregated"]) / file) as aside:
            from_json(given["sums"])(rows).collect().write_parquet(aside)
    with atomic_path(part) as aside:
        # LZ4: every row is written each day, a day older, and takes a third of the time of Arrow's default
        from_json(given["features"])(rows).collect().write_parquet(aside, compression="lz4")
    return str(part)
