"""Computes the last day of sale of stock: expiry, end of listing or season, or `leftover_days` from now."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.outputs import SERIES
from retail_brain.settings import Settings

_YEAR, _WEEKS_AHEAD, _QUIET_WEEKS = 364, 26, 6
"""Days of a year in whole weeks, weeks ahead that are looked at, and weeks that a quiet time lasts. Chosen by
judgement, not measured."""
_QUIET_SHARE = 0.1
"""Share of the mean week; a season is over when six weeks sell less. Chosen by judgement, not measured."""
_SEASON_WEEKS, _SEASON_SHARE = 13, 0.6
"""Weeks of a season, and the share of a year's sales that must fall into them. Chosen by judgement, not measured."""


def sell_by(
    dataset: Dataset, stock: pl.DataFrame, terms: pl.DataFrame, as_of: date, settings: Settings
) -> pl.DataFrame:
    """One row per row of stock: `store_id`, `product_id`, `sell_by`, `sell_by_kind`, `is_end` (none comes after).

    The earliest of: the expiry of perishable goods, taken to have arrived half a review period ago; the last day of
    the listing; the end of the season; and `leftover_days` from now (`slow`).

    Args:
        dataset: as known on `as_of`.
        stock: `store_id`, `product_id`.
        terms: supply terms of `decisions.inputs.read_terms`.
        as_of: last visible day.
        settings: `leftover_days`, and the review period where none is known.
    """
    review = pl.col("review_period_days").fill_null(settings.replenishment.review_period_days)
    left = (pl.col("shelf_life_days") - (review / 2).round(0)).clip(1).floor()
    dates = terms.lazy().select(*SERIES, date=pl.lit(as_of) + pl.duration(days=left))
    rows = (
        stock.lazy()
        .select(SERIES)
        .join(dates, on=list(SERIES), how="left", maintain_order="left")
        .join(_listing_ends(dataset), on=list(SERIES), how="left", maintain_order="left")
        .join(season_ends(dataset, as_of).lazy(), on="product_id", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("listing").is_not_null()).then(pl.max_horizontal("listing", pl.lit(as_of))).alias("listing"),
            slow=pl.lit(as_of + timedelta(settings.network.leftover_days)),
        )
        .with_columns(pl.col("date").cast(pl.Date))
    )
    kinds = ("date", "listing", "season", "slow")
    first = pl.min_horizontal(kinds)
    kind = pl.coalesce(pl.when(pl.col(name) == first).then(pl.lit(name)) for name in kinds)
    return rows.select(*SERIES, sell_by=first, sell_by_kind=kind, is_end=kind.is_in(["listing", "season"])).collect()


def _listing_ends(dataset: Dataset) -> pl.LazyFrame:
    """One row per store x product whose every listing ends: `listing`, the last day."""
    ends = (
        dataset.scan_or_empty("assortment")
        .group_by(*SERIES)
        .agg(pl.col("listed_until").max(), is_open=pl.col("listed_until").is_null().any())
    )
    return ends.filter(~pl.col("is_open")).select(*SERIES, listing=pl.col("listed_until") - pl.duration(days=1))


def season_ends(dataset: Dataset, as_of: date) -> pl.DataFrame:
    """One row per product whose season ends within half a year: `product_id`, `season` (the last day).

    Seasonal are goods of which thirteen weeks sold 60 % of the year. Their season ends where, a year ago, six weeks
    sold less than a tenth of the year's mean. Only goods that were sold more than a year ago are judged.
    """
    first = as_of - timedelta(days=_YEAR - 1)
    sales = dataset.daily_sales().filter(pl.col("units") > 0, pl.col("date") >= first - timedelta(days=28))
    week = ((pl.col("date") - first).dt.total_days() // 7).alias("week")
    sold = sales.group_by("product_id", week).agg(pl.col("units").sum()).collect()
    old = sold.filter(pl.col("week") < 0)["product_id"].unique()
    recent = sold.filter(pl.col("week") >= 0, pl.col("product_id").is_in(old.implode()))
    goods = recent["product_id"].unique().sort()
    if not len(goods):
        return pl.DataFrame(schema={"product_id": pl.String, "season": pl.Date})
    table = np.zeros((len(goods), _YEAR // 7))
    place = goods.search_sorted(recent["product_id"])
    table[place.to_numpy(), recent["week"].clip(0, 51).to_numpy()] = recent["units"].to_numpy()
    # The year is repeated, so that windows run over its end.
    ahead = np.concatenate([table, table], axis=1)
    sums = np.cumsum(np.pad(ahead, ((0, 0), (1, 0))), axis=1)
    season = (sums[:, _SEASON_WEEKS : _SEASON_WEEKS + 52] - sums[:, :52]).max(axis=1)
    is_seasonal = season >= _SEASON_SHARE * table.sum(axis=1)
    sold_ahead = sums[:, _QUIET_WEEKS : _QUIET_WEEKS + _WEEKS_AHEAD] - sums[:, :_WEEKS_AHEAD]
    quiet = sold_ahead < _QUIET_SHARE * _QUIET_WEEKS * table.mean(axis=1)[:, None]
    ends = np.where(quiet.any(axis=1), quiet.argmax(axis=1), -1)
    days = np.datetime64(as_of, "D") + 7 * np.maximum(ends, 0)
    return pl.DataFrame({"product_id": goods, "season": pl.Series(days)}).filter(pl.Series((ends >= 0) & is_seasonal))
