"""What the routes about people give."""

from typing import Literal

from pydantic import Field

from serving.http.responses.base import Basis, Names, Strict


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


class EventsResponse(Strict):
    """How many events were new, and how many had been sent before."""

    accepted: int
    duplicates: int
