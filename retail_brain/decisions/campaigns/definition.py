"""Defines a campaign: goods or people, messages by channel, days and hours, money, size and holdout."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError, to_json

from retail_brain.decisions.audience_request import NO_SIZE, AudienceRequest
from retail_brain.decisions.nul import said_of
from retail_brain.decisions.whole_numbers import WHOLE
from retail_brain.errors import UsageError

_NO_NUL = r"^[^\x00]*$"


def _in_words(value: object) -> object:
    """Days as text or dates only: a number would be taken for seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and not value.lstrip("+-").replace(".", "", 1).isdigit()):
        return value
    raise ValueError("wanted a day as text, such as 2026-02-28")


MOST_NAMED = 100_000
"""People whom a definition may name: a few megabytes of JSON. Chosen by judgement, not measured."""
Id = Annotated[str, Field(min_length=1, max_length=200, pattern=_NO_NUL)]
_DAY = "^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
Day = Annotated[
    date,
    Field(ge=date(1970, 1, 1), le=date(2999, 12, 31), json_schema_extra={"pattern": _DAY}),
    BeforeValidator(_in_words),
]
Hour = Annotated[int, Field(strict=True, ge=0, le=24), WHOLE]
Money = Annotated[float, Field(strict=True, ge=0, le=1e12)]
Share = Annotated[float, Field(strict=True, ge=0, lt=1)]
Channel = Literal["wechat", "app", "sms", "email", "guide"]


Model = TypeVar("Model", bound=BaseModel)


