"""Plays the rules of the VN2 inventory contest on windows of its history, by the product's own code.

Run from the project's root: `python tests/benchmarks/bench_vn2.py [--windows 6] [--preset fast|full] [--why]`; figures
are in docs/benchmarks.md.

Rules: one order a week, sold from the start of the third week; 0.2 per unit left at the end of a week, 1 per unit of
lost sales; a window has eight weeks, six orders, and its costs count from the third week on. Weeks in which a product
was out of stock (their demand is not known) are neither sold nor counted.

The tables are the product's: weekly `daily_sales`, `supply`, `inventory` of the evening before, and `open_orders` with
their days. Forecasts are those of its demand model, fitted before each window; how orders are decided is tuned by
`simulate` on the weeks before. `--why` also plays every window with one thing changed at a time.
"""

import argparse
import time
import warnings
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from bench_vn2_demand import DATA, KEY, Sales, read, seasonal_mean

from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Floats, Ints
from retail_brain.decisions.holdings import Holdings
from retail_brain.decisions.order_plan import Plan, decide
from retail_brain.settings import DataSettings, DemandSettings, ReplenishmentSettings, Settings
from retail_brain.simulation.engine import simulate
from retail_brain.simulation.policies import Cover, Forecast, SuggestedOrders, perfect_forecast
from retail_brain.simulation.scenario import Stock
from serving.planning.replay.rolling_forecasts import Rolling
from serving.planning.replay.scenario import ReplayScenario
from serving.planning.replay.tuning import ReplaySetup, tune
from training.demand.config import preset_config
from training.demand.model import DemandModel

WEEKS, COUNT_FROM, ORDERS = 8, 2, 6
TUNE_WEEKS = 48
OPENING_WEEKS = (1.41, 0.54, 0.54)
"""Weeks of the 13-week mean on hand and in transit before the first week: what the contest's own state comes to."""
SETTINGS = Settings(
    data=DataSettings(period="week", country="FR"), demand=DemandSettings(horizon_periods=5, history_days=7 * 160)
)
SUPPLY = {"lead_time_days": 14.0, "review_period_days": 7.0, "holding_cost_per_day": 0.2 / 7, "stockout_cost": 1.0}


def with_stock(dataset: Dataset, sales: Sales, first: int) -> Dataset:
    """The dataset with the supply terms, and the stock and open orders of the evening before a week."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        level = np.nan_to_num(np.nanmean(sales.units[:, first - 13 : first], axis=1))
    on_hand, *coming = (np.rint(level * weeks) for weeks in OPENING_WEEKS)
    monday = sales.weeks[first]
    stock = sales.series.with_columns(
        date=pl.lit(monday - timedelta(days=1)), on_hand=pl.Series(on_hand), on_order=pl.Series(sum(coming))
    )
    due = [
        sales.series.with_columns(due_on=pl.lit(monday + timedelta(days=7 * week)), units=pl.Series(units))
        for week, units in enumerate(coming)
    ]
    supply = sales.series.with_columns(pl.lit(value).alias(name) for name, value in SUPPLY.items())
    tables = {"inventory": stock, "supply": supply, "open_orders": pl.concat(due)}
    return Dataset.from_frames(dict(dataset.frames) | tables)


@dataclass(frozen=True)
class Window:
    """Eight weeks played by the contest's rules, with forecasts and tuned settings of the product."""

    dataset: Dataset
    sales: Sales
    first: int
    preset: str

    @cached_property
    def setup(self) -> ReplaySetup:
        def fit(dataset: Dataset) -> DemandModel:
            return DemandModel.fit(dataset, preset_config(SETTINGS, self.preset))

        return ReplaySetup(self.dataset, SETTINGS, fit=fit, rolling=Rolling(paths=200), transfers=False)

    @cached_property
    def scenario(self) -> ReplayScenario:
        monday = self.sales.weeks[self.first]
        return self.setup.scenario(monday, monday + timedelta(days=7 * WEEKS - 1))

    @cached_property
    def forecast(self) -> Forecast:
        return self.setup.forecasts(self.scenario)

    @cached_property
    def tuned(self) -> tuple[ReplenishmentSettings, float]:
        """Settings and weeks of cover that would have cost least in the weeks before."""
        found = tune(self.setup, self.sales.weeks[self.first], 7 * TUNE_WEEKS)
        return found.economic, found.cover

    @cached_property
    def rows(self) -> np.ndarray:
        """Row in `sales` of each series of the scenario."""
        index = self.sales.series.with_row_index("at")
        return self.scenario.facts.series.join(index, on=KEY, how="left", maintain_order="left")["at"].to_numpy()

    def play(self, policy: Cover | SuggestedOrders) -> float:
        """Cost of a policy by the rules."""
        played = self.sales.units[self.rows, self.first : self.first + WEEKS]
        environment = replace(self.scenario.environment, demand=np.nan_to_num(played), counted=~np.isnan(played))
        review = self.scenario.review.copy()
        review[:, ORDERS:] = False
        outcome = simulate(environment, replace(policy, review=review), self.scenario.opening, count_from=COUNT_FROM)
        return float(outcome.cost(environment).sum())

    def organiser(self, week: int) -> Floats:
        """The organiser's forecast of the eight weeks after a week of the window (-1: before the first)."""
        return seasonal_mean(self.sales, self.first + week + 1, WEEKS)[self.rows]

    def cover(self, weeks: float) -> float:
        return self.play(Cover(self.organiser, weeks, self.scenario.review))

    def suggested(self, settings: ReplenishmentSettings) -> float:
        return self.play(self.scenario.by(self.forecast, settings))

    def perfect(self) -> float:
        played = np.nan_to_num(self.sales.units[self.rows, self.first : self.first + WEEKS])
        known = perfect_forecast(played, self.scenario.rates.horizon)
        return self.play(self.scenario.by(known, SETTINGS.replenishment))

    def why(self, settings: ReplenishmentSettings) -> dict[str, float]:
        """Cost with one thing changed at a time from the tuned settings."""
        scenario, forecast = self.scenario, self.forecast
        plain = scenario.by(forecast, settings)

        def of_organiser(week: int) -> np.ndarray:
            units = forecast(week)
            own = units.mean(axis=1, dtype=np.float64)
            return units * (self.organiser(week)[:, : own.shape[1]] / np.maximum(own, 1e-6))[:, None, :].astype("f4")

        fractions = replace(scenario.facts.terms, case_pack=np.full(len(self.rows), 1e-3))
        return {
            "width as forecast": self.suggested(settings.model_copy(update=UNTUNED)),
            "open orders without days": self.play(
                Undated(*(getattr(plain, name) for name in plain.__dataclass_fields__))
            ),
            "fractions of units": self.play(replace(plain, terms=fractions)),
            "organiser's mean": self.play(scenario.by(of_organiser, settings)),
        }


