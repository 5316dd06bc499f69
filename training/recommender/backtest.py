"""Fits and tests over windows, making the labelled pairs of each cutoff only once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError
from retail_brain.progress import SILENT, Progress
from training.recommender.config import RecommenderConfig
from training.recommender.evaluation import audience_table, calibration_table, recommender_table
from training.recommender.examples import Examples, Outcome, label_pairs, thinned
from training.recommender.fitted_sources import FittedSources, fit_sources_at
from training.recommender.model import training_cutoffs
from training.recommender.ranker import fit_ranker
from training.recommender.tuning import tune_before


@dataclass(frozen=True)
class Backtest:
    """What the windows showed.

    Attributes:
        windows: cutoffs tested, the newest first.
        recommender: rows of `recommender_table` with `cutoff`.
        audience: rows of `audience_table` with `cutoff`.
        calibration: rows of `calibration_table` with `cutoff`.
        recall: one row per cutoff and source: recall of the candidates.
        examples: thinned pairs of every cutoff that was made, by cutoff, for the final fit.
    """

    windows: list[date]
    recommender: pl.DataFrame
    audience: pl.DataFrame
    calibration: pl.DataFrame
    recall: pl.DataFrame
    examples: dict[date, Examples]

    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables by name, those without rows left out."""
        tables = {
            "recommender": self.recommender,
            "audience": self.audience,
            "calibration": self.calibration,
            "recall": self.recall,
        }
        return {name: table for name, table in tables.items() if not table.is_empty()}

    def metrics(self) -> dict[str, float]:
        """Means over the windows: the model's figures by name, and those of the best simple method beside them."""
        found: dict[str, float] = {}
        if self.recommender.is_empty():
            return found
        for table in (self.recommender, self.audience):
            names = [name for name in table.columns if name not in ("method", "cutoff", "people", "products")]
            for row in table.group_by("method").agg(pl.col(names).mean()).iter_rows(named=True):
                prefix = "" if row["method"] == "model" else f"{row['method']}_"
                side = "" if table is self.recommender else "audience_"
                found.update({f"{side}{prefix}{name}": float(row[name]) for name in names})
        for row in self.calibration.group_by("kind").agg(pl.col("ece").mean()).iter_rows(named=True):
            found[f"ece_{row['kind']}"] = float(row["ece"])
        for row in self.recall.group_by("source").agg(pl.col("recall").mean()).iter_rows(named=True):
            found[f"candidate_recall_{row['source']}"] = float(row["recall"])
        return found


def backtest(
    dataset: Dataset,
    config: RecommenderConfig,
    windows: Sequence[date],
    *,
    progress: Progress = SILENT,
) -> Backtest:
    """Tests at each window a model that saw nothing after it.

    Args:
        dataset: must show `label_days` after each window.
        config: of the models.
        windows: cutoffs to test at.
        progress: told of each cutoff.

    Raises:
        DataError: no purchase names a customer on or before a window.
    """
    examples: dict[date, Examples] = {}
    tables: dict[str, list[pl.DataFrame]] = {"recommender": [], "audience": [], "calibration": [], "recall": []}
    for window in sorted(windows):
        for cutoff in training_cutoffs(dataset.at(window), window, config):
            if cutoff not in examples:
                examples[cutoff] = _made(dataset, cutoff, config, progress)[0].examples
        outcome, fitted = _made(dataset, window, config, progress, test=True)
        ranker = fit_ranker([examples[c] for c in training_cutoffs(dataset.at(window), window, config)], config)
        probability = ranker.probability(outcome.examples.features)
        made = {
            "recommender": recommender_table(outcome, fitted, probability),
            "audience": audience_table(outcome, fitted, probability),
            "calibration": calibration_table(outcome, probability),
            "recall": pl.DataFrame({"source": list(outcome.recall), "recall": list(outcome.recall.values())}),
        }
        for name, table in made.items():
            tables[name].append(table.with_columns(pl.lit(window).alias("cutoff")))
        examples[window] = thinned(outcome.examples, config)
    joined = {name: pl.concat(parts) if parts else pl.DataFrame() for name, parts in tables.items()}
    return Backtest(sorted(windows, reverse=True), examples=examples, **joined)


def evaluate_windows(
    dataset: Dataset, config: RecommenderConfig, count: int, *, progress: Progress = SILENT
) -> Backtest:
    """Tunes on a window before the newest `count`, then backtests on those.

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
    """The newest `count` days whose following `label_days` are visible and that have history behind them."""
    some = training_cutoffs(dataset, as_of, config.model_copy(update={"cutoffs": count}))
    return [day for day in some if day + timedelta(days=config.label_days) <= as_of]


def _made(
    dataset: Dataset, cutoff: date, config: RecommenderConfig, progress: Progress, *, test: bool = False
) -> tuple[Outcome, FittedSources]:
    with progress.step(f"{'test' if test else 'pairs'} at {cutoff}") as step:
        fitted = fit_sources_at(dataset.at(cutoff), cutoff, config)
        outcome = label_pairs(dataset, fitted, config, test_goods=config.test_goods if test else None)
        step.rows = outcome.examples.label.size
        step.note = f"candidate recall {outcome.recall['all']:.3f}"
    return outcome, fitted
