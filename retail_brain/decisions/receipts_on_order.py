"""Units on order by the period in which they arrive, dated or at a moment that differs from path to path."""

from dataclasses import dataclass, replace

import numpy as np

from retail_brain.decisions.arrays import Floats, Ints


@dataclass(frozen=True)
class Receipts:
    """Units already on order, and when they arrive.

    Attributes:
        dated: units by the period in whose morning they arrive, shape (series, periods).
        undated: units without a day of arrival, one per series.
        lands: period in whose morning the undated units arrive, shape (series, paths or 1).
    """

    dated: Floats
    undated: Floats
    lands: Ints

    @classmethod
    def on_days(cls, dated: Floats) -> "Receipts":
        """Receipts that all have a day."""
        none = np.zeros(len(dated))
        return cls(dated, none, np.zeros((len(dated), 1), dtype=np.int64))

    def take(self, rows: Ints | slice) -> "Receipts":
        """The receipts of some series."""
        return Receipts(self.dated[rows], self.undated[rows], self.lands[rows])

    def at(self, period: int) -> Floats:
        """Units that arrive in a period's morning, shape (series, paths or 1)."""
        dated: Floats = self.dated[:, period, None]
        if not self.undated.any():
            return dated
        return dated + np.where(self.lands == period, self.undated[:, None], 0.0)

    def within(self, periods: int) -> "Receipts":
        """The same over another number of periods; what arrives later is not counted."""
        dated = np.zeros((len(self.dated), periods))
        kept = min(periods, self.dated.shape[1])
        dated[:, :kept] = self.dated[:, :kept]
        return replace(self, dated=dated)

    @property
    def total(self) -> Floats:
        """Units on order, one per series."""
        total: Floats = self.dated.sum(axis=1) + self.undated
        return total
