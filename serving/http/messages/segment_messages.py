"""Requests and responses about customer segments."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from serving.http.messages.common import (
    GIVEN,
    NO_NUL,
    WHOLE,
    Comment,
    Flag,
    JsonSchema,
    Offset,
    Strict,
    Text,
    config,
    every,
    required,
    when,
)

_Expression = Annotated[
    Annotated[str, Field(min_length=1, max_length=20_000, pattern=NO_NUL)] | dict[str, Any],
    Field(description="text such as `stage = friend and not bought(last 60 days)`, or its JSON form"),
]

_NEEDED: dict[str, tuple[str, ...]] = {
    "count": ("expression",),
    "save": ("name", "expression"),
    "members": ("name",),
    "history": ("name",),
    "remove": ("name",),
}
"""Fields that an action needs."""


def _needs(action: str, fields: tuple[str, ...]) -> JsonSchema:
    """JSON schema: with this action these fields must be there, and not null."""
    return when(required(action={"const": action}), required(**dict.fromkeys(fields, GIVEN)))


class SegmentsRequest(BaseModel):
    """Segments: listed, counted, saved, shown with their people, removed; or the columns that they may name."""

    model_config = config(
        {},
        {"action": "count", "expression": "spend > 500 and bought(category = 茶饮, last 90 days)"},
        {"action": "save", "name": "sleeping friends", "expression": "stage = friend and recency_days > 60"},
        {"action": "columns"},
        rule=every(*(_needs(action, fields) for action, fields in _NEEDED.items())),
    )

    action: Literal["list", "count", "save", "members", "history", "remove", "columns"] = "list"
    name: Annotated[Text | None, Field(description="of the segment: for save, members, history and remove")] = None
    expression: Annotated[_Expression | None, Field(description="for count and save")] = None
    is_static: Annotated[Flag, Field(description="keep the people of now; else they are selected anew each time")] = (
        False
    )
    note: Comment = ""
    version: Annotated[
        Annotated[int, Field(strict=True, ge=0, le=2**31 - 1), WHOLE] | None,
        Field(description="of the segment that was changed, 0 for a new one; another one refuses"),
    ] = None
    limit: Annotated[int, Field(strict=True, ge=1, le=10_000), WHOLE] = 100
    offset: Offset = 0

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "SegmentsRequest":
        missing = [name for name in _NEEDED.get(self.action, ()) if getattr(self, name) is None]
        if missing:
            raise ValueError(f"action {self.action} needs {' and '.join(missing)}")
        return self


class SegmentRow(Strict):
    """One version of a saved segment; `people` as of `as_of`, when it was saved.

    `place` is that of the key that saved it, null for headquarters'; whose `people` are not told to other places.
    """

    name: str
    version: int
    text: str
    expression: dict[str, Any]
    is_static: bool
    is_removed: bool
    owner: str
    note: str
    people: int | None
    as_of: str
    saved_by: str
    saved_at: str
    place: dict[str, Any] | None = None


class SegmentCountRow(Strict):
    """How many people an expression selects; `of` are all who are known."""

    people: int
    of: int
    customers: int
    contactable: int
    channels: dict[str, int]


class MemberRow(Strict):
    """One person of a segment."""

    person_id: str
    customer_ids: list[str]
    is_contactable: bool | None
    granted_channels: list[str] | None


class SegmentColumn(Strict):
    """One column that an expression may name."""

    table: str
    column: str
    kind: Literal["number", "text", "day", "switch", "texts"]
    meaning: Annotated[str | None, Field(description="what it says, in the question's language, where it is known")]


class SegmentsResponse(Strict):
    """What was asked: segments, a count, people or columns; the other lists are empty."""

    segments: list[SegmentRow]
    count: SegmentCountRow | None
    members: list[MemberRow]
    total: int
    columns: list[SegmentColumn]
    warnings: list[str]
    as_of: str
    may_write: bool
