"""Predicts mean demand of each series of a panel: level x factor of the trees, in units per period."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import lightgbm as lgb
import numpy as np

from features.demand.arrays import Doubles, Floats, Ints
from features.demand.feature_matrix import FEATURES, RATIOS, DemandFeatures, PanelFeatures, Vocabulary
from features.demand.history import DemandHistory
from training.demand.booster import fit_booster, never_missing, predict_factor
from training.demand.config import DemandConfig

_ROWS_AT_ONCE = 400_000
"""Rows predicted at once; bounds the memory of features."""


@dataclass(frozen=True)
class LevelModel:
    """The global model of series.

    Attributes:
        config: how it was fitted.
        vocabulary: the names it knows.
        booster: its trees; None where history was too short, then the level alone is the forecast.
        columns: the features it was fitted on, in the order of the trees; a later version may compute more.
    """

    config: DemandConfig
    vocabulary: Vocabulary
    booster: lgb.Booster | None
    columns: tuple[str, ...] = field(default_factory=lambda: tuple(FEATURES), kw_only=True)

    @classmethod
    def fit(cls, history: DemandHistory, config: DemandConfig) -> Self:
        """Fits on everything the history shows."""
        vocabulary = Vocabulary.from_history(history)
        features = DemandFeatures(history, vocabulary)
        return cls(config, vocabulary, fit_booster(history, features, config), columns=features.names)

    def predict(self, features: PanelFeatures, horizon: int) -> Doubles:
        """Units per period of each series over the periods after the panel's last, shape (n, horizon)."""
        panel = features.panel
        origin = panel.axis.count - 1
        level = features.level(origin)[:, None]
        if self.booster is None or panel.size == 0:
            return np.repeat(level, horizon, axis=1) * panel.listed[:, origin + 1 : origin + 1 + horizon]
        factor = np.empty((panel.size, horizon))
        step = max(1, _ROWS_AT_ONCE // horizon)
        for begin in range(0, panel.size, step):
            rows = self.feature_rows(features, np.arange(begin, min(begin + step, panel.size)), horizon)
            factor[begin : begin + step] = self.factor(rows).reshape(-1, horizon)
        return level * factor * panel.listed[:, origin + 1 : origin + 1 + horizon]

    def factor(self, rows: Floats) -> Doubles:
        """By what factor demand departs from the level, for each feature row; 1 without trees."""
        if self.booster is None:
            return np.ones(len(rows))
        return predict_factor(self.booster, rows, self.config.threads)

    def feature_rows(self, features: PanelFeatures, series: Ints, horizon: int) -> Floats:
        """Feature rows of some series over the periods after the panel's last, series by series.

        Ratios that are missing here and were known in all training rows are 1: trees would take a good that was out of
        stock for longer than any before for one that sold nothing, and one without a planned price for free.
        """
        ahead = np.tile(np.arange(1, horizon + 1), series.size)
        rows = features.rows(features.panel.axis.count - 1, np.repeat(series, horizon), ahead, self.columns)
        for number in self._known_ratios:
            column = rows[:, number]
            column[np.isnan(column)] = 1.0
        return rows

    @cached_property
    def _known_ratios(self) -> list[int]:
        """Numbers of the columns that are ratios and were known in all training rows."""
        if self.booster is None:
            return []
        return [number for number in never_missing(self.booster) if self.columns[number] in RATIOS]
