"""What all responses have in common, errors among them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

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
