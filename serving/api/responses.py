"""What the routes give. These models document and test; they are not run at every call."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Basis = Literal["warm", "cold"]
State = Literal["proposed", "approved", "changed", "rejected", "exported", "received"]
Names = dict[str, str]


class Strict(BaseModel):
    """A part of a response with exactly these fields."""

    model_config = ConfigDict(extra="forbid")


class ForecastRow(BaseModel):
    """One store x product x period; further `forecast_pXX` columns by the quantiles asked for, in units.

    With `explain` also the units by driver, and whether a promotion is planned for the day. Where a person's override
    applies, `override` says whose, and `engine_forecast` what it was without; drivers explain the latter.
    """

    model_config = ConfigDict(extra="allow")

    store_id: str
    product_id: str
    date: str
    forecast: float
    promotion: bool | None = None
    drivers: dict[str, float] | None = None
    engine_forecast: float | None = None
    override: dict[str, Any] | None = None


class ForecastResponse(Strict):
    """Forecasts; `cold_product_ids` have none of their own and got that of their like."""

    forecasts: list[ForecastRow]
    basis: Basis
    cold_product_ids: list[str]
    names: Names


class WhatIfRow(Strict):
    """One period: units as planned and with the change, prices, revenue and margin of the changed forecast."""

    store_id: str
    product_id: str
    date: str
    forecast: float
    forecast_changed: float
    difference: float
    price: float | None
    price_changed: float | None
    expected_revenue: float | None
    revenue_difference: float | None
    expected_margin: float | None
    margin_difference: float | None


class WhatIfTotals(Strict):
    """Sums over the horizon; null where a price or the cost is not known."""

    forecast: float
    forecast_changed: float
    difference: float
    expected_revenue: float | None
    revenue_difference: float | None
    expected_margin: float | None
    margin_difference: float | None


class PriceRange(Strict):
    """Lowest and highest price of the history."""

    low: float
    high: float


class WhatIfResponse(Strict):
    """Demand as planned and with the change; beyond the seen prices the nearest of them is answered for."""

    what_if: list[WhatIfRow]
    totals: WhatIfTotals
    usual_price: float | None
    seen_prices: PriceRange | None
    unit_cost: float | None
    is_beyond_seen_prices: bool
    names: Names


class OverrideRow(Strict):
    """What a person put in the place of forecasts."""

    override_id: str
    store_id: str | None
    product_id: str | None
    begins_on: str
    ends_on: str | None
    kind: Literal["factor", "units"]
    value: float
    reason: str
    made_by: str
    made_at: str
    state: Literal["active", "waiting", "expired", "withdrawn"]
    withdrawn_by: str | None


class OverridesResponse(Strict):
    """Overrides, newest first; `stored` names those of this request."""

    overrides: list[OverrideRow]
    total: int
    stored: list[str]
    may_write: bool


class LedgerRow(Strict):
    """How far a touch (naive, moving_average, engine, override) was from what came: shares of the units sold.

    `lag`: one day ahead; `sum`: summed to the end of the risk horizon; `score` is mae + |bias|. A user's rows compare
    their overrides with the engine on the same days.
    """

    scope: Literal["all", "origin", "user"]
    origin: str | None
    user: str | None
    touch: str
    mae_lag: float | None
    bias_lag: float | None
    score_lag: float | None
    mae_sum: float | None
    bias_sum: float | None
    score_sum: float | None
    rows: int


class LedgerResponse(Strict):
    """The ledger of added value as it was when the answers were published."""

    ledger: list[LedgerRow]
    as_of: str


class DecisionRow(Strict):
    """What was decided about a suggestion."""

    decision_id: str
    suggestion_id: str
    store_id: str
    product_id: str
    decision: Literal["approved", "changed", "rejected"]
    suggested_quantity: float | None
    order_quantity: float | None
    reason: str | None
    decided_by: str
    decided_at: str
    as_of: str | None = None
    exported_at: str | None = None
    received_units: float | None = None
    received_on: str | None = None


class SuggestionRow(Strict):
    """One suggestion, with the decision that counts, if any."""

    suggestion_id: str
    store_id: str
    product_id: str
    as_of: str
    order_quantity: float
    order_on: str | None
    arrives_on: str | None
    on_hand: float | None
    on_order: float | None
    demand_until_next_arrival: float | None
    order_up_to: float | None
    safety_stock: float | None
    expected_lost_sales: float | None
    expected_value: float | None
    order_cost: float | None
    source: str | None
    reason: str | None
    reason_code: str | None
    state: State
    decision: DecisionRow | None


class ReplenishResponse(Strict):
    """Suggestions, most urgent first; `total` counts those before `limit` and `offset`."""

    suggestions: list[SuggestionRow]
    total: int
    names: Names


class DecisionsResponse(Strict):
    """What was stored, in the order given."""

    stored: list[DecisionRow]


class TransferRow(Strict):
    """Units of a product to move from one shop to another; `expected_value` is money after the cost of moving."""

    product_id: str
    from_store_id: str
    to_store_id: str
    units: float
    expected_value: float
    reason: str


class TransfersResponse(Strict):
    """What to move, most valuable first; `total` counts those before `limit` and `offset`."""

    transfers: list[TransferRow]
    total: int
    names: Names


class CountRow(Strict):
    """A shelf to count: the probability that the record is wrong, and the margin a week that a count brings back."""

    store_id: str
    product_id: str
    as_of: str
    on_hand: float
    days_without_sale: int
    expected_units: float
    probability: float
    expected_value: float
    reason: str


class CountsResponse(Strict):
    """Shelves to count, most valuable first."""

    counts: list[CountRow]
    total: int
    names: Names


class LeftoverRow(Strict):
    """Goods that will not sell by their day; `value_at_risk` is their cost."""

    store_id: str
    product_id: str
    as_of: str
    on_hand: float
    sell_by: str
    left_over_units: float
    probability: float
    value_at_risk: float
    reason_code: Literal["date", "listing", "season", "slow"]
    reason: str


class LeftoversResponse(Strict):
    """Goods that will be left over, most money at risk first."""

    leftovers: list[LeftoverRow]
    total: int
    names: Names


class AttentionRow(Strict):
    """A line that matters; `other_store_id` is the receiving shop of a transfer."""

    kind: Literal["stockout", "unknown_stock", "large_order", "unusual", "phantom", "leftover", "transfer"]
    money: float
    store_id: str
    product_id: str
    other_store_id: str | None
    units: float | None
    reason: str


class AttentionSum(Strict):
    """Lines and money of one kind, before `limit` and `offset`."""

    kind: str
    lines: int
    money: float


class AttentionResponse(Strict):
    """The lines that matter, most money at stake first."""

    attention: list[AttentionRow]
    total: int
    kinds: list[AttentionSum]
    names: Names


class RoutedLine(Strict):
    """Units of a product from one shop; `expected_sales_lost` is what they are worth there (negative: glad to go)."""

    product_id: str
    units: float
    on_hand: float
    expected_sales_lost: float


class Parcel(Strict):
    """What one shop sends."""

    store_id: str
    parcel_cost: float
    free_orders: float | None
    lines: list[RoutedLine]


class Pickup(Strict):
    """Whether a shop can hand the whole order over itself."""

    store_id: str
    possible: bool
    missing: list[str]
    free_orders: float | None = None
    lines: list[RoutedLine] = []


class RouteOrderResponse(Strict):
    """Who sends what; `unserved` names products that no shop can send."""

    parcels: list[Parcel]
    unserved: list[str]
    pickup: Pickup | None
    names: Names


class OrderRow(Strict):
    """A decided suggestion and how far it has come."""

    suggestion_id: str
    store_id: str
    product_id: str
    as_of: str
    state: State
    decision: Literal["approved", "changed", "rejected"]
    suggested_quantity: float | None
    order_quantity: float
    received_units: float | None
    open_units: float
    received_on: str | None
    exported_at: str | None
    reason: str | None
    decided_by: str
    decided_at: str


class OrdersResponse(Strict):
    """Decided suggestions; `total` counts those before `limit` and `offset`, `states` those before `state`."""

    orders: list[OrderRow]
    total: int
    states: dict[str, int]
    names: Names


class ReceiptsResponse(Strict):
    """How many receipts were new, and the orders they are of as they stand now."""

    stored: int
    duplicates: int
    orders: list[OrderRow]


class RecommendationRow(Strict):
    """One product for a person."""

    customer_id: str | None
    rank: int = Field(ge=1)
    product_id: str
    score: float
    probability: float
    kind: Literal["repeat", "explore"]
    due_on: str | None
    reason: str | None
    probability_7d: float | None
    probability_14d: float | None
    probability_28d: float | None
    fulfilment: Literal["in_store", "ship", "pickup"] | None
    from_store_id: str | None
    rule: str | None


class Note(Strict):
    """Something to know about the list, in words."""

    code: str
    text: str


class RuleTaken(Strict):
    """How many of the person's goods a rule took away."""

    name: str
    goods: int


