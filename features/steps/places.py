"""Step of shops; they need the stages of people."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from features.place.clusters import assign_clusters
from features.place.table import PlaceOptions, line_totals, place_features
from features.records import place_records
from features.references import sales_lines
from features.steps.build import Build
from features.steps.chain import Chain
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
        totals = build.once(_TOTALS, lambda: line_totals(sales_lines(dataset, as_of), as_of))
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