class Frozen(BaseModel):
    """A part of a definition: it refuses unknown fields, and errors do not repeat what was sent."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


def _just_one(name: str) -> dict[str, Any]:
    return {"contains": {"properties": {"channel": {"const": name}}}, "minContains": 0, "maxContains": 1}


_NOTHING: dict[str, Any] = {"type": "null"}
_NO_GOODS: dict[str, Any] = {
    "product_ids": {"maxItems": 0},
    "category": _NOTHING,
    "launched_since": _NOTHING,
    "left_over": {"const": False},
}
_TEXT: dict[str, Any] = {"type": "string"}


def _goods(required: list[str], **fields: dict[str, Any]) -> dict[str, Any]:
    return {"required": required, "properties": _NO_GOODS | fields}


ONE_SLOT_A_CHANNEL: list[dict[str, Any]] = [{"properties": {"slots": _just_one(name)}} for name in get_args(Channel)]
"""JSON schemas that hold where no channel has two slots."""
_SCHEMA: dict[str, Any] = {
    "allOf": [
        {
            "anyOf": [
                _goods(["product_ids"], product_ids={"minItems": 1}),
                _goods(["category"], category=_TEXT),
                _goods(["launched_since"], launched_since=_TEXT),
                _goods(["left_over"], left_over={"const": True}, product_ids={}),
                _goods(["customer_ids"], customer_ids={"minItems": 1}),
                _goods(["segment"], segment=_TEXT),
            ]
        },
        *ONE_SLOT_A_CHANNEL,
    ]
}
"""JSON schema of what `CampaignDefinition` asks of several fields, but for the order of days and hours."""


def impossible(rule: str) -> PydanticCustomError:
    """A rule that no JSON schema can state, such as that hours follow each other: the service answers 422."""
    return PydanticCustomError("impossible", "{rule}", {"rule": rule})


class MessageSlot(Frozen):
    """What is sent by one channel, in both languages, and what one contact costs there."""

    channel: Channel
    text: Annotated[str, Field(min_length=1, max_length=2000, pattern=_NO_NUL, description="message in English")]
    text_zh: Annotated[str, Field(min_length=1, max_length=2000, pattern=_NO_NUL, description="message in Chinese")]
    contact_cost: Annotated[Money, Field(description="money for one contact")] = 0.0


class StopRules(Frozen):
    """When a running campaign stops by itself; without any it runs until its end or until somebody stops it."""

    on_harm: Annotated[bool, Field(strict=True, description="when a reading says that contacts do harm")] = False
    opt_out_share: Annotated[
        Share | None, Field(description="when more of the people reached opt out, from 30 people on")
    ] = None
    spent: Annotated[Money | None, Field(description="when another contact would cost more than this in all")] = None


class CampaignDefinition(Frozen):
    """A campaign as people write it: exactly one kind of goods, or people first and the goods chosen for each."""

    model_config = ConfigDict(json_schema_extra=_SCHEMA)

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=_NO_NUL)]
    kind: Literal["repeat", "explore", "mixed"] = "mixed"
    product_ids: Annotated[tuple[Id, ...], Field(max_length=500, description="goods on offer")] = ()
    category: Annotated[Id | None, Field(description="every product of this category")] = None
    launched_since: Annotated[Day | None, Field(description="goods launched on this day or later")] = None
    left_over: Annotated[
        bool, Field(strict=True, description="excess stock of the shops, or of it only product_ids")
    ] = False
    customer_ids: Annotated[tuple[Id, ...], Field(max_length=MOST_NAMED, description="only these people")] = ()
    segment: Annotated[Id | None, Field(description="only people of this segment, such as stage:friend")] = None
    store_ids: Annotated[tuple[Id, ...], Field(max_length=10_000, description="only people of these shops")] = ()
    slots: Annotated[tuple[MessageSlot, ...], Field(min_length=1, max_length=5)]
    starts_on: Annotated[Day, Field(description="first day of contact")]
    ends_on: Annotated[Day, Field(description="day after the last day of contact")]
    weekdays: Annotated[
        tuple[Annotated[int, Field(strict=True, ge=1, le=7), WHOLE], ...],
        Field(min_length=1, max_length=7, description="1 is Monday"),
    ] = (1, 2, 3, 4, 5, 6, 7)
    first_hour: Annotated[Hour, Field(description="first hour of the day in which people are contacted")] = 9
    last_hour: Annotated[Hour, Field(description="hour from which nobody is contacted any more")] = 21
    budget: Annotated[Money | None, Field(description="money for all contacts")] = None
    margin: Annotated[Money | None, Field(description="money that a caused purchase earns; else the goods' own")] = None
    size: Annotated[
        Annotated[int, Field(strict=True, ge=1, le=1_000_000), WHOLE] | None,
        Field(description="people, holdout included; none: all who pay"),
    ] = None
    holdout_share: Annotated[Share | None, Field(description="share that is not contacted; else the setting")] = None
    stop: Annotated[StopRules, Field(description="when it stops by itself")] = StopRules()
    stock_limit: Annotated[
        bool, Field(strict=True, description="whether the stock of people's shops limits how many are told")
    ] = True

    @model_validator(mode="after")
    def _hangs_together(self) -> "CampaignDefinition":
        named = bool(self.product_ids) and not self.left_over  # with left_over: only these of the excess stock
        goods = [named, self.category is not None, self.launched_since is not None, self.left_over]
        if sum(goods) > 1:
            raise ValueError("give one of product_ids, category, launched_since and left_over")
        if not any(goods) and not self.customer_ids and self.segment is None:
            raise ValueError(
                "give goods (product_ids, category, launched_since, left_over) or people (customer_ids, segment)"
            )
        if self.ends_on <= self.starts_on:
            raise impossible("ends_on is the day after the last one: it must lie behind starts_on")
        if self.ends_on > self.starts_on + timedelta(days=366):
            raise impossible("a campaign lasts a year at most")
        if self.last_hour <= self.first_hour:
            raise impossible("last_hour must lie behind first_hour")
        if len({slot.channel for slot in self.slots}) < len(self.slots):
            raise ValueError("a channel has one slot")
        return self

    @property
    def any_goods(self) -> bool:
        """Whether people come first and each is told of what suits them best."""
        return not (self.product_ids or self.category or self.launched_since or self.left_over)

    def request(self, campaign_id: str, product_ids: tuple[str, ...], usual_holdout: float) -> AudienceRequest:
        """The question whom to contact, for goods that were found for it."""
        return AudienceRequest(
            product_ids=product_ids,
            size=self.size or NO_SIZE,
            campaign_id=campaign_id,
            kind=self.kind,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            budget=self.budget,
            holdout_share=usual_holdout if self.holdout_share is None else self.holdout_share,
            channels=tuple(slot.channel for slot in self.slots),
            channel_costs={slot.channel: slot.contact_cost for slot in self.slots},
            weekdays=self.weekdays,
            any_goods=self.any_goods,
        )


def parse_definition(values: Mapping[str, Any], origin: str) -> CampaignDefinition:
    """A definition from plain values, as JSON or TOML hold them.

    Raises:
        UsageError: a field is missing, unknown or cannot be used; the message names each.
    """
    return parsed(CampaignDefinition, values, origin, "campaign")


def parsed(model: type[Model], values: Mapping[str, Any], origin: str, what: str) -> Model:
    """Values as a model of this kind; `what` names it in the error.

    Raises:
        UsageError: a field is missing, unknown or cannot be used; the message names each.
    """
    try:
        return model.model_validate_json(to_json(dict(values)))
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, problem['loc'])) or what}: {said_of(problem).removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False, include_context=False)
        ]
        raise UsageError(
            f"{origin} is no {what} that can be used: {'; '.join(problems[:5])}. Correct it.",
            {"problem": "definition_unusable", "faults": problems[:5], "problems": problems},
        ) from None