class RecommendResponse(Strict):
    """Goods for a person; `cold` when the person is not known."""

    recommendations: list[RecommendationRow]
    basis: Basis
    known_by: Literal["purchases", "events", "nothing"]
    notes: list[Note]
    rules_applied: list[RuleTaken]
    names: Names


class RuleRow(Strict):
    """One rule, and whether its time has come."""

    action: Literal["pin", "boost", "bury", "exclude", "cap", "diversify", "allow"]
    attribute: Literal["product_id", "department", "category", "subcategory", "brand", "adult"]
    values: list[str]
    factor: float
    limit: int
    stores: list[str]
    starts_at: str | None
    ends_at: str | None
    adults_only: bool
    name: str
    title: str
    state: Literal["active", "waiting", "ended"]


class RulesResponse(Strict):
    """The rules in their order, who set them, and what is probably not meant."""

    version: int
    rules: list[RuleRow]
    set_by: str | None
    set_at: str | None
    may_write: bool
    warnings: list[str]
    adult_goods: int


class AudienceRow(Strict):
    """One person for a product or campaign."""

    campaign_id: str | None
    product_id: str | None
    customer_id: str
    rank: int
    probability: float
    expected_value: float | None
    group: Literal["contact", "holdout"]
    channel: str | None
    send_on: str | None
    reason: str | None


