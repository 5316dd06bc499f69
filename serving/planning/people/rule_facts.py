"""Reads the facts for merchandising rules: attributes of goods, goods for adults, and known adults."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.offer_rule_definition import ADULT, ATTRIBUTES

_YES = ("true", "1", "yes", "y", "是", "t")
_BELOW = "以下|未满|不满|以内|under|below|<"
_FLAGS = ("adult", "is_adult", "adults_only", "age_restricted")
_BIRTHDAYS = ("birth_date", "birthday", "born_on")


def attribute_columns(dataset: Dataset, product_ids: pl.Series) -> dict[str, pl.Series]:
    """Attribute -> value of each product, null where unknown.

    `adult` is "yes" for goods whose further attribute `adult`, `is_adult`, `adults_only` or `age_restricted` says so,
    or whose `min_age` is above 0.

    Args:
        dataset: whose `products` are looked at.
        product_ids: which, in this order.
    """
    products = dataset.scan_or_empty("products").collect()
    flags = [_says_yes(name) for name in _FLAGS if name in products.columns]
    if "min_age" in products.columns:
        flags.append(pl.col("min_age").cast(pl.Float64, strict=False).fill_null(0) > 0)
    adult = pl.any_horizontal(flags) if flags else pl.lit(value=False)
    attributes = products.with_columns(pl.when(adult).then(pl.lit(ADULT)).alias("adult")).select(
        "product_id", *ATTRIBUTES
    )
    rows = product_ids.to_frame("product_id").join(attributes, on="product_id", how="left", maintain_order="left")
    return {name: rows[name] for name in ATTRIBUTES}


def goods_for_adults(dataset: Dataset, product_ids: Sequence[str]) -> frozenset[str]:
    """Which of some products only adults may be told of."""
    flags = attribute_columns(dataset, pl.Series(list(product_ids), dtype=pl.String))["adult"]
    return frozenset(product for product, flag in zip(product_ids, flags, strict=True) if flag is not None)


def known_adults(dataset: Dataset, customer_ids: pl.Series, today: date, adult_age: int) -> pl.Series:
    """Per customer whether they are known to be adults: by a flag, a birthday, a birth year or an age.

    Args:
        dataset: whose `customers` are looked at: `adult` or `is_adult`, `birth_date`, `birthday` or `born_on`,
            `birth_year`, `age`, `age_band` (such as 25-34).
        customer_ids: which, in this order.
        today: the day of which the age counts.
        adult_age: years from which somebody is an adult (setting `audience.adult_age`).
    """
    customers = dataset.scan_or_empty("customers").collect()
    columns = set(customers.columns)
    signs = [_says_yes(name) for name in ("adult", "is_adult") if name in columns]
    latest = today.replace(year=today.year - adult_age, day=min(today.day, 28))
    signs += [
        pl.col(name).cast(pl.String).str.to_date(strict=False) <= latest for name in _BIRTHDAYS if name in columns
    ]
    if "birth_year" in columns:
        signs.append(pl.col("birth_year").cast(pl.Int64, strict=False) < today.year - adult_age)
    for name in ("age", "age_band"):
        if name in columns:
            text = pl.col(name).cast(pl.String).str.strip_chars()
            youngest = text.str.extract(r"^(\d+)").cast(pl.Int64, strict=False)
            signs.append((youngest >= adult_age) & ~text.str.contains(_BELOW))
    adult = pl.any_horizontal([sign.fill_null(value=False) for sign in signs]) if signs else pl.lit(value=False)
    flags = customers.select("customer_id", is_adult=adult)
    rows = customer_ids.to_frame("customer_id").join(flags, on="customer_id", how="left", maintain_order="left")
    return rows["is_adult"].fill_null(value=False)


def _says_yes(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.to_lowercase().str.strip_chars().is_in(_YES).fill_null(value=False)
