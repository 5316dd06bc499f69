"""Text form of a segment's expression: what `parse` reads."""

import re
from datetime import date

from features.segments.expression import (
    COLUMN_PATTERN,
    And,
    Between,
    Compare,
    Expression,
    History,
    InStores,
    Known,
    Not,
    OneOf,
    Or,
    RelativeDay,
    Value,
)

DAY_PATTERN = r"\d{4}-\d{2}-\d{2}"
RESERVED = frozenset(
    {"and", "or", "not", "in", "is", "known", "missing", "between", "has", "today", "true", "false"}
    | {"bought", "did", "contacted", "responded", "last", "days", "day", "at", "least", "times", "time"}
)
"""Words with a meaning of their own: as values they need quotes, as columns they cannot be named."""


def to_text(expression: Expression) -> str:
    """The expression as text, with no more brackets than it needs.

    >>> to_text(And(items=(Compare(column="spend", relation=">", value=100), Known(column="next_due_on"))))
    'spend > 100 and next_due_on is known'
    """
    match expression:
        case And(items=items):
            return " and ".join(_bracketed(item, And | Or) for item in items)
        case Or(items=items):
            return " or ".join(_bracketed(item, Or) for item in items)
        case Not(item=item):
            return f"{item.column} is missing" if isinstance(item, Known) else f"not {_bracketed(item, And | Or)}"
        case History():
            return _history(expression)
    return f"{expression.column} {_compared(expression)}"


def _compared(part: Compare | Between | OneOf | InStores | Known) -> str:
    match part:
        case Compare(relation=relation, value=value):
            return f"{relation} {_value(value)}"
        case Between(low=low, high=high):
            return f"between {_value(low)} and {_value(high)}"
        case OneOf(values=values):
            return f"in ({', '.join(map(_value, values))})"
        case InStores(where=where):
            return f"in stores({to_text(where)})"
    return "is known"


def _bracketed(item: Expression, weaker: object) -> str:
    text = to_text(item)
    return f"({text})" if isinstance(item, weaker) else text  # type: ignore[arg-type]


def _history(part: History) -> str:
    inside = [] if part.where is None else [to_text(part.where)]
    if part.last_days is not None:
        inside.append(f"last {part.last_days} days")
    if part.at_least > 1:
        inside.append(f"at least {part.at_least} times")
    return f"{part.kind}({', '.join(inside)})"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, RelativeDay):
        days = value.today_plus
        return "today" if days == 0 else f"today {'+' if days > 0 else '-'} {abs(days)}"
    if isinstance(value, str):
        # a word and a day need no quotes
        if _is_day(value) or (re.fullmatch(COLUMN_PATTERN, value) and value.lower() not in RESERVED):
            return value
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)


def _is_day(text: str) -> bool:
    try:
        return re.fullmatch(DAY_PATTERN, text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False
