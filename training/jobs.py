"""Defines the interface of the training jobs of every kind of model, and the result of a training run."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

import polars as pl

from retail_brain.checkpoints import Work
from retail_brain.dataset import Dataset
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from training.bundle import Kind

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Saveable(Protocol):
    """A model that is stored as plain data files."""

    def save(self, folder: Path) -> None:
        """Writes LightGBM text, npz, Parquet and JSON files into an existing folder."""


@dataclass(frozen=True)
class Trained:
    """A fitted model with the results of its backtest.

    Attributes:
        model: the model, fitted on everything visible and not only on what the backtest's windows saw.
        config: everything needed to fit it again (JSON values).
        metrics: mean over the windows, by name.
        windows: cutoffs of the backtest; each is the last day that its model saw.
        primary: the metric that decides a promotion, and which direction is better.
        figures: plots to keep with the run.
        tables: tables to keep with the run, such as the metrics per window and method.
        window_metrics: the model's own metrics of each window, by cutoff.
        learning: parameters that the fit ended up with beyond `config`, such as LightGBM's and its number of trees.
    """

    model: Saveable
    config: Mapping[str, Any]
    metrics: Mapping[str, float]
    windows: Sequence[date]
    primary: tuple[str, Literal["lower", "higher"]]
    figures: Mapping[str, "Figure"] = field(default_factory=dict)
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    window_metrics: Mapping[date, Mapping[str, float]] = field(default_factory=dict)
    learning: Mapping[str, Any] = field(default_factory=dict)

    @property
    def deciding(self) -> float | None:
        """What the deciding metric was; None where the history was too short for a window to test it on."""
        return deciding(self.metrics, self.primary[0])


def deciding(metrics: Mapping[str, float], primary: str) -> float | None:
    """The metric that decides a promotion; None where no window measured it."""
    value = metrics.get(primary)
    return None if value is None or math.isnan(value) else value


def window_metrics(scores: pl.DataFrame, method: str, prefix: str = "") -> dict[date, dict[str, float]]:
    """Cutoff -> metric -> value of one method; nulls are left out.

    Args:
        scores: one row per cutoff x method: columns `cutoff`, `method` and one per metric.
        method: the method to select.
        prefix: before each metric's name.
    """
    if scores.is_empty():  # without a window there are no columns to filter by
        return {}
    rows = scores.filter(method=method).drop("method")
    return {
        row.pop("cutoff"): {f"{prefix}{name}": float(value) for name, value in row.items() if value is not None}
        for row in rows.iter_rows(named=True)
    }


def booster_parameters(prefix: str, booster: Any) -> dict[str, Any]:
    """Parameters of a trained LightGBM booster and its number of trees, for MLflow; empty without a booster."""
    if booster is None:
        return {}
    parameters = {**booster.params, "trees": booster.num_trees()}
    return {f"{prefix}.{name}": value for name, value in sorted(parameters.items())}


class Jobs(Protocol):
    """The functions of `training/KIND/jobs.py`."""

    def check(self, dataset: Dataset, settings: Settings) -> None:
        """Raises what training would ask its user for, before anything is written."""

    def train(
        self, dataset: Dataset, settings: Settings, preset: str, progress: Progress, work: Work | None
    ) -> Trained:
        """Backtests on rolling origins, then fits on everything that the dataset shows.

        Where it can, it takes over the checkpoints that a killed run left in `work`.
        """

    def evaluate_config(
        self,
        dataset: Dataset,
        settings: Settings,
        config: Mapping[str, Any],
        windows: Sequence[date],
        progress: Progress,
        work: Work | None,
    ) -> Mapping[str, float]:
        """Metric -> mean over the windows of a configuration's backtest; takes over checkpoints where it can."""


def jobs(kind: Kind) -> Jobs:
    """The training jobs of a kind; imported when first needed, because their libraries take seconds to load."""
    return cast("Jobs", import_module(f"training.{kind}.jobs"))


def load_model(kind: Kind, folder: Path) -> Saveable:
    """The model in a bundle's folder.

    Raises:
        ModelError: the files cannot be read by this software.
    """
    model: Saveable = getattr(import_module(f"training.{kind}.model"), f"{kind.capitalize()}Model").load(folder)
    return model
