"""Defines the protocol of a demand model: mean units per period of panel series, with sample paths around them.

A model from another package subclasses `SeriesForecaster` and declares it in the entry-point group
`retail_brain.demand_models`. It says what it expects of each series; the spread around that, the series that sell too
rarely for a panel, the backtest, MLflow, promotion and serving are this project's.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, Self, TypeVar

import numpy as np

from features.demand.arrays import Bools, Doubles, Floats
from features.demand.demand_panel import DemandPanel
from features.demand.feature_matrix import PanelFeatures
from features.demand.history import DemandHistory
from features.demand.panel import panels
from retail_brain.extensions import extension_names, outside_code, unusable
from retail_brain.progress import SILENT, Progress
from retail_brain.read_only import read_only
from training.demand.calibration import Calibration, calibrated_paths
from training.demand.config import DemandConfig
from training.demand.paths import PathDraw

Values = TypeVar("Values", Doubles, Floats)


@dataclass(frozen=True)
class Prediction:
    """Mean demand of a panel over the periods after its last.

    Attributes:
        panel: its series.
        mean: shape (n, H), units per period of each series by itself.
        correction: shape (n, H), the factor by which category totals of the series would be met; 1 where a model
            does not forecast totals.
        features: feature rows of the trees; None of a model that explains nothing.
        competitors: names of the simple models that compete with it (`training.demand.simple_models`).
        is_open: shape (n, H), whether stores are open (`DemandPanel.open_ahead`); None where that is not asked.
    """

    panel: DemandPanel
    mean: Doubles
    correction: Doubles
    features: PanelFeatures | None = None
    competitors: tuple[str, ...] = ()
    is_open: Bools | None = None

    def factor(self, calibration: Calibration) -> Doubles:
        """What the mean is multiplied with, shape (n, H): totals, bias, simple models of groups; 0 where closed."""
        factor = calibration.factor(self.correction)
        if self.competitors:
            factor = factor * calibration.blend.factor(self.panel, self.mean * factor)
        return factor if self.is_open is None else factor * self.is_open


class DemandMean(Protocol):
    """What backtests, forecasts and files ask of the mean part of a demand model."""

    @property
    def config(self) -> DemandConfig:
        """How it was fitted."""

    def on(self, history: DemandHistory) -> Callable[[DemandPanel], Prediction]:
        """A function that forecasts the panels of a history over its horizon."""

    def paths(
        self, panel: DemandPanel, chosen: Bools, mean: Doubles, calibration: Calibration, draw: PathDraw
    ) -> Floats:
        """Joint sample paths of the chosen series, shape (chosen, count, H); `mean` is theirs, bias corrected."""


class SeriesForecaster(ABC):
    """Base class of a demand model that forecasts every series of a panel by itself.

    A subclass says `label`, `fit`, `mean`, `save` and `load`; `paths` where its own spread is better than the one that
    is calibrated on the backtest. It has no drivers and answers no what-if questions, and users are told so.

    Attributes:
        config: how it was fitted; `config.demand.model_options` holds the options that the settings give this model.
        label: its name for people, keys `en` and `zh`.
    """

    label: ClassVar[Mapping[str, str]]

    def __init__(self, config: DemandConfig) -> None:
        self.config = config

    @classmethod
    @abstractmethod
    def fit(cls, history: DemandHistory, config: DemandConfig, progress: Progress = SILENT) -> Self:
        """Fits on everything the history shows (`features.demand.panel.panels` gives it as matrices).

        The same history and `config.seed` give the same model.
        """

    @abstractmethod
    def mean(self, history: DemandHistory, panel: DemandPanel) -> Doubles:
        """Units per period over the `history.horizon` periods after the panel's last visible one, shape (n, H).

        The history may be newer than the one that was fitted on, and hold stores and products that were not in it.
        Periods in which a series is not listed are set to 0 afterwards.
        """

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Writes what was fitted into an existing folder as JSON, npz, Parquet, CSV or text; no pickle."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path, config: DemandConfig) -> Self:
        """Reads what `save` wrote."""

    def paths(
        self, panel: DemandPanel, chosen: Bools, mean: Doubles, calibration: Calibration, draw: PathDraw
    ) -> Floats:
        """Joint sample paths of the chosen series, shape (chosen, count, H), units per period, not below zero.

        Args:
            panel: all series of some stores.
            chosen: shape (n,), those wanted.
            mean: shape (chosen, H), their mean; multiplied by the bias that the backtest measured.
            calibration: spread of this model's own backtest errors, by demand class.
            draw: number of paths and seed.
        """
        return calibrated_paths(panel, chosen, mean, calibration, draw, heavy_tails=self.config.heavy_tails)

    def on(self, history: DemandHistory) -> Callable[[DemandPanel], Prediction]:
        """A function that forecasts the panels of a history over its horizon.

        Raises:
            ExtensionError: `mean` fails, changes the panel, or gives another shape, a negative number or none.
        """

        def predict(panel: DemandPanel) -> Prediction:
            with guarded(self, f"{panel.size:,} series were forecast"):
                given = np.asarray(self.mean(history, read_only(panel)), dtype=np.float64)
            mean = _checked(self, "forecast", given, (panel.size, history.horizon))
            listed = panel.listed[:, panel.axis.count : panel.axis.count + history.horizon]
            return Prediction(panel, mean * listed, np.ones(mean.shape))

        return predict


def draw_paths(
    model: DemandMean, panel: DemandPanel, chosen: Bools, mean: Doubles, calibration: Calibration, draw: PathDraw
) -> Floats:
    """Sample paths of a model (`DemandMean.paths`), checked where its class draws its own.

    Raises:
        ExtensionError: `paths` fails, or gives another shape, a negative number or none.
    """
    if not isinstance(model, SeriesForecaster) or type(model).paths is SeriesForecaster.paths:
        return model.paths(panel, chosen, mean, calibration, draw)
    with guarded(model, f"{draw.count} paths of {len(mean):,} series were drawn"):
        given = model.paths(read_only(panel), read_only(chosen), read_only(mean), calibration, draw)
        units = np.asarray(given, dtype=np.float32)
    return _checked(model, "drew", units, (len(mean), draw.count, mean.shape[1]))


def guarded(model: SeriesForecaster, step: str) -> AbstractContextManager[None]:
    """Context that runs a model's own code: what a model of another package raises becomes an `ExtensionError`."""
    name = model.config.demand.model
    return outside_code("demand_models", name, step) if name in extension_names("demand_models") else nullcontext()


def _checked(model: SeriesForecaster, verb: str, units: Values, shape: tuple[int, ...]) -> Values:
    if units.shape == shape and (np.isfinite(units) & (units >= 0)).all():
        return units
    name = model.config.demand.model
    # an author tests a class that no entry point declares yet
    name = name if name in extension_names("demand_models") else type(model).__name__
    raise unusable(
        "demand_models",
        name,
        f"(class {type(model).__name__}) {verb} an array of shape {units.shape} with "
        f"{int((~np.isfinite(units)).sum())} values that are no number and {int((units < 0).sum())} below 0; wanted "
        f"shape {shape}, finite and not below 0",
    )


def predictions(model: DemandMean, history: DemandHistory) -> Iterator[Prediction]:
    """Mean demand of every panel of a history over its horizon."""
    predict = model.on(history)
    for panel in panels(history):
        yield predict(panel)
