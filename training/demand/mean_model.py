"""Mean demand of a panel: of its series, and what the totals of their groups correct in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from features.demand.arrays import Doubles
from features.demand.feature_matrix import DemandFeatures, PanelFeatures, Vocabulary
from features.demand.history import DemandHistory
from features.demand.panel import DemandPanel, panels
from training.demand.booster import fit_booster
from training.demand.config import DemandConfig
from training.demand.level_model import LevelModel
from training.demand.totals_model import GroupModel, correction


@dataclass(frozen=True)
class MeanModel(LevelModel):
    """The model of mean demand.

    Attributes:
        groups: the model of the totals of stores' categories; None where they are too few or too short.
    """

    groups: GroupModel | None = None

    @classmethod
    def fit(cls, history: DemandHistory, config: DemandConfig) -> Self:
        """Fits on everything the history shows."""
        vocabulary = Vocabulary.of(history)
        booster = fit_booster(history, DemandFeatures(history, vocabulary), config)
        return cls(config, vocabulary, booster, GroupModel.fit(history, config) if booster is not None else None)


@dataclass(frozen=True)
class Prediction:
    """Mean demand of a panel over the periods after its last.

    Attributes:
        panel: its series.
        features: theirs.
        mean: shape (n, H), units per period of each series by itself.
        correction: shape (n, H), the factor by which the totals of the series' groups would be met.
    """

    panel: DemandPanel
    features: PanelFeatures
    mean: Doubles
    correction: Doubles


def predictions(model: MeanModel, history: DemandHistory) -> Iterator[Prediction]:
    """Mean demand of every panel of a history over its horizon."""
    features = DemandFeatures(history, model.vocabulary)
    groups = model.groups.forecast(history) if model.groups is not None else None
    for panel in panels(history):
        of_panel = features.of(panel)
        mean = model.predict(of_panel, history.horizon)
        yield Prediction(panel, of_panel, mean, correction(groups, panel, mean))
