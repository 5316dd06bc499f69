"""What a training job hands over, whatever it trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import polars as pl

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Saveable(Protocol):
    """A model that writes itself as plain data files."""

    def save(self, folder: Path) -> None:
        """Writes LightGBM text, npz, Parquet and JSON files into an existing folder."""


@dataclass(frozen=True)
class Trained:
    """A fitted model with what its backtest said.

    Attributes:
        model: the model fitted on everything visible.
        config: everything needed to fit it again (JSON values).
        metrics: mean over the windows, by name.
        windows: cutoffs of the backtest; each is the last day its model saw.
        primary: the metric that decides a promotion, and which way is better.
        figures: plots to keep with the run.
        tables: tables to keep with the run, such as the metrics per window and method.
        window_metrics: the model's own metrics of each window, by cutoff.
        learning: parameters that the fitted model really learned with, beyond `config`, such as LightGBM's.
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


def window_metrics(scores: pl.DataFrame, method: str, prefix: str = "") -> dict[date, dict[str, float]]:
    """Metrics of one method by cutoff, from a table with one row per cutoff x method.

    Args:
        scores: columns `cutoff`, `method` and numbers.
        method: whose rows.
        prefix: before each metric's name.
    """
    if scores.is_empty():
        return {}
    rows = scores.filter(method=method).drop("method")
    return {
        row.pop("cutoff"): {f"{prefix}{name}": float(value) for name, value in row.items() if value is not None}
        for row in rows.iter_rows(named=True)
    }


def booster_parameters(prefix: str, booster: Any) -> dict[str, Any]:
    """Parameters that a LightGBM booster was trained with, and how many trees it has; empty without a booster."""
    if booster is None:
        return {}
    parameters = {**booster.params, "trees": booster.num_trees()}
    return {f"{prefix}.{name}": value for name, value in sorted(parameters.items())}
