"""What the routes about demand give."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from serving.http.responses.base import Basis, Names, Strict


class ForecastRow(BaseModel):
    """One store x product x period; further `forecast_pXX` columns by the quantiles asked for, in units.

    With `explain` also the units by driver, and whether a promotion is planned for the day. Where a person's override
    applies, `override` says whose, and `engine_forecast` what it was without; drivers explain the latter.
    """

    model_config = ConfigDict(extra="allow")

    store_id: str
    product_id: str
    date: str
    forecast: float
    promotion: bool | None = None
    drivers: dict[str, float] | None = None
    engine_forecast: float | None = None
    override: dict[str, Any] | None = None


class ForecastResponse(Strict):
    """Forecasts; `cold_product_ids` have none of their own and got that of their like."""

    forecasts: list[ForecastRow]
    basis: Basis
    cold_product_ids: list[str]
    names: Names


class WhatIfRow(Strict):
    """One period: units as planned and with the change, prices, revenue and margin of the changed forecast."""

    store_id: str
    product_id: str
    date: str
    forecast: float
    forecast_changed: float
    difference: float
    price: float | None
    price_changed: float | None
    expected_revenue: float | None
    revenue_difference: float | None
    expected_margin: float | None
    margin_difference: float | None


class WhatIfTotals(Strict):
    """Sums over the horizon; null where a price or the cost is not known."""

    forecast: float
    forecast_changed: float
    difference: float
    expected_revenue: float | None
    revenue_difference: float | None
    expected_margin: float | None
    margin_difference: float | None


class PriceRange(Strict):
    """Lowest and highest price of the history."""

    low: float
    high: float


class WhatIfResponse(Strict):
    """Demand as planned and with the change; beyond the seen prices the nearest of them is answered for."""

    what_if: list[WhatIfRow]
    totals: WhatIfTotals
    usual_price: float | None
    seen_prices: PriceRange | None
    unit_cost: float | None
    is_beyond_seen_prices: bool
    names: Names


class OverrideRow(Strict):
    """What a person put in the place of forecasts."""

    override_id: str
    store_id: str | None
    product_id: str | None
    begins_on: str
    ends_on: str | None
    kind: Literal["factor", "units"]
    value: float
    reason: str
    made_by: str
    made_at: str
    state: Literal["active", "waiting", "expired", "withdrawn"]
    withdrawn_by: str | None


class OverridesResponse(Strict):
    """Overrides, newest first; `stored` names those of this request."""

    overrides: list[OverrideRow]
    total: int
    stored: list[str]
    may_write: bool


class LedgerRow(Strict):
    """How far a touch (naive, moving_average, engine, override) was from what came: shares of the units sold.

    `lag`: one day ahead; `sum`: summed to the end of the risk horizon; `score` is mae + |bias|. A user's rows compare
    their overrides with the engine on the same days.
    """

    scope: Literal["all", "origin", "user"]
    origin: str | None
    user: str | None
    touch: str
    mae_lag: float | None
    bias_lag: float | None
    score_lag: float | None
    mae_sum: float | None
    bias_sum: float | None
    score_sum: float | None
    rows: int


class LedgerResponse(Strict):
    """The ledger of added value as it was when the answers were published."""

    ledger: list[LedgerRow]
    as_of: str


class HistoryRow(Strict):
    """One day; null where nothing is known."""

    date: str
    units: float | None
    unit_price: float | None
    promotion: bool
    in_stock: float | None


class CalendarRow(Strict):
    """A day with a name."""

    date: str
    name: str
    type: str


class HistoryResponse(Strict):
    """Recent days and the festivals around them."""

    rows: list[HistoryRow]
    first_day: str
    last_day: str
    events: list[CalendarRow]
