"""Requests and responses about the people of campaigns: assignment, contacts and holdout, hand-over."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from serving.http.messages.campaign_messages import CampaignState
from serving.http.messages.common import ONCE, WHOLE, CampaignId, Day, Flag, Names, Offset, Strict, Text, config


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


class CampaignContactsRequest(BaseModel):
    """People of an approved campaign, in the order in which they were ranked."""

    model_config = config({"campaign_id": "greens", "group": "contact"})

    campaign_id: CampaignId
    group: Literal["contact", "holdout"] | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=10_000), WHOLE] = 1000
    offset: Offset = 0


class ContactRow(Strict):
    """One person of a campaign; `contact_id` is the attribution id that receipts and events give back.

    `day` is that of the plan, `sent_on` that of the contact: later where it was handed over late.
    """

    contact_id: str
    customer_id: str
    group: Literal["contact", "holdout"]
    state: Literal["planned", "sent", "opted_out", "withdrawn", "not_sent"]
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
    ends_on: Annotated[str | None, Field(description="last day on which the product can be had")] = None


class CampaignContactsResponse(Strict):
    """People of a campaign."""

    contacts: list[ContactRow]
    total: int
    names: Names


class CampaignPushRequest(BaseModel):
    """Contacts of an approved campaign that are due by a day, for an address of the setting campaigns.push_targets."""

    model_config = config({"campaign_id": "K15", "target": "crm"})

    campaign_id: CampaignId
    target: Annotated[Text, Field(description="name in the setting campaigns.push_targets")]
    day: Annotated[Day | None, Field(description="due by this day; none: the day after the answers")] = None


class CampaignPushResponse(Strict):
    """Contacts handed over, people due whose channel is not open any more, and contacts taken back of who refused.

    `elsewhere` are due contacts that another push hands over at present, or that were taken back meanwhile; `capped`
    are late ones that wait, since today they would be more than the caps allow; `ended` late ones that are never sent,
    since their goods can be had no more; `joined` people whose other card, as it turned out since the approval, is held
    out of the goods or told of them; `quiet` contacts that wait, since no open hour of today is left or today is none
    of the campaign's days of the week; `over` the same, never sent: the campaign or the goods end before a later day.
    """

    contacts: int
    closed: int
    taken_back: int
    elsewhere: int
    capped: int
    ended: int = 0
    joined: int = 0
    quiet: int = 0
    over: int = 0
    day: str