class ExclusionRow(Strict):
    """How many people were left out, and why."""

    reason: str
    code: str | None = None
    customers: int


class AudienceResponse(Strict):
    """People for goods, and who was left out."""

    audience: list[AudienceRow]
    exclusions: list[ExclusionRow]
    basis: Basis
    names: Names


class GoodsRow(Strict):
    """One product of a ranked list."""

    rank: int
    product_id: str
    score: float
    reason: str
    fulfilment: Literal["in_store", "ship", "pickup"] | None
    from_store_id: str | None


class SimilarResponse(Strict):
    """What could stand in."""

    similar: list[GoodsRow]
    basis: Basis
    names: Names


class BasketResponse(Strict):
    """What goes with the basket."""

    goods: list[GoodsRow]
    basis: Basis
    names: Names


class ProfileResponse(Strict):
    """A profile in words; its fields are those of the profile's kind."""

    kind: Literal["customer", "product", "store"]
    id: str
    profile: dict[str, Any]


class EventsResponse(Strict):
    """How many events were new, and how many had been sent before."""

    accepted: int
    duplicates: int


class SearchItem(Strict):
    """One thing found."""

    id: str
    name: str
    detail: str


class SearchResponse(Strict):
    """Things found, most important first."""

    items: list[SearchItem]


class HistoryRow(Strict):
    """One day; null where nothing is known."""

    date: str
    units: float | None
    unit_price: float | None
    promotion: bool
    in_stock: float | None


class CalendarRow(Strict):
    """A day with a name."""

    date: str
    name: str
    type: str


class HistoryResponse(Strict):
    """Recent days and the festivals around them."""

    rows: list[HistoryRow]
    first_day: str
    last_day: str
    events: list[CalendarRow]


class StoreItem(Strict):
    """A store."""

    id: str
    name: str


class OverviewResponse(Strict):
    """What there is."""

    tenant: str
    role: str
    as_of: str
    published_at: str
    answers_id: str
    period: str
    currency: str
    horizon: int
    quantiles: list[float]
    label_days: int
    counts: dict[str, int]
    parts: list[str]
    bundles: dict[str, Any]
    stores: list[StoreItem]


class ErrorBody(Strict):
    """What went wrong."""

    code: str
    message: str
    details: dict[str, Any]


class ErrorResponse(Strict):
    """The shape of every error."""

    error: ErrorBody
