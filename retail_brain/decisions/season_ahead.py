"""Units that a season after the end of a forecast is expected to bring: before it, its goods sell slowly."""

from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import Floats, Ints


@dataclass(frozen=True)
class SeasonAhead:
    """What the seasons of series bring after their forecast.

    Attributes:
        until: units that a season brings until the end of each period after the forecast, shape (series, periods);
            0 for series without a season.
    """

    until: Floats

    @classmethod
    def none(cls, series: int) -> "SeasonAhead":
        """Of series without a season."""
        return cls(np.zeros((series, 0)))

    def take(self, rows: Ints) -> "SeasonAhead":
        """Those of some series."""
        return SeasonAhead(self.until[rows])

    def beyond(self, mean: Floats, periods: Floats) -> Floats:
        """Units wanted in the first periods after the forecast, shape (series, paths, number of ends).

        Each path goes on at its mean rate; where its season brings more until then, that counts.

        Args:
            mean: units per period of each path, shape (series, paths).
            periods: ends, in periods after the forecast, shape (series, number of ends); fractions are allowed.
        """
        usual: Floats = mean[:, :, None] * periods[:, None, :]
        if not self.until.any():
            return usual
        whole = np.pad(self.until, ((0, 0), (1, 0)))
        place = np.clip(np.floor(periods), 0, self.until.shape[1]).astype(np.int64)
        more: Floats = np.maximum(usual, np.take_along_axis(whole, place, axis=1)[:, None, :])
        return more
