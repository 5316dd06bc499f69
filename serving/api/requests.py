"""What the routes take. Unknown fields, NaN and infinity are refused; messages never repeat the values sent."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Id = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=100)]
Count = Annotated[int, Field(ge=1, le=500)]
Quantity = Annotated[float, Field(ge=0, le=1e9)]
Kind = Literal["repeat", "explore", "mixed"]


def _config(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(
        extra="forbid",
        allow_inf_nan=False,
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={"examples": list(examples)},
    )


class ForecastRequest(BaseModel):
    """Demand of some products in a store."""

    model_config = _config({"store_id": "S001", "product_ids": ["P0001", "P0002"], "horizon": 14})

    store_id: Id
    product_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]
    horizon: Annotated[int, Field(ge=1, le=366, description="periods ahead")] = 28
    quantiles: Annotated[list[Annotated[float, Field(gt=0, lt=1)]], Field(max_length=50)] | None = None
    explain: bool = False


class WhatIfRequest(BaseModel):
    """The same demand at another price or under a promotion."""

    model_config = _config({"store_id": "S001", "product_id": "P0001", "horizon": 14, "price": 9.9})

    store_id: Id
    product_id: Id
    horizon: Annotated[int, Field(ge=1, le=366)] = 28
    price: Annotated[float, Field(gt=0, le=1e9)] | None = None
    promotion: bool | None = None


class OverrideIn(BaseModel):
    """What a person puts in the place of forecasts: a factor on them, or units per period; who and when is noted."""

    model_config = _config()

    store_id: Annotated[Id | None, Field(description="none: every store")] = None
    product_id: Annotated[Id | None, Field(description="none: every product of the store")] = None
    kind: Literal["factor", "units"]
    value: Quantity
    begins_on: Annotated[date | None, Field(description="first day; none: the first day of the forecast")] = None
    ends_on: Annotated[date, Field(description="first day that it no longer applies to")]
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    override_id: Annotated[Text | None, Field(description="given by the client: the same one twice counts once")] = None

    @model_validator(mode="after")
    def _of_something(self) -> "OverrideIn":
        if self.store_id is None and self.product_id is None:
            raise ValueError("give a store_id, a product_id or both")
        if self.begins_on is not None and self.ends_on <= self.begins_on:
            raise ValueError("ends_on must be later than begins_on")
        if self.kind == "factor" and self.value > 100:
            raise ValueError("a factor is at most 100")
        return self


class OverridesRequest(BaseModel):
    """Overrides to make, to take back, and of which series to list them."""

    model_config = _config(
        {},
        {
            "overrides": [
                {
                    "override_id": "o-1",
                    "store_id": "S001",
                    "product_id": "P0001",
                    "kind": "factor",
                    "value": 1.5,
                    "ends_on": "2099-01-01",
                    "reason": "fair next door",
                }
            ]
        },
        {"withdraw": ["o-1"]},
    )

    overrides: Annotated[list[OverrideIn], Field(max_length=500)] = []
    withdraw: Annotated[list[Text], Field(max_length=500)] = []
    store_id: Id | None = None
    product_id: Id | None = None


class LedgerRequest(BaseModel):
    """What each touch of the forecasts was worth: over all origins, per origin, or per person."""

    model_config = _config({}, {"scope": "user"})

    scope: Literal["all", "origin", "user"] | None = None


class ReplenishRequest(BaseModel):
    """What a store should order, the most urgent first."""

    model_config = _config({"store_id": "S001", "limit": 50}, {"store_id": "S001", "budget": 5000.0})

    store_id: Id
    product_ids: Annotated[list[Id], Field(min_length=1, max_length=2000)] | None = None
    budget: Annotated[float, Field(ge=0, le=1e12, description="money for this order")] | None = None
    limit: Annotated[int, Field(ge=1, le=5000)] = 500
    offset: Annotated[int, Field(ge=0)] = 0


class PersonRequest(BaseModel):
    """A person by customer id or by an identifier."""

    customer_id: Id | None = None
    id_type: Id | None = None
    id_value: Id | None = None

    @model_validator(mode="after")
    def _one_person(self) -> "PersonRequest":
        by_identifier = self.id_type is not None and self.id_value is not None
        if (self.customer_id is not None) == by_identifier or (self.id_type is None) != (self.id_value is None):
            raise ValueError("give either customer_id, or id_type with id_value")
        return self


class RecommendRequest(PersonRequest):
    """Goods for a person."""

    model_config = _config(
        {"customer_id": "C00001", "k": 10},
        {"id_type": "card", "id_value": "6200001", "k": 5, "store_id": "S001", "basket": ["P0001"]},
    )

    k: Count = 10
    store_id: Id | None = None
    basket: Annotated[list[Id], Field(max_length=500)] = []
    exclude: Annotated[list[Id], Field(max_length=2000)] = []
    kind: Kind = "mixed"
    explore_at_least: Annotated[int, Field(ge=0, le=500, description="of the k, how many must be new to them")] = 0
    due_within_days: Annotated[
        int | None, Field(ge=1, le=366, description="hold back repeat goods that are due later")
    ] = None
    fulfilment: Annotated[
        list[Literal["in_store", "ship", "pickup"]] | None, Field(description="only goods that come so; needs store_id")
    ] = None


class RulesRequest(BaseModel):
    """The operators' rules: nothing given reads them, `rules` puts a list in place of the present one."""

    model_config = _config(
        {},
        {
            "version": 3,
            "rules": [
                {"action": "pin", "values": ["P0001"], "name": "Dragon Boat", "ends_at": "2025-06-02T00:00:00"},
                {"action": "exclude", "attribute": "category", "values": ["wine"], "stores": ["S001"]},
                {"action": "cap", "attribute": "category", "limit": 3},
            ],
        },
    )

    rules: Annotated[list[dict[str, Any]], Field(max_length=1000)] | None = None
    version: Annotated[int | None, Field(ge=0, description="of the list that was changed; a newer one refuses")] = None
    check: Annotated[bool, Field(description="only look at the rules, store nothing")] = False


