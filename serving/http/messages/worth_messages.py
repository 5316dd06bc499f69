"""Request and response about what models and people were worth."""

from typing import Literal

from pydantic import BaseModel

from serving.http.messages.common import Strict, config


class WorthRequest(BaseModel):
    """What models and people were worth, as far as it was measured."""

    model_config = config({})


class OrdersWorth(Strict):
    """Decided suggestions whose cycle is over, in hindsight, as of the last job `measure_orders`.

    `models` is money with the suggested quantities less that with a simple rule's (the sales of four weeks until the
    following delivery, less stock), `people` that with people's quantities less that with the suggested ones. `better`
    and `worse` count lines that people made so. Null where `reason` says why.
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
    reason: Literal["not_measured", "no_cycle_over"] | None


class CampaignsWorth(Strict):
    """Caused margin less cost of campaigns, against their holdouts; `unclear` ones have groups too small to say."""

    money: float | None
    campaigns: int
    unclear: int
    reason: Literal["no_access", "no_campaign", "not_measured", "groups_too_small"] | None


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
