"""Types and settings that all requests and responses share, and the shape of errors."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=100)]
Count = Annotated[int, Field(ge=1, le=500)]
Quantity = Annotated[float, Field(ge=0, le=1e9)]
Kind = Literal["repeat", "explore", "mixed"]
AttentionKind = Literal["stockout", "unknown_stock", "large_order", "unusual", "phantom", "leftover", "transfer"]


def config(*examples: dict[str, Any]) -> ConfigDict:
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
