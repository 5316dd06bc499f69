"""Functions on rows that can go to another process: dataclasses of plain values that are called with the rows.

A function that is none (a closure, a feature of another package) is called in the process itself.
"""

import json
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

import polars as pl
from pydantic import TypeAdapter

from retail_brain.engine.calls import load

RowsFunction = Callable[[pl.LazyFrame], pl.LazyFrame]
"""Records, or state, of some keys -> rows."""


def is_portable(function: RowsFunction) -> bool:
    """Whether a function can go to another process."""
    return is_dataclass(function)


def to_json(function: RowsFunction) -> str:
    """A portable function as JSON.

    Raises:
        ValueError: JSON does not hold all of it.
    """
    kind = type(function)
    values = TypeAdapter(kind).dump_python(function, mode="json")
    text = json.dumps({"function": f"{kind.__module__}:{kind.__qualname__}", "values": values})
    if from_json(text) != function:
        raise ValueError(f"JSON does not hold all of {function}.")
    return text


def from_json(text: str) -> RowsFunction:
    """What `to_json` wrote."""
    given = json.loads(text)
    kind: Any = load(given["function"])
    function: RowsFunction = TypeAdapter(kind).validate_python(given["values"])
    return function
