"""What each list of lines holds: its columns, groups, sums and ready filters."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from serving.planning.listing.engine import Kind, Table

_GOODS: Final = dict.fromkeys(("product_id", "product_name", "department", "category"), Kind.TEXT)
_PLACE: Final = dict.fromkeys(("store_id", "store_name", "region"), Kind.TEXT)
_OF_GOODS: Final = {"product_id": "product_name", "department": "department", "category": "category"}
_OF_PLACE: Final = {"store_id": "store_name", "region": "region"}
SEARCHED: Final = "searched"
"""Column with the names and ids of a line in small letters, one per line of text."""


def _columns(*, texts: str = "", numbers: str = "", days: str = "", flags: str = "") -> dict[str, Kind]:
    named = ((texts, Kind.TEXT), (numbers, Kind.NUMBER), (days, Kind.DAY), (flags, Kind.FLAG))
    return {name: kind for names, kind in named for name in names.split()}


_quantity, _flagged = pl.col("quantity"), pl.col("is_exception")
SUGGESTIONS = Table(
    "suggestions",
    {
        **_PLACE,
        **_GOODS,
        **_columns(
            texts="supplier_id supplier_name warehouse_id warehouse_name purchase_order purchase_order_name state "
            "decision decided_by reason_code cost_basis",
            numbers="order_quantity quantity cost order_cost unit_cost on_hand on_order demand_until_next_arrival "
            "order_up_to safety_stock expected_lost_sales expected_value lost_sales value case_pack min_order_quantity "
            "shelf_room urgency min_order_value units_per_truck purchase_order_cost purchase_order_minimum "
            "purchase_order_trucks comments",
            days="order_on arrives_on",
            flags="is_exception is_to_check is_order is_open is_exported is_below_minimum is_cost_estimated",
        ),
        "flags": Kind.LABELS,
    },
    {
        **_OF_PLACE,
        **_OF_GOODS,
        "supplier_id": "supplier_name",
        "warehouse_id": "warehouse_name",
        "purchase_order": "purchase_order_name",
        **{name: name for name in ("order_on", "arrives_on", "state", "decided_by")},
    },
    (
        "is_exception",
        "is_to_check",
        "is_open",
        "is_order",
        "quantity",
        "order_quantity",
        "cost",
        "expected_value",
        "expected_lost_sales",
        "value",
        "lost_sales",
        "is_below_minimum",
        "is_cost_estimated",
    ),
    (SEARCHED,),
    "is_exception",
    {
        "todo": _flagged | (pl.col("order_quantity") > 0),
        "exceptions": pl.col("is_to_check"),
        "orders": pl.col("order_quantity") > 0,
        "plain": pl.col("is_open") & ~_flagged & (pl.col("order_quantity") > 0),
        "from_warehouse": pl.col("warehouse_id").is_not_null(),
        # the name before, which said the word of moves between shops for orders on a warehouse
        "transfers": pl.col("warehouse_id").is_not_null(),
        "undecided": pl.col("is_open"),
        "decided": pl.col("state") != "proposed",
        "underway": pl.col("is_exported"),
        "enough": ~_flagged & ~(pl.col("order_quantity") > 0),
        "below_minimum": pl.col("is_below_minimum"),
        "commented": pl.col("comments") > 0,
    },
    {"purchase_order": ("purchase_order_cost", "purchase_order_minimum", "purchase_order_trucks")},
)
TRANSFERS = Table(
    "transfers",
    {
        **_GOODS,
        **_columns(
            texts="from_store_id from_store_name to_store_id to_store_name from_region to_region",
            numbers="units expected_value",
        ),
    },
    {
        "from_store_id": "from_store_name",
        "to_store_id": "to_store_name",
        "from_region": "from_region",
        "to_region": "to_region",
        **_OF_GOODS,
    },
    ("units", "expected_value"),
    (SEARCHED,),
    "expected_value",
)
_COUNTS = Table(
    "counts",
    {
        **_PLACE,
        **_GOODS,
        **_columns(numbers="on_hand days_without_sale expected_units probability expected_value", days="as_of"),
    },
    {**_OF_PLACE, **_OF_GOODS},
    ("expected_units", "expected_value"),
    (SEARCHED,),
    "expected_value",
)
LEFTOVERS = Table(
    "leftovers",
    {
        **_PLACE,
        **_GOODS,
        **_columns(
            texts="reason_code action cost_basis",
            numbers="on_hand left_over_units probability value_at_risk markdown_units markdown_value return_units "
            "return_value moved_units moved_value audience_value waste_units",
            days="as_of sell_by",
            flags="is_cost_estimated",
        ),
    },
    {**_OF_PLACE, **_OF_GOODS, "reason_code": "reason_code", "action": "action", "sell_by": "sell_by"},
    (
        "left_over_units",
        "value_at_risk",
        "markdown_value",
        "return_value",
        "moved_value",
        "audience_value",
        "is_cost_estimated",
    ),
    (SEARCHED,),
    "value_at_risk",
)
_ATTENTION = Table(
    "attention",
    {
        **_PLACE,
        **_GOODS,
        **_columns(texts="kind other_store_id other_store_name", numbers="money units"),
    },
    {**_OF_PLACE, **_OF_GOODS, "kind": "kind"},
    ("money",),
    (SEARCHED,),
    "money",
)
_ORDERS = Table(
    "orders",
    {
        **_PLACE,
        **_GOODS,
        **_columns(
            texts="state decision decided_by",
            numbers="suggested_quantity order_quantity received_units open_units",
            days="as_of received_on",
            flags="is_exception",
        ),
    },
    {**_OF_PLACE, **_OF_GOODS, **{name: name for name in ("state", "decision", "decided_by", "as_of")}},
    ("suggested_quantity", "order_quantity", "received_units", "open_units"),
    (SEARCHED,),
    "order_quantity",
)
TABLES: Mapping[str, Table] = {
    table.name: table for table in (SUGGESTIONS, _ORDERS, TRANSFERS, _COUNTS, LEFTOVERS, _ATTENTION)
}
