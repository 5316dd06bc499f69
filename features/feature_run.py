"""One run of the feature job: from nothing, or from the tables of an earlier day and what is new since."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from features.chain_numbers import ChainNumbers
from features.drift import drift
from features.feature_options import FEATURE_TABLES, FeatureOptions, FeatureReport
from features.goods.sales_parts import promotion_rates
from features.goods.table import GoodsOptions, goods_features, series_features, series_on, series_state, series_stock
from features.identity.resolve import resolve_identities
from features.increment.base import PAST_SALES, PRODUCTS, STATE, Base, base_facts
from features.increment.kept_state import KeptState
from features.increment.touched import changed_products, touched_people, touched_series
from features.partitions import ArrowFunction, drop, run_buckets
from features.person.table import PersonOptions, person_features, person_state, persons_on
from features.place.clusters import assign_clusters
from features.place.table import PlaceOptions, line_totals, place_features
from features.protocol import Feature
from features.records import goods_records, person_records, place_records, series_records, stock_records
from features.references import past_sales, product_references, reference_day, sales_lines
from features.registry import add_features
from features.windows import day, within
from retail_brain.checkpoints import Checkpoints
from retail_brain.dataset import Dataset
from retail_brain.files import atomic_path, write_json
from retail_brain.progress import Progress

_MOST_TOUCHED: Final = 0.25
"""Share of a table's keys that changed from which all are computed anew: what was kept would be mostly replaced. Chosen
by judgement, not measured."""
DRIFT: Final = "drift.parquet"
Compute = Callable[[pl.LazyFrame], pl.LazyFrame]


@dataclass
class FeatureRun:
    """One run of the job; the methods are its steps.

    Attributes:
        dataset: canonical tables as of the last visible day.
        as_of: last visible day.
        out: folder of the tables.
        options: thresholds.
        buckets: parts that persons, products and stores are split into where a table is computed anew.
        digest: digest of everything the tables depend on.
        settings: digest of what they depend on beside the rows.
        base: the build before, where this one can begin from it.
        why: why it cannot; empty where it can.
        checkpoints: tables that this run or an interrupted one has finished.
        outside: features of other packages, by name.
        rows: table -> rows written so far.
        rebuilt: table -> why it was computed anew.
    """

    dataset: Dataset
    as_of: date
    out: Path
    options: FeatureOptions
    buckets: int
    digest: str
    settings: str
    base: Base | None
    why: str
    checkpoints: Checkpoints
    progress: Progress
    outside: Mapping[str, Feature]
    rows: dict[str, int] = field(default_factory=dict)
    rebuilt: dict[str, str] = field(default_factory=dict)
    _too_many: str = ""
    _notes: dict[str, str] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        assert self.checkpoints.folder is not None
        return self.checkpoints.folder

    @property
    def done(self) -> Path:
        """Folder of the finished tables, in the layout of `out`."""
        return self.work / "done"

    @property
    def state(self) -> Path:
        """Folder of what the next build begins from."""
        return self.done / STATE

    def run(self) -> FeatureReport:
        """Computes all tables and puts them into the place of those before, all at once."""
        self.state.mkdir(parents=True, exist_ok=True)
        # the order is that of what they need: records need identities, and stores need the stages of persons
        identities = self._identity()
        self._person(identities)
        series = self._series(identities)
        self._goods(identities, series)
        self._place(identities)
        self._say_rebuilt()
        self._publish()
        return FeatureReport(self.as_of, self.rows, self.numbers.repeat_buying, None, self.rebuilt)

    def _once(self, name: str, make: Callable[[], pl.LazyFrame]) -> pl.LazyFrame:
        """A small table of the run, computed once and then read from the checkpoint."""
        if name not in self.checkpoints.names():
            self.checkpoints.write(name, make().collect(engine="streaming"))
        return self.checkpoints.scan(name)

    def _identity(self) -> pl.LazyFrame:
        with self.progress.step("identity") as step:
            table = self._once("identity", lambda: resolve_identities(self.dataset, self.as_of, self.options.identity))
            step.rows = self.rows["identity"] = table.select(pl.len()).collect().item()
        self.rebuilt["identity"] = self.why or "all accounts are compared each time"
        return table

    @cached_property
    def since(self) -> date:
        """Day that the chain's numbers hold as of."""
        return reference_day(self.dataset, self.as_of)

    @cached_property
    def _keeps_numbers(self) -> bool:
        """Whether the chain's numbers of the build before still hold: the same day, and no row up to it changed."""
        if self.base is None or self.base.numbers.since != self.since:
            return False
        columns = {"transactions": "sold_at", "daily_sales": "date"}
        late = [
            self.base.changes.rows(table).filter(day(column) <= self.since).select(pl.len()).collect().item()
            for table, column in columns.items()
        ]
        return not any(late)

    @cached_property
    def numbers(self) -> ChainNumbers:
        """What buyers of the chain have in common."""
        with self.progress.step("typical rhythm") as step:
            if self._keeps_numbers and self.base is not None:
                step.note = "kept"
                return self.base.numbers
            return ChainNumbers.fit(self.dataset, self.since, self.options.rules)

    @cached_property
    def products(self) -> pl.LazyFrame:
        """Reference prices and classes."""
        with self.progress.step("reference prices and classes") as step:
            kept = self._before(PAST_SALES) if self._keeps_numbers else None
            past = self._once(PAST_SALES, lambda: past_sales(self.dataset, self.since) if kept is None else kept)
            table = self._once(PRODUCTS, lambda: product_references(self.dataset, self.as_of, past))
            step.rows = table.select(pl.len()).collect().item()
        for name in (PAST_SALES, PRODUCTS):
            self.checkpoints.scan(name).sink_parquet(self.state / f"{name}.parquet")
        return table

    def _before(self, name: str) -> pl.LazyFrame:
        assert self.base is not None
        return pl.scan_parquet(self.base.folder / STATE / f"{name}.parquet")

    @cached_property
    def _other_products(self) -> pl.DataFrame:
        return changed_products(self.products, self._before(PRODUCTS))

    def _person(self, identities: pl.LazyFrame) -> None:
        numbers = self.numbers
        options = PersonOptions(
            numbers.of_rules(self.options.rules),
            numbers.repeat_buying,
            numbers.spending,
            numbers.rfm,
            has_consents=self.dataset.has("consents"),
        )
        everybody = person_records(self.dataset, self.as_of, identities, self.products)
        if self._is_extended("person"):
            self._table("person", "person_id", everybody, lambda r: person_features(r, self.as_of, options))
            return

        def compute(records: pl.LazyFrame) -> pl.LazyFrame:
            return person_state(records, self.as_of, options.rules)

        def touched(base: Base) -> pl.DataFrame:
            earlier = pl.scan_parquet(base.folder / "identity" / "*.parquet")
            return touched_people(base.changes, identities, earlier, options.rules, self._other_products)

        with self.progress.step("person features") as step:
            why = self._why_gap()
            state = (
                None
                if why
                else self._increment(
                    KeptState(self._place_before("person"), ("person_id",), "person_id"),
                    touched,
                    lambda people: person_records(self.dataset, self.as_of, identities, self.products, people),
                    compute,
                )
            )
            if state is None:
                self.rebuilt["person"] = why or self._too_many
                run_buckets(
                    everybody,
                    "person_id",
                    self.work / "staged_person",
                    self.state / "person",
                    self.buckets,
                    arrow_function(compute),
                    self.progress,
                )
                drop(self.work / "staged_person")
                state = KeptState(self.state / "person", ("person_id",), "person_id")
            step.rows = self._finish("person", state, lambda frame: persons_on(frame, self.as_of, options))
            step.note = self._note("person")

    def _why_gap(self) -> str:
        """Why no person's state holds; empty where those without news do."""
        if self.base is None:
            return self.why
        if self.base.numbers.typical_gap_days != self.numbers.typical_gap_days:
            return "the chain's typical gap moved" + self._because()
        return ""

    def _because(self) -> str:
        assert self.base is not None
        if self.base.numbers.since != self.since:
            return f", which is of {self.since} now"
        return f": receipts up to {self.since} came late or changed"

    @cached_property
    def goods_options(self) -> GoodsOptions:
        """Facts that goods and series need beside the records."""
        recent = within("last_purchase_on", self.as_of, 365)
        people = pl.scan_parquet(self.done / "person" / "*.parquet").select(recent.sum())
        return GoodsOptions(
            people.collect().item(),
            has_daily_sales=self.dataset.has("daily_sales"),
            has_promotions=self.dataset.has("promotions"),
            period_days=self.options.period_days,
        )

    def _goods(self, identities: pl.LazyFrame, series: KeptState | None) -> None:
        """Goods: the promotions are those of their series, so that no day is compared with a promotion twice."""
        options, promotions = self.goods_options, None
        self.rebuilt["goods"] = self.why or "most goods are sold every day"
        if series is not None and not self._is_extended("goods"):
            sold = series.scan().filter(pl.col("begun_on").is_not_null())
            promotions = self._once(
                "promotions",
                lambda: promotion_rates(sold, ["product_id"], self.as_of, has_promotions=options.has_promotions),
            )
        records = goods_records(self.dataset, self.as_of, identities, self.products, with_promotions=promotions is None)
        self._table("goods", "product_id", records, lambda r: goods_features(r, self.as_of, options, promotions))

    def _series(self, identities: pl.LazyFrame) -> KeptState | None:
        """Series; None where another package's features are in them, of which no state is kept."""
        options, key = self.goods_options, ("store_id", "product_id")
        records = goods_records(self.dataset, self.as_of, identities, self.products)
        if self._is_extended("series"):
            self._table(
                "series", "product_id", records, lambda r: series_features(r, self.as_of, options), "goods", keep=True
            )
            return None
        stock = self._once("stock", lambda: series_stock(stock_records(self.dataset, self.as_of), self.as_of))

        def compute(rows: pl.LazyFrame) -> pl.LazyFrame:
            return series_state(rows, self.as_of, options)

        def touched(base: Base) -> pl.DataFrame:
            known = pl.scan_parquet(base.folder / "series" / "*.parquet").select(key)
            # with a table of promotions no line is compared with its reference price
            other = self._other_products.clear() if options.has_promotions else self._other_products
            return touched_series(base.changes, known, other)

        with self.progress.step("series features") as step:
            state = self.base and self._increment(
                KeptState(self._place_before("series"), key, "product_id"),
                touched,
                lambda series: series_records(self.dataset, self.as_of, self.products, series),
                compute,
            )
            if not state:
                self.rebuilt["series"] = self.why or self._too_many
                run_buckets(
                    records,
                    "product_id",
                    self.work / "staged_goods",
                    self.state / "series",
                    self.buckets,
                    arrow_function(compute),
                    self.progress,
                )
                state = KeptState(self.state / "series", key, "product_id")
            step.rows = self._finish("series", state, lambda frame: series_on(frame, stock, self.as_of, options))
            step.note = self._note("series")
        return state

    def _place_before(self, name: str) -> Path:
        assert self.base is not None
        return self.base.folder / STATE / name

    def _increment(
        self,
        kept: KeptState,
        touched: Callable[[Base], pl.DataFrame],
        records: Callable[[pl.DataFrame], pl.LazyFrame],
        compute: Compute,
    ) -> KeptState | None:
        """The state of the build before with the keys that changed; None where so many did that all are computed.

        Args:
            kept: the state of the build before.
            touched: finds the keys that changed.
            records: gives all records of some keys.
            compute: computes the state of keys from their records.
        """
        assert self.base is not None
        if not kept.files:
            self._too_many = "files of the tables before are missing"
            return None
        name = kept.folder.name
        keys = self._once(f"touched_{name}", lambda: touched(self.base).lazy()).collect()  # type: ignore[arg-type]
        height = kept.height()
        if keys.height > _MOST_TOUCHED * height:
            self._too_many = f"{keys.height:,} of {height:,} have something new since {self.base.changes.before}"
            return None
        # each part holds about as many rows as a bucket of a whole build
        parts = max(1, ceil(self.buckets * keys.height / max(height, 1)))
        folder = self.work / f"new_{name}"
        staged = self.work / f"staged_new_{name}"
        run_buckets(records(keys), kept.by, staged, folder, parts, arrow_function(compute), self.progress)
        rows = pl.read_parquet(sorted(folder.glob("*.parquet")))
        self._notes[name] = f"{keys.height:,} with something new"
        return kept.with_rows(self.state / name, keys, rows)

    def _note(self, name: str) -> str:
        return "all" if name in self.rebuilt else self._notes.get(name, "")

    def _finish(self, name: str, state: KeptState, finish: Compute) -> int:
        """Writes a table from its state, bucket by bucket; returns its rows."""
        for number, file in enumerate(state.files):
            part = self.done / name / file.name
            if not part.exists():
                with atomic_path(part) as aside:
                    pq.write_table(finish(state.bucket(number)).collect().to_arrow(), aside)
        written: int = sum(pq.read_metadata(file).num_rows for file in (self.done / name).glob("*.parquet"))
        self.rows[name] = written
        return written

    def _is_extended(self, name: str) -> bool:
        """Whether another package adds features to a table, which says nothing of when they change."""
        owners = sorted(label for label, feature in self.outside.items() if feature.table == name)
        if owners:
            self.rebuilt[name] = self.why or f"features of other packages are in it ({', '.join(owners)})"
        return bool(owners)

    def _place(self, identities: pl.LazyFrame) -> None:
        people = pl.scan_parquet(self.done / "person" / "*.parquet").select("person_id", "stage", "home_store_id")
        options = PlaceOptions(has_receipts=self.dataset.has("transactions"))
        self.rebuilt["place"] = self.why or "every shop sells every day"
        totals = None
        if not self._is_extended("place"):  # another package's features may look at lines of any day
            totals = self._once("line_totals", lambda: line_totals(sales_lines(self.dataset, self.as_of), self.as_of))
        records = place_records(self.dataset, self.as_of, identities, self.products, people, totals)
        self._table("place", "store_id", records, lambda r: place_features(r, self.as_of, options, totals))
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
        features: Compute,
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

    def _say_rebuilt(self) -> None:
        """Says which tables were computed anew though there was something to begin from."""
        if self.base is None:
            return
        reasons: dict[str, list[str]] = {}
        for table in FEATURE_TABLES:
            if table in self.rebuilt:
                reasons.setdefault(self.rebuilt[table], []).append(table)
        said = "; ".join(f"{', '.join(tables)}: {reason}" for reason, tables in reasons.items())
        self.progress.say(f"  {len(self.rebuilt)} of {len(FEATURE_TABLES)} tables computed anew ({said}).")

    def _publish(self) -> None:
        """Replaces the tables at `out` with the finished ones."""
        identity = self.done / "identity"
        identity.mkdir(exist_ok=True)
        self.checkpoints.scan("identity").sink_parquet(identity / "part.parquet")
        model = self.numbers.repeat_buying
        manifest = {
            "digest": self.digest,
            "as_of": str(self.as_of),
            "before": self._drift(),
            "rows": self.rows,
            "versions": dict(self.dataset.versions),
            "repeat_buying": asdict(model) if model else None,
            "rebuilt": self.rebuilt,
            **base_facts(self.dataset, self.settings, self.numbers),
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
            found.write_parquet(self.done / DRIFT)
            step.rows = found.height
        return str(before)


def arrow_function(features: Compute) -> ArrowFunction:
    """Wraps a feature function for any engine: Arrow table in, Arrow table out."""

    def run(table: pa.Table) -> pa.Table:
        records = pl.DataFrame(pl.from_arrow(table))
        return features(records.lazy()).collect().to_arrow()

    return run
