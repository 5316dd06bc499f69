"""Replays the one plan of the sample: its warehouse's real stock, transfers and markdowns, and many origins.

Run from the project's root; figures are in docs/benchmarks.md, section Replenishment:

    python tests/benchmarks/bench_replay.py chain [--home HOME] [--cache DIR]
    python tests/benchmarks/bench_replay.py origins [--home HOME] [--cache DIR]

`chain` plays the last 91 days as `retail-brain simulate` does: the plan as suggested, with agreed levels met product by
product (`each`), or with one part left out. `origins` plays two weeks from each of twenty Sundays, from
the recorded stock of that day. `matched` has settings tuned on the 56 days before the last 91. Customers answer to
prices by the elasticities that made the sample. `--cache` keeps the forecasts, so that another version of the decisions
meets the same ones.
"""

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.api import open_tenant
from retail_brain.dataset import Dataset
from retail_brain.outputs import SERIES
from retail_brain.settings import ReplenishmentSettings, Settings
from retail_brain.simulation.engine import Policy
from retail_brain.simulation.policies import Forecast, perfect_forecast
from retail_brain.simulation.report import PolicyResult, summary
from serving.planning.replay.recorded import recorded
from serving.planning.replay.rolling_forecasts import Rolling, RollingForecasts
from serving.planning.replay.scenario import ReplayScenario
from serving.planning.replay.tuning import ReplaySetup, Tuned, tune
from training.demand.config import preset_config
from training.demand.model import DemandModel

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
LAST, DAYS = date(2026, 2, 28), 91
"""Last day of the sample, and days of the long replay."""
ORIGINS, ORIGIN_DAYS, ORIGIN_STEP = 20, 14, 7
"""Stretches of the second part, days of each (every weekday twice, and most order cycles) and from one to the next."""
SHOWN = ("policy", "cost", "fill_rate", "holding_cost", "lost_cost", "waste_cost", "moving_cost", "price_cost")


@dataclass(frozen=True)
class CachedSetup(ReplaySetup):
    """A setup whose forecasts are kept in a folder by the last day that they see."""

    cache: Path | None = None

    def forecasts(self, scenario: ReplayScenario) -> RollingForecasts:
        """Forecasts as of every refresh, read where they are kept."""
        if self.cache is None:
            return super().forecasts(scenario)
        axis, series, horizon = scenario.facts.axis, scenario.facts.series, scenario.rates.horizon
        periods = range(-1, axis.count, self.rolling.refresh(axis))
        kept = {period: _Kept(self.cache, axis.start(period + 1) - timedelta(days=1)) for period in periods}
        if not all(one.is_there(horizon) for one in kept.values()):
            made = super().forecasts(scenario)
            for period, one in kept.items():
                one.write(series, made.paths[period], made.prices[period])
        paths = {period: one.paths(series, horizon) for period, one in kept.items()}
        return RollingForecasts(paths, {period: pl.read_parquet(one.prices) for period, one in kept.items()})


@dataclass(frozen=True)
class _Kept:
    """Files of the forecasts that see the days up to one."""

    folder: Path
    day: date

    @property
    def prices(self) -> Path:
        return self.folder / f"{self.day}_prices.parquet"

    def is_there(self, horizon: int) -> bool:
        name = self.folder / f"{self.day}.npz"
        return name.is_file() and np.load(name)["units"].shape[2] >= horizon

    def write(self, series: pl.DataFrame, units: npt.NDArray[np.float32], prices: pl.DataFrame) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        series.write_parquet(self.folder / f"{self.day}_series.parquet")
        prices.write_parquet(self.prices)
        np.savez(self.folder / f"{self.day}.npz", units=units)

    def paths(self, series: pl.DataFrame, horizon: int) -> npt.NDArray[np.float32]:
        """Paths of some series; those that were not forecast have no demand."""
        units = np.load(self.folder / f"{self.day}.npz")["units"]
        known = pl.read_parquet(self.folder / f"{self.day}_series.parquet").with_row_index("at")
        rows = series.with_row_index("row").join(known, on=list(SERIES))
        out = np.zeros((series.height, units.shape[1], horizon), dtype=np.float32)
        out[rows["row"].to_numpy()] = units[rows["at"].to_numpy(), :, :horizon]
        return out


