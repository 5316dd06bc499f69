"""Training the recommender as a job: backtest, fit on everything, hand over."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import polars as pl
from matplotlib.figure import Figure

from retail_brain.checkpoints import Work
from retail_brain.dataset import Dataset
from retail_brain.errors import UsageError
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from training.jobs import Trained, booster_parameters, window_metrics
from training.recommender.backtest import Backtest, backtest, newest_windows
from training.recommender.config import PRESETS, RecommenderConfig
from training.recommender.installed_sources import ordered_sources
from training.recommender.model import RecommenderModel, training_cutoffs
from training.recommender.tuning import tune_before

PRIMARY: tuple[str, Literal["lower", "higher"]] = ("ndcg_at_10", "higher")
WINDOWS = {"fast": 1, "full": 3}
"""Past windows that a recommender is measured on, by preset: each costs a fit. Chosen by judgement, not measured."""


def preset_config(settings: Settings, preset: str) -> RecommenderConfig:
    """The preset's configuration with the tenant's settings in it.

    Raises:
        UsageError: no such preset, or a candidate source that is not installed.
        ExtensionError: a candidate source of another package is unusable.
    """
    if preset not in PRESETS:
        raise UsageError(f"preset {preset!r} is unknown; wanted one of {sorted(PRESETS)}.")
    chosen = settings.recommender
    changes = {
        "label_days": chosen.label_days,
        "min_candidates": chosen.candidates_per_customer,
        "tuning_seconds": chosen.tuning_seconds,
        "sources": ordered_sources(chosen.sources),
        "feature_sets": chosen.feature_sets,
    }
    return PRESETS[preset].model_copy(update=changes)


def train(
    dataset: Dataset,
    settings: Settings,
    preset: str,
    progress: Progress = SILENT,
    work: Work | None = None,  # noqa: ARG001  # the same signature for every kind of model
) -> Trained:
    """Tunes the sources on a window before all that are tested, backtests, then fits on everything visible.

    With too few days to test on, nothing is measured and the ranker is a rule.

    Raises:
        UsageError: no such preset.
        DataError: no purchase names a customer.
    """
    config = preset_config(settings, preset)
    day = dataset.as_of or dataset.last_day()
    known = dataset.at(day)
    windows = newest_windows(known, day, config, WINDOWS[preset])
    cutoffs = training_cutoffs(known, day, config)
    tuned = tune_before(known, windows, config, progress=progress)
    config = tuned.config
    found = backtest(known, config, windows, progress=progress)
    examples = [found.examples[cutoff] for cutoff in cutoffs] if all(c in found.examples for c in cutoffs) else None
    model = RecommenderModel.fit(known, config, as_of=day, examples=examples, progress=progress)
    return Trained(
        model=model,
        config=config.model_dump(mode="json"),
        metrics=found.metrics(),
        windows=found.windows,
        primary=PRIMARY,
        figures=_figures(found),
        tables=found.tables() | ({} if tuned.trials.is_empty() else {"tuning": tuned.trials}),
        window_metrics=_window_metrics(found),
        learning=booster_parameters("lightgbm", model.ranker.booster),
    )


def evaluate_config(
    dataset: Dataset,
    settings: Settings,  # noqa: ARG001  # the same signature for every kind of model
    config: Mapping[str, Any],
    windows: Sequence[date],
    progress: Progress = SILENT,
    work: Work | None = None,  # noqa: ARG001  # the same signature for every kind of model
) -> dict[str, float]:
    """Metrics of a configuration on given windows, for comparing champion and challenger.

    Raises:
        DataError: no purchase names a customer on or before a window.
    """
    return backtest(dataset, RecommenderConfig.model_validate(config), windows, progress=progress).metrics()


def _window_metrics(found: Backtest) -> dict[date, dict[str, float]]:
    people, goods = window_metrics(found.recommender, "model"), window_metrics(found.audience, "model", "audience_")
    return {cutoff: people.get(cutoff, {}) | goods.get(cutoff, {}) for cutoff in sorted({*people, *goods})}


def _figures(found: Backtest) -> dict[str, Figure]:
    if found.recommender.is_empty():
        return {}
    mean = found.recommender.group_by("method").agg(pl.col("ndcg_at_10").mean()).sort("ndcg_at_10")
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.barh(mean["method"].to_list(), mean["ndcg_at_10"].to_list(), color="#4472c4")
    axes.set_xlabel("NDCG@10")
    axes.set_title("Next goods of a customer, newest windows")
    return {"ndcg_by_method": figure}
