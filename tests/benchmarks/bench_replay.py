"""Replays the one plan of the sample: its warehouse's real stock, transfers and markdowns, and many origins.

Run from the project's root; figures are in docs/benchmarks.md, section Replenishment:

    python tests/benchmarks/bench_replay.py chain [--home HOME] [--cache DIR]
    python tests/benchmarks/bench_replay.py origins [--home HOME] [--cache DIR]

`chain` plays the last 91 days as `retail-brain simulate` does, with every part of the plan on and with one part at a
time left out. `origins` plays twenty stretches of two weeks, each with forecasts of its own, and settings tuned on the
weeks before the first. `--cache` keeps the forecasts, so that another version of the decisions meets the same ones.
"""

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from retail_brain.api import open_tenant
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings
from retail_brain.simulation.engine import Policy
from retail_brain.simulation.policies import perfect_forecast
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
ORIGINS, ORIGIN_DAYS = 20, 14
"""Stretches of the second part, and days of each: two weeks hold every weekday twice and most order cycles."""
SHOWN = ("policy", "cost", "fill_rate", "holding_cost", "lost_cost", "waste_cost", "moving_cost", "price_cost")


@dataclass(frozen=True)
class CachedSetup(ReplaySetup):
    """A setup whose forecasts are kept in a folder, one file per stretch of days."""

    cache: Path | None = None

    def forecasts(self, scenario: ReplayScenario) -> RollingForecasts:
        """Forecasts as of every refresh, read where they are kept."""
        if self.cache is None:
            return super().forecasts(scenario)
        axis = scenario.facts.axis
        path = self.cache / f"{axis.first}_{axis.count}_{scenario.rates.horizon}.npz"
        if not path.is_file():
            made = super().forecasts(scenario)
            self.cache.mkdir(parents=True, exist_ok=True)
            prices = [table.with_columns(period=period) for period, table in made.prices.items()]
            pl.concat(prices).write_parquet(path.with_suffix(".parquet"))
            np.savez(path, **{str(period): units for period, units in made.paths.items()})
        paths = {int(name): units for name, units in np.load(path).items()}
        known = pl.read_parquet(path.with_suffix(".parquet")).partition_by("period", as_dict=True)
        return RollingForecasts(paths, {int(period): table for (period,), table in known.items()})


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


def policies(setup: CachedSetup, scenario: ReplayScenario, tuned: Tuned) -> dict[str, Policy]:
    """The policies that every stretch plays."""
    forecast = setup.forecasts(scenario)
    # customers of the sample answer to prices by the elasticities that made it
    truth = pl.read_parquet(SAMPLE / "truth" / "elasticities.parquet")
    truth = truth.select("product_id", "elasticity", low="elasticity") if forecast.prices else None
    chain = setup.chain(scenario, forecast, truth)
    usual = setup.settings.replenishment
    perfect = perfect_forecast(scenario.facts.played, scenario.rates.horizon)
    return {
        "suggested": chain(usual, forecast),
        "no transfers": replace(setup, transfers=False).chain(scenario, forecast, truth)(usual, forecast),
        "no markdowns": setup.chain(scenario, forecast, None)(usual, forecast),
        "tuned": chain(tuned.economic, forecast),
        "matched": chain(tuned.matched, forecast),
        "perfect": chain(usual.model_copy(update={"policy": "economic"}), perfect),
    }


def played(setup: CachedSetup, tuned: Tuned, first: date, last: date, names: Sequence[str]) -> list[PolicyResult]:
    """Results of some policies in a stretch of days, the recorded orders last."""
    scenario = setup.scenario(first, last)
    offered = policies(setup, scenario, tuned)
    results = []
    for name in names:
        begun = time.process_time()
        results.append(PolicyResult.of(name, scenario.play(offered[name]), scenario.environment))
        result = results[-1]
        served = result.units["sold"] / result.units["demand"]
        print(
            f"  {name}: {result.cost:,.0f} at {served:.2%}, waste {result.money['waste']:,.0f}; "
            f"{time.process_time() - begun:.0f} s",
            flush=True,
        )
    return [*results, recorded(scenario)]


