"""Publishes the promotions around the last visible day by promotion and store, for the calendar."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset
from serving.store.rows import write_rows

PROMOTION_DAYS: dict[str, pl.DataType | type[pl.DataType]] = {
    "promotion_id": pl.String,
    "store_id": pl.String,
    "begins_on": pl.Date,
    "ends_on": pl.Date,
    "mechanic": pl.String,
    "display": pl.Boolean,
    "mailer": pl.Boolean,
    "products": pl.Int64,
    "product_ids": pl.List(pl.String),
}
"""One row per promotion x store (null: every store) x days: `ends_on` is the last one; whether any of its goods are
displayed or in a mailer, number of products and ids of the first."""

BACK_DAYS, AHEAD_DAYS = 91, 182
"""Days before and after the last visible one whose promotions are published: a quarter to look back on, and as far as
assortments are planned. By judgement."""
_NAMED = 20
"""Products of a promotion in a store that are named; the rest is counted. By judgement."""
_FLAGS = ("display", "mailer")


def promotion_days(dataset: Dataset, as_of: date) -> pl.DataFrame:
    """Promotions that ran or will run within `BACK_DAYS` and `AHEAD_DAYS` of a day: columns PROMOTION_DAYS.

    Rows without `promotion_id` are told apart by their days and mechanic.
    """
    first, last = as_of - timedelta(days=BACK_DAYS), as_of + timedelta(days=AHEAD_DAYS)
    rows = dataset.scan_or_empty("promotions").filter(
        pl.col("valid_to") > pl.col("valid_from"), pl.col("valid_to") > first, pl.col("valid_from") <= last
    )
    flags = {name: (pl.col(name).cast(pl.String).fill_null("") != "").any() for name in _FLAGS}
    grouped = rows.group_by(
        "promotion_id", "store_id", "mechanic", begins_on="valid_from", ends_on=pl.col("valid_to").dt.offset_by("-1d")
    ).agg(
        **flags,
        products=pl.col("product_id").n_unique().cast(pl.Int64),
        product_ids=pl.col("product_id").unique().sort().head(_NAMED),
    )
    columns = (pl.col(name).cast(kind) for name, kind in PROMOTION_DAYS.items())
    return grouped.select(columns).sort("begins_on", "promotion_id", "store_id", nulls_last=True).collect()


def publish_promotion_days(folder: Path, dataset: Dataset, as_of: date) -> None:
    """Writes `promotion_days`."""
    write_rows(folder, "promotion_days", promotion_days(dataset, as_of))
