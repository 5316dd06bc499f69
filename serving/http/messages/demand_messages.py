"""Requests and responses about demand: forecasts, what-if, overrides, forecast value added, sales history."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from retail_brain.operational.overrides import LEAST_FACTOR, MOST_FACTOR, is_usable_factor
from serving.http.messages.common import (
    LEAST_AMOUNT,
    ONCE,
    STRING,
    WHOLE,
    Basis,
    Comment,
    Day,
    Flag,
    Id,
    Names,
    Number,
    StatedQuantity,
    Strict,
    Text,
    config,
    required,
)


class ForecastRequest(BaseModel):
    """Forecasts of some products in a store."""

    model_config = config({"store_id": "S01", "product_ids": ["P001", "P002"], "horizon": 14})

    store_id: Id
    product_ids: Annotated[list[Id], Field(min_length=1, max_length=500), ONCE]
    horizon: Annotated[int, Field(strict=True, ge=1, le=366, description="periods ahead"), WHOLE] = 28
    quantiles: Annotated[list[Annotated[Number, Field(gt=0, lt=1)]], Field(max_length=50)] | None = None
    explain: Flag = False


class WhatIfRequest(BaseModel):
    """Forecast of a series at another price or under a promotion."""

    model_config = config({"store_id": "S01", "product_id": "P001", "horizon": 14, "price": 4.5})

    store_id: Id
    product_id: Id
    horizon: Annotated[int, Field(strict=True, ge=1, le=366), WHOLE] = 28
    price: (
        Annotated[Number, Field(ge=LEAST_AMOUNT, le=1e9, description="of every period, promotions included")] | None
    ) = None
    price_change: (
        Annotated[
            Number,
            Field(gt=-1, le=10, description="share by which every price changes, the planned ones of promotions too"),
        ]
        | None
    ) = None
    promotion: Flag | None = None


class OverrideIn(BaseModel):
    """An override of forecasts: a factor on them, or units per period instead; who and when is recorded."""

    model_config = config(
        rule={
            "allOf": [
                {"anyOf": [required(store_id=STRING), required(product_id=STRING)]},
                {
                    "anyOf": [
                        required(kind={"const": "units"}),
                        required(value={"const": 0}),
                        required(value={"minimum": LEAST_FACTOR, "maximum": MOST_FACTOR}),
                    ]
                },
            ]
        }
    )

    store_id: Annotated[Id | None, Field(description="none: every store")] = None
    product_id: Annotated[Id | None, Field(description="none: every product of the store")] = None
    kind: Literal["factor", "units"]
    value: StatedQuantity
    begins_on: Annotated[Day | None, Field(description="first day; none: the first day of the forecast")] = None
    ends_on: Annotated[Day, Field(description="first day that it no longer applies to, later than begins_on")]
    reason: Annotated[Comment, Field(min_length=1)]
    override_id: Annotated[Text | None, Field(description="given by the client: the same one twice counts once")] = None
    confirm_exception: Annotated[
        Flag, Field(description="it counts though it lasts longer or changes more than is usual")
    ] = False

    @model_validator(mode="after")
    def _of_something(self) -> "OverrideIn":
        if self.store_id is None and self.product_id is None:
            raise ValueError("give a store_id, a product_id or both")
        if self.kind == "factor" and not is_usable_factor(self.value):
            raise ValueError(f"a factor is 0, or from {LEAST_FACTOR} to {MOST_FACTOR}")
        return self


class OverridesRequest(BaseModel):
    """Overrides to make, to take back, and of which series to list them."""

    model_config = config(
        {},
        {
            "overrides": [
                {
                    "override_id": "o-1",
                    "store_id": "S01",
                    "product_id": "P001",
                    "kind": "factor",
                    "value": 1.5,
                    "ends_on": "2099-01-01",
                    "reason": "fair next door",
                    "confirm_exception": True,
                }
            ]
        },
        {"withdraw": ["o-1"]},
    )

    overrides: Annotated[list[OverrideIn], Field(max_length=500)] = []
    withdraw: Annotated[list[Text], Field(max_length=500)] = []
    store_id: Id | None = None
    product_id: Id | None = None


class LedgerRequest(BaseModel):
    """Forecast value added (FVA): over all origins, per origin, or per person."""

    model_config = config({}, {"scope": "user"})

    scope: Literal["all", "origin", "user"] | None = None


class HistoryRequest(BaseModel):
    """Recent sales of a product in a store."""

    model_config = config({"store_id": "S01", "product_id": "P001", "days": 90})

    store_id: Id
    product_id: Id
    days: Annotated[int, Field(strict=True, ge=1, le=3660), WHOLE] = 90


class ForecastRow(BaseModel):
    """One store x product x period; further `forecast_pXX` columns by the quantiles asked for, in units.

    With `explain` also the units by driver, and whether a promotion is planned for the day. Where a person's override
    applies, `override` says whose, and `engine_forecast` what it was without; what it adds is the driver `override`, so
    that drivers sum to `forecast`.
    """

    model_config = ConfigDict(extra="allow")

    store_id: str
    product_id: str
    date: str
    forecast: float
    promotion: bool | None = None
    drivers: dict[str, float] | None = None
    campaign_units: float | None = None
    engine_forecast: float | None = None
    override: dict[str, Any] | None = None


class PlannedEnd(Strict):
    """The last day of a product in the store; the plan of stock counts no sales after it, whatever is forecast."""

    product_id: str
    ends_on: str
    end_kind: Literal["listing", "season"]


class LeftOut(Strict):
    """A product that the store sells no more or not yet: nothing is expected, ordered or planned of it there."""

    product_id: str
    reason: Literal["delisted", "not_yet_listed", "silent"]
    last_sale: str | None
    note: Annotated[str, Field(description="the reason in the language of the request")]


class ForecastResponse(Strict):
    """Forecasts; `cold_product_ids` have none of their own and got that of similar series; `left_out` got zeros.

    `drivers_note` says why drivers that were asked for are missing, in the language of the request. `planned_ends`
    comes with `explain`.
    """

    forecasts: list[ForecastRow]
    basis: Basis
    cold_product_ids: list[str]
    left_out: list[LeftOut] = Field(default=[])
    names: Names
    drivers_note: str | None = None
    planned_ends: list[PlannedEnd] = Field(default=[], description="with `explain` alone")


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
    """Demand as planned and with the change; beyond the seen prices the elasticity alone says what happens.

    `elasticity` is that of the product's profile (`elasticity_of` `product`), else its category's (`category`); null
    with `model` where answers of an older version have none. `promotion_note` says what happens to planned promotions.
    """

    what_if: list[WhatIfRow]
    totals: WhatIfTotals
    usual_price: float | None
    seen_prices: PriceRange | None
    unit_cost: float | None
    is_beyond_seen_prices: bool
    elasticity: float | None
    elasticity_of: Literal["product", "category", "model"]
    promoted_periods: int
    promotion_note: str | None
    names: Names


class OverrideRow(Strict):
    """An override of forecasts by a person."""

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
    """Error and bias of an FVA step (`touch`: naive, moving_average, engine, override), as shares of the units sold.

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
    """Forecast value added as it was when the answers were published."""

    ledger: list[LedgerRow]
    as_of: str


class HistoryRow(Strict):
    """One day of sales; null where nothing was recorded."""

    date: str
    units: float | None
    unit_price: float | None
    promotion: bool
    in_stock: float | None


class CalendarRow(Strict):
    """An event day of the calendar."""

    date: str
    name: str
    type: str


class HistoryResponse(Strict):
    """Recent days of sales, and the event days around them."""

    rows: list[HistoryRow]
    first_day: str
    last_day: str
    events: list[CalendarRow]
