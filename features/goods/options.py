"""Columns of the records that goods and series are computed from, names of their features, and facts they need.

A *record table* has rows of several canonical tables, with their kind in `record`, as for persons. All rows of a
product must be there; a bucket of products is one job.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
from polars._typing import PolarsDataType

from features.goods.sales_parts import DEMAND_FEATURES

GOODS_RECORDS: Final[Mapping[str, PolarsDataType]] = {
    "product_id": pl.String,
    "record": pl.String,
    "at": pl.Datetime("us"),
    "store_id": pl.String,
    "person_id": pl.String,
    "channel": pl.String,
    "units": pl.Float64,
    "unit_price": pl.Float64,
    "discount": pl.Float64,
    "in_stock": pl.Float64,
    "on_hand": pl.Float64,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "reference_price": pl.Float64,
    "category": pl.String,
    "category_price": pl.Float64,
    "unit_cost": pl.Float64,
    "launched_on": pl.Date,
    "revenue_365d": pl.Float64,
    "abc": pl.String,
}
"""Columns of a product's records. `record` is product, line, day, stock, promotion or listing."""

_STOCK = ("stockout_share", "on_hand", "cover_days")
_PROMOTION = ("promotion_share", "promoted_days", "promotion_uplift")

GOODS_FEATURES: Final = {
    "identity": ("category", "abc", "revenue_365d", "launched_on", "age_days", "stores"),
    "demand": DEMAND_FEATURES,
    "season": ("weekly_strength", "peak_weekday", "peak_month", "peak_month_index"),
    "price": ("price_mean", "price_last", "price_index", "margin_share"),
    "promotion": _PROMOTION,
    "people": ("buyers_365d", "penetration", "repeat_rate", "repurchase_days", "remote_share", "returns_share"),
    "stock": _STOCK,
}
"""Named sets of product features."""

SERIES_FEATURES: Final = {
    "demand": DEMAND_FEATURES,
    "price": ("price_mean", "price_last"),
    "promotion": _PROMOTION,
    "stock": _STOCK,
}
"""Named sets of store x product features."""


@dataclass(frozen=True)
class GoodsOptions:
    """Facts of the dataset that the goods features need beside the records.

    Attributes:
        buyers_365d: persons who bought anything within the last 365 days, the base of `penetration`.
        has_daily_sales: whether sales come from `day` records rather than receipt lines.
        has_promotions: whether there is a promotions table; without it reduced prices count as promotions.
        period_days: length of the demand panel's period in days (1, 7 or 30).
    """

    buyers_365d: int = 0
    has_daily_sales: bool = False
    has_promotions: bool = False
    period_days: int = 1
