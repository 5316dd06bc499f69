"""Reads the sales of the panel's series by period, and marks periods that ended without stock."""

import polars as pl

from features.demand.intraday import sold_out_shares
from features.demand.periods import PeriodAxis
from retail_brain.dataset import Dataset

_KEY = ["store_id", "product_id"]


def read_sales(dataset: Dataset, axis: PeriodAxis, panel: pl.DataFrame) -> pl.DataFrame:
    """One row per series x period that sold something or was not wholly in stock, sorted; units net of returns."""
    t = axis.index(pl.col("date")).cast(pl.Int32).alias("t")
    says = (pl.col("units") != 0) | (pl.col("in_stock") < 1)
    sold = (
        dataset.daily_sales()
        .filter(says)
        .select(*_KEY, t, "units", "unit_price", "in_stock")
        .filter(pl.col("t").is_between(0, axis.count - 1))
        .join(panel.lazy().select(*_KEY, "s"), on=_KEY, how="inner")
        .group_by("s", "t")
        .agg(
            pl.col("units").sum(),
            pl.col("unit_price").mean().cast(pl.Float32),
            pl.col("in_stock").mean().cast(pl.Float32),
        )
    )
    return sold.sort("s", "t").collect()


def with_stock(sales: pl.DataFrame, dataset: Dataset, axis: PeriodAxis, panel: pl.DataFrame) -> pl.DataFrame:
    """Marks days that ended without stock: sold out (`ran_out`), or without stock from the beginning (`was_out`).

    A day that did not sell what it began with lost the rest otherwise (wasted, shipped): nobody went without. Where it
    is not known what it began with, a day without a sale counts as one without stock. Where there are receipts, the
    last of a sold-out day says what share of a day's demand had come by then.
    """
    no_mark = [pl.lit(value=False).alias("ran_out"), pl.lit(value=False).alias("was_out")]
    if axis.period != "day" or not dataset.has("inventory"):
        return sales.with_columns(no_mark)
    counted = _counted(dataset, axis, panel)
    empty = counted.filter(pl.col("on_hand") <= 0).select("s", "t").unique().collect()
    before = counted.with_columns(pl.col("t") + 1).join(empty.lazy(), on=["s", "t"], how="semi")
    began = before.group_by("s", "t").agg(pl.col("on_hand").last().alias("began")).collect()
    marked = empty.filter(pl.col("t") >= 0).join(began, on=["s", "t"], how="left")
    marked = marked.join(sold_out_shares(dataset, axis, panel, marked), on=["s", "t"], how="left")
    both = sales.join(marked.with_columns(pl.lit(value=True).alias("empty")), on=["s", "t"], how="full", coalesce=True)
    units, began_with = pl.col("units"), pl.col("began")
    ended_empty = pl.col("empty").fill_null(value=False)
    ran_out = ended_empty & (units >= began_with.fill_null(0.0)) & (units > 0)
    was_out = ended_empty & pl.when(began_with.is_null()).then(units <= 0).otherwise(began_with <= 0)
    return (
        both.with_columns(units.fill_null(0.0))
        .with_columns(ran_out.alias("ran_out"), was_out.alias("was_out"))
        .with_columns(
            pl.when("ran_out").then(pl.coalesce("in_stock", "open_share")).otherwise("in_stock").alias("in_stock")
        )
        .drop("empty", "began", "open_share")
        .sort("s", "t")
    )


def _counted(dataset: Dataset, axis: PeriodAxis, panel: pl.DataFrame) -> pl.LazyFrame:
    """One row per count of stock of a panel series: s, t (from the day before the panel on) and on_hand."""
    t = axis.index(pl.col("date")).cast(pl.Int32).alias("t")
    return (
        dataset.scan("inventory")
        .select(*_KEY, t, "on_hand")
        .filter(pl.col("t").is_between(-1, axis.count - 1))
        .join(panel.lazy().select(*_KEY, "s"), on=_KEY, how="inner")
        .select("s", "t", "on_hand")
    )
