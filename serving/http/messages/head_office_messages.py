"""Request and response about how the chain, its regions and stores do."""

from typing import Annotated

from pydantic import BaseModel, Field

from serving.http.messages.common import WHOLE, Strict, config
from serving.http.messages.listing_messages import ListedAttention


class HeadOfficeRequest(BaseModel):
    """Figures of four weeks against a year ago, and what changed since the answers before."""

    model_config = config({}, {"changes": 5})

    changes: Annotated[int, Field(strict=True, ge=0, le=100, description="new and gone exceptions to list"), WHOLE] = 10


class Figures(Strict):
    """Four weeks of the chain, a region or a store, the four weeks before and the same weekdays a year ago.

    Money, shares and days; null where unknown, see `reasons`. `sales_change` is against last year, `sales_trend`
    against the four weeks before, `sales_to_plan` against `sales_plan`, which is null unless the table `sales_plans`
    covers every day of every store that sells. `fill_rate` is the share of demand served in units. `weeks` are sales
    of 13 weeks, oldest first, with those of a year ago; null where no price is known. `lost_share` is that of
    lost sales in the money that customers would have spent. `shop_stock_value` and `shop_cover_days` leave out places
    that sell nothing (warehouses). `doubtful_stock_value` is the part of `stock_value`, and `doubtful_stock_lines` the
    number of lines, of shops that sold nothing in these weeks, of goods no longer listed there and of counts older than
    a quarter; null in answers of older versions. `latitude` and `longitude` are a store's, in degrees.
    """

    store_id: str | None
    name: str | None
    region: str | None
    sales: float | None
    sales_before: float | None
    sales_last_year: float | None
    sales_change: float | None
    sales_trend: float | None
    sales_plan: float | None
    sales_to_plan: float | None
    margin_plan: float | None
    margin: float | None
    margin_before: float | None
    margin_last_year: float | None
    margin_share: float | None
    margin_share_before: float | None
    margin_share_last_year: float | None
    lost_sales: float | None
    lost_sales_before: float | None
    lost_sales_last_year: float | None
    fill_rate: float | None
    fill_rate_before: float | None
    fill_rate_last_year: float | None
    stock_value: float | None
    stock_value_last_year: float | None
    cover_days: float | None
    cover_days_last_year: float | None
    shop_stock_value: float | None
    shop_cover_days: float | None
    doubtful_stock_value: float | None
    doubtful_stock_lines: float | None
    lost_share: float | None
    unpriced_units: float | None
    uncosted_units: float | None
    waste: float | None
    latitude: float | None
    longitude: float | None
    weeks: list[float | None]
    weeks_last_year: list[float | None]


class ChangedExceptions(Strict):
    """Exceptions that came or went: how many, their money, and the dearest of them."""

    lines: int
    money: float
    rows: list[ListedAttention]


class Changes(Strict):
    """What changed since the last answers of an earlier day, which is `since`.

    Where nobody knows those, `since` is the day of the answers themselves: changes since the first that were published
    of that day.
    """

    since: str
    new: ChangedExceptions
    gone: ChangedExceptions


class HeadOfficeResponse(Strict):
    """Figures in all, by region and by store; `reasons` says by a code why a figure of the whole is null.

    `changes` is null for the first answers and after answers of a later day.
    """

    as_of: str
    days: int
    total: Figures | None
    regions: list[Figures]
    stores: list[Figures]
    reasons: dict[str, str]
    changes: Changes | None