def read(home: Path | None) -> tuple[Dataset, Settings]:
    """The sample as a home has it, or as its files are."""
    if home is not None:
        tenant = open_tenant(home=home)
        return tenant.dataset, tenant.settings
    frames = {path.stem: pl.scan_parquet(path) for path in SAMPLE.glob("*.parquet")}
    return Dataset.from_frames(frames), Settings()


def setup_of(dataset: Dataset, settings: Settings, cache: Path | None) -> CachedSetup:
    """Forecasts of the demand model, fitted monthly and made weekly."""

    def fit(known: Dataset) -> DemandModel:
        return DemandModel.fit(known, preset_config(settings, "fast"))

    return CachedSetup(dataset.at(LAST), settings, fit=fit, rolling=Rolling(), cache=cache)


def unlimited(setup: CachedSetup) -> CachedSetup:
    """The setup with warehouses that have everything."""
    network = setup.settings.network.model_copy(update={"orders_within_source_stock": False})
    return replace(setup, settings=setup.settings.model_copy(update={"network": network}))


@dataclass(frozen=True)
class Stretch:
    """Some days with their forecasts, and what may be played on them.

    Attributes:
        setup: data, settings, forecasts.
        scenario: the days.
        tuned: settings tuned on days before; None where no policy asks for them.
        alone: whether orders are played alone, with the warehouse unlimited, instead of the chain's one plan.
    """

    setup: CachedSetup
    scenario: ReplayScenario
    tuned: Tuned | None
    alone: bool

    def policy(self, name: str) -> Policy:
        """A policy by its name."""
        setup, usual = self.setup, self.setup.settings.replenishment
        if name == "perfect":
            known = perfect_forecast(self.scenario.facts.played, self.scenario.rates.horizon)
            return self._of(setup, usual.model_copy(update={"policy": "economic"}), known)
        if name == "no transfers":
            setup = replace(setup, transfers=False)
        chosen = {"each": usual.model_copy(update={"service_levels": "each"})}
        if self.tuned is not None:
            chosen["matched"] = self.tuned.matched
        return self._of(setup, chosen.get(name, usual), None, priced=name != "no markdowns")

    def _of(
        self, setup: CachedSetup, decided: ReplenishmentSettings, known: Forecast | None, *, priced: bool = True
    ) -> Policy:
        forecast = setup.forecasts(self.scenario)
        if self.alone:
            return self.scenario.by(known or forecast, decided)
        # customers of the sample answer to prices by the elasticities that made it
        truth = pl.read_parquet(SAMPLE / "truth" / "elasticities.parquet")
        truth = truth.select("product_id", "elasticity", low="elasticity")
        return setup.chain(self.scenario, forecast, truth if priced and forecast.prices else None)(
            decided, known or forecast
        )

    def played(self, names: Sequence[str]) -> list[PolicyResult]:
        """Results of some policies, the recorded orders last."""
        results = []
        for name in names:
            begun = time.process_time()
            results.append(PolicyResult.of(name, self.scenario.play(self.policy(name)), self.scenario.environment))
            result = results[-1]
            served = result.units["sold"] / result.units["demand"]
            print(
                f"  {name}: {result.cost:,.0f} at {served:.2%}, waste {result.money['waste']:,.0f}, moved "
                f"{result.units['moved_out']:,.0f}, sold for less {result.units['extra']:,.0f}; "
                f"{time.process_time() - begun:.0f} s",
                flush=True,
            )
        return [*results, recorded(self.scenario)]


def stretch(setup: CachedSetup, options: argparse.Namespace, first: date, days: int, tuned: Tuned | None) -> Stretch:
    """The stretch of so many days from one on."""
    scenario = setup.scenario(first, first + timedelta(days=days - 1))
    return Stretch(setup, scenario, tuned, options.alone)


