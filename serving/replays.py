"""Replays of order policies on a chain's recorded demand: the use case behind `retail-brain simulate`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Floats
from retail_brain.decisions.calendar import order_cycle
from retail_brain.decisions.policies import legacy_order_up_to
from retail_brain.errors import UsageError
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from retail_brain.simulation.engine import Policy, simulate
from retail_brain.simulation.forecasts import MovingRates, refreshed
from retail_brain.simulation.policies import Cover, Forecast, OrderUpTo, SuggestedOrders, hindsight
from retail_brain.simulation.report import Played, summary, write_report
from retail_brain.simulation.schedule import review_schedule
from retail_brain.simulation.world import FOREVER, Opening, World
from serving.replay_facts import ReplayFacts, read_replay
from serving.suggestions import Forecaster

POLICIES = ("suggested", "cover", "legacy", "perfect", "recorded")
_COVER_DAYS = (2, 3, 4, 5, 6, 7, 9, 11, 14, 18, 23, 30)
_USUAL_COVER_DAYS = 7.0
_LEAST_TUNE_DAYS = 7
_LEVELS = (0.7, 0.8, 0.9, 0.95, 0.98)

Fit = Callable[[Dataset], Forecaster]
"""Fits a demand model on a dataset as it was known on a day."""


@dataclass(frozen=True)
class Replay:
    """What a replay came to.

    Attributes:
        table: one row per policy, see `simulation.report.summary`.
        curve: one row per policy and service level or cover: fill rate, mean stock, cost.
        played: the replays behind the table.
        notes: what was assumed.
    """

    table: pl.DataFrame
    curve: pl.DataFrame
    played: list[Played]
    notes: list[str]

    def write(self, folder: Path, title: str) -> None:
        """Writes the report."""
        write_report(folder, self.table, self.curve, self.played, title=title, notes=self.notes)


def replay(
    dataset: Dataset,
    settings: Settings,
    *,
    first: date,
    last: date,
    policies: Sequence[str] = POLICIES,
    stores: Sequence[str] | None = None,
    fit: Fit | None = None,
    refresh_days: int = 7,
    tune_days: int = 91,
    paths: int = 100,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Replay:
    """Replays policies day by day from `first` to `last` on the same demand.

    Args:
        dataset: the whole history.
        settings: defaults of supply terms.
        first: first day played; forecasts, cover and levels come from the days before it.
        last: last day played.
        policies: some of POLICIES.
        stores: only these.
        fit: fits the demand model of the suggestions on what was known before `first`; None has them use moving rates.
        refresh_days: how often the demand model forecasts anew.
        tune_days: days before `first` on which the cover is tuned, itself by replay.
        paths: sample paths of the moving rates.
        seed: of demand recovery and paths; every policy sees the same demand.
        progress: told of each policy.

    Raises:
        UsageError: an unknown policy.
        ImpossibleError: nothing to replay.
    """
    unknown = sorted(set(policies) - set(POLICIES))
    if unknown or not policies:
        raise UsageError(f"policies {unknown or 'none'} cannot be replayed; wanted some of {', '.join(POLICIES)}.")
    chosen = list(stores) if stores is not None else None
    facts = read_replay(dataset, first, last, settings, chosen, seed)
    stage = _Stage.of(facts, first, settings, paths=paths, seed=seed, refresh_days=refresh_days)
    with progress.step("forecasts as of every refresh"):
        forecast = _forecasts(dataset, fit, stage, refresh_days, seed)
    cover = _tuned_cover(dataset, settings, first, tune_days, chosen, paths=paths, seed=seed)
    offered: dict[str, Policy] = {
        "suggested": stage.suggested(forecast),
        "cover": stage.cover(cover),
        "legacy": stage.legacy(),
        "perfect": stage.suggested(hindsight(facts.played, stage.rates.horizon)),
    }
    played = []
    for name in policies:
        if name in offered:
            with progress.step(f"replay {name}"):
                outcome = simulate(stage.world, offered[name], stage.opening)
                played.append(Played.of(name, outcome, stage.world))
        elif facts.has_inventory:
            played.append(_recorded(facts, stage.world))
    curve = _curve(stage, forecast)
    baseline = "cover" if "cover" in policies else played[0].name
    table = summary(played, facts.series["store_id"].to_list(), stage.world.periods, baseline, seed)
    return Replay(table, curve, played, _notes(facts, stage, cover, fit is not None, refresh_days))


@dataclass(frozen=True)
class _Stage:
    """Everything policies are played on."""

    facts: ReplayFacts
    world: World
    opening: Opening
    review: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.datetime64]
    rates: MovingRates
    settings: Settings

    @classmethod
    def of(
        cls, facts: ReplayFacts, first: date, settings: Settings, *, paths: int, seed: int, refresh_days: int
    ) -> "_Stage":
        terms, days = facts.terms, facts.played.shape[1]
        start = np.datetime64(first, "D")
        lead = np.ceil(terms.lead_days).astype(np.int64)
        cycle = order_cycle(start, terms.lead_days, terms.review_days, terms.open_weekdays)
        reach = int(np.max((cycle.next_arrives_on - start).astype(np.int64))) + 8
        keeps = terms.shelf_life_days > days
        life = np.where(keeps, FOREVER, np.maximum(np.nan_to_num(terms.shelf_life_days, posinf=1), 1)).astype(np.int64)
        due = np.zeros((len(lead), int(lead.max(initial=0)) + 1))
        due[np.arange(len(lead)), lead // 2] = facts.opening_on_order
        world = World(
            demand=facts.played,
            counted=np.ones(facts.played.shape, dtype=np.bool_),
            lead=lead,
            life=life,
            holding=terms.holding,
            short=np.maximum(terms.margin + terms.stockout, 1e-9),
            unit_cost=terms.cost_guess,
            order_cost=np.zeros(len(lead)),
        )
        return cls(
            facts=facts,
            world=world,
            opening=Opening(facts.opening_on_hand, due),
            review=review_schedule(start, days, terms.review_days, terms.open_weekdays),
            starts=start + np.arange(days + reach + refresh_days + 1),
            rates=MovingRates(facts.demand, facts.before, reach + refresh_days, paths, seed=seed),
            settings=settings,
        )

    def suggested(self, forecast: Forecast, level: float | None = None) -> SuggestedOrders:
        """The suggestions; with a level, every series aims at it."""
        terms = self.facts.terms
        if level is not None:
            terms = replace(terms, service_level=np.full(len(terms.margin), level))
        return SuggestedOrders(forecast, terms, self.starts, self.review, self.settings.replenishment)

    def cover(self, days: float) -> Cover:
        """Days of the moving mean, on top of lead time and review."""
        terms = self.facts.terms
        return Cover(self.rates.mean, days, self.review, terms.case_pack)

    def legacy(self, service_level: float | None = None) -> OrderUpTo:
        """Mean and deviation of the quarter before, in the textbook formula; with a level, every series aims at it."""
        terms, past = self.facts.terms, self.facts.demand[:, : self.facts.before]
        usual = self.settings.replenishment.service_level
        asked = np.where(np.isnan(terms.service_level), usual, terms.service_level)
        if service_level is not None:
            asked = np.full(len(asked), service_level)
        level = legacy_order_up_to(past.mean(axis=1), past.std(axis=1), terms.lead_days, terms.review_days, asked)
        return OrderUpTo(level, self.review, terms.case_pack)


def _forecasts(dataset: Dataset, fit: Fit | None, stage: _Stage, refresh_days: int, seed: int) -> Forecast:
    """Paths made anew every few days from what was known then, by a model fitted before the first day or by rates."""
    periods = range(-1, stage.world.periods, refresh_days)
    if fit is None:
        return refreshed({period: stage.rates(period) for period in periods})
    first = stage.starts[0].astype("datetime64[D]").item()
    model = fit(dataset.at(first - timedelta(days=1)))
    made = {}
    for period in periods:
        known = dataset.at(first + timedelta(days=period))
        made[period] = _series_paths(model, known, stage.facts.series, stage.rates.horizon, seed + period + 1)
    return refreshed(made)


def _series_paths(
    model: Forecaster, dataset: Dataset, series: pl.DataFrame, horizon: int, seed: int
) -> npt.NDArray[np.float32]:
    """Paths of the replay's series; those the model does not forecast are not wanted."""
    index = series.with_row_index("row")
    out: npt.NDArray[np.float32] | None = None
    stores = series["store_id"].unique().sort().to_list()
    for forecast in model.forecast(dataset, horizon, stores=stores, seed=seed):
        paths = forecast.paths
        if out is None:
            out = np.zeros((series.height, paths.units.shape[1], horizon), dtype=np.float32)
        found = paths.series.with_row_index("at").join(index, on=["store_id", "product_id"], how="inner")
        out[found["row"].to_numpy()] = paths.units[found["at"].to_numpy(), :, :horizon]
    return out if out is not None else np.zeros((series.height, 1, horizon), dtype=np.float32)


