"""Step of shops; they need the stages of people."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from features.increment.base import STORE_DAYS
from features.place.clusters import assign_clusters
from features.place.table import PlaceOptions, line_totals, place_features, store_days
from features.records import place_records
from features.references import sales_lines
from features.steps.build import Build
from features.steps.chain import Chain
from features.windows import day, in_days
from retail_brain.files import atomic_path

_TOTALS = "line_totals"
"""Name under which the sums of all lines are kept for the run."""


@dataclass(frozen=True)
class PlacesOn:
    """Records of shops -> their features (`place_features`); `totals` is the file of `line_totals`, or empty."""

    as_of: date
    options: PlaceOptions
    totals: str

    def __call__(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The features."""
        totals = pl.scan_parquet(self.totals) if self.totals else None
        return place_features(rows, self.as_of, self.options, totals)


def build_places(build: Build, chain: Chain, identities: pl.LazyFrame) -> None:
    """One row per shop, and the group it is in."""
    people = pl.scan_parquet(build.done / "person" / "*.parquet").select("person_id", "stage", "home_store_id")
    dataset, as_of = build.dataset, build.as_of
    options = PlaceOptions(has_receipts=dataset.has("transactions"))
    build.rebuilt["place"] = build.why or "every shop sells every day"
    totals, path = None, ""
    if not build.is_extended("place"):  # another package's features may look at lines of any day
        totals = build.once(_TOTALS, lambda: line_totals(_store_days(build), as_of))
        path = str(build.checkpoints.table(_TOTALS))
    records = place_records(dataset, as_of, identities, chain.products, people, totals)
    # groups need all buckets, so that shops are finished in a step of their own
    folder = build.write_anew(
        "place",
        "store_id",
        records,
        PlacesOn(as_of, options, path),
        out=build.work / "place",
    )
    with build.progress.step("groups of shops"):
        places = pl.read_parquet(folder / "*.parquet").sort("store_id")
        with atomic_path(build.done / "place") as aside:
            aside.mkdir()
            assign_clusters(places).write_parquet(aside / "part.parquet")


def _store_days(build: Build) -> pl.LazyFrame:
    """Result of `store_days` as of the build's day; of a build before, only days with something new are summed."""
    days = build.once(STORE_DAYS, lambda: _all_store_days(build) if build.base is None else _taken_in(build))
    days.sink_parquet(build.state / f"{STORE_DAYS}.parquet")
    return days


def _all_store_days(build: Build) -> pl.LazyFrame:
    return store_days(sales_lines(build.dataset, build.as_of))


def _taken_in(build: Build) -> pl.LazyFrame:
    assert build.base is not None
    kept = pl.scan_parquet(build.before(f"{STORE_DAYS}.parquet"))
    changed = build.base.changes.days_of_sales().collect(engine="streaming")["date"].sort()
    if changed.null_count():
        return _all_store_days(build)
    if changed.is_empty():
        return kept
    first, last = changed[0], changed[-1]
    lines = sales_lines(build.dataset, build.as_of).filter(in_days("at", first, last))
    news = store_days(lines.filter(day("at").is_in(changed.implode())))
    return pl.concat([kept.filter(~pl.col("date").is_in(changed.implode()).fill_null(value=False)), news])
