"""Defines field types, model settings and the error shape that all requests and responses share."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_NO_NUL = r"^[^\x00]*$"
"""Text without the character NUL, which no database column can hold."""
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)
"""Days that business dates lie between; at the ends of the calendar a time zone or a horizon would leave it."""

Id = Annotated[str, Field(min_length=1, max_length=200, pattern=_NO_NUL)]
Text = Annotated[str, Field(min_length=1, max_length=100, pattern=_NO_NUL)]
Comment = Annotated[str, Field(max_length=1000, pattern=_NO_NUL)]
Offset = Annotated[int, Field(ge=0, le=10_000_000)]
Day = Annotated[date, Field(ge=_FIRST_DAY, le=_LAST_DAY, description=f"a day from {_FIRST_DAY} to {_LAST_DAY}")]
Count = Annotated[int, Field(ge=1, le=500)]
Quantity = Annotated[float, Field(ge=0, le=1e9)]
Kind = Literal["repeat", "explore", "mixed"]
AttentionKind = Literal[
    "stockout", "unknown_stock", "large_order", "losing_order", "unusual", "phantom", "leftover", "transfer"
]


def _within_calendar(instant: datetime) -> datetime:
    if not _FIRST_DAY <= instant.date() <= _LAST_DAY:
        raise ValueError(f"wanted a time from {_FIRST_DAY} to {_LAST_DAY}")
    return instant


Instant = Annotated[
    datetime, AfterValidator(_within_calendar), Field(description=f"a time from {_FIRST_DAY} to {_LAST_DAY}")
]


def config(*examples: dict[str, Any]) -> ConfigDict:
    """Settings of a request model: unknown fields are refused, values stay out of errors, `examples` in /docs.json."""
    return ConfigDict(
        extra="forbid",
        allow_inf_nan=False,
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={"examples": list(examples)},
    )


Basis = Literal["warm", "cold"]
State = Literal["proposed", "approved", "changed", "rejected", "exported", "received"]
Names = dict[str, str]


class Strict(BaseModel):
    """A part of a response with exactly these fields."""

    model_config = ConfigDict(extra="forbid")


class ErrorBody(Strict):
    """What went wrong."""

    code: str
    message: str
    details: dict[str, Any]


class ErrorResponse(Strict):
    """The shape of every error."""

    error: ErrorBody
