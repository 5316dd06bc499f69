"""Reads the availability of goods from the stock that orders rest on, for the published answers and for `recommend`."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.availability import Availability
from retail_brain.decisions.inputs import read_stock
from retail_brain.outputs import SERIES
from retail_brain.settings import Settings
from serving.planning.stock.sell_by import chain_listing_ends, demand_ends
from serving.planning.stock.stock_ages import without_past

_STOCK = {"store": pl.Int64, "product": pl.Int64, "on_hand": pl.Float64}
_OF_A_STORE = ("is_online", "daily_fulfilment_capacity", "latitude", "longitude", "region")


def read_availability(
    dataset: Dataset, stores: Mapping[str, int], products: Mapping[str, int], settings: Settings
) -> Availability:
    """Availability by product and store on the last visible day, on the same stock as orders and transfers.

    What was sold since a count is deducted; an old count of goods that sold since says nothing (`inputs.read_stock`).
    What customers may not buy any more is not there for anybody (`for_customers`).

    Args:
        dataset: `inventory`, sales and `stores` are looked at; without them everything may be everywhere.
        stores: position of each store.
        products: position of each product.
        settings: the age of a count (`replenishment.stock_most_age_days`), and how near a shop holds goods for pick-up
            (`network.pickup_km`).

    Raises:
        MissingTableError: stock was counted, and no sales table is there.
    """
    # sales since the counts are added up over the whole history: not where nothing was ever counted
    has_counts = dataset.has("inventory")
    newest = _positions(dataset, stores, products, settings) if has_counts else pl.DataFrame(schema=_STOCK)
    ids = pl.DataFrame({"store_id": list(stores), "at": list(stores.values())}).sort("at")
    sales = pl.concat([dataset.scan_or_empty(name).select("store_id") for name in ("transactions", "daily_sales")])
    selling = sales.unique().collect()["store_id"]
    store_facts = dataset.scan_or_empty("stores").select("store_id", *_OF_A_STORE).unique("store_id").collect()
    places = ids.join(store_facts, on="store_id", how="left", maintain_order="left")
    sells = pl.col("store_id").is_in(selling.implode())
    return Availability.of(newest, places.with_columns(sells=sells), len(products), settings.network.pickup_km)


def _positions(
    dataset: Dataset, stores: Mapping[str, int], products: Mapping[str, int], settings: Settings
) -> pl.DataFrame:
    """One row per known store x product with inventory rows: columns of _STOCK."""
    stock = read_stock(dataset, most_age_days=settings.replenishment.stock_most_age_days)
    return (
        for_customers(stock, dataset, settings)
        .select(
            pl.col("store_id").replace_strict(stores, default=None, return_dtype=pl.Int64).alias("store"),
            pl.col("product_id").replace_strict(products, default=None, return_dtype=pl.Int64).alias("product"),
            "on_hand",
        )
        .drop_nulls(["store", "product"])
    )


def for_customers(
    stock: pl.DataFrame, dataset: Dataset, settings: Settings, ends: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The stock that customers may still buy: nothing beyond its shelf life, nothing whose listing or season is over.

    Arguments and errors are those of `without_ended`.
    """
    return without_ended(without_past(stock, dataset, settings), dataset, settings, ends)


def without_ended(
    stock: pl.DataFrame, dataset: Dataset, settings: Settings, ends: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The stock with nothing on hand of goods whose listing or season is over in the store.

    What lies there is left over: it is cleared (`sell_by`), and nobody is recommended it, told of it or offered it with
    other goods. Goods that were listed in stores and are in none any more are over in warehouses too.

    Args:
        stock: `store_id`, `product_id`, `on_hand`.
        dataset: as known on its last visible day.
        settings: the country, whose festivals move seasons.
        ends: of these series, as `sell_by.demand_ends` gives them; None: they are looked up.

    Raises:
        MissingTableError: no sales table is there.
    """
    if not stock.height:
        return stock
    as_of = dataset.as_of or dataset.last_day()
    if ends is None:
        ends = demand_ends(dataset, stock.select(SERIES).unique(), as_of, settings)
    over = ends.filter(pl.col("ends_on") <= as_of).select(*SERIES, is_over=pl.lit(value=True))
    joined = stock.join(over, on=list(SERIES), how="left", maintain_order="left")
    is_over = pl.col("is_over").fill_null(value=False) | pl.col("product_id").is_in(_unlisted(dataset, as_of))
    nothing = pl.when(is_over).then(pl.lit(0).cast(stock.schema["on_hand"])).otherwise("on_hand")
    return joined.with_columns(on_hand=nothing).drop("is_over")


def _unlisted(dataset: Dataset, as_of: date) -> list[str]:
    """Products that were listed in stores and are in none any more: what a warehouse holds of them is for nobody."""
    return chain_listing_ends(dataset).filter(pl.col("listing") <= as_of).collect()["product_id"].to_list()
