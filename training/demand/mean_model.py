"""Predicts mean demand of a panel's series, corrected towards forecasts of category totals."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from features.demand.arrays import Bools, Doubles, Floats
from features.demand.demand_panel import DemandPanel
from features.demand.feature_matrix import DemandFeatures, Vocabulary
from features.demand.history import DemandHistory
from training.demand.booster import fit_booster
from training.demand.calibration import Calibration, calibrated_paths
from training.demand.config import DemandConfig
from training.demand.level_model import LevelModel
from training.demand.paths import PathDraw
from training.demand.protocol import Prediction
from training.demand.totals_model import TotalsModel, correction


@dataclass(frozen=True)
class MeanModel(LevelModel):
    """The model of mean demand.

    Attributes:
        totals: the model of the totals of stores' categories; None where they are too few or too short.
    """

    totals: TotalsModel | None = None

    @classmethod
    def fit(cls, history: DemandHistory, config: DemandConfig) -> Self:
        """Fits on everything the history shows."""
        vocabulary = Vocabulary.from_history(history)
        features = DemandFeatures(history, vocabulary)
        booster = fit_booster(history, features, config)
        totals = TotalsModel.fit(history, config) if booster is not None else None
        return cls(config, vocabulary, booster, totals, columns=features.names)

    def on(self, history: DemandHistory) -> Callable[[DemandPanel], Prediction]:
        """A function that forecasts the panels of a history over its horizon."""
        features = DemandFeatures(history, self.vocabulary)
        totals_forecast = self.totals.forecast(history) if self.totals is not None else None

        def predict(panel: DemandPanel) -> Prediction:
            rows = features.for_panel(panel)
            mean = self.predict(rows, history.horizon)
            correct = correction(totals_forecast, panel, mean)
            is_open = panel.open_ahead[:, : history.horizon] if self.config.closes else None
            return Prediction(panel, mean, correct, rows, self.config.competitors, is_open)

        return predict

    def paths(
        self, panel: DemandPanel, chosen: Bools, mean: Doubles, calibration: Calibration, draw: PathDraw
    ) -> Floats:
        """Joint sample paths of the chosen series, calibrated on the backtest's errors."""
        return calibrated_paths(panel, chosen, mean, calibration, draw, heavy_tails=self.config.heavy_tails)
