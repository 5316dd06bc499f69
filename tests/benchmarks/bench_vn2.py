"""Replays the VN2 inventory contest's rules on windows of its history; see docs/benchmarks.md.

Rules: one order a week, sold from the start of the third week; 0.2 per unit left at the end of a week, 1 per unit of
lost sales; a window has eight weeks, six orders, and its costs count from the third week on. Weeks in which a product
was out of stock (their demand is not known) are neither sold nor counted.
"""

import argparse
import json
import time
import warnings
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import lightgbm as lgb
import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Bools, Days, Floats
from retail_brain.decisions.supply_terms import complete_terms
from retail_brain.settings import ReplenishmentSettings
from retail_brain.simulation.engine import Outcome, Policy, simulate
from retail_brain.simulation.policies import Cover, SuggestedOrders, perfect_forecast, periodic_reviews
from retail_brain.simulation.scenario import NON_PERISHABLE, Environment, OpeningStock

WEEKS, LEAD, COUNT_FROM, ORDERS = 8, 2, 2, 6
HOLDING, SHORT = 0.2, 1.0
PATHS, TUNING_PATHS = 200, 80
OPENING_WEEKS = (1.41, 0.54, 0.54)
"""Weeks of the 13-week mean on hand and in transit before the first week: what the contest's own state comes to."""
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "vn2"


@dataclass(frozen=True)
class History:
    """Weekly sales, NaN where the product was out of stock: shape (series, weeks)."""

    sales: Floats
    weeks: Days
    series: pl.DataFrame

    @classmethod
    def read(cls, folder: Path) -> "History":
        frame = pl.read_parquet(folder / "weekly.parquet").with_columns(
            pl.when("in_stock").then(pl.col("sales").cast(pl.Float64)).otherwise(float("nan"))
        )
        wide = frame.sort("week").pivot(on="week", index=["store", "product"], values="sales").sort("store", "product")
        weeks = np.array([date.fromisoformat(name) for name in wide.columns[2:]], dtype="datetime64[D]")
        master = pl.read_parquet(folder / "master.parquet")
        series = wide.select("store", "product").join(
            master, on=["store", "product"], how="left", maintain_order="left"
        )
        return cls(wide.drop("store", "product").fill_null(float("nan")).to_numpy(), weeks, series)

    def calendar(self, count: int) -> Days:
        """The weeks, continued beyond the data."""
        return self.weeks[0] + 7 * np.arange(count).astype("timedelta64[D]")


def week_number(weeks: Days) -> np.ndarray:
    return pl.Series(weeks).dt.week().to_numpy().astype(int)


def season(sales: Floats, weeks: Days) -> Floats:
    """The organiser's factor per ISO week, index 1 to 53: mean sales of that week over all series, normalised."""
    mean = np.nanmean(sales, axis=0)
    numbers = week_number(weeks)
    factors = np.array([mean[numbers == k].mean() if (numbers == k).any() else np.nan for k in range(54)])
    factors /= np.nanmean(factors[1:])
    return np.where(np.isnan(factors), 1.0, factors)


def organiser_mean(history: History, known: int, horizon: int) -> Floats:
    """The organiser's forecast from the first `known` weeks: 13-week mean without season, times season."""
    sales, weeks = history.sales[:, :known], history.weeks[:known]
    factors = season(sales, weeks)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        level = np.nan_to_num(np.nanmean((sales / factors[week_number(weeks)])[:, -13:], axis=1))
    ahead = history.calendar(known + horizon)[known:]
    return level[:, None] * factors[week_number(ahead)][None, :]


