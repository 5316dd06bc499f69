"""Requests and responses about people: recommendations, audiences, rules."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from retail_brain.decisions.offer_rule_definition import Rule
from serving.http.messages.common import (
    GIVEN,
    ONCE,
    STRING,
    WHOLE,
    Basis,
    Count,
    Flag,
    Id,
    Kind,
    Names,
    Number,
    Strict,
    Text,
    config,
    every,
    exactly_one,
    required,
    when,
)


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


class _Wanted(BaseModel):
    """What is asked for, whoever it is for."""

    k: Count = 10
    store_id: Id | None = None
    exclude: Annotated[list[Id], Field(max_length=2000), ONCE] = []
    kind: Kind = "mixed"
    explore_at_least: Annotated[
        int, Field(strict=True, ge=0, le=500, description="of the k, how many must be new to them"), WHOLE
    ] = 0
    due_within_days: Annotated[
        Annotated[int, Field(strict=True, ge=1, le=366), WHOLE] | None,
        Field(description="leave out repeat goods that are due later"),
    ] = None
    fulfilment: Annotated[
        list[Literal["in_store", "ship", "pickup"]] | None,
        Field(description="only goods that reach the person in these ways; needs store_id"),
    ] = None


class RecommendRequest(_Wanted, PersonRequest):
    """Recommendations for a person."""

    model_config = config(
        {"customer_id": "C00001", "k": 10},
        {"id_type": "card", "id_value": "8c18f9fb7d833a39", "k": 5, "store_id": "S01", "basket": ["P001"]},
        rule=exactly_one({"customer_id": STRING}, {"id_type": STRING, "id_value": STRING}),
    )

    basket: Annotated[list[Id], Field(max_length=500), ONCE] = []


class RecommendBatchRequest(_Wanted):
    """Recommendations for up to 10,000 people in the same way, such as for tonight's mailing."""

    model_config = config({"customer_ids": ["C00001", "C00002"], "k": 5, "store_id": "S01"})

    customer_ids: Annotated[list[Id], Field(min_length=1, max_length=10_000), ONCE]

    def each(self) -> Iterator[RecommendRequest]:
        """The request of each person, in order."""
        shared = {name: getattr(self, name) for name in _Wanted.model_fields}
        first = RecommendRequest(customer_id=self.customer_ids[0], **shared)
        return (first.model_copy(update={"customer_id": one}) for one in self.customer_ids)


class _RuleSchema:
    """Documents a rule as `Rule`; the handler parses it, for its errors name the rule."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(Rule.__pydantic_core_schema__)


_RuleIn = Annotated[dict[str, Any], _RuleSchema()]


class RulesRequest(BaseModel):
    """The operators' rules: nothing given reads them, `rules` puts a list in place of the present one."""

    model_config = config(
        {},
        {
            "rules": [
                {"action": "pin", "values": ["P009"], "name": "Peach week", "ends_at": "2099-06-02T00:00:00Z"},
                {"action": "exclude", "attribute": "category", "values": ["酒类"], "stores": ["S01"]},
                {"action": "cap", "attribute": "category", "limit": 3},
            ],
        },
    )

    rules: Annotated[list[_RuleIn], Field(max_length=1000)] | None = None
    version: Annotated[
        Annotated[int, Field(strict=True, ge=0, le=2**31 - 1), WHOLE] | None,
        Field(description="of the list that was changed; a newer one refuses"),
    ] = None
    check: Annotated[Flag, Field(description="only look at the rules, store nothing")] = False


