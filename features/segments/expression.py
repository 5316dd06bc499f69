"""Expression tree of a segment: comparisons of person features and conditions on history, joined by and, or, not.

The tree is also its JSON form: `model_dump(mode="json")` and `EXPRESSION.validate_python` are inverse. A comparison
with a missing value is false, so `not (spend > 100)` holds for people without spend, and `spend <= 100` does not.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Final, Literal, Union

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    TypeAdapter,
    ValidationError,
)

COLUMN_PATTERN: Final = r"^[^\W\d]\w*$"
HISTORY_KINDS: Final = ("bought", "did", "contacted", "responded")
_MOST_ITEMS: Final = 10_000
"""Items of one list or one `and`; more is a list of people, which is saved as a static segment. By judgement."""
_MOST_DAYS: Final = 36_500
"""Days of a window: a century, beyond which a date is a slip."""


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RelativeDay(_Node):
    """The day of the answer (`today`), plus or minus some days; it moves with the data, a date does not."""

    today_plus: Annotated[StrictInt, Field(ge=-_MOST_DAYS, le=_MOST_DAYS)]

    def on(self, as_of: date) -> date:
        """The day meant where the last visible day is `as_of`."""
        return as_of + timedelta(days=self.today_plus)


_MOST_NUMBER: Final = 1e15
"""Largest number of a literal, either way: beyond it whole numbers are no longer exact, and it is a slip."""
_Whole = Annotated[StrictInt, Field(ge=-_MOST_NUMBER, le=_MOST_NUMBER)]
_Real = Annotated[StrictFloat, Field(ge=-_MOST_NUMBER, le=_MOST_NUMBER, allow_inf_nan=False)]
Value = StrictBool | _Whole | _Real | RelativeDay | StrictStr
"""A literal. A day is text such as `2026-02-28`: the column it is compared with says that it is a day."""
Column = Annotated[str, Field(pattern=COLUMN_PATTERN, max_length=100)]
Relation = Literal["=", "!=", "<", "<=", ">", ">="]
HistoryKind = Literal["bought", "did", "contacted", "responded"]


class Compare(_Node):
    """`spend >= 100`: a column that is known and stands in the relation to the value."""

    op: Literal["compare"] = "compare"
    column: Column
    relation: Relation
    value: Value


class Between(_Node):
    """`recency_days between 30 and 60`, both ends included."""

    op: Literal["between"] = "between"
    column: Column
    low: Value
    high: Value


class OneOf(_Node):
    """`stage in (friend, old_friend)`; of a list column: `granted_channels has (sms, wechat)`, at least one of them."""

    op: Literal["in"] = "in"
    column: Column
    values: Annotated[tuple[Value, ...], Field(min_length=1, max_length=_MOST_ITEMS)]


class InStores(_Node):
    """`home_store_id in stores(region = "north")`: a store column whose store meets a condition on `stores`."""

    op: Literal["in_stores"] = "in_stores"
    column: Column
    where: "Expression"


class Known(_Node):
    """`next_due_on is known`."""

    op: Literal["known"] = "known"
    column: Column


class History(_Node):
    """`bought(category = "tea", last 90 days, at least 2 times)`.

    Attributes:
        kind: `bought` (days with a purchase, net of returns), `did` (events), `contacted` (contacts made, holdouts
            apart) or `responded` (responses to campaigns).
        where: condition on the purchase, event, contact or response; None = any.
        last_days: only within the last so many days; None = ever.
        at_least: how many of them.
    """

    op: Literal["history"] = "history"
    kind: HistoryKind
    where: "Expression | None" = None
    last_days: Annotated[StrictInt, Field(ge=1, le=_MOST_DAYS)] | None = None
    at_least: Annotated[StrictInt, Field(ge=1, le=1_000_000)] = 1


class Not(_Node):
    """`not (...)`."""

    op: Literal["not"] = "not"
    item: "Expression"


class And(_Node):
    """All of the items."""

    op: Literal["and"] = "and"
    items: Annotated[tuple["Expression", ...], Field(min_length=2, max_length=_MOST_ITEMS)]


class Or(_Node):
    """At least one of the items."""

    op: Literal["or"] = "or"
    items: Annotated[tuple["Expression", ...], Field(min_length=2, max_length=_MOST_ITEMS)]


Expression = Annotated[
    Union[Compare, Between, OneOf, InStores, Known, History, Not, And, Or],  # noqa: UP007 - names of later classes
    Field(discriminator="op"),
]
for _model in (InStores, History, Not, And, Or):
    _model.model_rebuild()

EXPRESSION: Final[TypeAdapter[Expression]] = TypeAdapter(Expression)
"""Reads the JSON form."""


_LIMITS: Final = ("greater_than_equal", "less_than_equal", "finite_number")
"""Errors of a value of the right type: of a literal that may be of several, they say more than "no boolean"."""


def problem_of(error: ValidationError) -> tuple[str, str]:
    """What is wrong with an expression: the place in its tree, and the sentence."""
    errors = error.errors(include_url=False, include_context=False)
    told = next((one for one in errors if one["type"] in _LIMITS), errors[0])
    return ".".join(str(step) for step in told["loc"]), f"{told['msg']}, got {str(told['input'])[:40]}"


def parts(expression: Expression) -> Iterator[Expression]:
    """The expression and everything within it, conditions on history and stores apart, outermost first."""
    yield expression
    if isinstance(expression, Not):
        yield from parts(expression.item)
    elif isinstance(expression, And | Or):
        for item in expression.items:
            yield from parts(item)
