"""Types and small helpers of the demand panel's matrices."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
ShortInts = npt.NDArray[np.int32]


def ratio(part: npt.NDArray[np.floating], whole: npt.NDArray[np.floating], otherwise: float = np.nan) -> Doubles:
    """Part / whole, and `otherwise` where the whole is not above zero.

    >>> ratio(np.array([1.0, 2.0]), np.array([4.0, 0.0]), otherwise=0.0)
    array([0.25, 0.  ])
    """
    out = np.full(np.broadcast_shapes(part.shape, whole.shape), otherwise, dtype=np.float64)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


def group_sums(groups: Ints, values: npt.NDArray[np.generic], size: int) -> Doubles:
    """Sum of the values of each group, numbered from 0 to size - 1.

    >>> group_sums(np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0]), 3)
    array([1., 0., 5.])
    """
    return np.bincount(groups, weights=values, minlength=size).astype(np.float64)