def _tuned_cover(
    dataset: Dataset, settings: Settings, first: date, days: int, stores: list[str] | None, *, paths: int, seed: int
) -> float:
    """The cover that would have cost least in the days before the first; with less than a fortnight, 7 days."""
    before = first - timedelta(days=1)
    earliest = dataset.at(before).daily_sales().select(pl.col("date").min()).collect().item()
    days = min(days, (first - earliest).days // 2)
    if days < _LEAST_TUNE_DAYS:
        return _USUAL_COVER_DAYS
    begin = first - timedelta(days=days)
    past = read_replay(dataset, begin, before, settings, stores, seed)
    stage = _Stage.of(past, begin, settings, paths=paths, seed=seed, refresh_days=0)
    costs = [float(simulate(stage.world, stage.cover(c), stage.opening).cost(stage.world).sum()) for c in _COVER_DAYS]
    return float(_COVER_DAYS[int(np.argmin(costs))])


def _recorded(facts: ReplayFacts, world: World) -> Played:
    """What really happened, as far as the records tell: stock that vanished beyond sales counts as wasted."""
    held = np.nan_to_num(np.maximum(facts.on_hand, 0))
    lost = np.maximum(facts.played - facts.sold, 0)
    opening = np.concatenate([facts.opening_on_hand[:, None], facts.on_hand[:, :-1]], axis=1)
    moved = facts.on_hand - opening + facts.sold
    wasted = np.nan_to_num(np.maximum(-moved, 0))
    lines = np.nan_to_num(moved > 0)
    cost: Floats = (
        held.sum(axis=1) * world.holding + lost.sum(axis=1) * world.short + wasted.sum(axis=1) * world.unit_cost
    )
    units = {
        "demand": float(facts.played.sum()),
        "sold": float(np.minimum(facts.sold, facts.played).sum()),
        "lost": float(lost.sum()),
        "wasted": float(wasted.sum()),
        "held": float(held.sum()),
        "lines": float(lines.sum()),
    }
    return Played("recorded", cost, units)


def _curve(stage: _Stage, forecast: Forecast) -> pl.DataFrame:
    """Stock against service: the suggestions at several service levels, and several covers."""
    tried: list[tuple[str, float, Policy]] = [
        ("suggested", level, stage.suggested(forecast, level)) for level in _LEVELS
    ]
    tried += [("cover", days, stage.cover(days)) for days in _COVER_DAYS[1::2]]
    tried += [("legacy", level, stage.legacy(level)) for level in _LEVELS]
    rows = []
    for name, setting, policy in tried:
        outcome = simulate(stage.world, policy, stage.opening)
        rows.append(
            {
                "policy": name,
                "setting": float(setting),
                "fill_rate": outcome.fill_rate,
                "mean_stock_units": float(outcome.held.sum()) / stage.world.periods,
                "cost": float(outcome.cost(stage.world).sum()),
            }
        )
    return pl.DataFrame(rows)


def _notes(facts: ReplayFacts, stage: _Stage, cover: float, model: bool, refresh_days: int) -> list[str]:
    made = "a demand model fitted before the first day" if model else "moving rates"
    made += f", anew every {refresh_days} days"
    notes = [
        f"{facts.series.height:,} series over {stage.world.periods} days from {stage.starts[0]}; forecasts: {made}.",
        f"Cover: {cover:g} days of the mean, the best of {list(_COVER_DAYS)} in a replay of the days before.",
        "Cost: holding, margin and stock-out cost of units not there, cost of units past their date.",
        "Suggested, cover, legacy and perfect are replayed on the same recovered demand from the same opening stock.",
    ]
    if facts.has_inventory:
        notes.append("Recorded: sales and stock as they were; stock that vanished beyond sales counts as wasted.")
    else:
        notes.append("No stock was recorded: openings are lead time and review of the mean, sales are taken as demand.")
    return notes
