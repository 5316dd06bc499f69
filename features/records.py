"""Builds record tables: all rows about persons, products or stores, from every canonical table, in one lazy frame."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import polars as pl
from polars._typing import PolarsDataType

from features.goods.options import GOODS_RECORDS
from features.goods.sales_parts import STOCK_DAYS
from features.identity.resolve import CUSTOMER, add_person_id
from features.person.table import PERSON_RECORDS
from features.place.table import LINE_DAYS, PLACE_RECORDS
from features.references import sales_lines
from features.windows import until, within
from retail_brain.dataset import Dataset

_ALL_STORES = "\0"
"""Store id of promotions that are valid in every store; no real store has it."""

PERSON_TABLES: Final[Mapping[str, str]] = {
    "transactions": "line",
    "events": "event",
    "contacts": "contact",
    "responses": "response",
    "customers": "customer",
    "consents": "consent",
    "identities": "identifier",
}
"""Canonical table that records of people come from -> their kind in `PERSON_RECORDS`."""
PLACE_TABLES: Final = ("transactions", "stores", "daily_sales", "inventory", "events")
"""Canonical tables that records of shops come from."""


def person_records(
    dataset: Dataset,
    as_of: date,
    identities: pl.LazyFrame,
    products: pl.LazyFrame,
    people: pl.DataFrame | None = None,
) -> pl.LazyFrame:
    """One row per record of a person: the columns of `PERSON_RECORDS`, from every table with customers or identifiers.

    Args:
        dataset: canonical tables.
        as_of: last visible day.
        identities: result of `resolve_identities`.
        products: result of `product_references`.
        people: column person_id: whose records are wanted; None: everybody's.

    Raises:
        MissingTableError: the dataset has no sales table.
    """
    seen = dataset.at(as_of)
    goods = products.select("product_id", "category", "reference_price", "category_share")
    lines = sales_lines(dataset, as_of).filter(_is_theirs(people, identities))
    customers = seen.scan_or_empty("customers").rename({"joined_on": "at"})
    parts = {
        "line": lines.join(goods, on="product_id", how="left"),
        "customer": customers,
        "event": seen.scan_or_empty("events").rename({"occurred_at": "at"}),
        "consent": seen.scan_or_empty("consents").rename({"changed_at": "at"}),
        "contact": seen.scan_or_empty("contacts").rename({"contacted_at": "at"}),
        "response": seen.scan_or_empty("responses").rename({"responded_at": "at"}),
    }
    rows = [_record(add_person_id(frame, identities), kind, PERSON_RECORDS) for kind, frame in parts.items()]
    first_seen = (
        seen.scan_or_empty("identities").group_by("id_type", "id_value").agg(pl.col("first_seen").min().alias("at"))
    )
    identifiers = identities.filter(pl.col("id_type") != CUSTOMER).join(
        first_seen, on=["id_type", "id_value"], how="left"
    )
    rows.append(_record(identifiers, "identifier", PERSON_RECORDS))
    everybody = pl.concat(rows).filter(pl.col("person_id").is_not_null())
    return everybody if people is None else everybody.join(people.lazy(), on="person_id", how="semi")


def _is_theirs(people: pl.DataFrame | None, identities: pl.LazyFrame) -> pl.Expr:
    """Whether a line names an account of the people; without people, any account."""
    if people is None:
        return pl.col("customer_id").is_not_null()
    accounts = identities.filter(pl.col("id_type") == CUSTOMER).join(people.lazy(), on="person_id", how="semi")
    # who has no other account is a person of the account's id
    names = pl.concat([accounts.select(pl.col("id_value").alias("person_id")), people.lazy()]).unique().collect()
    return pl.col("customer_id").is_in(names["person_id"].implode())


def series_records(dataset: Dataset, as_of: date, products: pl.LazyFrame, series: pl.DataFrame) -> pl.LazyFrame:
    """One row per record of some series: what `series_state` reads, columns of `GOODS_RECORDS`.

    Args:
        dataset: canonical tables.
        as_of: last visible day.
        products: result of `product_references`.
        series: columns store_id, product_id: whose records are wanted.

    Raises:
        MissingTableError: the dataset has no sales table.
    """
    seen = dataset.at(as_of)
    key = ["store_id", "product_id"]
    names = series["product_id"].unique().implode()

    def theirs(frame: pl.LazyFrame) -> pl.LazyFrame:
        # a filter reaches the file, a join does not
        return frame.filter(pl.col("product_id").is_in(names)).join(series.lazy(), on=key, how="semi")

    days = theirs(seen.daily_sales()).rename({"date": "at"}) if seen.has("daily_sales") else None
    stocked = theirs(seen.scan_or_empty("inventory")).select(key).unique()
    sold = series.lazy()
    rows = [
        _record(stocked, "stock", GOODS_RECORDS),
        _record(_promotions_of(seen, sold, as_of), "promotion", GOODS_RECORDS),
    ]
    if days is not None:
        rows.append(_record(days, "day", GOODS_RECORDS))
    if seen.has("transactions"):
        prices = products.select("product_id", "reference_price")
        lines = theirs(sales_lines(dataset, as_of)).join(prices, on="product_id", how="left")
        rows.append(_record(lines, "line", GOODS_RECORDS))
    return pl.concat(rows)


def stock_records(dataset: Dataset, as_of: date) -> pl.LazyFrame:
    """One row per stock record and day of `daily_sales` of the last 91 days: what `series_stock` reads."""
    seen = dataset.at(as_of)
    recent = within("date", as_of, STOCK_DAYS)
    stock = seen.scan_or_empty("inventory").filter(recent).rename({"date": "at"})
    rows = [_record(stock, "stock", GOODS_RECORDS)]
    if seen.has("daily_sales"):
        rows.append(_record(seen.daily_sales().filter(recent).rename({"date": "at"}), "day", GOODS_RECORDS))
    return pl.concat(rows)


def product_records(dataset: Dataset, as_of: date, products: pl.LazyFrame) -> pl.LazyFrame:
    """One row per product and listing: the columns of `GOODS_RECORDS`; arguments as for `goods_records`."""
    seen = dataset.at(as_of)
    attributes = seen.scan_or_empty("products").select("product_id", "unit_cost", "launched_on")
    listings = seen.scan_or_empty("assortment").rename({"listed_from": "valid_from"})
    return pl.concat(
        [
            _record(products.join(attributes, on="product_id", how="left"), "product", GOODS_RECORDS),
            _record(listings, "listing", GOODS_RECORDS),
        ]
    )


def goods_records(dataset: Dataset, as_of: date, identities: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    """One row per record of a product: the columns of `GOODS_RECORDS`.

    Args:
        dataset: canonical tables.
        as_of: last visible day.
        identities: result of `resolve_identities`.
        products: result of `product_references`.

    Raises:
        MissingTableError: the dataset has no sales table.
    """
    seen = dataset.at(as_of)
    parts = {
        "day": seen.daily_sales().rename({"date": "at"}) if seen.has("daily_sales") else None,
        "stock": seen.scan_or_empty("inventory").rename({"date": "at"}),
        "promotion": _promotions_of(seen, _sold_series(seen, as_of), as_of),
    }
    rows = [_record(frame, kind, GOODS_RECORDS) for kind, frame in parts.items() if frame is not None]
    rows.append(product_records(dataset, as_of, products))
    if seen.has("transactions"):
        prices = products.select("product_id", "reference_price")
        lines = add_person_id(sales_lines(dataset, as_of), identities).join(prices, on="product_id", how="left")
        rows.append(_record(lines, "line", GOODS_RECORDS))
    return pl.concat(rows)


def place_records(
    dataset: Dataset,
    as_of: date,
    identities: pl.LazyFrame,
    products: pl.LazyFrame,
    people: pl.LazyFrame,
    totals: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """One row per record of a store: the columns of `PLACE_RECORDS`.

    Args:
        dataset: canonical tables.
        as_of: last visible day.
        identities: result of `resolve_identities`.
        products: result of `product_references`.
        people: one row per person, columns person_id, stage and home_store_id.
        totals: result of `line_totals`: of each of its stores there is a record, and of receipt lines only those that
            the features need beside it; None: all lines.

    Raises:
        MissingTableError: the dataset has no sales table.
    """
    seen = dataset.at(as_of)
    every = sales_lines(dataset, as_of)
    lines = (
        add_person_id(every if totals is None else every.filter(within("at", as_of, LINE_DAYS)), identities)
        .join(people.select("person_id", "stage", "home_store_id"), on="person_id", how="left")
        .join(products.select("product_id", "category"), on="product_id", how="left")
        .with_columns((pl.col("home_store_id") == pl.col("store_id")).alias("is_home"))
    )
    parts = {
        "line": lines,
        "store": seen.scan_or_empty("stores").rename({"daily_fulfilment_capacity": "capacity"}),
        "day": (seen.daily_sales() if seen.has("daily_sales") else seen.scan_or_empty("daily_sales")).rename(
            {"date": "at"}
        ),
        "stock": seen.scan_or_empty("inventory").rename({"date": "at"}),
        "event": seen.scan_or_empty("events").rename({"occurred_at": "at"}),
    }
    rows = [_record(frame, kind, PLACE_RECORDS) for kind, frame in parts.items()]
    if totals is not None:
        rows.append(_record(totals.select("store_id"), "store", PLACE_RECORDS))
    return pl.concat(rows).filter(pl.col("store_id").is_not_null())


def buyer_lines(dataset: Dataset, as_of: date) -> pl.LazyFrame:
    """One row per receipt line with a customer: person_id (the account), at, transaction_id, units, unit_price.

    Raises:
        MissingTableError: the dataset has no sales table.
    """
    lines = sales_lines(dataset, as_of).filter(pl.col("customer_id").is_not_null() & until("at", as_of))
    return lines.select(pl.col("customer_id").alias("person_id"), "at", "transaction_id", "units", "unit_price")


def _sold_series(seen: Dataset, as_of: date) -> pl.LazyFrame:
    return _sales(seen, as_of).select("store_id", "product_id").unique()


def _promotions_of(seen: Dataset, series: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Promotions of some series that began by `as_of`, in one pass over the table."""
    in_all_stores = series.select(pl.lit(_ALL_STORES).alias("place"), "product_id").unique()
    places = pl.concat([series.rename({"store_id": "place"}), in_all_stores])
    # a null joins with nothing, and a join of its own for such promotions would read the table twice
    return (
        seen.scan_or_empty("promotions")
        .filter(pl.col("valid_from") <= as_of)
        .select(
            "store_id", "product_id", "valid_from", "valid_to", pl.col("store_id").fill_null(_ALL_STORES).alias("place")
        )
        .join(places, on=["place", "product_id"], how="semi")
    )


def _sales(seen: Dataset, as_of: date) -> pl.LazyFrame:
    return seen.daily_sales() if seen.has("daily_sales") else sales_lines(seen, as_of)


def _record(frame: pl.LazyFrame, kind: str, columns: Mapping[str, PolarsDataType]) -> pl.LazyFrame:
    """The frame as records of one kind: the columns in their types, null where the frame lacks them."""
    present = frame.collect_schema()
    return frame.with_columns(pl.lit(kind).alias("record")).select(
        (pl.col(name) if name in present or name == "record" else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in columns.items()
    )
