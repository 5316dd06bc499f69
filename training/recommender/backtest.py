"""Backtests the recommender over rolling windows, labelling the pairs of each cutoff once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from retail_brain.checkpoints import NO_CHECKPOINTS, Checkpoints
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError
from retail_brain.progress import SILENT, Progress, Step
from training.recommender.config import RecommenderConfig
from training.recommender.evaluation import audience_table, calibration_table, recommender_table
from training.recommender.examples import Examples, Outcome, label_pairs, thinned, training_cutoffs
from training.recommender.fitted_sources import FittedSources, fit_sources_at
from training.recommender.ranker import fit_ranker
from training.recommender.tuning import tune_before


@dataclass(frozen=True)
class WindowResults:
    """Results of one window; the attributes are those of `Backtest`.

    Attributes:
        examples: the window's own pairs, thinned: training pairs of the windows after it.
    """

    recommender: pl.DataFrame
    audience: pl.DataFrame
    calibration: pl.DataFrame
    recall: pl.DataFrame
    examples: Examples


@dataclass(frozen=True)
class Backtest:
    """Metrics of the windows, and the training pairs that were labelled on the way.

    Attributes:
        windows: cutoffs tested, the newest first.
        recommender: one row per cutoff x method, see `recommender_table`.
        audience: one row per cutoff x method, see `audience_table`.
        calibration: one row per cutoff x kind, see `calibration_table`.
        recall: one row per cutoff x source: recall of the candidates.
        examples: cutoff -> thinned pairs, for the final fit.
    """

    windows: list[date]
    recommender: pl.DataFrame
    audience: pl.DataFrame
    calibration: pl.DataFrame
    recall: pl.DataFrame
    examples: dict[date, Examples]

    def tables(self) -> dict[str, pl.DataFrame]:
        """Name -> table, those without rows left out."""
        tables = {
            "recommender": self.recommender,
            "audience": self.audience,
            "calibration": self.calibration,
            "recall": self.recall,
        }
        return {name: table for name, table in tables.items() if not table.is_empty()}

    def metrics(self) -> dict[str, float]:
        """Metric -> mean over the windows; baselines begin with the method, audiences with `audience_`."""
        metrics: dict[str, float] = {}
        if self.recommender.is_empty():
            return metrics
        for table in (self.recommender, self.audience):
            names = [name for name in table.columns if name not in ("method", "cutoff", "people", "products")]
            for row in table.group_by("method").agg(pl.col(names).mean()).iter_rows(named=True):
                prefix = "" if row["method"] == "model" else f"{row['method']}_"
                direction = "" if table is self.recommender else "audience_"
                metrics.update({f"{direction}{prefix}{name}": float(row[name]) for name in names})
        for row in self.calibration.group_by("kind").agg(pl.col("ece").mean()).iter_rows(named=True):
            metrics[f"ece_{row['kind']}"] = float(row["ece"])
        for row in self.recall.group_by("source").agg(pl.col("recall").mean()).iter_rows(named=True):
            metrics[f"candidate_recall_{row['source']}"] = float(row["recall"])
        return metrics


def backtest(
    dataset: Dataset,
    config: RecommenderConfig,
    windows: Sequence[date],
    *,
    checkpoints: Checkpoints = NO_CHECKPOINTS,
    progress: Progress = SILENT,
) -> Backtest:
    """Metrics of models that were fitted at each window and saw nothing after it.

    Labelled pairs and finished windows of a killed run of the same work are taken from its checkpoints.

    Args:
        dataset: must show `label_days` after each window.
        config: hyperparameters of the models.
        windows: cutoffs to test at.
        checkpoints: parts of this dataset and these windows; the configuration is told apart by their names.
        progress: reporter, a step per cutoff.

    Raises:
        DataError: no purchase names a customer on or before a window.
    """
    run = _Run(dataset, config, checkpoints, progress)
    examples: dict[date, Examples] = {}
    tables: dict[str, list[pl.DataFrame]] = {name: [] for name in ("recommender", "audience", "calibration", "recall")}
    # the earliest first: a window's own pairs, thinned, are training pairs of the later ones, whose rankers are fitted
    # on all cutoffs before them, as in a real training
    for window in sorted(windows):
        training = training_cutoffs(dataset.at(window), window, config)
        for cutoff in training:
            if cutoff not in examples:
                examples[cutoff] = run.labelled(cutoff)
        results = run.tested(window, [examples[cutoff] for cutoff in training])
        for name, frames in tables.items():
            frames.append(getattr(results, name).with_columns(pl.lit(window).alias("cutoff")))
        examples[window] = results.examples
    joined = {name: pl.concat(frames) if frames else pl.DataFrame() for name, frames in tables.items()}
    return Backtest(sorted(windows, reverse=True), examples=examples, **joined)


def evaluate_windows(
    dataset: Dataset, config: RecommenderConfig, count: int, *, progress: Progress = SILENT
) -> Backtest:
    """Metrics on the newest `count` windows, after tuning on a window before them.

    Args:
        dataset: needs `transactions` with customer_id.
        config: hyperparameters to start from.
        count: windows wanted; fewer where the history is short.
        progress: reporter.

    Raises:
        ImpossibleError: the visible days are too few for one window.
        DataError: no purchase names a customer.
    """
    day = dataset.as_of or dataset.last_day()
    windows = newest_windows(dataset.at(day), day, config, count)
    if not windows:
        raise ImpossibleError(
            f"nothing can be tested on {day}: wanted {config.min_history_days} days of sales and {config.label_days} "
            "days after them. Ingest a longer history, or lower recommender.label_days in the settings."
        )
    tuned = tune_before(dataset.at(day), windows, config, progress=progress)
    return backtest(dataset.at(day), tuned.config, windows, progress=progress)


def newest_windows(dataset: Dataset, as_of: date, config: RecommenderConfig, count: int) -> list[date]:
    """The newest `count` cutoffs whose following `label_days` are visible and that leave a history to learn from.

    Raises:
        DataError: there is no table `transactions`.
    """
    cutoffs = training_cutoffs(dataset, as_of, config.model_copy(update={"cutoffs": count}))
    return [day for day in cutoffs if day + timedelta(days=config.label_days) <= as_of]


@dataclass(frozen=True)
class _Run:
    """One backtest: what its parts are computed from, and where they are stored."""

    dataset: Dataset
    config: RecommenderConfig
    checkpoints: Checkpoints
    progress: Progress

    def labelled(self, cutoff: date) -> Examples:
        """The training pairs of a cutoff."""
        with self.progress.step(f"pairs at {cutoff}") as step:
            part = self._part(f"pairs {cutoff}")
            examples = self.checkpoints.read_or_compute(
                part, Examples, lambda: self._outcome(cutoff, None, step)[0].examples, step
            )
            step.rows = examples.label.size
        return examples

    def tested(self, window: date, training: Sequence[Examples]) -> WindowResults:
        """The metrics of a model that was fitted on pairs of earlier cutoffs."""

        def test() -> WindowResults:
            outcome, fitted = self._outcome(window, self.config.test_goods, step)
            probability = fit_ranker(training, self.config).probability(outcome.examples.features)
            recall = {"source": list(outcome.recall), "recall": list(outcome.recall.values())}
            return WindowResults(
                recommender=recommender_table(outcome, fitted, probability),
                audience=audience_table(outcome, fitted, probability),
                calibration=calibration_table(outcome, probability),
                recall=pl.DataFrame(recall),
                examples=thinned(outcome.examples, self.config),
            )

        with self.progress.step(f"test at {window}") as step:
            return self.checkpoints.read_or_compute(self._part(f"test {window}"), WindowResults, test, step)

    def _outcome(self, cutoff: date, test_goods: int | None, step: Step) -> tuple[Outcome, FittedSources]:
        fitted = fit_sources_at(self.dataset.at(cutoff), cutoff, self.config)
        outcome = label_pairs(self.dataset, fitted, self.config, test_goods=test_goods)
        step.rows = outcome.examples.label.size
        step.note = f"candidate recall {outcome.recall['all']:.3f}"
        return outcome, fitted

    def _part(self, name: str) -> str:
        """Name of a part; tuning ends by the clock, so the configuration of a second run may differ."""
        return f"{name} {hashlib.sha256(self.config.model_dump_json().encode()).hexdigest()[:8]}"
