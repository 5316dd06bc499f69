"""Requests and responses of a campaign's life: drafts, previews, approval, and how each stands."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from retail_brain.decisions.campaigns.definition import CampaignDefinition
from serving.http.messages.common import (
    ONCE,
    SAID,
    WHOLE,
    CampaignId,
    Comment,
    Id,
    Names,
    Offset,
    StoreNames,
    Strict,
    Version,
    any_of,
    config,
    required,
)
from serving.http.messages.effect_messages import LookRow
from serving.planning.campaigns.standing import ByClock

CampaignState = Literal["draft", "previewed", "approved", "running", "ended", "stopped", "measured"]

_BLANK = {"type": "string", "not": {"pattern": SAID}}
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
            required(act={"const": "stop"}, reason={"type": "string", "pattern": SAID}),
            {"properties": {"act": {"enum": ["preview", "approve"]}, "reason": {"anyOf": [_BLANK, {"type": "null"}]}}},
        ),
    )

    campaign_id: CampaignId
    version: Version
    act: Literal["preview", "approve", "stop"]
    reason: Comment | None = None

    @model_validator(mode="after")
    def _has_reason(self) -> "CampaignActRequest":
        if (self.act == "stop") != bool(self.reason and re.search(SAID, self.reason)):
            raise ValueError("give a reason with stop, and only with it")
        return self


class CampaignProposeRequest(BaseModel):
    """A new draft for the excess stock of some shops and products (none named: of all)."""

    model_config = config({"campaign_id": "greens", "store_ids": ["S03"]})

    campaign_id: CampaignId
    store_ids: Annotated[list[Id], Field(max_length=10_000), ONCE] = []
    product_ids: Annotated[list[Id], Field(max_length=500), ONCE] = []


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
    expected_purchases: Annotated[
        float | None, Field(description="of all goods that are open to each person; null in previews of older versions")
    ] = None
    incremental_share: Annotated[
        float | None,
        Field(
            description="caused_purchases of expected_purchases, the one share to tell; null of no purchases, and in "
            "previews of older versions"
        ),
    ] = None
    caused_share: Annotated[
        float, Field(description="what past contacts caused, measured or assumed: the estimate behind caused_purchases")
    ]
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


ClockDay = Annotated[
    str, Field(description="day by the machine's clock, by which contacts go; `today` is the published day")
]


class CampaignRow(Strict):
    """A campaign as it stands: its definition, the preview that counts, and who did what when.

    `name` is that of the definition; one that was proposed and that nobody changed is in the language asked for.
    """

    campaign_id: str
    name: str = ""
    version: int
    state: CampaignState
    by_clock: Annotated[
        ByClock | None,
        Field(
            description="where the machine's clock is in its days, while `state` is as of the published day; over: "
            "nobody is contacted any more; replay: not approved before they were over, so that past days are replayed"
        ),
    ]
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
    """Campaigns, the newest first, without their previews; each with the newest look at its effect.

    `left_out` counts stored campaigns, `looks_left_out` looks of any campaign, that cannot be read and are not listed.
    """

    campaigns: list[CampaignRow]
    total: int
    left_out: int = 0
    looks_left_out: int = 0
    today: str
    clock_day: ClockDay
    may_write: bool


class CampaignResponse(Strict):
    """One campaign, the states that it went through, and whether whoever asks, or its author, may approve it."""

    campaign: CampaignRow
    history: list[PassedState]
    today: str
    clock_day: ClockDay
    may_write: bool
    may_approve: bool
    needs_second_person: bool
    names: Names
    store_names: Annotated[StoreNames, Field(default_factory=dict)]
