"""Builds the feature tables (identity, person, goods, series, place) of a dataset as of a day, bucket by bucket."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final, Literal
from uuid import uuid4

import polars as pl
import pyarrow as pa

from features.drift import drift
from features.goods.table import GoodsOptions, goods_features, series_features
from features.identity.evidence import IdentityRules
from features.identity.resolve import resolve_identities
from features.partitions import ArrowFunction, drop, run_buckets
from features.person.lifecycle import LifecycleRules, fit_churn_of_past
from features.person.repeat_buying import MIN_REPEAT_BUYERS, RepeatBuying, fit_repeat_buying
from features.person.rfm import RfmEdges
from features.person.spending import fit_spending
from features.person.table import PersonOptions, person_features
from features.place.clusters import assign_clusters
from features.place.table import PlaceOptions, place_features
from features.protocol import Feature
from features.records import buyer_lines, goods_records, person_records, place_records
from features.references import BuyerReferences, buyer_references, product_references, reference_day
from features.registry import add_features, installed_features
from features.windows import within
from retail_brain.checkpoints import Checkpoints, resumable_work, work_beside
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError, MissingTableError, NotFoundError
from retail_brain.files import atomic_path, write_json
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from retail_brain.work_digest import summarise, work_digest

_ROWS_PER_BUCKET: Final = 2_000_000
"""Rows of one bucket of customers: it is held in memory at once. Chosen by judgement, not measured."""
_MAX_BUCKETS: Final = 512
"""Buckets at most: each is a folder of files. Chosen by judgement, not measured."""
TableName = Literal["identity", "person", "goods", "series", "place"]
_DRIFT: Final = "drift.parquet"
FEATURE_TABLES: Final[tuple[TableName, ...]] = ("identity", "person", "goods", "series", "place")


@dataclass(frozen=True)
class FeatureOptions:
    """Options of the feature job.

    Attributes:
        rules: lifecycle thresholds; the typical gap is estimated from the data where possible.
        identity: weights and thresholds of identity resolution.
        period_days: length of the demand panel's period in days.
        buckets: parts that persons, products and stores are split into; None chooses by the number of rows.
    """

    rules: LifecycleRules = field(default_factory=LifecycleRules)
    identity: IdentityRules = field(default_factory=IdentityRules)
    period_days: int = 1
    buckets: int | None = None


def feature_options(settings: Settings) -> FeatureOptions:
    """Options of a tenant's settings."""
    return FeatureOptions(period_days={"day": 1, "week": 7, "month": 30}[settings.data.period])


@dataclass(frozen=True)
class FeatureReport:
    """Report of the feature job.

    Attributes:
        as_of: last visible day.
        rows: table -> rows written.
        repeat_buying: the fitted BG/NBD model, or None where too few people bought again.
        drift: what `read_drift` reads; None where there was no build to compare with.
    """

    as_of: date
    rows: Mapping[str, int]
    repeat_buying: RepeatBuying | None
    drift: "StoredDrift | None" = None


@dataclass(frozen=True)
class StoredDrift:
    """How a build of the features differs from the one before at the same place.

    Attributes:
        before: last visible day of the build before.
        as_of: last visible day of the build.
        columns: one row per column of the tables: `features.drift.DRIFT_COLUMNS`.
    """

    before: date
    as_of: date
    columns: pl.DataFrame

    def drifted(self, levels: Collection[str] = ("large", "moderate", "new", "gone")) -> pl.DataFrame:
        """The columns of some levels."""
        return self.columns.filter(pl.col("level").is_in(list(levels)))


def build_features(
    dataset: Dataset,
    out: Path,
    as_of: date,
    progress: Progress = SILENT,
    *,
    options: FeatureOptions | None = None,
) -> FeatureReport:
    """Writes `out/{identity,person,goods,series,place}/*.parquet` and `out/manifest.json`, one bucket at a time.

    `out` is replaced at the end, all tables at once. Where the dataset has versions, an interrupted run is resumed (its
    checkpoints are in a hidden folder beside `out`), and tables that the same code built from the same rows are not
    built again.

    Args:
        dataset: needs `transactions` or `daily_sales`; uses every other table it has.
        out: folder of the feature tables.
        as_of: last visible day.
        progress: reports the steps.
        options: thresholds and bucket count.

    Raises:
        MissingTableError: the dataset has no sales table.
        ExtensionError: a feature of another package breaks its protocol or fails.
        NotFoundError: no sale is visible on `as_of`.
        ImpossibleError: the dataset is a view as of a day before `as_of`.
    """
    _check(dataset, as_of)
    options = options or FeatureOptions()
    visible = dataset.at(as_of)
    summaries = summarise(visible)
    outside = installed_features()
    digest = work_digest(visible, __name__, repr(options), sorted(outside), summaries=summaries)
    if dataset.versions and (present := _existing_report(out, digest)):
        progress.say(f"  The features as of {as_of} are there already.")
        return present
    buckets = options.buckets or _choose_buckets(sum(rows for rows, *_ in summaries.values()))
    with resumable_work(work_beside(out)) as work:
        # rows without a version may differ from those of a killed run: a digest of their own resumes nothing
        checkpoints = work.checkpoints(digest if dataset.versions else uuid4().hex)
        return _Job(visible, as_of, out, options, buckets, digest, checkpoints, progress, outside).run()