def tuned_before(setup: CachedSetup, options: argparse.Namespace) -> Tuned | None:
    """Settings tuned on the 56 days before the last 91, if a policy asks for them."""
    if "matched" not in options.policies:
        return None
    tuned = tune(setup, LAST - timedelta(days=DAYS - 1))
    one = tuned.matched
    found = f"spread {one.spread_factor:g}, fresh {one.fresh_spread_factor}, lost unit {one.lost_unit_cost:g}"
    print(f"matched: {found}", flush=True)
    return tuned


def measure_chain(setup: CachedSetup, options: argparse.Namespace) -> None:
    """The last 91 days."""
    begun = time.process_time()
    played = stretch(setup, options, LAST - timedelta(days=DAYS - 1), DAYS, tuned_before(setup, options))
    table = summary(
        played.played(options.policies), played.scenario.facts.series["store_id"].to_list(), DAYS, "recorded"
    )
    more = ("lost_units", "wasted_units", "moved_units", "refused_units", "extra_units", "share_low", "share_high")
    with pl.Config(tbl_rows=20, tbl_cols=20, tbl_width_chars=220, float_precision=3):
        print(table.select(*SHOWN, *more, "cost_share_of_baseline", "fill_rate_low", "fill_rate_high"))
    print(f"{time.process_time() - begun:.0f} s of processor, peak {_peak():.2f} GB")


def measure_origins(setup: CachedSetup, options: argparse.Namespace) -> None:
    """Twenty stretches of two weeks, each a week after the one before, with intervals over them."""
    latest = LAST - timedelta(days=ORIGIN_DAYS - 1)
    firsts = [latest - timedelta(days=ORIGIN_STEP * number) for number in range(ORIGINS - 1, -1, -1)]
    # the first eight stretches lie within the days that are tuned on, which flatters `matched`
    tuned = tuned_before(setup, options)
    rows = []
    for first in firsts:
        print(first, flush=True)
        results = stretch(setup, options, first, ORIGIN_DAYS, tuned).played(options.policies)
        rows += [{"first": first, "policy": one.name, "cost": one.cost, **one.units} for one in results]
    table = pl.DataFrame(rows, infer_schema_length=None)
    costs = {str(name[0]): part["cost"].to_numpy() for name, part in table.group_by("policy", maintain_order=True)}
    for name, part in table.group_by("policy", maintain_order=True):
        sold, demand, cost = part["sold"].to_numpy(), part["demand"].to_numpy(), costs[str(name[0])]
        ratios = ", ".join(f"of {other} {_interval(cost, below)}" for other, below in costs.items() if other != name[0])
        told = f"{name[0]}: {cost.sum():,.0f}, {ratios}, fill {_interval(sold, demand)}"
        print(f"{told}, {part['wasted'].sum():,.0f} wasted")


def _interval(above: np.ndarray, below: np.ndarray) -> str:
    """Ratio of two sums with a 95 % bootstrap interval over pairs of stretches, as neighbours share a week."""
    pairs = np.random.default_rng(0).integers(0, len(above) - 1, (2000, len(above) // 2))
    draws = np.concatenate([pairs, pairs + 1], axis=1)
    low, high = np.quantile(above[draws].sum(axis=1) / below[draws].sum(axis=1), (0.025, 0.975))
    return f"{above.sum() / below.sum():.2%} ({low:.2%} to {high:.2%})"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


PARTS: dict[str, Callable[[CachedSetup, argparse.Namespace], None]] = {
    "chain": measure_chain,
    "origins": measure_origins,
}
POLICIES = ("suggested", "each", "matched", "perfect", "no transfers", "no markdowns")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--home", type=Path, help="a home of the sample; without one its files are read")
    parser.add_argument("--cache", type=Path, help="folder that keeps the forecasts")
    parser.add_argument("--policies", nargs="+", choices=POLICIES, default=POLICIES)
    parser.add_argument("--unlimited", action="store_true", help="the warehouse has everything")
    parser.add_argument("--alone", action="store_true", help="orders alone, without the network (implies --unlimited)")
    options = parser.parse_args()
    setup = setup_of(*read(options.home), options.cache)
    PARTS[options.part](unlimited(setup) if options.unlimited or options.alone else setup, options)