def measure_chain(setup: CachedSetup) -> None:
    """The last 91 days, with the warehouse's stock and without its limit."""
    first = LAST - timedelta(days=DAYS - 1)
    begun = time.process_time()
    for name, chosen in (("warehouse as it was", setup), ("warehouse unlimited", unlimited(setup))):
        tuned = tune(chosen, first)
        print(f"{name}: tuned {_told(tuned)}", flush=True)
        names = ("suggested", "matched", "perfect", "no transfers", "no markdowns", "tuned")
        results = played(chosen, tuned, first, LAST, names if chosen is setup else names[:2])
        stores = chosen.scenario(first, LAST).facts.series["store_id"].to_list()
        show(summary(results, stores, DAYS, "recorded"))
    print(f"{time.process_time() - begun:.0f} s of processor, peak {_peak():.2f} GB")


def measure_origins(setup: CachedSetup) -> None:
    """Twenty stretches of two weeks up to the last day; cost against the recorded orders, with intervals over them."""
    firsts = [LAST - timedelta(days=ORIGIN_DAYS * number - 1) for number in range(ORIGINS, 0, -1)]
    tuned = tune(setup, firsts[0])
    print(f"tuned {_told(tuned)}", flush=True)
    rows = []
    for first in firsts:
        print(first, flush=True)
        last = first + timedelta(days=ORIGIN_DAYS - 1)
        results = played(setup, tuned, first, last, ("suggested", "matched", "perfect"))
        rows += [{"first": first, "policy": one.name, "cost": one.cost, **one.units} for one in results]
    table = pl.DataFrame(rows, infer_schema_length=None)
    costs = {name: part["cost"].to_numpy() for (name,), part in table.group_by("policy", maintain_order=True)}
    with pl.Config(tbl_rows=100, tbl_cols=20, tbl_width_chars=160):
        print(table.select("first", "policy", "cost", fill=pl.col("sold") / pl.col("demand"), wasted="wasted"))
    for name, part in table.group_by("policy", maintain_order=True):
        sold, demand = part["sold"].to_numpy(), part["demand"].to_numpy()
        cost = costs[str(name[0])]
        print(
            f"{name[0]}: {cost.sum():,.0f}, of recorded {_interval(cost, costs['recorded'])}, of matched "
            f"{_interval(cost, costs['matched'])}, fill {_interval(sold, demand)}, wasted {part['wasted'].sum():,.0f}"
        )


def _interval(above: np.ndarray, below: np.ndarray) -> str:
    """Ratio of two sums with the 95 % bootstrap interval over the stretches."""
    draws = np.random.default_rng(0).integers(0, len(above), (2000, len(above)))
    low, high = np.quantile(above[draws].sum(axis=1) / below[draws].sum(axis=1), (0.025, 0.975))
    return f"{above.sum() / below.sum():.2%} ({low:.2%} to {high:.2%})"


def _told(tuned: Tuned) -> str:
    parts = (("economic", tuned.economic), ("matched", tuned.matched))
    return ", ".join(
        f"{name}: spread {one.spread_factor:g}, fresh {one.fresh_spread_factor}, lost unit {one.lost_unit_cost:g}"
        for name, one in parts
    )


def show(table: pl.DataFrame) -> None:
    """Prints the columns of a summary that the docs show."""
    more = ("lost_units", "wasted_units", "moved_units", "refused_units", "extra_units", "share_low", "share_high")
    with pl.Config(tbl_rows=20, tbl_cols=20, tbl_width_chars=220, float_precision=3):
        print(table.select(*SHOWN, *more, "cost_share_of_baseline", "fill_rate_low", "fill_rate_high"))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


PARTS: dict[str, Callable[[CachedSetup], None]] = {"chain": measure_chain, "origins": measure_origins}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--home", type=Path, help="a home of the sample; without one its files are read")
    parser.add_argument("--cache", type=Path, help="folder that keeps the forecasts")
    options = parser.parse_args()
    PARTS[options.part](setup_of(*read(options.home), options.cache))
