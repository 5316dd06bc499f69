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
    """

    model: Saveable
    config: Mapping[str, Any]
    metrics: Mapping[str, float]
    windows: Sequence[date]
    primary: tuple[str, Literal["lower", "higher"]]
    figures: Mapping[str, "Figure"] = field(default_factory=dict)
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
