"""Trains the recommender as a job: tunes the sources, backtests, fits on everything visible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import polars as pl
from matplotlib.figure import Figure

from features.person.traits import trait_lines
from retail_brain.checkpoints import NO_CHECKPOINTS, TAKEN_OVER, Checkpoints, Work
from retail_brain.dataset import Dataset
from retail_brain.errors import UsageError
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from retail_brain.work_digest import work_digest
from training.jobs import Trained, booster_parameters, window_metrics
from training.recommender.backtest import Backtest, backtest, newest_windows
from training.recommender.config import PRESETS, RecommenderConfig, stored_config
from training.recommender.examples import training_cutoffs
from training.recommender.installed_sources import ordered_sources
from training.recommender.model import RecommenderModel
from training.recommender.tuning import Tuned, tune_before

PRIMARY: tuple[str, Literal["lower", "higher"]] = ("ndcg_at_10", "higher")
WINDOWS = {"fast": 1, "full": 3}
"""Preset -> past windows of the backtest: each costs a fit. Chosen by judgement, not measured."""


def preset_config(settings: Settings, preset: str) -> RecommenderConfig:
    """The preset's hyperparameters with the tenant's settings in them.

    Args:
        settings: the tenant's settings.
        preset: `fast` or `full`.

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
        "traits": chosen.traits,
        "block_lines": chosen.block_lines,
    }
    return PRESETS[preset].model_copy(update=changes)


def check(_dataset: Dataset, _settings: Settings) -> None:
    """There is nothing to ask for."""


def train(
    dataset: Dataset,
    settings: Settings,
    preset: str,
    progress: Progress = SILENT,
    work: Work | None = None,
) -> Trained:
    """The recommender fitted on everything visible, with its backtest; the sources are tuned on an earlier window.

    With too few days to test on, nothing is measured and the ranker is a heuristic. What a killed run of the same work
    had finished is taken over: the tuning, labelled pairs and tested windows.

    Args:
        dataset: needs `transactions` with customer_id.
        settings: the tenant's settings.
        preset: `fast` or `full`.
        progress: reporter.
        work: where finished parts are stored; without it none are.

    Raises:
        UsageError: no such preset, or a source that is not installed.
        DataError: no purchase names a customer.
    """
    config = preset_config(settings, preset)
    as_of = dataset.as_of or dataset.last_day()
    visible = dataset.at(as_of)
    windows = newest_windows(visible, as_of, config, WINDOWS[preset])
    cutoffs = training_cutoffs(visible, as_of, config)
    for line in trait_lines(visible, settings.recommender.traits, "recommender.traits"):
        progress.say(line)
    checkpoints = _checkpoints(visible, config, windows, work)
    tuned = _tuned(visible, windows, config, checkpoints, progress)
    config = tuned.config
    results = backtest(visible, config, windows, checkpoints=checkpoints, progress=progress)
    # pairs that the backtest labelled are not labelled again
    examples = [results.examples[cutoff] for cutoff in cutoffs] if all(c in results.examples for c in cutoffs) else None
    model = RecommenderModel.fit(visible, config, as_of=as_of, examples=examples, progress=progress)
    return Trained(
        model=model,
        config=config.model_dump(mode="json"),
        metrics=results.metrics(),
        windows=results.windows,
        primary=PRIMARY,
        figures=_figures(results),
        tables=results.tables() | ({} if tuned.trials.is_empty() else {"tuning": tuned.trials}),
        window_metrics=_window_metrics(results),
        learning=booster_parameters("lightgbm", model.ranker.booster),
    )


def evaluate_config(
    dataset: Dataset,
    settings: Settings,  # noqa: ARG001  # the same signature for every kind of model
    config: Mapping[str, Any],
    windows: Sequence[date],
    progress: Progress = SILENT,
    work: Work | None = None,
) -> dict[str, float]:
    """Metric -> mean over given windows of a stored configuration, to compare champion and challenger.

    Raises:
        DataError: no purchase names a customer on or before a window.
    """
    parsed = stored_config(config)
    checkpoints = _checkpoints(dataset, parsed, windows, work)
    return backtest(dataset, parsed, windows, checkpoints=checkpoints, progress=progress).metrics()


@dataclass(frozen=True)
class _Tuning:
    """A tuned configuration as it is stored."""

    config: dict[str, Any]
    trials: pl.DataFrame


def _checkpoints(
    dataset: Dataset, config: RecommenderConfig, windows: Sequence[date], work: Work | None
) -> Checkpoints:
    if work is None:
        return NO_CHECKPOINTS
    return work.checkpoints(work_digest(dataset, __name__, config.model_dump(mode="json"), list(windows)))


def _tuned(
    dataset: Dataset, windows: Sequence[date], config: RecommenderConfig, checkpoints: Checkpoints, progress: Progress
) -> Tuned:
    stored = checkpoints.read("tuning", _Tuning)
    if stored is not None:
        with progress.step("tuning") as step:
            step.note = TAKEN_OVER
        return Tuned(RecommenderConfig.model_validate(stored.config), stored.trials)
    tuned = tune_before(dataset, windows, config, progress=progress)
    checkpoints.write("tuning", _Tuning(tuned.config.model_dump(mode="json"), tuned.trials))
    return tuned


def _window_metrics(results: Backtest) -> dict[date, dict[str, float]]:
    of_people, of_products = (
        window_metrics(results.recommender, "model"),
        window_metrics(results.audience, "model", "audience_"),
    )
    return {
        cutoff: of_people.get(cutoff, {}) | of_products.get(cutoff, {}) for cutoff in sorted({*of_people, *of_products})
    }


def _figures(results: Backtest) -> dict[str, Figure]:
    if results.recommender.is_empty():  # too few days for a window
        return {}
    mean = results.recommender.group_by("method").agg(pl.col("ndcg_at_10").mean()).sort("ndcg_at_10")
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.barh(mean["method"].to_list(), mean["ndcg_at_10"].to_list(), color="#4472c4")
    axes.set_xlabel("NDCG@10")
    axes.set_title("Next goods of a customer, newest windows")
    return {"ndcg_by_method": figure}
