"""Estimates from receipts what share of a day's demand had come when the last unit of a product was sold."""

import polars as pl

from features.demand.periods import PeriodAxis
from retail_brain.dataset import Dataset

_MIN_LINES = 500
"""Lines of a store from which its profile of the day is read. Chosen by judgement, not measured."""
_MIN_HOURS = 3
"""Different hours that they must have: fewer are placeholders for a time, not times. Chosen by judgement, not
measured."""
_KEY = ["store_id", "product_id"]
_EMPTY = {"s": pl.UInt32, "t": pl.Int32, "open_share": pl.Float32}


def sold_out_shares(dataset: Dataset, axis: PeriodAxis, panel: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """One row per series-day that ended without stock and sold something: `open_share`, by its last receipt.

    Args:
        dataset: with receipts; without them, or where they hold no hours, nothing is known.
        axis: days.
        panel: series with their number `s`.
        days: columns s and t.

    Returns:
        s, t, and the share of the store's usual day that lay before the last sale (with half of its quarter of an
        hour), over all receipts visible.
    """
    if dataset.has("daily_sales"):
        return pl.DataFrame(schema=_EMPTY)
    sales = dataset.scan("transactions").filter(pl.col("units") > 0)
    quarter = (pl.col("sold_at").dt.hour().cast(pl.Int32) * 4 + pl.col("sold_at").dt.minute() // 15).alias("quarter")
    profile = _profile(sales.group_by("store_id", quarter).len().collect())
    t = axis.index(pl.col("sold_at").dt.date()).cast(pl.Int32).alias("t")
    last = (
        sales.select(*_KEY, t, quarter)
        .join(panel.lazy().select(*_KEY, "s"), on=_KEY, how="inner")
        .join(days.lazy().select("s", "t"), on=["s", "t"], how="semi")
        .group_by("s", "t", "store_id")
        .agg(pl.col("quarter").max())
    )
    shares = last.join(profile.lazy(), on=["store_id", "quarter"], how="inner")
    return shares.select(pl.col(name).cast(kind) for name, kind in _EMPTY.items()).collect()


def _profile(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per store x quarter of an hour: share of a day's receipts up to its middle, of stores with enough."""
    usable = lines.filter(
        (pl.col("len").sum().over("store_id") >= _MIN_LINES)
        & ((pl.col("quarter") // 4).n_unique().over("store_id") >= _MIN_HOURS)
    )
    before = pl.col("len").cum_sum() - pl.col("len") / 2
    return usable.sort("store_id", "quarter").select(
        "store_id", "quarter", (before / pl.col("len").sum()).over("store_id").alias("open_share")
    )