def scan_features(out: Path, table: TableName) -> pl.LazyFrame:
    """Scans one of the tables that `build_features` wrote.

    Raises:
        NotFoundError: the folder has no features.
    """
    # sorted, because the order of a folder's listing differs between machines
    files = sorted((out / table).glob("*.parquet"))
    if not files:
        raise NotFoundError(f"there are no {table} features in {out}. Run `retail-brain features` first.")
    return pl.scan_parquet(files)


def read_drift(out: Path) -> StoredDrift | None:
    """How the features at `out` differ from the build before; None where that was the first, or of another version.

    Raises:
        NotFoundError: the folder has no features.
    """
    manifest = out / "manifest.json"
    if not manifest.exists():
        raise NotFoundError(f"there are no features in {out}. Run `retail-brain features` first.")
    values = json.loads(manifest.read_text(encoding="utf-8"))
    if values.get("before") is None or not (out / _DRIFT).exists():
        return None
    before, as_of = (date.fromisoformat(values[name]) for name in ("before", "as_of"))
    return StoredDrift(before, as_of, pl.read_parquet(out / _DRIFT))


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
    return FeatureReport(as_of, manifest["rows"], RepeatBuying(**model) if model else None, read_drift(out))


def _choose_buckets(rows: int) -> int:
    return min(_MAX_BUCKETS, max(1, -(-rows // _ROWS_PER_BUCKET)))


@dataclass
class _Job:
    """One run of the job; the methods are its steps.

    Attributes:
        buckets: parts that persons, products and stores are split into.
        digest: digest of everything the tables depend on.
        checkpoints: tables that this run or an interrupted one has finished.
        outside: features of other packages, by name.
        rows: table -> rows written so far.
    """

    dataset: Dataset
    as_of: date
    out: Path
    options: FeatureOptions
    buckets: int
    digest: str
    checkpoints: Checkpoints
    progress: Progress
    outside: Mapping[str, Feature]
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        assert self.checkpoints.folder is not None
        return self.checkpoints.folder

    @property
    def done(self) -> Path:
        """Folder of the finished tables, in the layout of `out`."""
        return self.work / "done"

    def run(self) -> FeatureReport:
        self.done.mkdir(parents=True, exist_ok=True)
        # the order is that of what they need: records need identities, and stores need the stages of persons
        since = reference_day(self.dataset, self.as_of)
        identities = self._identity()
        products = self._products(since)
        buyers = self._buyers(since)
        model = _fit(buyers)
        self._person(identities, products, buyers, model, since)
        self._goods(identities, products)
        self._place(identities, products)
        self._publish(model)
        return FeatureReport(self.as_of, self.rows, model, read_drift(self.out))

    def _once(self, name: str, make: Callable[[], pl.LazyFrame]) -> pl.LazyFrame:
        """A small table of the run, computed once and then read from the checkpoint."""
        if name not in self.checkpoints.names():
            self.checkpoints.write(name, make().collect(engine="streaming"))
        return self.checkpoints.scan(name)

    def _identity(self) -> pl.LazyFrame:
        with self.progress.step("identity") as step:
            table = self._once("identity", lambda: resolve_identities(self.dataset, self.as_of, self.options.identity))
            step.rows = self.rows["identity"] = table.select(pl.len()).collect().item()
        return table

    def _products(self, since: date) -> pl.LazyFrame:
        with self.progress.step("reference prices and classes") as step:
            table = self._once("products", lambda: product_references(self.dataset, self.as_of, since))
            step.rows = table.select(pl.len()).collect().item()
        return table

    def _buyers(self, since: date) -> BuyerReferences:
        with self.progress.step("typical rhythm"):
            return buyer_references(buyer_lines(self.dataset, since), since)

    def _person(
        self,
        identities: pl.LazyFrame,
        products: pl.LazyFrame,
        buyers: BuyerReferences,
        model: RepeatBuying | None,
        since: date,
    ) -> None:
        rules = self.options.rules.of_chain(buyers.typical_gap_days)
        churn = fit_churn_of_past(buyers.days.lazy(), since, rules)
        options = PersonOptions(
            rules if churn is None else replace(rules, churn=churn),
            model,
            fit_spending(buyers.buyers),
            RfmEdges.of(buyers.buyers),
            has_consents=self.dataset.has("consents"),
        )
        records = person_records(self.dataset, self.as_of, identities, products)
        self._table("person", "person_id", records, lambda r: person_features(r, self.as_of, options))

    def _goods(self, identities: pl.LazyFrame, products: pl.LazyFrame) -> None:
        recent = within("last_purchase_on", self.as_of, 365)
        people = pl.scan_parquet(self.done / "person" / "*.parquet").select(recent.sum())
        options = GoodsOptions(
            people.collect().item(),
            has_daily_sales=self.dataset.has("daily_sales"),
            has_promotions=self.dataset.has("promotions"),
            period_days=self.options.period_days,
        )
        records = goods_records(self.dataset, self.as_of, identities, products)
        self._table("goods", "product_id", records, lambda r: goods_features(r, self.as_of, options), keep=True)
        self._table("series", "product_id", records, lambda r: series_features(r, self.as_of, options), "goods")

    def _place(self, identities: pl.LazyFrame, products: pl.LazyFrame) -> None:
        people = pl.scan_parquet(self.done / "person" / "*.parquet").select("person_id", "stage", "home_store_id")
        options = PlaceOptions(has_receipts=self.dataset.has("transactions"))
        records = place_records(self.dataset, self.as_of, identities, products, people)
        self._table("place", "store_id", records, lambda r: place_features(r, self.as_of, options))
        with self.progress.step("groups of shops"):
            places = pl.read_parquet(self.work / "place" / "*.parquet").sort("store_id")
            with atomic_path(self.done / "place") as aside:
                aside.mkdir()
                assign_clusters(places).write_parquet(aside / "part.parquet")

    def _table(
        self,
        name: str,
        key: str,
        records: pl.LazyFrame,
        features: Callable[[pl.LazyFrame], pl.LazyFrame],
        staged: str | None = None,
        *,
        keep: bool = False,
    ) -> None:
        """Stages the records by key and turns each bucket into features.

        Args:
            name: of the table.
            key: column of the grain: all rows of a key go to one bucket.
            records: records of all keys.
            features: computes the features of a bucket from its records.
            staged: an earlier table whose staged records are used.
            keep: whether a later table needs the staged records.
        """
        folder = self.work / f"staged_{staged or name}"
        # the clusters of stores need all buckets, so places are finished in a step of their own
        out = self.done / name if name != "place" else self.work / "place"
        outside = {label: feature for label, feature in self.outside.items() if feature.table == name}

        def whole(bucket: pl.LazyFrame) -> pl.LazyFrame:
            return add_features(features(bucket), bucket, self.as_of, outside)

        with self.progress.step(f"{name} features") as step:
            step.rows = self.rows[name] = run_buckets(
                records, key, folder, out, self.buckets, arrow_function(whole), self.progress
            )
        if not keep:
            drop(folder)

    def _publish(self, model: RepeatBuying | None) -> None:
        """Replaces the tables at `out` with the finished ones."""
        identity = self.done / "identity"
        identity.mkdir(exist_ok=True)
        self.checkpoints.scan("identity").sink_parquet(identity / "part.parquet")
        manifest = {
            "digest": self.digest,
            "as_of": str(self.as_of),
            "before": self._drift(),
            "rows": self.rows,
            "versions": dict(self.dataset.versions),
            "repeat_buying": asdict(model) if model else None,
        }
        # written last: a folder with a manifest is whole
        write_json(self.done / "manifest.json", manifest)
        with atomic_path(self.out) as aside:
            self.done.replace(aside)

    def _drift(self) -> str | None:
        """Compares the finished tables with those at `out`: the last visible day of these, None without any."""
        path = self.out / "manifest.json"
        is_whole = all(any((self.out / table).glob("*.parquet")) for table in FEATURE_TABLES)
        if not path.exists() or not is_whole:  # the first build, or one of a version with fewer tables
            return None
        before = date.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["as_of"])
        with self.progress.step("drift") as step:
            found = drift(self.out, self.done, before, self.as_of, FEATURE_TABLES)
            found.write_parquet(self.done / _DRIFT)
            step.rows = found.height
        return str(before)


def arrow_function(features: Callable[[pl.LazyFrame], pl.LazyFrame]) -> ArrowFunction:
    """Wraps a feature function for any engine: Arrow table in, Arrow table out."""

    def run(table: pa.Table) -> pa.Table:
        records = pl.DataFrame(pl.from_arrow(table))
        return features(records.lazy()).collect().to_arrow()

    return run


def _fit(buyers: BuyerReferences) -> RepeatBuying | None:
    again = buyers.buyers.filter(pl.col("repeats") > 0).height
    # a young chain has too few repeat buyers: its features stay null, and the rest of the job goes on
    return fit_repeat_buying(buyers.buyers) if again >= MIN_REPEAT_BUYERS else None
