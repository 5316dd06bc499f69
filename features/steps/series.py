"""Step of series: store x product."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl

from features.goods.options import GoodsOptions
from features.goods.series import (
    SERIES_WINDOWS,
    beside,
    renewed_series,
    series_features,
    series_on,
    series_state,
    series_stock,
    sums_of_series,
)
from features.increment.base import Base
from features.increment.touched import touched_series
from features.records import goods_records, series_records, stock_records
from features.steps.build import Build
from features.steps.chain import Chain
from features.steps.kept_table import KeptTable, finish
from features.windows import within

STAGED_GOODS: Final = "goods"
"""Name under which records of goods are staged: those of series are the same."""

_STOCK: Final = "stock"
"""Name under which the stock of series is kept for the run."""


@dataclass(frozen=True)
class SeriesStates:
    """Records of goods -> state of their series (`series_state`)."""

    as_of: date
    options: GoodsOptions

    def __call__(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The state."""
        return series_state(rows, self.as_of, self.options)


@dataclass(frozen=True)
class SeriesOn:
    """State of series -> their features as of a day (`series_on`); `stock` is the file of the stock of all series."""

    as_of: date
    options: GoodsOptions
    stock: str

    def __call__(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The features."""
        return series_on(beside(rows.collect(), _stock(self.stock)).lazy(), self.as_of, self.options)


@dataclass(frozen=True)
class SeriesSums:
    """State of series -> what those of each product add up to (`sums_of_series`)."""

    as_of: date
    has_promotions: bool

    def __call__(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The sums."""
        return sums_of_series(rows, self.as_of, has_promotions=self.has_promotions)


@lru_cache(maxsize=1)  # the buckets of a run share it
def _stock(path: str) -> pl.DataFrame:
    return pl.read_parquet(path)


def goods_options(build: Build) -> GoodsOptions:
    """Facts that goods and series need beside the records; people are there already."""
    recent = within("last_purchase_on", build.as_of, 365)
    people = pl.scan_parquet(build.done / "person" / "*.parquet").select(recent.sum())
    return GoodsOptions(
        people.collect().item(),
        has_daily_sales=build.dataset.has("daily_sales"),
        has_promotions=build.dataset.has("promotions"),
        period_days=build.options.period_days,
    )


def kept_stock(build: Build) -> pl.LazyFrame:
    """One row per store x product with stock records of the last 91 days."""
    return build.once(_STOCK, lambda: series_stock(stock_records(build.dataset, build.as_of), build.as_of))


def build_series(build: Build, chain: Chain, identities: pl.LazyFrame, options: GoodsOptions) -> Path | None:
    """One row per store x product.

    Returns:
        Folder of what the series of each product add up to (`sums_of_series`); None where another package's features
        are in the table, of which no state is kept.
    """
    dataset, as_of, products = build.dataset, build.as_of, chain.products
    everything = goods_records(dataset, as_of, identities, products)
    if build.is_extended("series"):
        build.write_anew(
            "series", "product_id", everything, lambda rows: series_features(rows, as_of, options), staged=STAGED_GOODS
        )
        return None

    def touched(base: Base) -> pl.DataFrame:
        known = pl.scan_parquet(base.folder / "series" / "*.parquet").select("store_id", "product_id")
        # with a table of promotions no line is compared with its reference price
        other = chain.other_products.clear() if options.has_promotions else chain.other_products
        return touched_series(base.changes, known, other)

    table = KeptTable(
        "series",
        ("store_id", "product_id"),
        "product_id",
        compute=SeriesStates(as_of, options),
        touched=touched,
        records=lambda series: series_records(dataset, as_of, products, series),
        everything=everything,
        staged=STAGED_GOODS,
        renew=lambda state, rows: renewed_series(state, rows, as_of, options),
        window=max(SERIES_WINDOWS),
    )
    kept_stock(build)
    on = SeriesOn(as_of, options, str(build.checkpoints.table(_STOCK)))
    with build.progress.step("series features") as step:
        state, step.note = table.state(build, "")
        sums = finish(
            build,
            "series",
            state,
            on,
            SeriesSums(as_of, options.has_promotions),
        )
        _stock.cache_clear()
        step.rows = build.rows["series"]
    return sums
