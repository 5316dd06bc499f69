"""Defines field types, model settings and the error shape that all requests and responses share."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from retail_brain.decisions import whole_numbers

NO_NUL = r"^[^\x00]*$"
"""Text without the character NUL, which no database column can hold."""
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)
"""Days that business dates lie between; at the ends of the calendar a time zone or a horizon would leave it."""

_DAY = "(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?"


def _in_words(value: object) -> object:
    """Days and times as text only: as a number they would be taken for seconds since 1970."""
    if isinstance(value, str) and not value.lstrip("+-").replace(".", "", 1).isdigit():
        return value
    if isinstance(value, date):
        return value
    raise ValueError("wanted text, such as 2026-02-28 or 2026-02-28T10:15:00")


def _within_calendar(instant: datetime) -> datetime:
    if not _FIRST_DAY <= instant.date() <= _LAST_DAY:
        raise ValueError(f"wanted a time from {_FIRST_DAY} to {_LAST_DAY}")
    return instant


def _each_once(ids: list[str]) -> list[str]:
    """An id given twice counts once; 500 times the same product would take 500 times as long."""
    return list(dict.fromkeys(ids))


# Strict: `true` is no number, 1 is no `true` and "5" is neither, as /docs.json says.
WHOLE = whole_numbers.WHOLE
Number = Annotated[float, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Id = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
ONCE = AfterValidator(_each_once)
"""Comes after the limits of a list of ids."""
Text = Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL)]
SeenDecision = Annotated[
    Text | None,
    Field(
        description="decision_id that counted when the person decided, null where none did; refused (409) where it is "
        "another now; not compared where it is left out"
    ),
]
Comment = Annotated[str, Field(max_length=1000, pattern=NO_NUL)]
Version = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1), WHOLE]
"""Number of a version; databases hold none beyond."""
Offset = Annotated[int, Field(strict=True, ge=0, le=10_000_000), WHOLE]
Day = Annotated[
    date,
    Field(
        ge=_FIRST_DAY,
        le=_LAST_DAY,
        description=f"a day from {_FIRST_DAY} to {_LAST_DAY}",
        json_schema_extra={"pattern": f"^{_DAY}$"},
    ),
    BeforeValidator(_in_words),
]
Instant = Annotated[
    datetime,
    BeforeValidator(_in_words),
    AfterValidator(_within_calendar),
    Field(
        description=f"a time from {_FIRST_DAY} to {_LAST_DAY}", json_schema_extra={"pattern": f"^{_DAY}[T ]{_TIME}$"}
    ),
]
Count = Annotated[int, Field(strict=True, ge=1, le=500), WHOLE]
Quantity = Annotated[Number, Field(ge=0, le=1e9)]
LEAST_AMOUNT = 0.0001
"""Units, weight or price below which one that is stated is refused: answers show four decimals, so less is nothing."""


def _is_shown(amount: float) -> float:
    if 0 < abs(amount) < LEAST_AMOUNT:
        raise ValueError(f"wanted 0, or at least {LEAST_AMOUNT}")
    return amount


AMOUNT = AfterValidator(_is_shown)
"""Comes after the limits of an amount that is stored; `AMOUNT_RULE` says it in JSON schema."""
AMOUNT_RULE: dict[str, Any] = {
    "allOf": [{"anyOf": [{"const": 0}, {"minimum": LEAST_AMOUNT}, {"maximum": -LEAST_AMOUNT}]}]
}
StatedQuantity = Annotated[
    Number,
    Field(ge=0, le=1e9, description=f"0, or at least {LEAST_AMOUNT}", json_schema_extra=AMOUNT_RULE),
    AMOUNT,
]
"""Units that a person states, which are stored."""
Kind = Literal["repeat", "explore", "mixed"]
AttentionKind = Literal[
    "stockout",
    "unknown_stock",
    "large_order",
    "losing_order",
    "unusual",
    "phantom",
    "leftover",
    "transfer",
    "overdue_order",
    "anomaly",
]

JsonSchema = dict[str, Any]
STRING: JsonSchema = {"type": "string"}
SAID = r"[^\s\x1c-\x1f\x85]"
"""Pattern of a text that says something: `\\S` means other characters to Python than to JSON schema."""
GIVEN: JsonSchema = {"not": {"type": "null"}}
"""Of a field that must not be null."""


def exactly_one(*alternatives: Mapping[str, JsonSchema], absent: Mapping[str, JsonSchema] | None = None) -> JsonSchema:
    """JSON schema of "exactly one of these": the fields of one alternative are given, those of the others are not.

    Args:
        alternatives: fields that belong together, each with its schema when it is given.
        absent: schema of a field that is not given, for those that are not null then.
    """
    names = [name for fields in alternatives for name in fields]
    return any_of(
        *(
            required(**fields)
            | {"properties": {name: (absent or {}).get(name, {"type": "null"}) for name in names} | dict(fields)}
            for fields in alternatives
        )
    )


def required(**fields: JsonSchema) -> JsonSchema:
    """JSON schema of "these fields are given"."""
    return {"required": list(fields), "properties": fields}


def any_of(*alternatives: JsonSchema) -> JsonSchema:
    """JSON schema of a rule between fields; under `allOf`, where generators of clients pass over it."""
    return {"allOf": [{"anyOf": list(alternatives)}]}


def when(given: JsonSchema, then: JsonSchema, otherwise: JsonSchema | None = None) -> JsonSchema:
    """JSON schema of "where this holds, so does that", a part of `every`."""
    return {"if": given, "then": then} | ({} if otherwise is None else {"else": otherwise})


def every(*rules: JsonSchema) -> JsonSchema:
    """JSON schema of several rules between fields, which all hold."""
    return {"allOf": list(rules)}


def config(*examples: dict[str, Any], rule: JsonSchema | None = None) -> ConfigDict:
    """Settings of a request model: unknown fields are refused, values stay out of errors.

    Args:
        examples: for /docs.json; their ids are those of the sample chain.
        rule: JSON schema of what the model's validator asks of several fields at once.
    """
    described: JsonSchema = ({"examples": list(examples)} if examples else {}) | (rule or {})
    return ConfigDict(
        extra="forbid",
        allow_inf_nan=False,
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra=described,
    )


Basis = Literal["warm", "cold"]
CostBasis = Literal["recorded", "price"]
State = Literal["proposed", "approved", "changed", "rejected", "exported", "received"]
Names = dict[str, str]
"""Ids of products -> their names; suppliers, guides and others have fields of their own."""

CampaignId = Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL)]


StoreNames = dict[str, str]
"""Ids of stores outside the key's place that the answer tells of -> their names; /overview names those inside."""


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
