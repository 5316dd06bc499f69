"""Requests and responses about campaigns."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PrivateAttr, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler

from retail_brain.decisions.campaigns.definition import CampaignDefinition
from serving.http.messages.common import (
    NO_NUL,
    ONCE,
    STRING,
    WHOLE,
    Comment,
    Day,
    Flag,
    Id,
    Instant,
    Names,
    Offset,
    Strict,
    Text,
    Version,
    any_of,
    config,
    readable_rows,
    required,
)

CampaignId = Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL)]
CampaignState = Literal["draft", "previewed", "approved", "running", "ended", "stopped", "measured"]

_SAID = r"\S"
_BLANK = {"type": "string", "pattern": r"^\s*$"}
_EXAMPLE = {
    "name": "Spring greens",
    "product_ids": ["P001", "P002"],
    "kind": "mixed",
    "slots": [
        {"channel": "sms", "text": "Greens are in.", "text_zh": "鲜菜到店。", "contact_cost": 0.06},
        {"channel": "wechat", "text": "Greens are in.", "text_zh": "鲜菜到店。", "contact_cost": 0.02},
    ],
    "starts_on": "2026-03-02",
    "ends_on": "2026-03-09",
    "holdout_share": 0.1,
}


class CampaignsRequest(BaseModel):
    """All campaigns, or those that stand in some states."""

    model_config = config({}, {"states": ["running"]})

    states: Annotated[list[CampaignState], Field(min_length=1, max_length=7)] | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=500), WHOLE] = 100
    offset: Offset = 0


class CampaignRequest(BaseModel):
    """A campaign to look at; with `campaign` its draft is stored, with the `version` that the change was made to."""

    model_config = config({"campaign_id": "greens"}, {"campaign_id": "greens", "campaign": _EXAMPLE})

    campaign_id: CampaignId
    campaign: CampaignDefinition | None = None
    version: Annotated[Version | None, Field(description="that the change was made to; none for a new campaign")] = None


class CampaignActRequest(BaseModel):
    """What is done to a campaign, and the version that whoever does it saw; stopping needs a reason."""

    model_config = config(
        {"campaign_id": "greens", "version": 1, "act": "preview"},
        {"campaign_id": "greens", "version": 2, "act": "approve"},
        {"campaign_id": "greens", "version": 3, "act": "stop", "reason": "sold out"},
        rule=any_of(
            required(act={"const": "stop"}, reason={"type": "string", "pattern": _SAID}),
            {"properties": {"act": {"enum": ["preview", "approve"]}, "reason": {"anyOf": [_BLANK, {"type": "null"}]}}},
        ),
    )

    campaign_id: CampaignId
    version: Version
    act: Literal["preview", "approve", "stop"]
    reason: Comment | None = None

    @model_validator(mode="after")
    def _has_reason(self) -> "CampaignActRequest":
        if (self.act == "stop") != bool(self.reason and re.search(_SAID, self.reason)):
            raise ValueError("give a reason with stop, and only with it")
        return self


class CampaignContactsRequest(BaseModel):
    """People of an approved campaign, in the order in which they were ranked."""

    model_config = config({"campaign_id": "greens", "group": "contact"})

    campaign_id: CampaignId
    group: Literal["contact", "holdout"] | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=10_000), WHOLE] = 1000
    offset: Offset = 0


class CampaignEffectRequest(BaseModel):
    """A campaign whose effect was measured: one made here, or one of the lake."""

    model_config = config({"campaign_id": "greens"})

    campaign_id: CampaignId


_CAMPAIGN = {"campaign_id": STRING, "customer_id": STRING, "channel": STRING}
_NO_CAMPAIGN = {"campaign_id": {"type": "null"}, "customer_id": {"type": "null"}}


ContactId = Annotated[str, Field(min_length=1, max_length=40, pattern=NO_NUL)]


class ContactReceiptIn(BaseModel):
    """One report on a contact; an opt-out closes its channel for this person at once.

    The contact is named by its attribution id (the `contact_id` of what was handed over), or by campaign, customer and
    channel.
    """

    model_config = config(
        rule=any_of(
            {"required": ["attribution_id"], "properties": {"attribution_id": STRING} | _NO_CAMPAIGN},
            {"required": list(_CAMPAIGN), "properties": dict(_CAMPAIGN) | {"attribution_id": {"type": "null"}}},
        )
    )

    receipt_id: Annotated[Id, Field(description="the sender's own id: the same one twice counts once")]
    attribution_id: Annotated[ContactId | None, Field(description="`contact_id` of what was handed over")] = None
    campaign_id: CampaignId | None = None
    customer_id: Id | None = None
    channel: Literal["wechat", "app", "sms", "email", "guide"] | None = None
    kind: Literal["delivered", "opened", "clicked", "failed", "opted_out"]
    at: Instant

    @model_validator(mode="after")
    def _names_its_contact(self) -> "ContactReceiptIn":
        named = (self.campaign_id, self.customer_id, self.channel)
        if self.attribution_id is None and None in named:
            raise ValueError("give attribution_id, or campaign_id, customer_id and channel")
        if self.attribution_id is not None and (self.campaign_id is not None or self.customer_id is not None):
            raise ValueError(
                "attribution_id names campaign and customer already: leave campaign_id and customer_id out"
            )
        return self


_MAX_RECEIPTS = 1000
"""Receipts of one call, as of events. Chosen by judgement, not measured."""


class CampaignReceiptsRequest(BaseModel):
    """What came back of contacts; receipts that cannot be read or stored are named, the others are kept."""

    model_config = config(
        {
            "receipts": [
                {
                    "receipt_id": "r-1",
                    "campaign_id": "greens",
                    "customer_id": "C00001",
                    "channel": "sms",
                    "kind": "opted_out",
                    "at": "2026-03-02T10:15:00Z",
                }
            ]
        },
        {
            "receipts": [
                {
                    "receipt_id": "r-2",
                    "attribution_id": "0123456789abcdef0123456789abcdef",
                    "kind": "opened",
                    "at": "2026-03-02T10:15:00Z",
                }
            ]
        },
    )

    receipts: Annotated[list[ContactReceiptIn], Field(min_length=1, max_length=_MAX_RECEIPTS)]
    # private, so that no client can send it
    _refused: list[dict[str, Any]] = PrivateAttr(default_factory=list)

    @property
    def refused(self) -> list[dict[str, Any]]:
        """Receipts that cannot be read: their place in the list, the field, and what is wrong with it."""
        return self._refused

    @model_validator(mode="wrap")
    @classmethod
    def _good_receipts(
        cls, value: object, handler: ModelWrapValidatorHandler["CampaignReceiptsRequest"]
    ) -> "CampaignReceiptsRequest":
        """Keeps the receipts that can be read; where none can, or the list itself is wrong, the request is refused."""
        listed = value.get("receipts") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(listed, list) or len(listed) > _MAX_RECEIPTS:
            return handler(value)
        good, refused = readable_rows(listed, ContactReceiptIn, "receipt")
        if not good:
            return handler(value)
        request = handler(value | {"receipts": good})
        request._refused = refused
        return request


class RefusedReceipt(Strict):
    """A receipt that was not stored: its place in the list, from 0, its id, and what is wrong with it."""

    receipt: int
    receipt_id: str | None
    where: str
    problem: str


class CampaignReceiptsResponse(Strict):
    """How many receipts were new, how many had been sent before, and which were refused."""

    stored: int
    duplicates: int
    refused: list[RefusedReceipt]


class LookRow(Strict):
    """One look at an effect: the day, and purchases per contacted person with the interval for reading every day.

    `net` is money in all: caused margin less cost, with its interval; null while groups are small.
    """

    as_of: str
    measured_by: str
    measured_at: str
    is_final: bool
    difference: float | None
    low: float | None
    high: float | None
    is_clear: bool
    net: dict[str, float] | None = None


class CampaignEffectResponse(Strict):
    """The newest measured effect (null before the first look), and the looks in order of their days."""

    campaign_id: str
    effect: dict[str, Any] | None
    looks: list[LookRow]
    receipts: dict[str, int]


class CampaignMeasureRequest(BaseModel):
    """A campaign to measure now, as of the last day of the data."""

    model_config = config({"campaign_id": "greens"})

    campaign_id: CampaignId


class CampaignPushRequest(BaseModel):
    """Contacts of an approved campaign that are due by a day, for an address of the setting campaigns.push_targets."""

    model_config = config({"campaign_id": "K15", "target": "crm"})

    campaign_id: CampaignId
    target: Annotated[Text, Field(description="name in the setting campaigns.push_targets")]
    day: Annotated[Day | None, Field(description="due by this day; none: the day after the answers")] = None


class CampaignPushResponse(Strict):
    """Contacts handed over, people due whose channel is not open any more, and contacts taken back of who refused.

    `elsewhere` are due contacts that another push hands over at present, or that were taken back meanwhile; `capped`
    are late ones that wait, since today they would be more than the caps allow.
    """

    contacts: int
    closed: int
    taken_back: int
    elsewhere: int
    capped: int
    day: str


class CampaignProposeRequest(BaseModel):
    """A new draft for the excess stock of some shops and products (none named: of all)."""

    model_config = config({"campaign_id": "greens", "store_ids": ["S03"]})

    campaign_id: CampaignId
    store_ids: Annotated[list[Id], Field(max_length=10_000), ONCE] = []
    product_ids: Annotated[list[Id], Field(max_length=500), ONCE] = []


class CampaignAssignRequest(BaseModel):
    """Shares people out among the campaigns that are not approved (none named: all of them), beside what runs."""

    model_config = config({}, {"campaign_ids": ["greens", "milk"], "per_customer": 1})

    campaign_ids: Annotated[list[CampaignId], Field(max_length=500), ONCE] = []
    per_customer: Annotated[
        int, Field(strict=True, ge=1, le=100, description="most campaigns per person, running ones among them"), WHOLE
    ] = 1
    apply: Annotated[Flag, Field(description="store the people of each in its definition")] = False


class AssignedRow(Strict):
    """A campaign: people whom it would list alone and gets beside the others, and what one more place is worth.

    Of those that run only `assigned` is known: their people are frozen. `cap` is null where nothing limits it.
    """

    campaign_id: str
    state: CampaignState
    cap: int | None
    alone: int | None
    assigned: int
    value: float | None
    price: float | None


class LeftOutRow(Strict):
    """A campaign that could not be planned, and why."""

    campaign_id: str
    problem: str


class CampaignAssignResponse(Strict):
    """What each campaign gets; value of the assignment and an upper bound on any; campaigns whose people are stored."""

    campaigns: list[AssignedRow]
    left_out: list[LeftOutRow]
    value: float
    bound: float
    stored: int
    beyond_stock: Annotated[
        int, Field(description="offers given up: the campaigns together promised more than there is")
    ]


class StepRow(Strict):
    """People whom one step left out, and how many were left after it."""

    code: str
    reason: str
    customers: int
    left: int


class OverlapRow(Strict):
    """Another campaign that is approved and tells, or holds out, the same people in the same days.

    `people` are listed here, or left out for it (`left_out`); `products` are what both have on offer for them. Id and
    name are null where the key may not see that campaign.
    """

    campaign_id: str | None
    name: str | None = None
    people: int
    left_out: int
    products: list[str]


class PreviewRow(BaseModel):
    """Numbers of a preview; rows by product, channel, store, segment and day, and stock against promises."""

    as_of: str
    considered: int
    contacts: int
    holdout: int
    steps: list[StepRow]
    expected_buyers: float
    expected_buyers_any: float
    caused_purchases: float
    expected_purchases: float | None = None
    incremental_share: float | None = None
    caused_share: float
    effect_days: int | None = None
    effect_basis: Literal["measured", "assumed"]
    ranked_by: Literal["uplift", "response"] = "response"
    measured_campaigns: int = 0
    cost: float
    expected_value: float | None
    products: list[dict[str, Any]]
    channels: list[dict[str, Any]]
    stores: list[dict[str, Any]]
    segments: list[dict[str, Any]]
    days: list[dict[str, Any]]
    stock: list[dict[str, Any]]
    overlaps: list[OverlapRow] = []


class CampaignRow(Strict):
    """A campaign as it stands: its definition, the preview that counts, and who did what when.

    `name` is that of the definition; one that was proposed and that nobody changed is in the language asked for.
    """

    campaign_id: str
    name: str = ""
    version: int
    state: CampaignState
    definition: dict[str, Any]
    preview: PreviewRow | None
    created_by: str
    created_at: str
    changed_by: str
    changed_at: str
    approved_by: str | None
    approved_at: str | None
    stopped_by: str | None
    stopped_at: str | None
    stop_reason: str | None
    stop_rule: dict[str, Any] | None
    measured_by: str | None
    measured_at: str | None
    place: dict[str, Any] | None = None
    look: LookRow | None = None


class PassedState(Strict):
    """A state that a campaign came to: by whom (null: by the calendar), and when."""

    state: CampaignState
    by: str | None
    at: str


class CampaignsResponse(Strict):
    """Campaigns, the newest first, without their previews; each with the newest look at its effect."""

    campaigns: list[CampaignRow]
    total: int
    today: str
    may_write: bool


class CampaignResponse(Strict):
    """One campaign, the states that it went through, and whether whoever asks, or its author, may approve it."""

    campaign: CampaignRow
    history: list[PassedState]
    today: str
    may_write: bool
    may_approve: bool
    needs_second_person: bool
    names: Names


class ContactRow(Strict):
    """One person of a campaign; `contact_id` is the attribution id that receipts and events give back.

    `day` is that of the plan, `sent_on` that of the contact: later where it was handed over late.
    """

    contact_id: str
    customer_id: str
    group: Literal["contact", "holdout"]
    state: Literal["planned", "sent", "opted_out", "withdrawn"]
    channel: str
    day: str
    hour: int
    store_id: str | None
    product_id: str
    probability: float
    caused: float
    expected_value: float | None
    segment: str | None
    sent_on: str | None = None


class CampaignContactsResponse(Strict):
    """People of a campaign."""

    contacts: list[ContactRow]
    total: int
    names: Names
