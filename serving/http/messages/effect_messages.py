"""Requests and responses of measured effects: what contacts caused against held-out people, look by look."""

from typing import Any

from pydantic import BaseModel

from serving.http.messages.common import CampaignId, Strict, config


class CampaignEffectRequest(BaseModel):
    """A campaign whose effect was measured: one made here, or one of the lake."""

    model_config = config({"campaign_id": "greens"})

    campaign_id: CampaignId


class CampaignMeasureRequest(BaseModel):
    """A campaign to measure now, as of the last day of the data."""

    model_config = config({"campaign_id": "greens"})

    campaign_id: CampaignId


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
    looks_left_out: int = 0
    receipts: dict[str, int]