class Forecaster:
    """LightGBM per horizon on what is known at the end of a week, fitted once per window."""

    def __init__(self, history: History, known: int, horizon: int = 3, seed: int = 0) -> None:
        self.history = history
        self.horizon = horizon
        self.models = [self._fit(known, step, seed) for step in range(1, horizon + 1)]

    def _fit(self, known: int, step: int, seed: int) -> list[lgb.Booster]:
        origins = range(max(20, known - 104), known - step + 1)
        parts = [self._table(origin, step) for origin in origins]
        target = np.concatenate([self.history.sales[:, origin + step - 1] for origin in origins])
        scale = np.concatenate([part[:, 0] for part in parts])
        table = np.concatenate(parts)
        age = np.concatenate([np.full(len(part), known - origin) for part, origin in zip(parts, origins, strict=True)])
        keep = ~np.isnan(target)
        weight = scale * 0.5 ** (age / 52)
        data = lgb.Dataset(table[keep], target[keep] / scale[keep], weight=weight[keep], categorical_feature=CATEGORIES)
        settings = {
            "objective": "tweedie",
            "tweedie_variance_power": 1.2,
            "learning_rate": 0.03,
            "num_leaves": 31,
            "min_data_in_leaf": 100,
            "feature_fraction": 0.6,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "lambda_l2": 5.0,
            "cat_smooth": 50,
            "verbosity": -1,
            "num_threads": 2,
        }
        return [lgb.train(settings | {"seed": seed + k}, data, num_boost_round=250) for k in range(2)]

    def _table(self, known: int, step: int) -> Floats:
        """Features of every series from its first `known` weeks, for the `step`-th week after them; column 0 scales."""
        sales, weeks = self.history.sales[:, :known], self.history.weeks[:known]
        factors = season(sales, weeks)
        target_week = week_number(self.history.calendar(known + step)[-1:])[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            means = {span: np.nanmean(sales[:, -span:], axis=1) for span in (2, 4, 8, 13, 26, 52)}
            flat = sales / factors[week_number(weeks)]
            level = np.nanmean(flat[:, -13:], axis=1)
            spread = np.nanstd(flat[:, -26:], axis=1)
            scale = np.fmax(np.nan_to_num(means[52]), 0.3)
            zeros = np.nanmean(sales[:, -26:] == 0, axis=1)
            old = np.concatenate([np.full((len(sales), 60), np.nan), sales], axis=1)
            year = old[:, known + step + 7]
            around = np.nanmean(old[:, known + step + 5 : known + step + 10], axis=1)
            before = np.nanmean(old[:, known + 4 : known + 12], axis=1)
        ewm = _ewm(sales, 0.3)
        peers = (
            _group_ratio(self.history.series["product"], means[4]),
            _group_ratio(self.history.series["product"], means[26]),
        )
        product_year = _group_ratio(self.history.series["product"], year)
        columns = [
            scale,
            *(sales[:, -k] / scale for k in (1, 2, 3, 4)),
            *(value / scale for value in means.values()),
            level * factors[target_week] / scale,
            spread / scale,
            zeros,
            year / scale,
            around / scale,
            around / np.fmax(before, 0.2),
            ewm / scale,
            peers[0] / np.fmax(peers[1], 0.1),
            product_year / np.fmax(peers[1], 0.1),
            np.full(len(sales), factors[target_week]),
            np.full(len(sales), factors[target_week] / factors[week_number(weeks)[-4:]].mean()),
            np.full(len(sales), target_week),
            np.isnan(sales[:, -8:]).mean(axis=1),
            *(self.history.series[name].rank("dense").to_numpy() for name in IDS),
        ]
        return np.column_stack(columns).astype(np.float64)

    def mean(self, known: int) -> Floats:
        """Mean demand of the next weeks, shape (series, horizon)."""
        steps = []
        for step in range(1, self.horizon + 1):
            table = self._table(known, step)
            predicted = np.mean([model.predict(table) for model in self.models[step - 1]], axis=0)
            steps.append(np.maximum(predicted, 0) * table[:, 0])
        return np.column_stack(steps)


IDS = ("store", "product", "productgroup", "division", "department")
CATEGORIES = list(range(27, 27 + len(IDS)))


def _ewm(sales: Floats, alpha: float) -> Floats:
    """Exponentially weighted mean that skips unknown weeks."""
    value = np.nan_to_num(sales[:, max(0, sales.shape[1] - 40)])
    for week in range(max(0, sales.shape[1] - 40), sales.shape[1]):
        now = sales[:, week]
        value = np.where(np.isnan(now), value, (1 - alpha) * value + alpha * np.nan_to_num(now))
    return value


def _group_ratio(group: pl.Series, values: Floats) -> Floats:
    frame = pl.DataFrame({"group": group, "value": pl.Series(values).fill_nan(None)})
    return frame.select(pl.col("value").mean().over("group").fill_null(0)).to_series().to_numpy()


@dataclass(frozen=True)
class Tuning:
    """How forecasts become paths: chosen by replayed cost on windows before those reported.

    Attributes:
        blend: share of the organiser's forecast in the mean.
        level: factor on the mean.
        phi: variance of demand in multiples of its mean.
    """

    blend: float = 0.0
    level: float = 1.0
    phi: float = 1.0

    def paths(self, model: Floats, organiser: Floats, count: int, seed: int) -> np.ndarray:
        """Gamma paths, shape (series, count, horizon)."""
        mean = self.level * ((1 - self.blend) * model + self.blend * organiser)
        rate = np.broadcast_to(np.maximum(mean, 1e-6)[:, None, :], (mean.shape[0], count, mean.shape[1]))
        return np.random.default_rng(seed).gamma(rate / self.phi, self.phi).astype(np.float32)


GRID = [
    Tuning(blend, level, phi)
    for blend in (0.0, 0.25, 0.5)
    for level in (0.9, 1.0, 1.1)
    for phi in (0.25, 0.5, 1.0, 1.5)
]


@dataclass(frozen=True)
class Window:
    """Eight weeks played by the contest's rules."""

    history: History
    first: int

    @property
    def world(self) -> Environment:
        played = self.history.sales[:, self.first : self.first + WEEKS]
        series = len(played)
        return Environment(
            demand=np.nan_to_num(played),
            counted=~np.isnan(played),
            lead=np.full(series, LEAD),
            life=np.full(series, NON_PERISHABLE),
            holding=np.full(series, HOLDING),
            short=np.full(series, SHORT),
            unit_cost=np.zeros(series),
            order_cost=np.zeros(series),
        )

    @property
    def opening(self) -> OpeningStock:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            level = np.nan_to_num(np.nanmean(self.history.sales[:, self.first - 13 : self.first], axis=1))
        on_hand, first, second = (np.rint(level * weeks) for weeks in OPENING_WEEKS)
        return OpeningStock(on_hand, np.column_stack([first, second]))

    @property
    def review(self) -> Bools:
        return periodic_reviews(WEEKS, until=ORDERS)

    def play(self, policy: Policy) -> tuple[float, Outcome]:
        outcome = simulate(self.world, policy, self.opening, count_from=COUNT_FROM)
        return float(outcome.cost(self.world).sum()), outcome

    def cover(self, periods: float) -> Cover:
        return Cover(lambda week: organiser_mean(self.history, self.first + week + 1, 8), periods, self.review)

    def suggested(self, means: dict[int, Floats], tuning: Tuning, paths: int = PATHS) -> SuggestedOrders:
        def forecast(week: int) -> np.ndarray:
            organiser = organiser_mean(self.history, self.first + week + 1, means[week].shape[1])
            return tuning.paths(means[week], organiser, paths, seed=week + 1)

        return SuggestedOrders(
            forecast,
            contest_terms(self.history.sales.shape[0]),
            self.history.calendar(self.first + WEEKS + 8)[self.first :],
            self.review,
        )

    def perfect(self) -> SuggestedOrders:
        horizon = LEAD + 1
        return SuggestedOrders(
            perfect_forecast(self.world.demand, horizon),
            contest_terms(self.history.sales.shape[0]),
            self.history.calendar(self.first + WEEKS + 8)[self.first :],
            self.review,
        )


def contest_terms(series: int):  # terms of the contest
    ids = pl.DataFrame({"store_id": ["s"] * series, "product_id": [str(k) for k in range(series)]})
    terms = ids.with_columns(
        lead_time_days=pl.lit(7.0 * LEAD),
        review_period_days=pl.lit(7.0),
        holding_cost_per_day=pl.lit(HOLDING / 7),
        stockout_cost=pl.lit(SHORT),
    )
    return complete_terms(terms, ids, ReplenishmentSettings())


def means_of(window: Window, cache: Path | None) -> dict[int, Floats]:
    """Forecasts as of each order week of a window; fitted on what was known before its first week."""
    path = None if cache is None else cache / f"vn2_{window.first}.npy"
    if path is not None and path.exists():
        return dict(zip(range(-1, ORDERS), np.load(path), strict=False))
    model = Forecaster(window.history, window.first)
    means = [model.mean(window.first + week + 1) for week in range(-1, ORDERS - 1)]
    if path is not None:
        np.save(path, np.stack(means))
    return dict(zip(range(-1, ORDERS), means, strict=False))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument("--start", type=date.fromisoformat, help="play one window from this Monday")
    options.add_argument("--windows", type=int, default=6)
    options.add_argument("--tune-windows", type=int, default=6)
    options.add_argument("--cache", type=Path, help="folder to keep forecasts in between runs")
    options.add_argument("--out", type=Path, help="JSON of the results")
    chosen = options.parse_args()
    started = time.perf_counter()
    history = History.read(chosen.data)
    if chosen.start is not None:
        firsts = [int(np.flatnonzero(history.weeks == np.datetime64(chosen.start))[0])]
    else:
        firsts = [len(history.weeks) - WEEKS * k for k in range(chosen.windows, 0, -1)]
    earlier = [firsts[0] - WEEKS * k for k in range(chosen.tune_windows, 0, -1)]
    tuned = [Window(history, first) for first in earlier if first >= 61]
    forecasts = {
        window.first: means_of(window, chosen.cache) for window in [*tuned, *(Window(history, f) for f in firsts)]
    }
    covers = np.arange(2.0, 5.01, 0.25)
    by_cover = [np.mean([window.play(window.cover(c))[0] for window in tuned]) for c in covers]
    costs = [
        np.mean([w.play(w.suggested(forecasts[w.first], tuning, TUNING_PATHS))[0] for w in tuned]) for tuning in GRID
    ]
    cover, tuning = float(covers[int(np.argmin(by_cover))]), GRID[int(np.argmin(costs))]
    print(f"tuned on {len(tuned)} earlier windows: cover {cover} weeks (cost {min(by_cover):.0f}),", end=" ")
    print(f"{tuning} (cost {min(costs):.0f})")
    rows = []
    for first in firsts:
        window = Window(history, first)
        benchmark, _ = window.play(window.cover(4.0))
        tuned_cover, _ = window.play(window.cover(cover))
        ours, outcome = window.play(window.suggested(forecasts[first], tuning))
        perfect, _ = window.play(window.perfect())
        rows.append(
            {
                "first_week": str(history.weeks[first]),
                "benchmark": benchmark,
                "tuned_cover": tuned_cover,
                "ours": ours,
                "perfect": perfect,
                "below_benchmark": 1 - ours / benchmark,
                "fill_rate": outcome.fill_rate,
            }
        )
    table = pl.DataFrame(rows)
    with pl.Config(tbl_rows=20, tbl_cols=20, float_precision=3):
        print(table)
    print(f"mean of windows below the benchmark {table['below_benchmark'].mean():.1%}; ", end="")
    print(f"total {1 - table['ours'].sum() / table['benchmark'].sum():.1%}; tuned cover ", end="")
    print(f"{1 - (table['tuned_cover'] / table['benchmark']).mean():.1%}; {time.perf_counter() - started:.0f} s")
    if chosen.out is not None:
        chosen.out.write_text(
            json.dumps({"cover": cover, "tuning": asdict(tuning), "windows": rows}, indent=2), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
