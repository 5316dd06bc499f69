"""What was sold: recent days of each series, what sells best where, and what lies where."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from features.goods.promoted_days import mark_promoted, periods_by_series
from retail_brain.dataset import Dataset
from retail_brain.outputs import SERIES
from retail_brain.settings import ServingSettings
from serving.planning.stock.counted_stock import read_availability
from serving.store.availability import write_availability
from serving.store.planned_promotions import write_planned
from serving.store.publishing.catalogs import Places
from serving.store.ranked_goods import write_ranked
from serving.store.sales_history import write_history

_EPOCH = date(1970, 1, 1).toordinal()


def publish_history(folder: Path, dataset: Dataset, places: Places, days: int) -> int:
    """Writes the last days of each series; returns the number of rows."""
    last = dataset.last_day()
    sold = dataset.daily_sales().filter(pl.col("date") > last - timedelta(days=days))
    rows = _coded(_with_stock(dataset, sold), places).collect(engine="streaming")
    marked = _with_promotions(dataset, rows, places)
    write_history(
        folder,
        marked.rename({"store_id": "store", "product_id": "product", "in_promotion": "promotion"}),
        len(places.products),
    )
    return marked.height


def _coded(frame: pl.LazyFrame, places: Places) -> pl.LazyFrame:
    """The frame with positions in place of the ids, which a join of millions of rows needs to be lean."""
    codes = frame.with_columns(
        places.store().cast(pl.Int32).alias("store_id"), places.product().cast(pl.Int32).alias("product_id")
    )
    return codes.drop_nulls("product_id")


def _with_stock(dataset: Dataset, sold: pl.LazyFrame) -> pl.LazyFrame:
    """The days with sales and, where stock is counted, the days without stock."""
    if not dataset.has("inventory"):
        return sold
    first = sold.select(pl.col("date").min()).collect().item()
    counted = dataset.scan("inventory").filter(pl.col("date") >= first).select("date", *SERIES, "on_hand")
    both = sold.join(counted, on=["date", *SERIES], how="left").with_columns(
        in_stock=pl.coalesce("in_stock", (pl.col("on_hand") > 0).cast(pl.Float64))
    )
    empty = counted.filter(pl.col("on_hand") <= 0).join(sold, on=["date", *SERIES], how="anti")
    nothing = empty.select(
        "date",
        *SERIES,
        units=pl.lit(0.0),
        unit_price=pl.lit(None, dtype=pl.Float64),
        in_stock=pl.lit(0.0),
        on_hand="on_hand",
    )
    return pl.concat([both, nothing]).drop("on_hand")


def _with_promotions(dataset: Dataset, rows: pl.DataFrame, places: Places) -> pl.DataFrame:
    if not dataset.has("promotions") or not rows.height:
        return rows.with_columns(in_promotion=pl.lit(value=False))
    first, last = rows.select(pl.col("date").min().alias("first"), pl.col("date").max().alias("last")).row(0)
    everywhere = pl.col("store_id").is_null()
    running = (
        dataset.scan("promotions")
        .filter(pl.col("valid_to") > first, pl.col("valid_from") <= last)
        .select(*SERIES, "valid_from", "valid_to", everywhere=everywhere)
    )
    known = _coded(running, places).filter(pl.col("everywhere") | pl.col("store_id").is_not_null())
    promotions = known.drop("everywhere").collect(engine="streaming").lazy()
    series = rows.lazy().group_by(SERIES).agg(first_sale_on=pl.col("date").min())
    return mark_promoted(rows.lazy(), periods_by_series(promotions, series, last)).collect()


def publish_popular(folder: Path, dataset: Dataset, places: Places, settings: ServingSettings) -> None:
    """Writes what sells best in each store and, last, in all of them: the share of receipts that hold a product.

    Without receipts it is the share of the units sold.
    """
    since = dataset.last_day() - timedelta(days=settings.popular_days - 1)
    if dataset.has("transactions"):
        lines = dataset.scan("transactions").filter(pl.col("sold_at").dt.date() >= since, pl.col("units") > 0)
        part, whole = pl.col("transaction_id").n_unique(), pl.col("transaction_id").n_unique()
    else:
        lines = dataset.daily_sales().filter(pl.col("date") >= since, pl.col("units") > 0)
        part, whole = pl.col("units").sum(), pl.col("units").sum()
    known = lines.with_columns(places.store().alias("owner"), places.product().alias("product")).drop_nulls(
        ["owner", "product"]
    )
    network = known.with_columns(owner=pl.lit(len(places.stores), dtype=pl.Int64))
    shares = [
        frame.group_by("owner", "product")
        .agg(part=part)
        .join(frame.group_by("owner").agg(whole=whole), on="owner")
        .select("owner", "product", score=pl.col("part") / pl.col("whole"))
        for frame in (known, network)
    ]
    rank = pl.col("score").rank("ordinal", descending=True).over("owner")
    best = pl.concat(shares).filter(rank <= settings.popular_goods)
    write_ranked(folder, "popular", best.collect(), len(places.stores) + 1)


def publish_stock(folder: Path, dataset: Dataset, places: Places, pickup_km: float) -> int:
    """Writes what lies where, and how a person gets it; returns the number of store x products in stock."""
    shelves = read_availability(dataset, places.stores, places.products, pickup_km)
    write_availability(folder, shelves)
    return len(shelves.keys)


def publish_planned(folder: Path, dataset: Dataset, places: Places) -> None:
    """Writes the promotions planned for the days after the last visible one."""
    last = dataset.last_day()
    everywhere = pl.col("store_id").is_null()
    coming = dataset.scan_or_empty("promotions").filter(pl.col("valid_to") > last + timedelta(days=1))
    plans = (
        coming.select(
            store=pl.when(everywhere).then(pl.lit(len(places.stores), dtype=pl.Int64)).otherwise(places.store()),
            product=places.product(),
            first_day=_ordinal(pl.max_horizontal("valid_from", pl.lit(last + timedelta(days=1)))),
            last_day=_ordinal(pl.col("valid_to")) - 1,
        )
        .drop_nulls()
        .collect(engine="streaming")
    )
    write_planned(folder, plans, len(places.products))


def _ordinal(day: pl.Expr) -> pl.Expr:
    return day.cast(pl.Int32) + _EPOCH