UNTUNED = {"spread_factor": 1.0, "fresh_spread_factor": None, "lost_unit_cost": 0.0}


class Undated(SuggestedOrders):
    """The suggestions of a service that knows how much is on order and not when it comes."""

    def plan(self, period: int, stock: Stock, rows: Ints) -> Plan:
        paths = self.forecast(period)[rows]
        after = self.starts[period + 1 : period + 1 + paths.shape[2]]
        on_order = stock.expected[rows].sum(axis=1)
        holdings = Holdings(stock.on_hand[rows], on_order, np.ones(len(rows), dtype=np.bool_))
        return decide(paths, after, self.terms.take(rows), holdings, after[0], settings=self.settings, seed=period + 1)


def main() -> None:
    """Prints the cost of every window and the means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--start", type=date.fromisoformat, help="play one window from this Monday")
    parser.add_argument("--windows", type=int, default=6)
    parser.add_argument("--preset", choices=["fast", "full"], default="fast")
    parser.add_argument("--why", action="store_true", help="also one thing changed at a time")
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"skipped: {options.data} is not there")
        return
    started = time.perf_counter()
    dataset = read(options.data)
    sales = Sales.of(dataset.scan("daily_sales").collect())
    firsts = [len(sales.weeks) - WEEKS * number for number in range(options.windows, 0, -1)]
    if options.start is not None:
        firsts = [sales.weeks.index(options.start)]
    rows = []
    for first in firsts:
        window = Window(with_stock(dataset, sales, first), sales, first, options.preset)
        settings, weeks = window.tuned
        usual = settings.model_copy(update=UNTUNED)
        row = {
            "first_week": sales.weeks[first],
            "spread": settings.spread_factor,
            "penalty": settings.lost_unit_cost,
            "benchmark": window.cover(4.0),
            "tuned_cover": window.cover(3.0 + weeks),
            "untuned": window.suggested(usual),
            "ours": window.suggested(settings),
            "perfect": window.perfect(),
        }
        rows.append(row | (window.why(settings) if options.why else {}))
        print(rows[-1], f"{time.perf_counter() - started:.0f} s", flush=True)
    table = pl.DataFrame(rows)
    below = table.select(
        "first_week", *((1 - pl.col(name) / pl.col("benchmark")).alias(name) for name in table.columns[4:])
    )
    with pl.Config(tbl_rows=20, tbl_cols=20, float_precision=3, tbl_width_chars=160):
        print(below, below.select(pl.exclude("first_week").mean()))
    print(f"total {1 - table['ours'].sum() / table['benchmark'].sum():.1%}; {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
