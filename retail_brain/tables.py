"""Canonical tables by name: what a dataset may leave out, when rows became known, and what their ids refer to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import dataframely as dy
import polars as pl

from retail_brain import table_schemas as schemas


@dataclass(frozen=True)
class Table:
    """Definition of a canonical table.

    Attributes:
        name: name in a dataset and in the lake.
        schema: columns and validity rules.
        optional: columns that a dataset may leave out.
        observed_at: column with the time a row became known, if rows are observations. Reading with `as_of` hides
            rows after that day. Plans (prices, promotions, calendar, supply ...) are known ahead and not filtered.
        planned: boolean column that says of a row that it is a plan after all, and not hidden.
        open_attributes: whether further columns are kept.
        references: column -> table that its ids should be in.
    """

    name: str
    schema: type[dy.Schema]
    optional: frozenset[str] = frozenset()
    observed_at: str | None = None
    open_attributes: bool = False
    references: Mapping[str, str] = field(default_factory=dict)
    planned: str | None = None

    @property
    def types(self) -> dict[str, pl.DataType]:
        """Polars type of each canonical column, in order."""
        return {name: column.dtype for name, column in self.schema.columns().items()}

    @property
    def required(self) -> list[str]:
        """Columns that must be there."""
        return [name for name in self.schema.column_names() if name not in self.optional]


def _table(
    name: str,
    schema: type[dy.Schema],
    optional: str = "",
    observed_at: str | None = None,
    references: Mapping[str, str] | None = None,
    *,
    open_attributes: bool = False,
    planned: str | None = None,
) -> Table:
    return Table(name, schema, frozenset(optional.split()), observed_at, open_attributes, references or {}, planned)


_GOODS = {"store_id": "stores", "product_id": "products"}
_PERSON = {"customer_id": "customers"}
_SUPPLY_OPTIONS = (
    "supplier_id source_store_id lead_time_sd_days order_weekdays case_pack min_order_quantity shelf_capacity "
    "presentation_stock unit_cost holding_cost_per_day stockout_cost service_level fill_rate return_price "
    "min_order_value units_per_truck"
)
_OUTREACH = {"campaign_id": "campaigns", "customer_id": "customers"}

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            _table(
                "products",
                schemas.Products,
                "name department category subcategory brand unit_cost list_price shelf_life_days launched_on",
                open_attributes=True,
            ),
            _table(
                "stores",
                schemas.Stores,
                "name region format latitude longitude is_online daily_fulfilment_capacity country",
            ),
            _table(
                "customers",
                schemas.Customers,
                "joined_on home_store_id guide_id",
                "joined_on",
                {"home_store_id": "stores"},
                open_attributes=True,
            ),
            _table(
                "transactions",
                schemas.Transactions,
                "customer_id channel discount coupon_discount",
                "sold_at",
                _GOODS | _PERSON,
            ),
            _table("daily_sales", schemas.DailySales, "unit_price in_stock", "date", _GOODS),
            _table("category_sales", schemas.CategorySales, "department", "date", {"store_id": "stores"}),
            _table(
                "drivers", schemas.Drivers, "store_id product_id known_ahead", "date", _GOODS, planned="known_ahead"
            ),
            _table("identities", schemas.Identities, "customer_id first_seen", "first_seen", _PERSON),
            _table("consents", schemas.Consents, "problem", "changed_at", _PERSON),
            _table("inventory", schemas.Inventory, "on_order", "date", _GOODS),
            _table("open_orders", schemas.OpenOrders, "order_id received_units date", "date", _GOODS),
            _table("prices", schemas.Prices, "store_id valid_to", None, _GOODS),
            _table("promotions", schemas.Promotions, "store_id mechanic unit_price display mailer", None, _GOODS),
            _table("sales_plans", schemas.SalesPlans, "margin", None, {"store_id": "stores"}),
            _table("calendar", schemas.Calendar, "region"),
            _table("assortment", schemas.Assortment, "listed_until", None, _GOODS),
            _table("supply", schemas.Supply, _SUPPLY_OPTIONS, None, _GOODS),
            _table("suppliers", schemas.Suppliers),
            _table("guides", schemas.Guides),
            _table(
                "events",
                schemas.Events,
                "customer_id id_type id_value product_id store_id channel session_id attribution_id",
                "occurred_at",
                _GOODS | _PERSON,
            ),
            _table("campaigns", schemas.Campaigns, "name channel product_ids budget contact_cost"),
            _table("contacts", schemas.Contacts, "channel attribution_id", "contacted_at", _OUTREACH),
            _table("responses", schemas.Responses, "product_id value attribution_id", "responded_at", _OUTREACH),
        )
    }
)