class AudienceRequest(BaseModel):
    """Audience for goods, a campaign or excess stock."""

    model_config = config(
        {"product_ids": ["P001"], "size": 100},
        {"campaign_id": "K15", "size": 500, "channel": "sms"},
        {"leftovers": True, "store_id": "S03", "size": 200},
        {"leftovers": True, "store_id": "S03", "left_over_product_ids": ["P082"], "size": 1000},
        rule=every(
            exactly_one(
                {"product_ids": {"type": "array"}},
                {"campaign_id": STRING},
                {"leftovers": {"const": True}},
                absent={"leftovers": {"const": False}},
            ),
            when(required(left_over_product_ids=GIVEN), required(leftovers={"const": True})),
        ),
    )

    product_ids: Annotated[list[Id], Field(min_length=1, max_length=500), ONCE] | None = None
    campaign_id: Id | None = None
    leftovers: Annotated[Flag, Field(description="the goods are the excess or obsolete stock")] = False
    left_over_product_ids: (
        Annotated[
            list[Id],
            Field(min_length=1, max_length=500, description="with leftovers: of the excess stock only these"),
            ONCE,
        ]
        | None
    ) = None
    store_id: Annotated[Id | None, Field(description="only people (and excess stock) of this store")] = None
    segment: Annotated[Text | None, Field(description="only people of this saved segment")] = None
    size: Annotated[int, Field(strict=True, ge=1, le=100_000), WHOLE] = 100
    kind: Kind = "mixed"
    channel: Literal["sms", "email", "app", "wechat", "guide"] | None = None
    holdout_share: Annotated[Number, Field(ge=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> "AudienceRequest":
        if [self.product_ids is not None, self.campaign_id is not None, self.leftovers].count(True) != 1:
            raise ValueError("give one of product_ids, campaign_id and leftovers")
        if self.left_over_product_ids and not self.leftovers:
            raise ValueError("left_over_product_ids are of leftovers: give that too, or product_ids")
        return self


ReasonCode = Annotated[
    str | None,
    Field(description="of the reason, without its detail; null where answers of an older version do not tell it"),
]


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
    reason_code: ReasonCode


class Note(Strict):
    """A note on the list, as a code and in words."""

    code: str
    text: str


class RuleTaken(Strict):
    """How many of the person's goods a rule took away."""

    name: str
    goods: int


class RecommendResponse(Strict):
    """Recommendations; the basis is `cold` for a person who was not scored."""

    recommendations: list[RecommendationRow]
    basis: Basis
    known_by: Literal["purchases", "events", "nothing"]
    notes: list[Note]
    rules_applied: list[RuleTaken]
    attribution_id: Annotated[str, Field(description="for the events that come of it")]
    names: Names


class RecommendBatchLine(RecommendResponse):
    """One line per person: whose it is, and the answer that `/recommend` gives."""

    customer_id: str


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
    test: str
    test_share: float
    title: str
    state: Literal["active", "waiting", "ended"]


class RulesResponse(Strict):
    """The rules in their order, who set them, and warnings of what is probably not meant."""

    version: int
    rules: list[RuleRow]
    set_by: str | None
    set_at: str | None
    may_write: bool
    warnings: list[str]
    adult_goods: int
    now: Annotated[str, Field(description="instant of the states: rules hold by the clock")]
    data_day: Annotated[str, Field(description="first day that the answers have not seen, from which campaigns count")]
    names: Names


class AudienceRow(Strict):
    """One person for a product or campaign."""

    campaign_id: str | None
    product_id: str | None
    customer_id: str
    person_id: str
    rank: int
    probability: float
    expected_value: float | None
    group: Literal["contact", "holdout"]
    channel: str | None
    send_on: str | None
    reason: str | None
    attribution_id: str
    reason_code: ReasonCode


class ExclusionRow(Strict):
    """How many people were excluded, and why."""

    reason: str
    code: str | None = None
    customers: int


class AudienceResponse(Strict):
    """The audience, and who was excluded from it."""

    audience: list[AudienceRow]
    exclusions: list[ExclusionRow]
    basis: Basis
    ranked_by: Annotated[
        Literal["uplift", "response"],
        Field(description="response: past campaigns with a holdout, if any, do not surely say whom a contact moves"),
    ]
    effect_days: Annotated[int, Field(description="days from a contact in which purchases counted for its effect")]
    data_day: Annotated[str, Field(description="first day that the answers have not seen: who wants what is as of it")]
    clock_day: Annotated[str, Field(description="day by the machine's clock: contacts go by it")]
    names: Names
