"""Makes the arrays of a value read-only, for what is handed to code of other packages."""

from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

import numpy as np

Value = TypeVar("Value")


def read_only(value: Value) -> Value:
    """The same array, or dataclass of arrays and dataclasses, whose arrays cannot be written to; nothing is copied.

    >>> read_only(np.zeros(2)).flags.writeable
    False
    """
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = False
        return view
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{part.name: read_only(getattr(value, part.name)) for part in fields(value)})
    return value
