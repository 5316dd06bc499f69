"""What the routes about orders give, from a suggestion to its receipt."""

from typing import Literal

from serving.http.responses.base import Names, State, Strict


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
