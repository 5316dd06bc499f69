"""Request and response about what models and people were worth."""

from typing import Literal

from pydantic import BaseModel

from serving.http.messages.common import Strict, config


class WorthRequest(BaseModel):
    """What models and people were worth, as far as it was measured."""

    model_config = config({})


class OrdersLeftOut(Strict):
    """Decided lines that were not measured, and the days that they are of.

    `no_suggestion`: without a suggested quantity; `not_over`: the sales do not reach the end of the cycle, or it is
    longer than half a year; `not_sold`: nothing was sold of it in the quarter before.
    """

    reason: Literal["no_suggestion", "not_over", "not_sold"]
    lines: int
    days: int


class OrdersWorth(Strict):
    """Decided suggestions whose cycle is over, in hindsight, as of the last job `measure_orders`.

    `models` is money with the suggested quantities less that with a simple rule's (the sales of four weeks until
    the following delivery, less stock), `people` that with people's quantities less that with the suggested ones.
    `better` and `worse` count lines that people made so. Null where `reason` says why. `left_out` counts the other
    decided lines; null where nothing, or an older version, measured.
    """

    models: float | None
    people: float | None
    lines: int
    changed: int
    better: int
    worse: int
    first_day: str | None
    last_day: str | None
    measured_at: str | None
    left_out: list[OrdersLeftOut] | None
    reason: Literal["not_measured", "no_cycle_over"] | None


class CampaignsWorth(Strict):
    """Caused margin less cost of campaigns, against their holdouts; `unclear` ones have groups too small to say.

    `looks_left_out` counts stored looks at effects that cannot be read.
    """

    money: float | None
    campaigns: int
    unclear: int
    reason: Literal["no_access", "no_campaign", "not_measured", "groups_too_small"] | None
    looks_left_out: int = 0


class ModelTest(Strict):
    """A model in use in its backtest, beside the simple rule: shares, for a backtest knows no money."""

    kind: Literal["demand", "recommender"]
    metric: str
    value: float | None
    baseline: float | None
    reason: Literal["no_model", "no_baseline"] | None


class WorthResponse(Strict):
    """Money where it was measured, and why it is not known elsewhere."""

    orders: OrdersWorth
    campaigns: CampaignsWorth
    models: list[ModelTest]
