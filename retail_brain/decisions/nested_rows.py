"""Some rows of arrays that stand in dataclasses, taken out or replaced."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Ints


def with_rows(part: Any, rows: Ints, other: Any) -> Any:
    """A part of a plan with some of its rows replaced; what has no rows stays."""
    if isinstance(part, np.ndarray):
        # a copy in the wider of the two shapes: one plan may have a column per path where the other has one for all
        changed = np.broadcast_to(part, (len(part), *np.broadcast_shapes(part.shape[1:], other.shape[1:]))).copy()
        changed[rows] = other
        return changed
    if is_dataclass(part) and not isinstance(part, type):
        names = [field.name for field in fields(part)]
        return replace(part, **{name: with_rows(getattr(part, name), rows, getattr(other, name)) for name in names})
    return part


def rows_of(part: Any, rows: Ints) -> Any:
    """Some rows of an array or column, or of every one in a dataclass; what has no rows stays."""
    if isinstance(part, np.ndarray | pl.Series):
        return part[rows]
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{field.name: rows_of(getattr(part, field.name), rows) for field in fields(part)})
    return part
