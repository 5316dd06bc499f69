"""Publishes sales history, best sellers, stock availability and planned promotions."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from features.goods.promoted_days import mark_promoted, periods_by_series
from retail_brain.dataset import Dataset
from retail_brain.outputs import SERIES
from retail_brain.settings import ServingSettings, Settings
from serving.planning.stock.counted_stock import read_availability
from serving.store.availability import write_availability
from serving.store.planned_promotions import write_planned_promotions
from serving.store.publishing.catalogs import Positions
from serving.store.ranked_goods import write_ranked
from serving.store.sales_history import write_history

_EPOCH = date(1970, 1, 1).toordinal()


def publish_history(folder: Path, dataset: Dataset, positions: Positions, days: int) -> int:
    """Writes the last `days` days of each series; returns the number of rows.

    Raises:
        MissingTableError: the dataset has no sales table.
        NotFoundError: no sale is visible.
    """
    last = dataset.last_day()
    sold = dataset.daily_sales().filter(pl.col("date") > last - timedelta(days=days))
    rows = _coded(_with_stock(dataset, sold), positions).collect(engine="streaming")
    days_sold = _with_promotions(dataset, rows, positions)
    write_history(
        folder,
        days_sold.rename({"store_id": "store", "product_id": "product", "in_promotion": "promotion"}),
        len(positions.products),
    )
    return days_sold.height


def _coded(frame: pl.LazyFrame, positions: Positions) -> pl.LazyFrame:
    """Replaces ids by catalog positions: 4 bytes instead of a text, so that joins of millions of rows stay small."""
    codes = frame.with_columns(
        positions.store().cast(pl.Int32).alias("store_id"), positions.product().cast(pl.Int32).alias("product_id")
    )
    return codes.drop_nulls("product_id")


def _with_stock(dataset: Dataset, sold: pl.LazyFrame) -> pl.LazyFrame:
    """Days with sales and, where inventory is recorded, days without stock."""
    if not dataset.has("inventory"):
        return sold
    first = sold.select(pl.col("date").min()).collect().item()
    counted = dataset.scan("inventory").filter(pl.col("date") >= first).select("date", *SERIES, "on_hand")
    both = sold.join(counted, on=["date", *SERIES], how="left").with_columns(
        in_stock=pl.coalesce("in_stock", (pl.col("on_hand") > 0).cast(pl.Float64))
    )
    empty = counted.filter(pl.col("on_hand") <= 0).join(sold, on=["date", *SERIES], how="anti")
    without_stock = empty.select(
        "date",
        *SERIES,
        units=pl.lit(0.0),
        unit_price=pl.lit(None, dtype=pl.Float64),
        in_stock=pl.lit(0.0),
        on_hand="on_hand",
    )
    return pl.concat([both, without_stock]).drop("on_hand")


def _with_promotions(dataset: Dataset, rows: pl.DataFrame, positions: Positions) -> pl.DataFrame:
    if not dataset.has("promotions") or not rows.height:
        return rows.with_columns(in_promotion=pl.lit(value=False))
    first, last = rows.select(pl.col("date").min().alias("first"), pl.col("date").max().alias("last")).row(0)
    in_all_stores = pl.col("store_id").is_null()
    running = (
        dataset.scan("promotions")
        .filter(pl.col("valid_to") > first, pl.col("valid_from") <= last)
        .select(*SERIES, "valid_from", "valid_to", in_all_stores=in_all_stores)
    )
    # a store outside the catalog has no code either, which would read as all stores
    listed = _coded(running, positions).filter(pl.col("in_all_stores") | pl.col("store_id").is_not_null())
    promotions = listed.drop("in_all_stores").collect(engine="streaming").lazy()
    series = rows.lazy().group_by(SERIES).agg(first_sale_on=pl.col("date").min())
    return mark_promoted(rows.lazy(), periods_by_series(promotions, series, last)).collect()


def publish_popular(folder: Path, dataset: Dataset, positions: Positions, settings: ServingSettings) -> None:
    """Writes the best sellers of each store and, as the last list, of the chain, by share of receipts with the product.

    Without receipts the score is the share of units sold.

    Raises:
        MissingTableError: the dataset has no sales table.
        NotFoundError: no sale is visible.
    """
    since = dataset.last_day() - timedelta(days=settings.popular_days - 1)
    if dataset.has("transactions"):
        lines = dataset.scan("transactions").filter(pl.col("sold_at").dt.date() >= since, pl.col("units") > 0)
        part, whole = pl.col("transaction_id").n_unique(), pl.col("transaction_id").n_unique()
    else:
        lines = dataset.daily_sales().filter(pl.col("date") >= since, pl.col("units") > 0)
        part, whole = pl.col("units").sum(), pl.col("units").sum()
    listed = lines.with_columns(positions.store().alias("owner"), positions.product().alias("product")).drop_nulls(
        ["owner", "product"]
    )
    network = listed.with_columns(owner=pl.lit(len(positions.stores), dtype=pl.Int64))
    shares = [
        frame.group_by("owner", "product")
        .agg(part=part)
        .join(frame.group_by("owner").agg(whole=whole), on="owner")
        .select("owner", "product", score=pl.col("part") / pl.col("whole"))
        for frame in (listed, network)
    ]
    rank = pl.col("score").rank("ordinal", descending=True).over("owner")
    best = pl.concat(shares).filter(rank <= settings.popular_goods)
    write_ranked(folder, "popular", best.collect(), len(positions.stores) + 1)


def publish_stock(folder: Path, dataset: Dataset, positions: Positions, settings: Settings) -> int:
    """Writes stock availability and fulfilment; returns the number of store x products in stock."""
    availability = read_availability(dataset, positions.stores, positions.products, settings)
    write_availability(folder, availability)
    return len(availability.keys)


def publish_planned_promotions(folder: Path, dataset: Dataset, positions: Positions) -> None:
    """Writes the promotions that run after the last visible day.

    Raises:
        MissingTableError: the dataset has no sales table.
        NotFoundError: no sale is visible.
    """
    last = dataset.last_day()
    in_all_stores = pl.col("store_id").is_null()
    coming = dataset.scan_or_empty("promotions").filter(pl.col("valid_to") > last + timedelta(days=1))
    plans = (
        coming.select(
            store=pl.when(in_all_stores)
            .then(pl.lit(len(positions.stores), dtype=pl.Int64))
            .otherwise(positions.store()),
            product=positions.product(),
            first_day=_ordinal(pl.max_horizontal("valid_from", pl.lit(last + timedelta(days=1)))),
            last_day=_ordinal(pl.col("valid_to")) - 1,
        )
        .drop_nulls()
        .collect(engine="streaming")
    )
    write_planned_promotions(folder, plans, len(positions.products))


def _ordinal(day: pl.Expr) -> pl.Expr:
    return day.cast(pl.Int32) + _EPOCH
