"""Says in words that a text holds the character NUL."""

from collections.abc import Mapping
from typing import Any

NUL = "holds the character NUL, which no text may; leave it out"
"""What is wrong with such a text: no column of a database can hold it."""


def said_of(error: Mapping[str, Any]) -> str:
    """What pydantic says of a field; of a text with NUL in words, not by the pattern that it misses.

    Args:
        error: one of a ValidationError, with its `input`.
    """
    given = error.get("input")
    if error["type"] == "string_pattern_mismatch" and isinstance(given, str) and "\0" in given:
        return NUL
    return str(error["msg"])
