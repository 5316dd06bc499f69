"""Schemas of the canonical tables: grain, columns, types and validity rules.

Every table is a dataframely schema. Columns that a dataset may leave out are nullable here; ingest adds them as nulls,
so every column exists in the lake. Ids are strings, dates are business days without zone,
money is in the dataset's one currency.
"""

import dataframely as dy
import polars as pl

_MAX_UNITS = 1e9
"""Units of one row; more is a mistake, such as a barcode in the wrong column, and would dominate every sum."""
_MAX_MONEY = 1e12
"""Money of one row; more is a mistake."""

CHANNELS_OF_CONTACT = ("sms", "email", "app", "wechat", "guide")
ANY_CHANNEL = "any"
"""Channel of a consent that speaks of all channels at once."""


def _id(*, nullable: bool = False, primary_key: bool = False) -> dy.String:
    return dy.String(nullable=nullable, primary_key=primary_key, min_length=1)


def _money(*, nullable: bool = True) -> dy.Float64:
    return dy.Float64(nullable=nullable, min=0, max=_MAX_MONEY)


def _text() -> dy.String:
    return dy.String(nullable=True)


class Transactions(dy.Schema):
    """One row per receipt line; negative units are a return."""

    transaction_id = _id()
    sold_at = dy.Datetime(time_unit="us")
    store_id = _id()
    product_id = _id()
    customer_id = _id(nullable=True)
    channel = _text()
    units = dy.Float64(min=-_MAX_UNITS, max=_MAX_UNITS)
    unit_price = _money(nullable=False)
    discount = dy.Float64(nullable=True)
    coupon_discount = _money()


class DailySales(dy.Schema):
    """One row per store x product x date (or period, dated by its first day)."""

    date = dy.Date(primary_key=True)
    store_id = _id(primary_key=True)
    product_id = _id(primary_key=True)
    units = dy.Float64(min=-_MAX_UNITS, max=_MAX_UNITS)
    unit_price = _money()
    in_stock = dy.Float64(nullable=True, min=0, max=1)


class CategorySales(dy.Schema):
    """One row per store x category x date: totals of years whose lines were not kept."""

    date = dy.Date(primary_key=True)
    store_id = _id(primary_key=True)
    category = _id(primary_key=True)
    department = _text()
    units = dy.Float64(min=-_MAX_UNITS, max=_MAX_UNITS)


class Drivers(dy.Schema):
    """One row per date x driver, of a store, a product, both or all: weather, traffic, opening hours."""

    date = dy.Date()
    store_id = _id(nullable=True)
    product_id = _id(nullable=True)
    name = _id()
    value = dy.Float64(min=-_MAX_MONEY, max=_MAX_MONEY)
    known_ahead = dy.Bool(nullable=True)

    @dy.rule()
    def name_of_letters_digits_dashes(cls) -> pl.Expr:
        """The name becomes part of the name of a feature: LightGBM allows no punctuation of JSON in those."""
        return pl.col("name").str.contains(r"^[\w-]{1,60}$")


class Products(dy.Schema):
    """One row per product; further columns are kept as attributes."""

    product_id = _id(primary_key=True)
    name = _text()
    department = _text()
    category = _text()
    subcategory = _text()
    brand = _text()
    unit_cost = _money()
    list_price = _money()
    shelf_life_days = dy.Float64(nullable=True, min_exclusive=0)
    launched_on = dy.Date(nullable=True)


class Stores(dy.Schema):
    """One row per store, online shops included."""

    store_id = _id(primary_key=True)
    name = _text()
    region = _text()
    format = _text()
    latitude = dy.Float64(nullable=True, min=-90, max=90)
    longitude = dy.Float64(nullable=True, min=-180, max=180)
    is_online = dy.Bool(nullable=True)
    daily_fulfilment_capacity = dy.Float64(nullable=True, min=0)
    country = _text()


class Customers(dy.Schema):
    """One row per customer; further columns are kept as attributes."""

    customer_id = _id(primary_key=True)
    joined_on = dy.Date(nullable=True)
    home_store_id = _id(nullable=True)
    guide_id = _id(nullable=True)


class Identities(dy.Schema):
    """One row per identifier of a person as one source saw it."""

    id_type = _id()
    id_value = _id()
    customer_id = _id(nullable=True)
    source = dy.String()
    first_seen = dy.Datetime(nullable=True, time_unit="us")


class Consents(dy.Schema):
    """One row per change of a customer's consent to a channel; the last one counts, and of two at once the refusal.

    `problem` says why a row could not be read: such a row refuses. Ingest writes it, a dataset need not.
    """

    customer_id = _id(primary_key=True)
    channel = dy.String(primary_key=True, check=lambda c: c.is_in((*CHANNELS_OF_CONTACT, ANY_CHANNEL)))
    # part of the key: a consent never takes the place of a refusal of the same moment
    granted = dy.Bool(primary_key=True)
    changed_at = dy.Datetime(primary_key=True, time_unit="us")
    problem = _text()


class Inventory(dy.Schema):
    """One row per store x product x date: stock at the end of the day."""

    date = dy.Date(primary_key=True)
    store_id = _id(primary_key=True)
    product_id = _id(primary_key=True)
    on_hand = dy.Float64()
    on_order = dy.Float64(nullable=True, min=0)


