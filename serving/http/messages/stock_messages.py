"""Requests and responses about orders: suggestions, decisions, the order book, goods receipts."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from serving.http.messages.common import (
    ONCE,
    SAID,
    WHOLE,
    Comment,
    Day,
    Flag,
    Id,
    JsonSchema,
    Names,
    Number,
    Offset,
    Quantity,
    SeenDecision,
    State,
    StatedQuantity,
    Strict,
    Text,
    any_of,
    config,
    required,
)


class ReplenishRequest(BaseModel):
    """Order suggestions of a store, the most urgent first."""

    model_config = config({"store_id": "S01", "limit": 50}, {"store_id": "S01", "budget": 5000.0})

    store_id: Id
    product_ids: Annotated[list[Id], Field(min_length=1, max_length=2000), ONCE] | None = None
    budget: Annotated[Number, Field(ge=0, le=1e12, description="money for this order")] | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=5000), WHOLE] = 500
    offset: Offset = 0


def _decision(action: str, **fields: JsonSchema) -> JsonSchema:
    """JSON schema of an action that changes no quantity."""
    rule = required(action={"const": action}, **fields)
    unchanged = {"order_quantity": {"type": "null"}, "confirm_exception": {"const": False}}
    return rule | {"properties": rule["properties"] | unchanged}


class DecisionIn(BaseModel):
    """One decision about one suggestion."""

    model_config = config(
        rule=any_of(
            _decision("approve"),
            _decision("reject", reason={"type": "string", "pattern": SAID}),
            required(action={"const": "change"}, order_quantity={"type": "number"}),
        )
    )

    store_id: Id
    product_id: Id
    as_of: Day
    action: Literal["approve", "change", "reject"]
    order_quantity: StatedQuantity | None = None
    reason: Annotated[Comment | None, Field(description="why; a rejection needs one")] = None
    decision_id: Annotated[Text | None, Field(description="given by the client: the same one twice counts once")] = None
    seen_quantity: Annotated[
        Quantity | None, Field(description="units suggested when the person decided; refused where they changed since")
    ] = None
    seen_decision_id: SeenDecision = None
    confirm_exception: Annotated[
        Flag, Field(description="order_quantity counts though it is beyond packs, minimum order, shelf or usual size")
    ] = False

    @model_validator(mode="after")
    def _of_the_action(self) -> "DecisionIn":
        if (self.action == "change") != (self.order_quantity is not None):
            raise ValueError("order_quantity belongs to the action 'change', and only to it")
        if self.action == "reject" and not (self.reason or "").strip():
            raise ValueError("the action 'reject' needs a reason: say why")
        if self.confirm_exception and self.action != "change":
            raise ValueError("confirm_exception belongs to the action 'change', and only to it")
        return self


class DecisionsRequest(BaseModel):
    """Approve, change or reject suggestions, and take decisions back that were not exported."""

    model_config = config(
        {
            "decisions": [
                {
                    "decision_id": "d-1",
                    "store_id": "S01",
                    "product_id": "P068",
                    "as_of": "2026-02-28",
                    "action": "change",
                    "order_quantity": 24,
                    "reason": "local fair on Saturday",
                    "confirm_exception": True,
                }
            ]
        },
        {"withdraw": ["d-1"]},
        rule=any_of(required(decisions={"minItems": 1}), required(withdraw={"minItems": 1})),
    )

    decisions: Annotated[list[DecisionIn], Field(max_length=500)] = []
    withdraw: Annotated[list[Text], Field(max_length=500, description="decision_ids to take back")] = []

    @model_validator(mode="after")
    def _something(self) -> "DecisionsRequest":
        if not self.decisions and not self.withdraw:
            raise ValueError("give decisions, or decision_ids to withdraw")
        return self


class LinePlanRequest(BaseModel):
    """How the stock of a product in a store goes on, and what other order quantities would mean."""

    model_config = config({"store_id": "S01", "product_id": "P068"})

    store_id: Id
    product_id: Id


class OrdersRequest(BaseModel):
    """Order book: decided suggestions, newest decision first."""

    model_config = config({"store_id": "S01", "state": "exported", "limit": 50}, {"since": "2026-02-01"})

    store_id: Id | None = None
    state: Literal["approved", "changed", "rejected", "exported", "received"] | None = None
    since: Annotated[Day | None, Field(description="day of the suggestion; five weeks back unless given")] = None
    limit: Annotated[int, Field(strict=True, ge=1, le=5000), WHOLE] = 500
    offset: Offset = 0


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
    is_exception: bool = False
    withdrawn_at: str | None = None
    withdrawn_by: str | None = None
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
    case_pack: float | None
    min_order_quantity: float | None
    shelf_room: float | None
    counted_on_hand: float | None
    stock_age_days: float | None
    sold_since_count: float | None
    moved_units: float | None
    shops_hold: float | None
    source: str | None
    reason: str | None
    reason_code: str | None
    flags: list[str]
    is_open: bool
    state: State
    decision: DecisionRow | None


class ReplenishResponse(Strict):
    """Suggestions, most urgent first; `total` counts those before `limit` and `offset`."""

    suggestions: list[SuggestionRow]
    total: int
    names: Names


class DecisionsResponse(Strict):
    """What was stored and what was taken back, in the order given."""

    stored: list[DecisionRow]
    withdrawn: Annotated[list[DecisionRow], Field(default_factory=list)]


class Arrival(Strict):
    """Units on order and the day on whose morning they arrive; a day that is over stands for the next one."""

    arrives_on: str
    units: float


class OrderChoice(Strict):
    """What an order quantity would mean until the following delivery.

    `chance` is that of no stock-out, `stock_cost` the money for holding and write-offs, `value` the expected gain over
    ordering nothing. A quantity beyond `source_units` means what so many mean: the rest does not arrive.
    """

    quantity: float
    chance: float
    lost_units: float
    stock_cost: float
    value: float


class LinePlanResponse(Strict):
    """The numbers of the plan that decided the order; null where `reason` says why.

    `stock_before` are the units expected on the morning of `arrives_on` without the order, `least` the lowest stock
    before the delivery after it: expected, and the ends of 90 % of the futures. `undated_units` are on order beside
    `arrivals`, without a day of arrival. `source_units` are what the source store can send this line after the other
    lines on its stock; null where nothing limits it.
    """

    as_of: str
    reason: Literal["stock_unknown", "not_published", "not_planned"] | None
    on_hand: float | None
    moved_in: float | None
    moved_out: float | None
    order_quantity: float | None
    arrives_on: str | None
    next_arrives_on: str | None
    stock_before: float | None
    least_mean: float | None
    least_low: float | None
    least_high: float | None
    arrivals: list[Arrival]
    undated_units: float | None
    source_units: float | None
    choices: list[OrderChoice]


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
    decision_id: str
    is_exception: bool


class OrdersResponse(Strict):
    """Decided suggestions; `total` counts those before `limit` and `offset`, `states` those before `state`.

    `open` counts the present suggestions that wait for a decision, of the store asked for or of all.
    """

    orders: list[OrderRow]
    total: int
    open: int
    states: dict[str, int]
    names: Names
