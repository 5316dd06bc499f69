"""Requests and responses about stock of all stores: exceptions, transfers, cycle counts, excess stock, routing."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, WithJsonSchema, field_validator

from serving.http.messages.common import (
    LEAST_AMOUNT,
    NO_NUL,
    ONCE,
    WHOLE,
    AttentionKind,
    CostBasis,
    Count,
    Id,
    Names,
    Number,
    Offset,
    StoreNames,
    Strict,
    config,
)


class NetworkRequest(BaseModel):
    """Stock of all stores, most money first."""

    model_config = config({"store_id": "S01", "limit": 50}, {})

    store_id: Id | None = None
    product_ids: Annotated[list[Id], Field(min_length=1, max_length=2000), ONCE] | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=5000), WHOLE] = 500
    offset: Offset = 0


class AttentionRequest(BaseModel):
    """Exceptions over all stores."""

    model_config = config({"limit": 20}, {"store_id": "S01", "kinds": ["phantom", "leftover"]})

    store_id: Id | None = None
    kinds: Annotated[list[AttentionKind], Field(min_length=1)] | None = None
    limit: Count = 20
    offset: Offset = 0


class OrderLine(BaseModel):
    """Units of a product that a customer ordered."""

    model_config = config()

    product_id: Id
    units: Annotated[Number, Field(ge=LEAST_AMOUNT, le=1e6)]


class RouteOrderRequest(BaseModel):
    """An online order to send, or to be picked up in `store_id`."""

    model_config = config({"lines": [{"product_id": "P001", "units": 2}], "store_id": "S01", "region": "杭州"})

    lines: Annotated[
        list[OrderLine], Field(min_length=1, max_length=100, description="lines of the same product count together")
    ]
    store_id: Annotated[Id | None, Field(description="store in which the customer would pick it up")] = None
    region: Annotated[Id | None, Field(description="the customer's; parcels from stores of the region are cheaper")] = (
        None
    )
    exclude_store_ids: Annotated[list[Id], Field(max_length=2000), ONCE] = []
    orders_today: Annotated[
        dict[Id, Annotated[int, Field(strict=True, ge=0, le=10**6), WHOLE]],
        Field(description="orders already sent to a store today, beside those it expects of its own"),
        WithJsonSchema(
            {
                "type": "object",
                "propertyNames": {"minLength": 1, "maxLength": 200, "pattern": NO_NUL},
                "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 10**6},
            }
        ),
    ] = {}

    @field_validator("lines")
    @classmethod
    def _each_product_once(cls, lines: list[OrderLine]) -> list[OrderLine]:
        """Lines of one product become one: their units leave together."""
        units: dict[str, float] = {}
        for line in lines:
            units[line.product_id] = units.get(line.product_id, 0) + line.units
        return [OrderLine.model_construct(product_id=product, units=total) for product, total in units.items()]


class TransferRow(Strict):
    """Units of a product to move from one store to another; `expected_value` is money after the cost of moving."""

    product_id: str
    from_store_id: str
    to_store_id: str
    units: float
    expected_value: float
    reason: str


class TransfersResponse(Strict):
    """Stock transfers, most valuable first; `total` counts those before `limit` and `offset`."""

    transfers: list[TransferRow]
    total: int
    names: Names


class CountRow(Strict):
    """A cycle count: probability that the stock record is wrong, and margin per week that a count recovers."""

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
    """Cycle counts, most valuable first."""

    counts: list[CountRow]
    total: int
    names: Names


class PriceStep(Strict):
    """A price from a day on; `discount` is the share off the full price."""

    begins_on: str
    discount: float
    price: float


class AnomalyRow(Strict):
    """Days on which sales fell outside all sample paths of a forecast made before them.

    `level` is series, store, department or chain; `date` to `until` are the days summed; `low` and `high` the least and
    greatest sum of any path; `money` is the price of the units beyond, null where no price is known; `cause` is till,
    closed, stock_out, promotion, price, holiday or unknown.
    """

    level: str
    store_id: str | None
    department: str | None
    product_id: str | None
    date: str
    until: str
    units: float
    expected: float
    low: float
    high: float
    units_beyond: float
    money: float | None
    cause: str
    reason: str


class AnomaliesResponse(Strict):
    """Anomalies, most money first."""

    anomalies: list[AnomalyRow]
    total: int
    names: Names


class LeftoverRow(Strict):
    """Excess stock: units expected unsold by the day `sell_by`; `value_at_risk` is their cost.

    It is null where neither cost nor price is known; `cost_basis` says whether the cost is recorded or taken from the
    price. `action` is what earns most with them. `price_path` is the best markdown (empty: the full price earns most;
    null: not known) and `markdown_units` what it sells on top, with the interval that holds nine of ten cases.
    `markdown_value`, `return_value` and `audience_value` are money over leaving everything as it is. `moved_units` go
    to other stores by the plan, which earns `moved_value`. `waste_units` of `left_over_units` are past their date
    (`action` is `waste` where all are): nobody is offered them. All are null in answers of older versions.
    """

    store_id: str
    product_id: str
    as_of: str
    on_hand: float
    sell_by: str
    left_over_units: float
    probability: float
    value_at_risk: float | None
    reason_code: Literal["date", "listing", "season", "slow"]
    reason: str
    action: Literal["markdown", "return", "audience", "keep", "waste"] | None
    price_path: list[PriceStep] | None
    markdown_units: float | None
    markdown_units_low: float | None
    markdown_units_high: float | None
    markdown_value: float | None
    return_units: float | None
    return_value: float | None
    moved_units: float | None
    moved_value: float | None
    audience_value: float | None
    cost_basis: CostBasis | None
    waste_units: float | None


class LeftoversResponse(Strict):
    """Excess or obsolete stock, most money at risk first."""

    leftovers: list[LeftoverRow]
    total: int
    names: Names


class AttentionRow(Strict):
    """An exception; `other_store_id` is the receiving store of a transfer."""

    kind: AttentionKind
    money: float
    store_id: str
    product_id: str
    other_store_id: str | None
    units: float | None
    reason: str


class AttentionSum(Strict):
    """Number and money of the exceptions of one kind, before `limit` and `offset`."""

    kind: str
    lines: int
    money: float


class AttentionResponse(Strict):
    """Exceptions, most money at stake first; `open` counts the suggestions that wait for a decision."""

    attention: list[AttentionRow]
    total: int
    open: int
    kinds: list[AttentionSum]
    names: Names
    store_names: Annotated[StoreNames, Field(default_factory=dict)]


class RoutedLine(Strict):
    """Units of a product from one store; `expected_sales_lost`: their marginal value there (negative: excess stock)."""

    product_id: str
    units: float
    on_hand: float
    expected_sales_lost: float


class Parcel(Strict):
    """What one store sends."""

    store_id: str
    parcel_cost: float
    free_orders: float | None
    lines: list[RoutedLine]


class Pickup(Strict):
    """Whether a store can hand the whole order over itself."""

    store_id: str
    possible: bool
    missing: list[str]
    free_orders: float | None = None
    lines: list[RoutedLine] = Field(default_factory=list)


class RouteOrderResponse(Strict):
    """Which store sends what; `unserved` names products that no store can send."""

    parcels: list[Parcel]
    unserved: list[str]
    pickup: Pickup | None
    names: Names
