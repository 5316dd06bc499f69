"""Builds the scenario of a replay (demand, opening stock, delays, order days) and the policies played on it."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from features.demand.periods import Period
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Bools, Days, Floats, Ints
from retail_brain.decisions.order_calendar import order_cycle
from retail_brain.decisions.price_response import PriceResponse
from retail_brain.settings import ReplenishmentSettings, Settings
from retail_brain.simulation.engine import Outcome, Policy, simulate
from retail_brain.simulation.forecasts import MovingAverageForecast
from retail_brain.simulation.policies import (
    Cover,
    Forecast,
    OrderUpTo,
    SuggestedOrders,
    baseline_order_up_to,
    listed_ahead,
    review_schedule,
)
from retail_brain.simulation.scenario import Environment, OpeningStock
from serving.planning.replay.chain_orders import ChainOrders, Estimates, Prices
from serving.planning.replay.delays import order_delays
from serving.planning.replay.inputs import ReplayFacts
from serving.planning.replay.markdowns import AdvisedMarkdowns
from serving.planning.replay.opening import opening_due
from serving.planning.replay.periods import mean_days, period_starts
from serving.planning.replay.restock import Restock, read_restock

_LONGEST_COVER_PERIODS = 30
"""Periods of cover that a policy may ask for, above the largest of COVER_PERIODS."""
_RATE_PERIODS: dict[Period, tuple[int, int]] = {"day": (56, 7), "week": (13, 1), "month": (6, 1)}
"""Periods of the moving mean, and of the short season within it. Chosen by judgement, not measured."""
_BLOCK_PERIODS: dict[Period, int] = {"day": 7, "week": 1, "month": 1}
"""Periods per block of the bootstrap: a week at least, so that a block has every weekday."""


@dataclass(frozen=True)
class ReplayScenario:
    """Scenario of a replay: the same demand, opening stock, delays and order days for all policies.

    Attributes:
        facts: the stretch of history.
        environment: demand, lead times, shelf life and costs of the simulation.
        opening: stock before the first period.
        review: whether each series may be ordered before each period; never an order that would arrive after the
            listing.
        starts: first days of the periods, and of enough of them after the last for the longest horizon.
        rates: plain forecasts from the periods before each.
        settings: how orders are decided.
        restock: how the plan orders for warehouses; None where it does not.
    """

    facts: ReplayFacts
    environment: Environment
    opening: OpeningStock
    review: Bools
    starts: Days
    rates: MovingAverageForecast
    settings: Settings
    restock: Restock | None = None

    @classmethod
    def of(cls, facts: ReplayFacts, settings: Settings, *, paths: int, seed: int, refresh: int = 1) -> "ReplayScenario":
        """Builds the scenario of the periods of `facts`.

        Args:
            facts: recovered demand, stock and terms of the periods.
            settings: how orders are decided.
            paths: sample paths of the plain forecasts.
            seed: for late deliveries and the plain forecasts.
            refresh: periods between forecasts.
        """
        terms, axis = facts.terms, facts.axis
        evening = int(settings.replenishment.orders_placed == "after_closing")
        start = np.datetime64(axis.first, "D")
        cycle = order_cycle(start, terms.lead_days, terms.review_days, terms.open_weekdays, after_closing=bool(evening))
        # a week more: the next order day of suppliers that take orders on some weekdays only
        reach_days = int(np.max((cycle.next_arrives_on - start).astype(np.int64))) + 7
        reach = -(-reach_days // min(axis.days_per_period, 28)) + 1
        starts = period_starts(axis, 0, axis.count + reach + refresh + 1)
        schedule_starts = starts[: axis.count + 2] - np.timedelta64(evening, "D")
        ordered_on = review_schedule(schedule_starts, terms.review_days, terms.open_weekdays)
        delays = order_delays(ordered_on, terms, starts, least_days=evening, seed=seed)
        due = opening_due(facts.open_orders, facts.opening_on_order, terms, starts, seed)
        network = settings.network
        is_limited = network.orders_within_source_stock
        window, season = _RATE_PERIODS[axis.period]
        environment = Environment(
            demand=facts.played,
            counted=np.ones(facts.played.shape, dtype=np.bool_),
            lead=delays.agreed,
            life=facts.life,
            holding=terms.holding * mean_days(axis),
            short=np.maximum(terms.margin + terms.stockout, 1e-9),
            unit_cost=terms.cost_guess,
            order_cost=np.full(len(terms.margin), settings.replenishment.order_cost),
            fifo=settings.replenishment.withdrawal == "fifo",
            late=delays.late,
            block=_BLOCK_PERIODS[axis.period],
            sources=facts.warehouses.stock if is_limited and facts.warehouses is not None else None,
            move_cost=network.transfer_cost_per_unit,
            move_line_cost=network.transfer_line_cost,
            move_delay=int(np.ceil(network.transfer_days / axis.days_per_period)),
            margin=terms.margin,
        )
        return cls(
            facts=facts,
            environment=environment,
            opening=OpeningStock(facts.opening_on_hand, due, facts.opening_batches),
            review=~np.isnat(ordered_on) & _still_listed(facts.listed, delays.agreed, axis.count),
            starts=starts,
            rates=MovingAverageForecast(
                facts.demand, facts.before, reach + refresh, paths, window=window, season=season, seed=seed
            ),
            settings=settings,
            restock=read_restock(facts, settings.replenishment, starts, seed) if is_limited else None,
        )

    @property
    def fresh(self) -> Bools:
        """Series of fresh goods, by shelf life."""
        return self.facts.terms.shelf_life_days <= self.settings.replenishment.fresh_days

    def play(self, policy: Policy) -> Outcome:
        """Simulates a policy on the scenario; the plan's own orders restock warehouses, else what really came."""
        environment = self.environment
        if isinstance(policy, ChainOrders) and self.restock is not None:
            environment = replace(environment, sources=self.restock.stock)
        return simulate(environment, policy, self.opening)

    def suggested(
        self, forecast: Forecast, *, policy: str | None = None, level: float | None = None
    ) -> SuggestedOrders:
        """Suggested orders as a policy; `policy` and `level` (service level) replace those of settings and terms."""
        settings = self.settings.replenishment
        if policy is not None:
            settings = settings.model_copy(update={"policy": policy})
        if level is not None:
            settings = settings.model_copy(update={"policy": "service_level"})
        return self.by(forecast, settings, level)

    def by(self, forecast: Forecast, settings: ReplenishmentSettings, level: float | None = None) -> SuggestedOrders:
        """Suggested orders under `settings` as a policy; `level` replaces every series' service level."""
        terms = self.facts.terms
        if level is not None:
            terms = replace(terms, service_level=np.full(len(terms.margin), level))
        return SuggestedOrders(forecast, terms, self.starts, self.review, settings, listed=self._listed)

    def cover(self, periods: Floats | float) -> Cover:
        """A policy that covers `periods` of mean demand beyond lead time and review period."""
        terms = self.facts.terms
        rates = replace(self.rates, horizon=self.rates.horizon + _LONGEST_COVER_PERIODS)
        span = (np.ceil(terms.lead_days) + np.ceil(terms.review_days)) / mean_days(self.facts.axis)

        def mean(period: int) -> Floats:
            ahead = rates.mean(period)
            return ahead * listed_ahead(self.facts.listed, period, ahead.shape[1])

        return Cover(mean, np.maximum(span + periods, 0), self.review, terms.case_pack, up=True)

    def legacy(self, service_level: float | None = None) -> OrderUpTo:
        """Mean and deviation of the periods before, in the textbook formula; with a level, every series aims at it."""
        terms, past = self.facts.terms, self.facts.demand[:, : self.facts.before]
        usual = self.settings.replenishment.service_level
        asked = np.where(np.isnan(terms.service_level), usual, terms.service_level)
        if service_level is not None:
            asked = np.full(len(asked), service_level)
        length = mean_days(self.facts.axis)
        spans = terms.lead_days / length, terms.review_days / length
        level = baseline_order_up_to(past.mean(axis=1), past.std(axis=1), *spans, asked)
        return OrderUpTo(level, self.review, terms.case_pack)

    def chain(
        self,
        dataset: Dataset,
        forecast: Forecast,
        settings: ReplenishmentSettings,
        *,
        transfers: bool = True,
        prices: Prices | None = None,
        estimates: Estimates | None = None,
    ) -> ChainOrders:
        """The one plan of the chain under `settings` as a policy: orders, transfers and perhaps prices."""
        chosen = self.settings.model_copy(update={"replenishment": settings})
        return ChainOrders(
            dataset,
            self.facts,
            forecast,
            self.starts,
            self.review,
            chosen,
            restock=self.restock,
            transfers=transfers,
            prices=prices,
            estimates=estimates,
        )

    def markdowns(self, truth: pl.DataFrame) -> AdvisedMarkdowns:
        """Charges what the plan advises; `truth` says what prices do: columns of `elasticity.elasticities_of`."""
        facts = self.facts
        response = PriceResponse.of(truth, facts.series["product_id"])
        change_cost = self.settings.network.markdown_change_cost
        return AdvisedMarkdowns(facts.series, facts.terms.unit_price, response, change_cost)

    @property
    def _listed(self) -> Bools | None:
        return None if self.facts.listed.all() else self.facts.listed


def _still_listed(listed: Bools, agreed: Ints, periods: int) -> Bools:
    """Whether what is ordered before each period arrives while the series is listed, shape (series, periods + 1)."""
    lead = agreed if agreed.ndim == 2 else agreed[:, None]
    arrival = np.minimum(np.arange(periods + 1)[None, :] + lead, listed.shape[1] - 1)
    return np.take_along_axis(listed, arrival, axis=1)
