"""Settings of orders, and of stock that shops give each other or will not sell."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from retail_brain.settings.section import Section, installed_name

OrderPolicy = Literal["asked", "service_level", "fill_rate", "economic", "newsvendor", "reorder"]
"""Built-in ways to decide how much to order; other packages add more, see `ReplenishmentSettings.policy`."""


def _is_policy(name: str) -> str:
    return installed_name("order_policies", get_args(OrderPolicy), name)


def _are_steps(steps: tuple[float, ...]) -> tuple[float, ...]:
    """Shares off a price: each between 0 and 1, rising; `ValueError` says so."""
    if not all(0 < step < 1 for step in steps) or list(steps) != sorted(set(steps)):
        raise ValueError("wanted shares off the price, each above 0 and below 1, rising, such as [0.1, 0.3, 0.5]")
    return steps


class ReplenishmentSettings(Section):
    """How orders are decided, and supply terms for goods that the `supply` table does not name."""

    policy: Annotated[OrderPolicy | str, AfterValidator(_is_policy)] = Field(
        default="asked",
        description="asked: targets of `supply`, else economics, else service level; or another, or an installed one",
    )
    orders_placed: Literal["before_opening", "after_closing"] = Field(
        default="before_opening", description="after_closing: on order days, with that day's sales known"
    )
    withdrawal: Literal["fifo", "lifo"] = Field(
        default="fifo", description="whether customers take the oldest or the newest goods first"
    )
    spread_factor: float = Field(
        default=1.0,
        ge=0,
        description="what the forecast's uncertainty is multiplied by; `simulate` finds one by replay",
    )
    fresh_spread_factor: float | None = Field(
        default=None, ge=0, description="the same for goods with a shelf life; none: as for the others"
    )
    lost_unit_cost: float = Field(
        default=0,
        ge=0,
        description="money that a unit wanted and not there costs beyond its margin and `stockout_cost`",
    )
    lead_time_days: float = Field(default=2, ge=0, description="days from order to arrival")
    review_period_days: float = Field(default=7, gt=0, description="days from one order to the next")
    service_level: float = Field(default=0.95, gt=0, lt=1, description="probability of no stockout in an order cycle")
    fill_rate: float = Field(default=0.98, gt=0, lt=1, description="share of demand that is served from the shelf")
    service_levels: Literal["together", "each"] = Field(
        default="together",
        description="whether asked levels are met as a whole where it costs least, or product by product",
    )
    order_cost: float = Field(default=0, ge=0, description="money per order line; only the policy `reorder` weighs it")
    holding_cost_share_per_year: float = Field(
        default=0.25, ge=0, description="share of the unit cost that holding a unit for a year costs"
    )
    fresh_days: float = Field(default=90, ge=0, description="days of shelf life up to which goods are called fresh")
    large_order_cycles: float = Field(
        default=3.0, gt=0, description="cycles of demand; an order beyond them is an exception (`large_order`)"
    )
    unusual_factor: float = Field(
        default=2.0, ge=1, description="times the last four weeks' sales, or a part of them, that make demand `unusual`"
    )
    exception_least_units: float = Field(
        default=3.0, ge=0, description="units; smaller orders and differences are no exception"
    )
    exceptions_listed: int = Field(default=1000, ge=1, description="exceptions listed at most, most money first")
    stock_most_age_days: int = Field(
        default=14, ge=0, description="days; the stock of an older count is unknown if any of it was sold since"
    )
    open_order_most_late_days: int = Field(
        default=28, ge=0, description="days after its due day from which an open order counts as lost (`overdue_order`)"
    )
    receipt_most_times_order: float = Field(
        default=3.0, ge=1, description="times the quantity ordered; more units received of an order must be confirmed"
    )
    receipt_days_ahead: int = Field(
        default=31, ge=0, description="days after today on which receipts may be dated; later days must be confirmed"
    )
    export_attempts: int = Field(
        default=3, ge=1, description="times an address is tried that does not answer, is busy or has a fault of its own"
    )
    export_retry_seconds: float = Field(
        default=2, ge=0, description="seconds before an address is tried again; twice as long before each further try"
    )
    export_timeout_seconds: float = Field(
        default=30, gt=0, description="seconds that another system has to take an export of orders"
    )
    assumed_margin_share: float = Field(
        default=0.3, ge=0, lt=1, description="share of the price that is margin where the unit cost is unknown"
    )


class NetworkSettings(Section):
    """Stock of several shops as one: moving it, sending it, counting it, selling it off."""

    transfer_days: float = Field(default=1, ge=0, description="days until goods that are moved can be sold")
    transfer_cost_per_unit: float = Field(default=0.5, ge=0, description="money for moving one unit")
    transfer_line_cost: float = Field(default=5, ge=0, description="money for picking and booking one line")
    parcel_cost: float = Field(default=8, ge=0, description="money for one parcel to a customer")
    parcel_cost_far: float = Field(default=12, ge=0, description="money for one parcel from a shop of another region")
    orders_within_source_stock: bool = Field(
        default=True, description="whether the stock of a warehouse limits what the shops it supplies may order"
    )
    leftover_days: int = Field(default=120, ge=1, description="days of sales; stock beyond them is excess")
    markdown_steps: Annotated[tuple[float, ...], AfterValidator(_are_steps)] = Field(
        default=(0.1, 0.2, 0.3, 0.5), description="shares off the price that a markdown may take; empty: no markdown"
    )
    markdown_changes: int = Field(default=2, ge=0, le=4, description="price changes of a markdown until the last day")
    markdown_change_cost: float = Field(
        default=1.0, ge=0, description="money that changing the price of a product in a shop costs once"
    )
    pickup_km: float = Field(
        default=30.0, ge=0, description="km; a shop this near, or in the same region if unknown, holds for pick-up"
    )
    usual_order_units: float = Field(
        default=3.0, gt=0, description="units of a customer's order where a shop has not picked any yet"
    )
    phantom_least_probability: float = Field(
        default=0.5, ge=0, le=1, description="probability of phantom stock from which a count is asked for"
    )
    phantom_prior: float = Field(
        default=0.004, gt=0, lt=1, description="share of stock records that are wrong before anything is seen"
    )
