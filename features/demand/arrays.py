"""Array types and group sums for the matrices of the demand panel."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
ShortInts = npt.NDArray[np.int32]

_CONSTANT_SHARE = 0.2
"""Features with fewer cells than this share of the rows are checked for being constant, which is quicker to fill."""


@dataclass(frozen=True)
class Rows:
    """Keys of feature rows: series and periods ahead of one origin.

    Attributes:
        origin: the last visible period.
        series: shape (rows,), the series of each row.
        ahead: shape (rows,), the period of each row, 1 is the first after the origin.
    """

    origin: int
    series: Ints
    ahead: Ints

    @cached_property
    def column(self) -> Ints:
        """Shape (rows,): the period of each row, 0 is the first after the origin."""
        return self.ahead - 1

    @cached_property
    def furthest(self) -> int:
        """How many periods ahead the furthest row is."""
        return int(self.ahead.max(initial=1))

    @property
    def target(self) -> Ints:
        """Shape (rows,): the number of each row's period in the panel."""
        return self.origin + self.ahead


@dataclass(frozen=True)
class Table:
    """Feature values by cell, with the cell of each row; rows share cells.

    Attributes:
        values: shape (features, cells).
        cell: shape (rows,), which cell holds a row's values; None where there is a cell for each row.
    """

    values: npt.NDArray[np.generic]
    cell: Ints | None


def gathered_features(tables: Sequence[Table], rows: int, numbers: Sequence[int] | None = None) -> Floats:
    """The values of the tables' features for every row, shape (features, rows), feature by feature in memory.

    Args:
        tables: features in their order.
        rows: number of rows.
        numbers: numbers of the features to look up, in the order of the result; all where not given.
    """
    features = [(values, table.cell) for table in tables for values in table.values]
    chosen = features if numbers is None else [features[number] for number in numbers]
    out = np.empty((len(chosen), rows), dtype=np.float32)
    for column, (values, cell) in zip(out, chosen, strict=True):
        if cell is None:
            column[:] = values
        elif values.size < _CONSTANT_SHARE * rows and _is_constant(values):
            column[:] = values[0]
        else:
            # without "clip" numpy writes into a copy of `out` first
            values.astype(np.float32, copy=False).take(cell, out=column, mode="clip")
    return out


def _is_constant(values: npt.NDArray[np.generic]) -> bool:
    return bool((np.isnan(values) if np.isnan(values[0]) else values == values[0]).all())


def ratio(part: npt.NDArray[np.floating], whole: npt.NDArray[np.floating], otherwise: float = np.nan) -> Doubles:
    """Part / whole, and `otherwise` where the whole is not above zero.

    >>> ratio(np.array([1.0, 2.0]), np.array([4.0, 0.0]), otherwise=0.0)
    array([0.25, 0.  ])
    """
    above = whole > 0
    if np.isnan(otherwise):
        return np.asarray(part / np.where(above, whole, np.nan), dtype=np.float64)
    return np.where(above, part / np.where(above, whole, 1.0), otherwise).astype(np.float64, copy=False)


def group_sums(groups: Ints, values: npt.NDArray[np.generic] | None, size: int) -> Doubles:
    """Sum of the values of each group, numbered from 0 to size - 1; without values, how many there are of each.

    >>> group_sums(np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0]), 3)
    array([1., 0., 5.])
    """
    return np.bincount(groups, weights=values, minlength=size).astype(np.float64, copy=False)


def summed_rows(values: npt.NDArray[np.floating], groups: Ints, size: int) -> Doubles:
    """Sums of the rows of each group, shape (size, columns); rows of a negative group belong to none.

    >>> summed_rows(np.array([[1.0], [2.0], [4.0]]), np.array([0, -1, 0]), 2)
    array([[5.],
           [0.]])
    """
    out = np.zeros((size, values.shape[1]))
    grouped = groups >= 0
    np.add.at(out, groups[grouped], values[grouped])
    return out
