"""What all requests have in common."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

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
