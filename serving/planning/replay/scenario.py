"""Builds the scenario of a replay (demand, opening stock, delays, order days) and the policies played on it."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from retail_brain.decisions.arrays import Bools, Days, Floats, Ints
from retail_brain.decisions.order_calendar import order_cycle
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
from serving.planning.replay.inputs import ReplayFacts

_LONGEST_COVER_DAYS = 30
"""Days of cover that a policy may ask for, above the largest of COVER_DAYS."""


@dataclass(frozen=True)
class ReplayScenario:
    """Scenario of a replay: the same demand, opening stock, delays and order days for all policies.

    Attributes:
        facts: the stretch of history.
        environment: demand, lead times, shelf life and costs of the simulation.
        opening: stock before the first day.
        review: whether each series may be ordered before each day; never an order that would arrive after the listing.
        starts: the days, and enough of them after the last for the longest horizon.
        rates: plain forecasts from the days before each.
        settings: how orders are decided.
    """

    facts: ReplayFacts
    environment: Environment
    opening: OpeningStock
    review: Bools
    starts: Days
    rates: MovingAverageForecast
    settings: Settings

    @classmethod
    def of(
        cls, facts: ReplayFacts, first: date, settings: Settings, *, paths: int, seed: int, refresh_days: int
    ) -> "ReplayScenario":
        """Builds the scenario of the days of `facts`.

        Args:
            facts: recovered demand, stock and terms of the days.
            first: first day played.
            settings: how orders are decided.
            paths: sample paths of the plain forecasts.
            seed: for late deliveries and the plain forecasts.
            refresh_days: days between forecasts.
        """
        terms, days = facts.terms, facts.played.shape[1]
        after_closing = settings.replenishment.orders_placed == "after_closing"
        start = np.datetime64(first, "D")
        lead = np.maximum(np.ceil(terms.lead_days).astype(np.int64) - int(after_closing), 0)
        cycle = order_cycle(start, terms.lead_days, terms.review_days, terms.open_weekdays, after_closing=after_closing)
        reach = int(np.max((cycle.next_arrives_on - start).astype(np.int64))) + 8
        due = np.zeros((len(lead), int(lead.max(initial=0)) + 1))
        due[np.arange(len(lead)), lead // 2] = facts.opening_on_order
        environment = Environment(
            demand=facts.played,
            counted=np.ones(facts.played.shape, dtype=np.bool_),
            lead=lead,
            life=facts.life,
            holding=terms.holding,
            short=np.maximum(terms.margin + terms.stockout, 1e-9),
            unit_cost=terms.cost_guess,
            order_cost=np.full(len(lead), settings.replenishment.order_cost),
            fifo=settings.replenishment.withdrawal == "fifo",
            late=_late(terms.lead_sd_days, days, seed),
        )
        schedule = review_schedule(
            start - np.timedelta64(int(after_closing), "D"), days, terms.review_days, terms.open_weekdays
        )
        return cls(
            facts=facts,
            environment=environment,
            opening=OpeningStock(facts.opening_on_hand, due, facts.opening_batches),
            review=schedule & _still_listed(facts.listed, lead, days),
            starts=start + np.arange(days + reach + refresh_days + 1),
            rates=MovingAverageForecast(facts.demand, facts.before, reach + refresh_days, paths, seed=seed),
            settings=settings,
        )

    @property
    def fresh(self) -> Bools:
        """Series of fresh goods, by shelf life."""
        return self.facts.terms.shelf_life_days <= self.settings.replenishment.fresh_days

    def play(self, policy: Policy) -> Outcome:
        """Simulates a policy on the scenario."""
        return simulate(self.environment, policy, self.opening)

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

    def cover(self, days: Floats | float) -> Cover:
        """A policy that covers `days` of mean demand beyond lead time and review period."""
        terms = self.facts.terms
        rates = replace(self.rates, horizon=self.rates.horizon + _LONGEST_COVER_DAYS)
        span = np.ceil(terms.lead_days) + np.ceil(terms.review_days)

        def mean(period: int) -> Floats:
            ahead = rates.mean(period)
            return ahead * listed_ahead(self.facts.listed, period, ahead.shape[1])

        return Cover(mean, np.maximum(span + days, 0), self.review, terms.case_pack, up=True)

    def legacy(self, service_level: float | None = None) -> OrderUpTo:
        """Mean and deviation of the quarter before, in the textbook formula; with a level, every series aims at it."""
        terms, past = self.facts.terms, self.facts.demand[:, : self.facts.before]
        usual = self.settings.replenishment.service_level
        asked = np.where(np.isnan(terms.service_level), usual, terms.service_level)
        if service_level is not None:
            asked = np.full(len(asked), service_level)
        level = baseline_order_up_to(past.mean(axis=1), past.std(axis=1), terms.lead_days, terms.review_days, asked)
        return OrderUpTo(level, self.review, terms.case_pack)

    @property
    def _listed(self) -> Bools | None:
        return None if self.facts.listed.all() else self.facts.listed


def _late(lead_sd_days: Floats, days: int, seed: int) -> Ints | None:
    """Days that every order comes later than agreed, by series and day of ordering; None where all are punctual."""
    if not (lead_sd_days > 0).any():
        return None
    draws = np.random.default_rng((seed, 1)).normal(size=(len(lead_sd_days), days + 1))
    return np.rint(draws * lead_sd_days[:, None]).astype(np.int64)


def _still_listed(listed: Bools, lead: Ints, days: int) -> Bools:
    """Whether what is ordered before each day arrives while the series is listed, shape (series, days + 1)."""
    arrival = np.minimum(np.arange(days + 1)[None, :] + lead[:, None], listed.shape[1] - 1)
    return np.take_along_axis(listed, arrival, axis=1)