class OpenOrders(dy.Schema):
    """One row per order x product on its way: units ordered, when they are due, what arrived of them."""

    store_id = _id()
    product_id = _id()
    due_on = dy.Date()
    units = dy.Float64(min=0, max=_MAX_UNITS)
    order_id = _id(nullable=True)
    received_units = dy.Float64(nullable=True, min=0, max=_MAX_UNITS)
    date = dy.Date(nullable=True)


class Prices(dy.Schema):
    """One row per shelf price and its validity; no store means every store."""

    store_id = _id(nullable=True)
    product_id = _id()
    valid_from = dy.Date()
    valid_to = dy.Date(nullable=True)
    unit_price = _money(nullable=False)

    @dy.rule()
    def valid_to_after_valid_from(cls) -> pl.Expr:
        """`valid_to` is exclusive, so it lies after `valid_from`."""
        return pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("valid_from"))


class Promotions(dy.Schema):
    """One row per promotion x store x product; no store means every store."""

    promotion_id = _id()
    store_id = _id(nullable=True)
    product_id = _id()
    valid_from = dy.Date()
    valid_to = dy.Date()
    mechanic = _text()
    unit_price = _money()
    display = _text()
    mailer = _text()

    @dy.rule()
    def valid_to_after_valid_from(cls) -> pl.Expr:
        """`valid_to` is exclusive, so it lies after `valid_from`."""
        return pl.col("valid_to") > pl.col("valid_from")


class SalesPlans(dy.Schema):
    """One row per store x span of days that a plan is made for: a day, a week, a month."""

    store_id = _id(primary_key=True)
    valid_from = dy.Date(primary_key=True)
    valid_to = dy.Date()
    sales = _money(nullable=False)
    margin = dy.Float64(nullable=True, min=-_MAX_MONEY, max=_MAX_MONEY)

    @dy.rule()
    def valid_to_after_valid_from(cls) -> pl.Expr:
        """`valid_to` is exclusive, so it lies after `valid_from`."""
        return pl.col("valid_to") > pl.col("valid_from")


class Calendar(dy.Schema):
    """One row per date x event; no region means everywhere."""

    date = dy.Date()
    region = _text()
    event_name = dy.String()
    event_type = dy.String()


class Assortment(dy.Schema):
    """One row per listing of a product in a store; no `listed_until` means still listed (the date is exclusive)."""

    store_id = _id(primary_key=True)
    product_id = _id(primary_key=True)
    listed_from = dy.Date(primary_key=True)
    listed_until = dy.Date(nullable=True)


class Supply(dy.Schema):
    """One row per store x product: how it is replenished."""

    store_id = _id(primary_key=True)
    product_id = _id(primary_key=True)
    supplier_id = _id(nullable=True)
    source_store_id = _id(nullable=True)
    lead_time_days = dy.Float64(min=0)
    lead_time_sd_days = dy.Float64(nullable=True, min=0)
    review_period_days = dy.Float64(min_exclusive=0)
    order_weekdays = _text()
    case_pack = dy.Float64(nullable=True, min_exclusive=0)
    min_order_quantity = dy.Float64(nullable=True, min=0)
    shelf_capacity = dy.Float64(nullable=True, min=0)
    presentation_stock = dy.Float64(nullable=True, min=0)
    unit_cost = _money()
    holding_cost_per_day = _money()
    stockout_cost = _money()
    service_level = dy.Float64(nullable=True, min=0, max=1)
    fill_rate = dy.Float64(nullable=True, min=0, max=1)
    return_price = _money()
    min_order_value = _money()
    units_per_truck = dy.Float64(nullable=True, min_exclusive=0)


class Suppliers(dy.Schema):
    """One row per supplier: what people call it."""

    supplier_id = _id(primary_key=True)
    name = _text()


class Guides(dy.Schema):
    """One row per guide (shop assistant who looks after customers): what people call them."""

    guide_id = _id(primary_key=True)
    name = _text()


class Events(dy.Schema):
    """One row per interaction; the person is a customer_id or an identifier, the goods may be absent."""

    occurred_at = dy.Datetime(time_unit="us")
    customer_id = _id(nullable=True)
    id_type = _id(nullable=True)
    id_value = _id(nullable=True)
    event_type = dy.String(min_length=1)
    product_id = _id(nullable=True)
    store_id = _id(nullable=True)
    channel = _text()
    session_id = _id(nullable=True)
    attribution_id = _text()


class Campaigns(dy.Schema):
    """One row per campaign; `ends_on` is exclusive."""

    campaign_id = _id(primary_key=True)
    name = _text()
    starts_on = dy.Date()
    ends_on = dy.Date()
    channel = _text()
    product_ids = dy.List(dy.String(), nullable=True)
    budget = _money()
    contact_cost = _money()


class Contacts(dy.Schema):
    """One row per contact made, or withheld from the holdout."""

    campaign_id = _id()
    customer_id = _id()
    channel = _text()
    contacted_at = dy.Datetime(time_unit="us")
    is_holdout = dy.Bool()
    attribution_id = _text()


class Responses(dy.Schema):
    """One row per response to a campaign."""

    campaign_id = _id()
    customer_id = _id()
    product_id = _id(nullable=True)
    responded_at = dy.Datetime(time_unit="us")
    value = dy.Float64(nullable=True)
    attribution_id = _text()
