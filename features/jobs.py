"""Builds the feature tables (identity, person, goods, series, place) of a dataset as of a day, bucket by bucket."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final
from uuid import uuid4

import polars as pl

from features.feature_options import (
    FEATURE_TABLES,
    FeatureOptions,
    FeatureReport,
    StoredDrift,
    TableName,
    feature_options,
)
from features.feature_run import DRIFT, FeatureRun
from features.increment.base import find_base
from features.increment.changes import file_names
from features.partitions import arrow_function
from features.person.repeat_buying import RepeatBuying
from features.place.table import LINE_DAYS
from features.records import PERSON_TABLES, PLACE_TABLES
from features.registry import installed_features
from features.steps.build import Build
from features.windows import within
from retail_brain.checkpoints import resumable_work, work_beside
from retail_brain.dataset import Dataset
from retail_brain.engine import IN_PROCESS, Executor
from retail_brain.errors import ImpossibleError, MissingTableError, NotFoundError
from retail_brain.progress import SILENT, Progress
from retail_brain.work_digest import Summary, summarise, work_digest

__all__ = [
    "FEATURE_TABLES",
    "FeatureOptions",
    "FeatureReport",
    "StoredDrift",
    "TableName",
    "arrow_function",
    "build_features",
    "feature_options",
    "read_drift",
    "scan_features",
]

_ROWS_PER_BUCKET: Final = 2_000_000
"""Canonical rows of one bucket of a table: it is held in memory at once. Chosen by judgement, not measured."""
_MAX_BUCKETS: Final = 512
"""Buckets at most: each is a folder of files. Chosen by judgement, not measured."""


def build_features(
    dataset: Dataset,
    out: Path,
    as_of: date,
    progress: Progress = SILENT,
    *,
    options: FeatureOptions | None = None,
    executor: Executor = IN_PROCESS,
) -> FeatureReport:
    """Writes `out/{identity,person,goods,series,place}/*.parquet` and `out/manifest.json`, one bucket at a time.

    `out` is replaced at the end, all tables at once. Where the dataset has versions, an interrupted run is resumed (its
    checkpoints are in a hidden folder beside `out`), and tables that the same code built from the same rows are not
    built again. Where its data files are known (`Dataset.files`) and the tables at `out` are of an earlier day, people
    and series without anything new keep their state, as the report says; the rows are those of a build from nothing.

    Args:
        dataset: needs `transactions` or `daily_sales`; uses every other table it has.
        out: folder of the feature tables.
        as_of: last visible day.
        progress: reports the steps.
        options: thresholds and bucket count.
        executor: runs the buckets; the tables are the same.

    Raises:
        MissingTableError: the dataset has no sales table.
        ExtensionError: a feature of another package breaks its protocol or fails.
        NotFoundError: no sale is visible on `as_of`.
        ImpossibleError: the dataset is a view as of a day before `as_of`.
    """
    _check(dataset, as_of)
    options = options or FeatureOptions()
    visible = dataset.at(as_of)
    outside = installed_features()
    summaries = _summaries(visible)
    code = work_digest(Dataset({}), __name__, repr(options), sorted(outside), _side_lists(visible), summaries={})
    digest = work_digest(visible, __name__, repr(options), sorted(outside), file_names(visible), summaries=summaries)
    if dataset.versions and (present := _existing_report(out, digest)):
        progress.say(f"  The features as of {as_of} are there already.")
        return present
    base, why = find_base(out, visible, code)
    recent_only = not any(feature.table == "place" for feature in outside.values())
    buckets = _choose_buckets(visible, options.buckets, executor.workers, recent_only=recent_only)
    with resumable_work(work_beside(out)) as work:
        # rows without a version may differ from those of a killed run: a digest of their own resumes nothing
        checkpoints = work.checkpoints(digest if dataset.versions else uuid4().hex)
        build = Build(visible, as_of, options, buckets, base, why, checkpoints, progress, outside, executor)
        try:
            report = FeatureRun(build, out, digest, code).run()
        except pl.exceptions.PolarsError as error:
            if base is None:
                raise
            why = f"files of the tables before are damaged: {str(error).splitlines()[0]}"
            progress.say(f"  {why}. All tables are computed anew.")
            # checkpoints of its own: those of the run that failed may hold rows of the damaged files
            checkpoints = work.checkpoints(uuid4().hex)
            build = replace(build, base=None, why=why, checkpoints=checkpoints, rows={}, rebuilt={})
            report = FeatureRun(build, out, digest, code).run()
        return replace(report, drift=read_drift(out))


_MISSING = {"problem": "features_missing"}


def scan_features(out: Path, table: TableName) -> pl.LazyFrame:
    """Scans one of the tables that `build_features` wrote.

    Raises:
        NotFoundError: the folder has no features.
    """
    # sorted, because the order of a folder's listing differs between machines
    files = sorted((out / table).glob("*.parquet"))
    if not files:
        raise NotFoundError(f"there are no {table} features in {out}. Run `retail-brain features` first.", _MISSING)
    return pl.scan_parquet(files)


def built_as_of(out: Path) -> date | None:
    """Last visible day of the tables at a folder; None where there are none."""
    path = out / "manifest.json"
    return date.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["as_of"]) if path.exists() else None


def read_drift(out: Path) -> StoredDrift | None:
    """How the features at `out` differ from the build before; None where that was the first, or of another version.

    Raises:
        NotFoundError: the folder has no features.
    """
    manifest = out / "manifest.json"
    if not manifest.exists():
        raise NotFoundError(f"there are no features in {out}. Run `retail-brain features` first.", _MISSING)
    values = json.loads(manifest.read_text(encoding="utf-8"))
    if values.get("before") is None or not (out / DRIFT).exists():
        return None
    before, as_of = (date.fromisoformat(values[name]) for name in ("before", "as_of"))
    return StoredDrift(before, as_of, pl.read_parquet(out / DRIFT))


def _check(dataset: Dataset, as_of: date) -> None:
    if not (dataset.has("transactions") or dataset.has("daily_sales")):
        raise MissingTableError(
            f"features need transactions or daily_sales; got {sorted(dataset.frames) or 'no tables'}. "
            "Ingest one of them."
        )
    if dataset.as_of is not None and as_of > dataset.as_of:
        raise ImpossibleError(
            f"features as of {as_of} cannot be built from a dataset opened as of {dataset.as_of}. "
            "Open it as of a later day."
        )
    dataset.at(as_of).last_day()


def _existing_report(out: Path, digest: str) -> FeatureReport | None:
    """The report of the tables at `out`, if they have the digest of this job."""
    path = out / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if manifest.get("digest") != digest:
        return None
    model = manifest["repeat_buying"]
    as_of = date.fromisoformat(manifest["as_of"])
    fitted = RepeatBuying(**model) if model else None
    return FeatureReport(as_of, manifest["rows"], fitted, read_drift(out), manifest.get("rebuilt", {}))


def _summaries(visible: Dataset) -> dict[str, Summary]:
    """Summaries of the tables, which are read for it; none where their data files say which rows they hold."""
    return {} if set(visible.files) == set(visible.frames) else summarise(visible)


def _side_lists(visible: Dataset) -> list[list[str]]:
    """Ids that are left out of every table, whose change moves receipts of any day."""
    return [sorted(ids) for ids in (visible.shared_cards, visible.ghost_stores, visible.ghost_products)]


def _choose_buckets(visible: Dataset, wanted: int | None, workers: int, *, recent_only: bool) -> dict[str, int]:
    """Table -> its buckets: by the rows of the canonical tables that its records come from, one per worker at least.

    With `recent_only` shops need no older receipts than those of LINE_DAYS.
    """
    if wanted:
        return dict.fromkeys(FEATURE_TABLES, wanted)
    counts = pl.collect_all([frame.select(pl.len()) for frame in visible.frames.values()])
    rows = {name: int(frame.item()) for name, frame in zip(visible.frames, counts, strict=True)}

    def of(*tables: str) -> int:
        return min(_MAX_BUCKETS, max(workers, -(-sum(rows.get(name, 0) for name in tables) // _ROWS_PER_BUCKET)))

    goods, person = of(*rows), of(*PERSON_TABLES)
    if recent_only and "transactions" in rows and visible.as_of:
        recent = visible.frames["transactions"].filter(within("sold_at", visible.as_of, LINE_DAYS))
        rows["transactions"] = int(recent.select(pl.len()).collect().item())
    return {"person": person, "series": goods, "goods": goods, "place": of(*PLACE_TABLES)}
