"""Array types of decisions, and columns of frames as arrays."""

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

ROUNDING = 1e-6
"""Units below which a difference is arithmetic noise: sample paths are single precision."""


def floats(column: pl.Series, default: float = float("nan")) -> Floats:
    """A numeric column as float64; nulls and NaN become `default`."""
    return column.cast(pl.Float64).fill_nan(None).fill_null(default).to_numpy().astype(np.float64)


def days(column: pl.Series) -> Days:
    """A date column as numpy days."""
    return column.cast(pl.Date).to_numpy().astype("datetime64[D]")
