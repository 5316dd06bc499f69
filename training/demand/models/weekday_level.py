"""Weekday profile times moving level: the smallest demand model, and the one to read first.

The mean of a series is what it sold per period of late, times what its weekday sells of a usual day in the whole chain
(in weeks or months: its week or month of the year).
"""

import json
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from features.demand.arrays import Doubles, Ints, ratio
from features.demand.demand_panel import DemandPanel
from features.demand.history import DemandHistory
from features.demand.panel import panels
from features.demand.periods import PeriodAxis
from retail_brain.files import write_json
from retail_brain.progress import SILENT, Progress
from training.demand.config import DemandConfig
from training.demand.protocol import SeriesForecaster

_PHASES = 54
"""Places in a profile: enough for 7 weekdays, 12 months and 53 weeks."""
_TRUST_SHARE = 0.5
"""Share of a phase's usual demand that is added to each phase as if it had been seen; a guess, not tuned."""


class WeekdayLevel(SeriesForecaster):
    """Fitted profile of the chain; the level is read from the history that is forecast from.

    Attributes:
        profile: shape (_PHASES,), by what factor demand of each phase differs from the usual, mean about 1.
    """

    label: ClassVar = {"en": "Weekday profile x moving level", "zh": "星期系数×移动平均水平"}

    def __init__(self, config: DemandConfig, profile: Doubles) -> None:
        super().__init__(config)
        self.profile = profile

    @classmethod
    def fit(cls, history: DemandHistory, config: DemandConfig, progress: Progress = SILENT) -> Self:  # noqa: ARG003
        """Fits the profile on all series together."""
        units, periods = np.zeros(_PHASES), np.zeros(_PHASES)
        phase = phases(history.axis, 0, history.axis.count)
        for panel in panels(history):
            known = panel.usual_weight
            usual = ratio(panel.usual_demand.sum(axis=1), known.sum(axis=1), otherwise=0.0)
            np.add.at(units, phase, panel.usual_demand.sum(axis=0, dtype=np.float64))
            np.add.at(periods, phase, (known * usual[:, None]).sum(axis=0))
        prior = _TRUST_SHARE * periods.max(initial=1e-9)
        return cls(config, (units + prior) / (periods + prior))

    def mean(self, history: DemandHistory, panel: DemandPanel) -> Doubles:
        """Level of the last four weeks (eight weeks, three months) times the profile."""
        count = panel.axis.count
        level = np.nan_to_num(panel.levels.mean(count - panel.axis.rhythm.level, count), nan=0.0)
        ahead: Doubles = self.profile[phases(panel.axis, count, count + history.horizon)]
        return level[:, None] * ahead

    def save(self, folder: Path) -> None:
        """Writes `profile.json`."""
        write_json(folder / "profile.json", {"profile": self.profile.tolist()})

    @classmethod
    def load(cls, folder: Path, config: DemandConfig) -> Self:
        """Reads `profile.json`."""
        values = json.loads((folder / "profile.json").read_text(encoding="utf-8"))
        return cls(config, np.array(values["profile"]))


def phases(axis: PeriodAxis, begin: int, end: int) -> Ints:
    """Weekday (0 is Monday), week or month of the year of the periods `begin` to `end`, the latter exclusive."""
    days = axis.starts(begin, end)
    if axis.period == "day":
        return np.array([day.weekday() for day in days], dtype=np.int64)
    numbers = [day.month if axis.period == "month" else day.isocalendar().week for day in days]
    return np.array(numbers, dtype=np.int64)
