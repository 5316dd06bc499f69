"""Runs rolling-origin backtests of the demand model and its baselines, out of sample."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from features.demand.arrays import Doubles
from features.demand.histories import Histories
from features.demand.periods import history_axis
from retail_brain.checkpoints import Checkpoints, Work
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError
from retail_brain.progress import SILENT, Progress
from retail_brain.work_digest import work_digest
from training.demand.actuals import Actuals
from training.demand.backtest_window import ALL_METHODS, CANDIDATE, Scoring, WindowScores, score_window
from training.demand.calibration import calibrate
from training.demand.config import DemandConfig, histories_of
from training.demand.demand_class import CLASSES
from training.demand.dispersion import Residuals
from training.demand.model_registry import fit_mean
from training.demand.residuals import residuals_of
from training.metrics import bias, central_intervals, coverage, wape
from training.splits import last_day_of, rolling_origins

_SIZE_EDGES = (0.1, 1.0, 10.0)
"""Units per period that part classes of size in the table of calibration: powers of ten."""


@dataclass(frozen=True)
class Backtest:
    """Results of a backtest.

    Attributes:
        windows: cutoffs, ascending; each is the last day its models saw.
        scores: one row per cutoff x method: measures of a period's demand (`training.metrics.scores`).
        sums: one row per cutoff x periods: measures of the candidate's sums over `SUM_PERIODS` periods.
        totals: one row per cutoff x grouping x periods summed: measures of the totals of stores and departments
            (`training.demand.total_scores`), of the series that were scored.
        ets: one row per method on the few series of the last window that ETS was run on, with its seconds per series.
        pits: randomised PIT values of the candidate's periods and sums over the horizon, of a sample of series: span
            (`period`, `sum`), demand_class (a number in `training.demand.demand_class.CLASSES`), rate (units per
            period), pit.
        forecasts: one row per cutoff x store x product x date: units, forecast, quantiles of the candidate.
        residuals: means of the models of all windows and of those before, with what came.
    """

    windows: list[date]
    scores: pl.DataFrame
    sums: pl.DataFrame
    totals: pl.DataFrame
    ets: pl.DataFrame
    pits: pl.DataFrame
    forecasts: pl.DataFrame
    residuals: list[Residuals]

    def means(self) -> dict[str, float]:
        """Means over the windows: the candidate's by name, a baseline's as `METHOD_name`, sums' as `sum7_name`.

        Those of the totals of stores per period are `store_name`. `pit_within_80` is the share of the candidate's PIT
        values in the middle 80 %: what the coverage of an 80 % band would be if counts were continuous.
        """
        numbers = [name for name in self.scores.columns if name not in ("cutoff", "method", "rows")]
        out: dict[str, float] = {}
        for row in (
            self.scores.group_by("method", maintain_order=True).agg(pl.col(numbers).mean()).iter_rows(named=True)
        ):
            prefix = "" if row["method"] == CANDIDATE else f"{row['method']}_"
            out |= {f"{prefix}{name}": float(row[name]) for name in numbers if row[name] is not None}
        for (periods,), part in self.sums.partition_by("periods", as_dict=True).items():
            for name in part.drop("cutoff", "periods", "rows").columns:
                if part[name].null_count() < part.height:
                    out[f"sum{periods}_{name}"] = float(part[name].drop_nulls().to_numpy().mean())
        stores = self.totals.filter(total="store", periods=1)
        for name in stores.drop("cutoff", "total", "periods", "rows").columns:
            out[f"store_{name}"] = float(stores[name].drop_nulls().to_numpy().mean())
        for band in (0.5, 0.8, 0.9):
            out[f"pit_within_{round(band * 100)}"] = float(np.mean(np.abs(self.pit - 0.5) <= band / 2))
        return out

    def by_store(self, quantiles: Sequence[float]) -> pl.DataFrame:
        """One row per store: `wape`, `bias` and `coverage_NN` of the candidate's periods in all windows, and `rows`.

        Of stores that sold nothing in any window `wape` and `bias` are null: there is nothing to divide by.

        Args:
            quantiles: probabilities of the quantile columns of `forecasts`.
        """
        bands = [coverage(low, high) for low, high in central_intervals(quantiles)]
        rows = self.forecasts.group_by("store_id").agg(wape(), bias(), *bands, pl.len().alias("rows")).sort("store_id")
        return rows.with_columns(pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in ("wape", "bias"))

    @property
    def pit(self) -> Doubles:
        """Those of periods."""
        return self.pits.filter(span="period")["pit"].to_numpy()

    def calibration(self) -> pl.DataFrame:
        """One row per span (a period, the sum over the horizon) x group: values, and the share of PIT in the middle.

        Groups are demand classes, classes of size (units per period), and `all`. PIT values are randomised, so a
        calibrated model has .5, .8 and .9 in the middle 50, 80 and 90 % for counts too, where the coverage of a band
        of counts lies above what is stated.
        """
        low, middle, high = _SIZE_EDGES
        rate = pl.col("rate")
        groups = [(name, pl.col("demand_class") == number) for number, name in enumerate(CLASSES)]
        groups += [
            (f"under {low:g} a period", rate < low),
            (f"{low:g} to {middle:g}", (rate >= low) & (rate < middle)),
            (f"{middle:g} to {high:g}", (rate >= middle) & (rate < high)),
            (f"{high:g} and more", rate >= high),
            ("all", pl.lit(value=True)),
        ]
        away = (pl.col("pit") - 0.5).abs()
        within = [(away <= band / 200).mean().alias(f"within_{band}") for band in (50, 80, 90)]
        frames = [
            self.pits.filter(chosen)
            .group_by("span")
            .agg(pl.len().cast(pl.Int64).alias("values"), *within)
            .select("span", pl.lit(name).alias("group"), pl.exclude("span"))
            for name, chosen in groups
        ]
        return pl.concat(frames).sort("span", maintain_order=True)


def backtest_windows(dataset: Dataset, config: DemandConfig, n_windows: int) -> list[date]:
    """Cutoffs of the last windows that the history allows, ascending; they do not overlap."""
    axis = history_axis(dataset, config.data.period, config.demand.history_days)
    shortest = 2 * min(axis.rhythm.season, 7)
    return [last_day_of(axis, n) for n in rolling_origins(axis.count, config.horizon, n_windows, min_history=shortest)]


def backtest(
    dataset: Dataset,
    config: DemandConfig,
    windows: Sequence[date],
    *,
    scoring: Scoring = ALL_METHODS,
    histories: Histories | None = None,
    work: Work | None = None,
    progress: Progress = SILENT,
) -> Backtest:
    """Fits and scores a model per window; each is calibrated on the windows before it only.

    Finished windows of a killed run of the same work are taken from its checkpoint.

    Args:
        dataset: sales up to its `as_of`, which lies a horizon after the last window.
        config: how to fit.
        windows: cutoffs, ascending.
        scoring: what is scored; ETS only in the last window.
        histories: of the same dataset, settings and horizon, with what was read of them already.
        work: where finished windows are checkpointed; without it none are.
        progress: shows each window.

    Raises:
        ImpossibleError: there is no window, or no series to score in one.
    """
    if not windows:
        raise ImpossibleError(
            f"the sales are too short for a backtest with a horizon of {config.horizon} periods; wanted that and two "
            "weeks before it. Choose a shorter horizon or ingest more history."
        )
    scored_series = None if scoring.series is None else scoring.series.rows()
    question = [list(windows), scoring.baselines, scoring.ets, scored_series]
    checkpoints = _checkpoints(dataset, config, work, question)
    histories = histories or histories_of(dataset, config)
    actuals = Actuals.from_history(histories.whole())
    residuals = _before(histories, config, windows[0], actuals, checkpoints, progress)
    scores_of_windows: list[WindowScores] = []
    for cutoff in windows:

        def score(cutoff: date = cutoff, seen: Sequence[Residuals] = residuals) -> WindowScores:
            history = histories.at(cutoff)
            return score_window(
                fit_mean(history, config),
                calibrate(seen, config.seed, config.competitors),
                history,
                actuals,
                cutoff,
                replace(scoring, ets=scoring.ets and cutoff == windows[-1]),
            )

        with progress.step(f"backtest from {cutoff}") as step:
            scores_of_windows.append(checkpoints.read_or_compute(str(cutoff), WindowScores, score, step))
            residuals = [*residuals, scores_of_windows[-1].residuals]
            step.rows = scores_of_windows[-1].forecasts.height
    return Backtest(
        windows=list(windows),
        scores=pl.concat([window.scores for window in scores_of_windows]),
        sums=pl.concat([window.sums for window in scores_of_windows]),
        totals=pl.concat([window.totals for window in scores_of_windows]),
        ets=pl.concat([window.ets for window in scores_of_windows], how="diagonal"),
        pits=pl.concat([window.pits for window in scores_of_windows]),
        forecasts=pl.concat([window.forecasts for window in scores_of_windows]),
        residuals=residuals,
    )


def _checkpoints(dataset: Dataset, config: DemandConfig, work: Work | None, question: Sequence[object]) -> Checkpoints:
    if work is None:
        return Checkpoints(None)
    return work.checkpoints(work_digest(dataset, __name__, config.model_dump(mode="json"), *question))


def _before(
    histories: Histories,
    config: DemandConfig,
    first: date,
    actuals: Actuals,
    checkpoints: Checkpoints,
    progress: Progress,
) -> list[Residuals]:
    """Forecasts of the window before the first one, to calibrate the first on."""
    axis = actuals.history.axis
    shortest = 2 * min(axis.rhythm.season, 7)
    out = []
    for origin in rolling_origins(axis.number(first) + 1, config.horizon, 1, min_history=shortest):
        cutoff = last_day_of(axis, origin)

        def look_back(cutoff: date = cutoff) -> Residuals:
            history = histories.at(cutoff)
            return residuals_of(fit_mean(history, config), history, actuals)

        with progress.step(f"calibrate from {cutoff}") as step:
            out.append(checkpoints.read_or_compute(f"{cutoff} before", Residuals, look_back, step))
    return out
