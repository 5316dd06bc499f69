"""Reads and caches demand histories of one dataset at several cutoffs.

The memory estimate, the choice of windows, the backtest and the last fit ask for the same tables: what an earlier one
has read, a later one takes.
"""

from datetime import date

from features.demand.history import DemandHistory, read_history
from features.demand.series import SeriesOnAxis, read_series
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings


class Histories:
    """Reads histories of a dataset for one horizon.

    Args:
        dataset: sales up to its `as_of`, plans beyond.
        settings: the tenant's.
        horizon: periods ahead that plans are read for.
        in_own_units: whether sales are counted in each product's own unit.
    """

    def __init__(self, dataset: Dataset, settings: Settings, horizon: int, *, in_own_units: bool = False) -> None:
        self._dataset, self._settings, self._horizon = dataset, settings, horizon
        self._in_own_units = in_own_units
        self._series: dict[date | None, SeriesOnAxis] = {}
        self._whole: DemandHistory | None = None

    def series(self, cutoff: date | None = None) -> SeriesOnAxis:
        """Axis and series as known at a cutoff, by default all that is visible; kept until their history is read."""
        if cutoff not in self._series:
            self._series[cutoff] = read_series(self._visible(cutoff), self._settings, self._horizon)
        return self._series[cutoff]

    def whole(self) -> DemandHistory:
        """The history of all that is visible; kept."""
        if self._whole is None:
            self._whole = self._read(None)
        return self._whole

    def at(self, cutoff: date) -> DemandHistory:
        """The history as known at a cutoff; not kept, it is large."""
        return self._read(cutoff)

    def _read(self, cutoff: date | None) -> DemandHistory:
        series = self.series(cutoff)
        del self._series[cutoff]
        visible = self._visible(cutoff)
        return read_history(visible, self._settings, self._horizon, series, in_own_units=self._in_own_units)

    def _visible(self, cutoff: date | None) -> Dataset:
        return self._dataset if cutoff is None else self._dataset.at(cutoff)
