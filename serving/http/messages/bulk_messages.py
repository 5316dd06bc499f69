"""Requests and responses about many order lines at once: decide on them, take a batch back, read a file of changes."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from serving.http.messages.common import (
    SAID,
    STRING,
    WHOLE,
    Comment,
    Day,
    Flag,
    Id,
    JsonSchema,
    Number,
    Quantity,
    SeenDecision,
    StatedQuantity,
    Strict,
    Text,
    config,
    required,
)
from serving.http.messages.listing_messages import LinesAsked

BatchId = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9]{8,40}$", description="given by the client: the same one twice counts once")
]
_MOST_LINES = 10_000
"""Lines named one by one: as many as a body of the usual limit holds. A view names more."""


class BulkLine(BaseModel):
    """One line, as the person saw it."""

    model_config = config()

    store_id: Id
    product_id: Id
    seen_quantity: Annotated[Quantity, Field(description="units suggested when the person decided")]
    seen_decision_id: SeenDecision = None
    order_quantity: Annotated[
        StatedQuantity | None, Field(description="of the action 'change': units of this line")
    ] = None
    reason: Comment | None = None


class BulkView(LinesAsked):
    """All lines of a view of `/listing`, as the person saw its totals."""

    seen_lines: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1), WHOLE]
    seen_units: Annotated[Number, Field(ge=0, description="the total `quantity` of the view")]


_NULL: JsonSchema = {"type": "null"}
_NUMBER: JsonSchema = {"type": "number"}
_WITHDRAWS = required(withdraw_batch=STRING)
_DECIDES: JsonSchema = {"action": STRING, "as_of": STRING, "batch_id": STRING, "withdraw_batch": _NULL}
_UNCHANGED: JsonSchema = {
    "percent": _NULL,
    "quantity": _NULL,
    "lines": {"items": {"properties": {"order_quantity": _NULL}}},
}
_CHANGES: JsonSchema = {"action": {"const": "change"}}
_RULE: JsonSchema = {
    "allOf": [
        {
            "anyOf": [
                _WITHDRAWS | {"properties": {"withdraw_batch": STRING, "action": _NULL}},
                required(action=STRING, as_of=STRING, batch_id=STRING) | {"properties": _DECIDES},
            ]
        },
        {
            "anyOf": [
                _WITHDRAWS,
                {"required": ["lines"], "properties": {"lines": {"minItems": 1}, "view": _NULL}},
                {"required": ["view"], "properties": {"view": {"type": "object"}, "lines": {"maxItems": 0}}},
            ]
        },
        {
            "anyOf": [
                _WITHDRAWS,
                {"properties": {"action": {"const": "approve"}, **_UNCHANGED}},
                {
                    "required": ["reason"],
                    "properties": {
                        "action": {"const": "reject"},
                        "reason": {"type": "string", "pattern": SAID},
                        **_UNCHANGED,
                    },
                },
                {"properties": {**_UNCHANGED, **_CHANGES, "packs": STRING}},
                {"required": ["percent"], "properties": {**_UNCHANGED, **_CHANGES, "percent": _NUMBER}},
                {"required": ["quantity"], "properties": {**_UNCHANGED, **_CHANGES, "quantity": _NUMBER}},
                {
                    "required": ["lines"],
                    "properties": {
                        **_UNCHANGED,
                        **_CHANGES,
                        "lines": {
                            "minItems": 1,
                            "items": {"required": ["order_quantity"], "properties": {"order_quantity": _NUMBER}},
                        },
                    },
                },
            ]
        },
    ]
}
"""JSON schema of what `BulkDecisionsRequest` asks of several fields at once."""


class BulkDecisionsRequest(BaseModel):
    """Decide on many order lines in one request, or take a batch of decisions back."""

    model_config = config(
        {
            "batch_id": "b20260301a",
            "as_of": "2026-02-28",
            "action": "change",
            "percent": 10,
            "packs": "up",
            "view": {
                "show": "orders",
                "where": [{"column": "store_id", "any_of": ["S01"]}],
                "seen_lines": 120,
                "seen_units": 960,
            },
            "reason": "festival week",
            "check": True,
        },
        {"withdraw_batch": "b20260301a"},
        rule=_RULE,
    )

    batch_id: BatchId | None = None
    as_of: Day | None = None
    action: Literal["approve", "change", "reject"] | None = None
    lines: Annotated[list[BulkLine], Field(max_length=_MOST_LINES)] = []
    view: BulkView | None = None
    percent: Annotated[Number, Field(ge=-100, le=1000, description="added to the quantity that counts")] | None = None
    quantity: Annotated[StatedQuantity | None, Field(description="the new quantity of every line")] = None
    packs: Annotated[
        Literal["nearest", "up", "down"] | None, Field(description="whole packs; null leaves quantities as they are")
    ] = "nearest"
    reason: Annotated[Comment | None, Field(description="why; a rejection needs one")] = None
    confirm_exception: Annotated[
        Flag, Field(description="quantities count though beyond packs, minimum order, shelf or usual size")
    ] = False
    check: Annotated[Flag, Field(description="shows the difference and stores nothing")] = False
    seen_newest_decision: Annotated[
        Annotated[int, Field(strict=True, ge=0, le=2**63 - 1), WHOLE] | None,
        Field(description="`newest_decision` when the lines were read; refused where somebody else decided since"),
    ] = None
    withdraw_batch: BatchId | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "BulkDecisionsRequest":
        if self.withdraw_batch is not None:
            if self.action is not None:
                raise ValueError("give an action or withdraw_batch, not both")
            return self
        if self.action is None or self.batch_id is None or self.as_of is None:
            raise ValueError("give batch_id, as_of and action, or withdraw_batch")
        if bool(self.lines) == (self.view is not None):
            raise ValueError("give either lines or a view")
        if self.action == "reject" and not (self.reason or "").strip():
            raise ValueError("the action 'reject' needs a reason: say why")
        own = [line.order_quantity is not None for line in self.lines]
        if self.action != "change" and (any(own) or self.percent is not None or self.quantity is not None):
            raise ValueError("percent and quantities belong to the action 'change', and only to it")
        if any(own) and not all(own):
            raise ValueError("give the order_quantity of every line or of none")
        if sum((any(own), self.percent is not None, self.quantity is not None)) > 1:
            raise ValueError("give one of percent, quantity, or the order_quantity of lines")
        if self.action == "change" and not any((*own, self.percent is not None, self.quantity is not None, self.packs)):
            raise ValueError("give percent, quantity, packs or the order_quantity of lines: nothing would change")
        return self


class BeyondRow(Strict):
    """A line whose new quantity goes beyond its limits: `pack`, `minimum`, `shelf` or `large`."""

    store_id: str
    store_name: str
    product_id: str
    product_name: str
    order_quantity: float
    codes: list[str]


class DecidedLine(Strict):
    """What counts for a line that is not as it was seen: who decided, or took the seen decision back, and when."""

    decision_id: str
    store_id: str
    product_id: str
    decision: Literal["approved", "changed", "rejected"]
    suggested_quantity: float | None
    order_quantity: float | None
    reason: str | None
    decided_by: str
    decided_at: str
    withdrawn_by: str | None
    withdrawn_at: str | None


class BulkDecisionsResponse(Strict):
    """What was or would be decided.

    `skipped` counts lines left as they are: `exported` (the other system has them) and `same` (already decided so).
    `beyond` names the first of `beyond_lines` lines beyond their limits. Costs are null where they are unknown.
    `decided` names, with `check`, the first of `decided_lines` lines that somebody else decided since they were seen.
    """

    batch_id: str | None
    stored: int
    withdrawn: int
    lines: int
    units: float
    units_after: float
    cost: float | None
    cost_after: float | None
    unknown_cost: int
    skipped: dict[str, int]
    beyond: list[BeyondRow]
    beyond_lines: int
    decided: list[DecidedLine]
    decided_lines: int


_FILE_NAME = r"^[^\x00]*\.([cC][sS][vV]|[xX][lL][sS][xX])$"
_BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
"""Stated in the schema alone: the handler refuses others in words that say what to send."""


class ChangesFileRequest(BaseModel):
    """A spreadsheet of changes: CSV or XLSX with store_id, product_id and quantity."""

    model_config = config(
        {"file_name": "changes.csv", "content": "c3RvcmVfaWQscHJvZHVjdF9pZCxxdWFudGl0eQpTMDEsUDAwMSwxMgo="}
    )

    file_name: Annotated[Text, Field(json_schema_extra={"pattern": _FILE_NAME})]
    content: Annotated[
        str, Field(min_length=1, description="the file's bytes as base64", json_schema_extra={"pattern": _BASE64})
    ]


class ChangedLine(Strict):
    """A line that a file changes: what counts now and what it asks for."""

    store_id: str
    store_name: str
    product_id: str
    product_name: str
    seen_quantity: float
    quantity: float
    order_quantity: float
    reason: str | None


class FileProblem(Strict):
    """A row of a file that cannot count: its number (the header is row 1), why, and what it holds.

    `code`: `unknown_line`, `bad_quantity`, `below_zero`, `twice`, or `changed_since` (the file's `order_quantity` is
    not what is suggested now: `seen` and `now`). Of `twice`, a line with unlike quantities, `rows` and `texts` are the
    rows about it (ten at most) and what they say; they are null of others.
    """

    row: int
    code: str
    store_id: str | None
    product_id: str | None
    text: str | None
    seen: float | None
    now: float | None
    rows: list[int] | None
    texts: list[str] | None


class ChangesFileResponse(Strict):
    """Lines that a file changes, the rows that cannot count, and how many say what counts already.

    `problems` lists the first of `problems_total`. `unsaid` rows of `same` say no quantity. `repeated` rows say once
    more what an earlier row of the same line says, which counts. `left_out` lines are no rows: they have more fields
    than the header, are totals or blank. `newest_decision` goes back to `/bulk_decisions` as `seen_newest_decision`.
    """

    lines: list[ChangedLine]
    problems: list[FileProblem]
    problems_total: int
    same: int
    unsaid: int = 0
    repeated: int
    rows: int
    left_out: int
    newest_decision: int | None = None
