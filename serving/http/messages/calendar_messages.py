"""Request and response of the calendar: promotions, campaigns and marked days of some weeks."""

from typing import Annotated

from pydantic import BaseModel, Field

from serving.http.messages.common import WHOLE, Day, Id, Names, Offset, Strict, config


class CalendarRequest(BaseModel):
    """Promotions that run within some days; without days four weeks back and eight ahead of the last visible one."""

    model_config = config({}, {"begins_on": "2026-02-01", "ends_on": "2026-04-30", "store_id": "S03"})

    begins_on: Annotated[Day | None, Field(description="first day; null: four weeks before the last visible day")] = (
        None
    )
    ends_on: Annotated[Day | None, Field(description="last day; null: eight weeks after the last visible day")] = None
    store_id: Annotated[Id | None, Field(description="only what runs in this store; null: all that the key sees")] = (
        None
    )
    limit: Annotated[int, Field(strict=True, ge=1, le=500), WHOLE] = 200
    offset: Offset = 0


class PromotionRow(Strict):
    """A promotion: `ends_on` is its last day; `stores` counts those that the key sees, null where it runs in all.

    `product_ids` names some of its goods.
    """

    promotion_id: str | None
    mechanic: str | None
    begins_on: str
    ends_on: str
    stores: int | None
    products: int
    product_ids: list[str]
    display: bool
    mailer: bool


class CampaignDays(Strict):
    """A campaign of people; `ends_on` is its last day."""

    campaign_id: str
    name: str
    state: str
    begins_on: str
    ends_on: str


class MarkedDay(Strict):
    """A holiday or event of the calendar."""

    date: str
    name: str
    type: str


class CalendarResponse(Strict):
    """Promotions by their first day, campaigns where the role sees people, and marked days.

    `published_from` and `published_until` are the days that promotions are known of; null in answers of older versions,
    which know none. `campaigns_left_out` counts stored campaigns that cannot be read.
    """

    as_of: str
    begins_on: str
    ends_on: str
    published_from: str | None
    published_until: str | None
    promotions: list[PromotionRow]
    total: int
    campaigns: list[CampaignDays]
    campaigns_left_out: int = 0
    days: list[MarkedDay]
    names: Names