class AudienceRequest(BaseModel):
    """People for goods."""

    model_config = _config(
        {"product_ids": ["P0001"], "size": 100},
        {"campaign_id": "K01", "size": 500, "channel": "sms"},
        {"leftovers": True, "store_id": "S001", "size": 200},
    )

    product_ids: Annotated[list[Id], Field(min_length=1, max_length=500)] | None = None
    campaign_id: Id | None = None
    leftovers: Annotated[bool, Field(description="the goods are those that will be left over")] = False
    store_id: Annotated[Id | None, Field(description="only people (and left-overs) of this shop")] = None
    size: Annotated[int, Field(ge=1, le=100_000)] = 100
    kind: Kind = "mixed"
    channel: Literal["sms", "email", "app", "wechat", "guide"] | None = None
    holdout_share: Annotated[float, Field(ge=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> "AudienceRequest":
        if [self.product_ids is not None, self.campaign_id is not None, self.leftovers].count(True) != 1:
            raise ValueError("give one of product_ids, campaign_id and leftovers")
        return self


class SimilarRequest(BaseModel):
    """What could stand in for a product."""

    model_config = _config({"product_id": "P0001", "k": 5})

    product_id: Id
    k: Count = 10
    store_id: Id | None = None


class BasketRequest(BaseModel):
    """What goes with the goods in a basket."""

    model_config = _config({"product_ids": ["P0001", "P0002"], "k": 5})

    product_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]
    k: Count = 10
    store_id: Id | None = None


class ProfileRequest(BaseModel):
    """One person, product or store in words."""

    model_config = _config({"customer_id": "C00001"}, {"product_id": "P0001"}, {"store_id": "S001"})

    customer_id: Id | None = None
    product_id: Id | None = None
    store_id: Id | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "ProfileRequest":
        if sum(value is not None for value in (self.customer_id, self.product_id, self.store_id)) != 1:
            raise ValueError("give exactly one of customer_id, product_id and store_id")
        return self


class EventIn(BaseModel):
    """One interaction; a time with a zone is taken as UTC."""

    model_config = _config()

    occurred_at: datetime
    event_type: Text
    event_id: Annotated[Text | None, Field(description="the sender's own id: the same one twice counts once")] = None
    customer_id: Id | None = None
    id_type: Text | None = None
    id_value: Id | None = None
    product_id: Id | None = None
    store_id: Id | None = None
    channel: Text | None = None
    session_id: Id | None = None


class EventsRequest(BaseModel):
    """Events, as a list or under `events`."""

    model_config = _config(
        {
            "events": [
                {
                    "event_id": "e-1",
                    "occurred_at": "2025-02-28T10:15:00",
                    "event_type": "bag_add",
                    "customer_id": "C00001",
                    "product_id": "P0001",
                    "store_id": "S001",
                }
            ]
        }
    )

    events: Annotated[list[EventIn], Field(min_length=1, max_length=1000)]

    @model_validator(mode="before")
    @classmethod
    def _bare_list(cls, value: object) -> object:
        return {"events": value} if isinstance(value, list) else value


class DecisionIn(BaseModel):
    """One decision about one suggestion."""

    model_config = _config()

    store_id: Id
    product_id: Id
    as_of: date
    action: Literal["approve", "change", "reject"]
    order_quantity: Quantity | None = None
    reason: Annotated[str, Field(max_length=1000)] | None = None
    decision_id: Annotated[Text | None, Field(description="given by the client: the same one twice counts once")] = None

    @model_validator(mode="after")
    def _quantity_with_change(self) -> "DecisionIn":
        if (self.action == "change") != (self.order_quantity is not None):
            raise ValueError("order_quantity belongs to the action 'change', and only to it")
        return self


class DecisionsRequest(BaseModel):
    """Approve, change or reject suggestions."""

    model_config = _config(
        {
            "decisions": [
                {
                    "decision_id": "d-1",
                    "store_id": "S001",
                    "product_id": "P0001",
                    "as_of": "2025-02-28",
                    "action": "change",
                    "order_quantity": 24,
                    "reason": "local fair on Saturday",
                }
            ]
        }
    )

    decisions: Annotated[list[DecisionIn], Field(min_length=1, max_length=500)]


class NetworkRequest(BaseModel):
    """Stock of all shops together, most money first."""

    model_config = _config({"store_id": "S001", "limit": 50}, {})

    store_id: Id | None = None
    product_ids: Annotated[list[Id], Field(min_length=1, max_length=2000)] | None = None
    limit: Annotated[int, Field(ge=1, le=5000)] = 500
    offset: Annotated[int, Field(ge=0)] = 0


AttentionKind = Literal["stockout", "unknown_stock", "large_order", "unusual", "phantom", "leftover", "transfer"]


class AttentionRequest(BaseModel):
    """The lines that matter, over all shops."""

    model_config = _config({"limit": 20}, {"store_id": "S001", "kinds": ["phantom", "leftover"]})

    store_id: Id | None = None
    kinds: Annotated[list[AttentionKind], Field(min_length=1)] | None = None
    limit: Count = 20
    offset: Annotated[int, Field(ge=0)] = 0


class OrderLine(BaseModel):
    """Units of a product that a customer ordered."""

    model_config = _config()

    product_id: Id
    units: Annotated[float, Field(gt=0, le=1e6)]


class RouteOrderRequest(BaseModel):
    """An online order that wants to be sent, or picked up in `store_id`."""

    model_config = _config({"lines": [{"product_id": "P0001", "units": 2}], "store_id": "S001", "region": "杭州"})

    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=100)]
    store_id: Annotated[Id | None, Field(description="shop in which the customer would pick it up")] = None
    region: Annotated[Id | None, Field(description="the customer's; parcels from its shops are cheaper")] = None
    exclude_store_ids: Annotated[list[Id], Field(max_length=2000)] = []
    orders_today: Annotated[
        dict[Id, Annotated[int, Field(ge=0, le=10**6)]],
        Field(description="orders already sent to a shop today, beside those it expects of its own"),
    ] = {}

    @model_validator(mode="after")
    def _each_product_once(self) -> "RouteOrderRequest":
        if len({line.product_id for line in self.lines}) != len(self.lines):
            raise ValueError("a product stands in two lines; add their units")
        return self


