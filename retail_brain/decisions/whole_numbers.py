"""Whole numbers of definitions and requests, which JSON may write 5.0."""

from pydantic import BeforeValidator


def _whole(value: object) -> object:
    """JSON knows one kind of number: 5.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Comes after the limits of an `int`: pydantic forgets those that follow a validator when it writes the schema."""
