"""Computes the last day of sale of stock: expiry, end of listing or season, or `leftover_days` from now."""

from datetime import date, timedelta

import polars as pl

from features.country import country_of
from retail_brain.dataset import Dataset
from retail_brain.outputs import SERIES
from retail_brain.settings import Settings
from serving.planning.stock.season import season_ends


def sell_by(
    stock: pl.DataFrame,
    terms: pl.DataFrame,
    ends: pl.DataFrame,
    as_of: date,
    settings: Settings,
    ages: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per row of stock: `store_id`, `product_id`, `sell_by`, `sell_by_kind`, `is_end` (none comes after).

    The earliest of: the expiry of perishable goods (`date`), of the newest of them where their ages are known, else
    taken to have arrived half a review period ago; the end of the listing or season; and `leftover_days` from now
    (`slow`).

    Args:
        stock: `store_id`, `product_id`.
        terms: supply terms of `decisions.inputs.read_terms`.
        ends: columns of `demand_ends`.
        as_of: last visible day.
        settings: `leftover_days`, and the review period where none is known.
        ages: of goods on hand, columns of `stock_ages.AGES`.
    """
    review = pl.col("review_period_days").fill_null(settings.replenishment.review_period_days)
    left = (pl.col("shelf_life_days") - (review / 2).round(0)).clip(1).floor()
    dates = terms.lazy().select(*SERIES, date=pl.lit(as_of) + pl.duration(days=left))
    if ages is not None and ages.height:
        newest = ages.lazy().group_by(*SERIES).agg(last=pl.lit(as_of) + pl.duration(days=pl.col("days_left").max()))
        dates = dates.join(newest, on=list(SERIES), how="left", maintain_order="left")
        dates = dates.select(*SERIES, date=pl.coalesce(pl.col("last").cast(pl.Date), "date"))
    rows = (
        stock.lazy()
        .select(SERIES)
        .join(dates, on=list(SERIES), how="left", maintain_order="left")
        .join(ends.lazy(), on=list(SERIES), how="left", maintain_order="left")
        .with_columns(
            pl.col("date").cast(pl.Date),
            slow=pl.lit(as_of + timedelta(settings.network.leftover_days)),
        )
    )
    first = pl.min_horizontal("date", "ends_on", "slow")
    kind = (
        pl.when(pl.col("date") == first).then(pl.lit("date"))
        .when(pl.col("ends_on") == first).then(pl.col("end_kind"))
        .otherwise(pl.lit("slow"))
    )  # fmt: skip
    return rows.select(*SERIES, sell_by=first, sell_by_kind=kind, is_end=kind.is_in(["listing", "season"])).collect()


def demand_ends(dataset: Dataset, series: pl.DataFrame, as_of: date, settings: Settings) -> pl.DataFrame:
    """One row per store x product of `series` whose demand ends: `store_id`, `product_id`, `ends_on`, `end_kind`.

    The last day of demand, `as_of` at the earliest, is that of the listing (`listing`) or, where it comes first, of the
    season (`season`).

    Args:
        dataset: as known on `as_of`.
        series: `store_id`, `product_id`.
        as_of: last visible day.
        settings: the country, whose festivals move seasons.
    """
    return _ending(dataset, series, as_of, settings).select(*SERIES, "ends_on", "end_kind").collect()


def past_ends(dataset: Dataset, series: pl.DataFrame, as_of: date, settings: Settings) -> pl.DataFrame:
    """One row per store x product of `series` whose demand ended before `as_of`: `store_id`, `product_id`, `ended_on`.

    The day that people are told; the arguments are those of `demand_ends`, which gives `as_of` for these.
    """
    over = _ending(dataset, series, as_of, settings).filter(pl.col("ended_on") < as_of)
    return over.select(*SERIES, "ended_on").collect()


def _ending(dataset: Dataset, series: pl.DataFrame, as_of: date, settings: Settings) -> pl.LazyFrame:
    keys = list(SERIES)
    both = (
        series.lazy()
        .select(keys)
        .join(listing_ends(dataset), on=keys, how="left", maintain_order="left")
        .join(_seasons(dataset, as_of, settings).lazy(), on="product_id", how="left", maintain_order="left")
    )
    return _first_ends(both, as_of)


def ends_of_goods(dataset: Dataset, stock: pl.DataFrame, as_of: date, settings: Settings) -> pl.DataFrame:
    """The ends of goods by shop and in the whole chain, as people are told of them: columns ENDS_OF_GOODS.

    A row without a shop is of the whole chain: the latest end of a listing where every one ends, or the season. Series
    of the stock have a row, and series whose listing ends.

    Args:
        dataset: as known on `as_of`.
        stock: `store_id`, `product_id`.
        as_of: last visible day.
        settings: the country, whose festivals move seasons.
    """
    keys = list(SERIES)
    seasons = _seasons(dataset, as_of, settings).lazy()
    listings = listing_ends(dataset)
    series = pl.concat([stock.lazy().select(keys), listings.select(keys)]).unique(maintain_order=True)
    by_shop = series.join(listings, on=keys, how="left", maintain_order="left")
    of_chain = seasons.join(chain_listing_ends(dataset), on="product_id", how="full", coalesce=True)
    whole = of_chain.select(pl.lit(None, dtype=pl.String).alias("store_id"), "product_id", "listing", "season")
    both = by_shop.join(seasons, on="product_id", how="left", maintain_order="left")
    return pl.concat([_first_ends(one, as_of).select(*ENDS_OF_GOODS) for one in (both, whole)]).collect()


ENDS_OF_GOODS = ("store_id", "product_id", "ends_on", "end_kind", "listing")
"""Columns of `ends_of_goods`: with the end that comes first, and that of the listing alone."""


def _seasons(dataset: Dataset, as_of: date, settings: Settings) -> pl.DataFrame:
    country = country_of(dataset, settings)
    return season_ends(dataset, as_of, None if country is None else country.code)


def _first_ends(both: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """The rows with an end, and `ends_on`, `end_kind` and the recorded day `ended_on` of the one that comes first."""
    ended = pl.min_horizontal("listing", "season")
    first = pl.max_horizontal(ended, pl.lit(as_of))
    is_season = pl.col("listing").is_null() | (pl.col("season") < pl.col("listing"))
    kind = pl.when(is_season).then(pl.lit("season")).otherwise(pl.lit("listing"))
    ending = both.filter(pl.any_horizontal(pl.col("listing", "season").is_not_null()))
    return ending.with_columns(ends_on=first, end_kind=kind, ended_on=ended)


def listing_ends(dataset: Dataset) -> pl.LazyFrame:
    """One row per store x product whose every listing ends: `listing`, the last day."""
    ends = (
        dataset.scan_or_empty("assortment")
        .group_by(*SERIES)
        .agg(pl.col("listed_until").max(), is_open=pl.col("listed_until").is_null().any())
    )
    return ends.filter(~pl.col("is_open")).select(*SERIES, listing=pl.col("listed_until") - pl.duration(days=1))


def chain_listing_ends(dataset: Dataset) -> pl.LazyFrame:
    """One row per product whose every listing in every shop ends: `product_id`, `listing`, the last day of all."""
    listed = dataset.scan_or_empty("assortment").group_by("product_id")
    ends = listed.agg(pl.col("listed_until").max(), is_open=pl.col("listed_until").is_null().any())
    return ends.filter(~pl.col("is_open")).select("product_id", listing=pl.col("listed_until") - pl.duration(days=1))
