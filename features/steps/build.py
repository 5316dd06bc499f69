"""What the steps of one build of the features share: what is read, where it is written, and what has been said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from features.feature_options import FeatureOptions
from features.increment.base import STATE, Base
from features.partitions import Buckets, drop, run_buckets
from features.portable import RowsFunction
from features.protocol import Feature
from features.registry import add_features
from retail_brain.checkpoints import Checkpoints
from retail_brain.dataset import Dataset
from retail_brain.engine import Executor
from retail_brain.progress import Progress


@dataclass
class Build:
    """One build of the features.

    Attributes:
        dataset: canonical tables as of the last visible day.
        as_of: last visible day.
        options: thresholds.
        buckets: table -> parts that its records are split into where it is computed anew.
        base: the build before, where this one can begin from it.
        why: why it cannot; empty where it can.
        checkpoints: tables that this run or an interrupted one has finished.
        outside: features of other packages, by name.
        executor: runs the buckets of a table.
        rows: table -> rows written so far.
        rebuilt: table -> why it was computed anew.
    """

    dataset: Dataset
    as_of: date
    options: FeatureOptions
    buckets: Mapping[str, int]
    base: Base | None
    why: str
    checkpoints: Checkpoints
    progress: Progress
    outside: Mapping[str, Feature]
    executor: Executor
    rows: dict[str, int] = field(default_factory=dict)
    rebuilt: dict[str, str] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """Folder of what only this build needs."""
        assert self.checkpoints.folder is not None
        return self.checkpoints.folder

    @property
    def done(self) -> Path:
        """Folder of the finished tables, in the layout of the folder that they replace."""
        return self.work / "done"

    @property
    def state(self) -> Path:
        """Folder of what the next build begins from."""
        return self.done / STATE

    def before(self, name: str) -> Path:
        """Where the build before keeps something."""
        assert self.base is not None
        return self.base.folder / STATE / name

    def once(self, name: str, make: Callable[[], pl.LazyFrame]) -> pl.LazyFrame:
        """A small table of the run, computed once and then read from the checkpoint."""
        if name not in self.checkpoints.names():
            self.checkpoints.write(name, make().collect(engine="streaming"))
        return self.checkpoints.scan(name)

    def is_extended(self, name: str) -> bool:
        """Whether another package adds features to a table, which says nothing of when they change."""
        owners = sorted(label for label, feature in self.outside.items() if feature.table == name)
        if owners:
            self.rebuilt[name] = self.why or f"features of other packages are in it ({', '.join(owners)})"
        return bool(owners)

    def write_anew(
        self,
        name: str,
        key: str,
        records: pl.LazyFrame,
        features: RowsFunction,
        *,
        staged: str = "",
        out: Path | None = None,
    ) -> Path:
        """Stages the records by key and turns each bucket into features, those of other packages among them.

        Args:
            name: of the table.
            key: column of the grain: all rows of a key go to one bucket.
            records: records of all keys.
            features: computes the features of a bucket from its records.
            staged: name of the staged records where a later table needs them too; they stay then.
            out: folder of the results; None: that of the finished table.

        Returns:
            The folder of the results.
        """
        folder, out = self.work / f"staged_{staged or name}", out or self.done / name
        outside = {label: feature for label, feature in self.outside.items() if feature.table == name}

        def whole(bucket: pl.LazyFrame) -> pl.LazyFrame:
            return add_features(features(bucket), bucket, self.as_of, outside)

        buckets = Buckets(key, folder, out, self.buckets[name])
        with self.progress.step(f"{name} features") as step:
            step.rows = self.rows[name] = run_buckets(
                records, buckets, whole if outside else features, self.executor, self.progress
            )
        if not staged:
            drop(folder)
        return out
