"""Computes sums and means over any window of periods in constant time, by running sums.

Values of one period lie together in memory, because features are computed for all series of a panel at one origin.
"""

import numpy as np
import numpy.typing as npt

from features.demand.arrays import Doubles, Ints, ratio

Numbers = npt.NDArray[np.generic]


class RunningSums:
    """Sums along the last axis from the first period on, exact: booleans are counted in two bytes.

    Args:
        values: shape (rows, periods), numbers or booleans.
        season: 1, or the periods of a cycle: then every period adds to the one a cycle before it.
    """

    def __init__(self, values: Numbers, season: int = 1) -> None:
        rows, self.periods = values.shape
        self.season = season
        shape = (self.periods + season, rows)
        if values.dtype == np.bool_ and not values.any():
            self._sums: Numbers = np.broadcast_to(np.zeros(rows, dtype=np.uint16), shape)
            return
        counted = np.min_scalar_type(max(self.periods, 256))
        self._sums = np.empty(shape, dtype=counted if values.dtype == np.bool_ else np.float64)
        self._sums[:season] = 0
        by_period = values.T
        for period, sums in enumerate(self._sums[season:]):
            np.add(self._sums[period], by_period[period], out=sums)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self._sums[0])

    def between(self, begin: int, end: int) -> Doubles:
        """Sum over the periods `begin` to `end`, the latter exclusive, shape (rows,); before 0 there is nothing."""
        low = min(max(begin, 0), self.periods)
        return self._difference(min(max(end, low), self.periods), low)

    def since(self, begins: Ints, end: int) -> Doubles:
        """Sum from a period of each row's own to `end`, exclusive, shape (rows,)."""
        end = min(end, self.periods)
        return self._difference(end, (np.clip(begins, 0, end), np.arange(self.rows)))

    def between_each(self, begins: Ints, ends: Ints) -> Doubles:
        """The same for many windows, shape (rows, windows)."""
        low, high = (np.clip(edges, 0, self.periods) for edges in (begins, ends))
        return self._difference(np.maximum(low, high), low).T

    def by_phase(self, end: int, cycles: int) -> Doubles:
        """Sums over the last whole cycles before `end`, as many as there are, shape (season, rows).

        Phase 0 is that of period `end`.
        """
        begin = end - min(cycles, end // self.season) * self.season
        return self._difference(slice(end, end + self.season), slice(begin, begin + self.season))

    def _difference(self, high: int | slice | Ints, low: int | slice | Ints | tuple[Ints, Ints]) -> Doubles:
        return np.subtract(self._sums[high], self._sums[low]).astype(np.float64, copy=False)


class Windows:
    """Sums and weighted means over any window of periods.

    Args:
        totals: shape (rows, periods), what is summed, zero where it does not count; or its running sums.
        weights: what a mean divides by, of the same shape.
    """

    def __init__(self, totals: Numbers | RunningSums, weights: Numbers | RunningSums) -> None:
        self.totals = totals if isinstance(totals, RunningSums) else RunningSums(totals)
        self.weights = weights if isinstance(weights, RunningSums) else RunningSums(weights)

    def total(self, begin: int, end: int) -> Doubles:
        """Sum over the periods `begin` to `end`, the latter exclusive; periods before 0 count nothing."""
        return self.totals.between(begin, end)

    def weight(self, begin: int, end: int) -> Doubles:
        """Sum of weights over the periods."""
        return self.weights.between(begin, end)

    @property
    def size(self) -> int:
        """Number of rows."""
        return self.totals.rows

    def means_around(self, middles: Ints, half: int) -> Doubles:
        """Means over the periods from `half` before to `half` after each of some periods, shape (rows, middles)."""
        begins, ends = middles - half, middles + half + 1
        return ratio(self.totals.between_each(begins, ends), self.weights.between_each(begins, ends))

    def mean(self, begin: int, end: int) -> Doubles:
        """Weighted mean; NaN where no period counts."""
        return ratio(self.total(begin, end), self.weight(begin, end))
