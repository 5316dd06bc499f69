"""Requests and responses of what comes back of contacts: delivered, opened, clicked, failed, opted out."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from serving.http.messages.common import NO_NUL, STRING, CampaignId, Id, Instant, Strict, any_of, config
from serving.http.messages.partly_read import PartlyRead

_CAMPAIGN = {"campaign_id": STRING, "customer_id": STRING, "channel": STRING}
_NO_CAMPAIGN = {"campaign_id": {"type": "null"}, "customer_id": {"type": "null"}}
_ContactId = Annotated[str, Field(min_length=1, max_length=40, pattern=NO_NUL)]


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
    attribution_id: Annotated[_ContactId | None, Field(description="`contact_id` of what was handed over")] = None
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


class CampaignReceiptsRequest(PartlyRead):
    """What came back of contacts; receipts that cannot be read or stored are named, the others are kept."""

    list_field, row_model, row_name, most_rows = "receipts", ContactReceiptIn, "receipt", _MAX_RECEIPTS
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