class OrdersRequest(BaseModel):
    """What was decided, exported and received, newest decision first."""

    model_config = _config({"store_id": "S001", "state": "exported", "limit": 50}, {"since": "2025-02-01"})

    store_id: Id | None = None
    state: Literal["approved", "changed", "rejected", "exported", "received"] | None = None
    since: Annotated[date | None, Field(description="day of the suggestion; five weeks back unless given")] = None
    limit: Annotated[int, Field(ge=1, le=5000)] = 500
    offset: Annotated[int, Field(ge=0)] = 0


class ReceiptIn(BaseModel):
    """Goods that arrived for one suggestion; negative units correct an earlier receipt."""

    model_config = _config()

    receipt_id: Annotated[Text, Field(description="given by the client: the same one twice counts once")]
    units: Annotated[float, Field(ge=-1e9, le=1e9)]
    received_on: date
    suggestion_id: Text | None = None
    store_id: Id | None = None
    product_id: Id | None = None
    as_of: Annotated[date | None, Field(description="day of the suggestion")] = None
    note: Annotated[str, Field(max_length=1000)] | None = None

    @model_validator(mode="after")
    def _one_suggestion(self) -> "ReceiptIn":
        given = [part is not None for part in (self.store_id, self.product_id, self.as_of)]
        if not all(given) if self.suggestion_id is None else any(given):
            raise ValueError("give either suggestion_id, or store_id, product_id and as_of")
        return self


class ReceiptsRequest(BaseModel):
    """What arrived of decided orders."""

    model_config = _config(
        {
            "receipts": [
                {
                    "receipt_id": "GR-1",
                    "store_id": "S001",
                    "product_id": "P0001",
                    "as_of": "2025-02-28",
                    "units": 24,
                    "received_on": "2025-03-03",
                }
            ]
        }
    )

    receipts: Annotated[list[ReceiptIn], Field(min_length=1, max_length=1000)]


class SearchRequest(BaseModel):
    """Things by words of their name, id or description."""

    model_config = _config({"kind": "product", "query": "牛奶", "limit": 20})

    kind: Literal["store", "product", "customer"]
    query: Annotated[str, Field(max_length=200)] = ""
    store_id: Id | None = None
    limit: Count = 20


class HistoryRequest(BaseModel):
    """Recent sales of a product in a store."""

    model_config = _config({"store_id": "S001", "product_id": "P0001", "days": 90})

    store_id: Id
    product_id: Id
    days: Annotated[int, Field(ge=1, le=3660)] = 90


class OverviewRequest(BaseModel):
    """What there is."""

    model_config = _config({})
