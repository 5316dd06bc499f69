"""The text and JSON forms of a segment's expression are inverse, and refusals show the place."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.segments.expression import (
    EXPRESSION,
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
)
from features.segments.parsing import _grammar, parse
from features.segments.text import to_text
from retail_brain.errors import UsageError

COLUMNS = st.sampled_from(["spend", "stage", "类别", "last_purchase_on", "stores", "_x1"])
VALUES = (
    st.integers(-(10**9), 10**9)
    | st.floats(-1e15, 1e15)
    | st.booleans()
    | st.builds(RelativeDay, today_plus=st.integers(-400, 400))
    | st.text(max_size=8)
    | st.sampled_from(["friend", "and", "2026-02-28", "2026-99-99", '"', "\\", "a\nb", "茶 饮", "last"])
)
RELATIONS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
PLAIN = (
    st.builds(Compare, column=COLUMNS, relation=RELATIONS, value=VALUES)
    | st.builds(Between, column=COLUMNS, low=VALUES, high=VALUES)
    | st.builds(OneOf, column=COLUMNS, values=st.lists(VALUES, min_size=1, max_size=3).map(tuple))
    | st.builds(Known, column=COLUMNS)
)


def _larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    items = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return (
        st.builds(And, items=items)
        | st.builds(Or, items=items)
        | st.builds(Not, item=inner)
        | st.builds(InStores, column=COLUMNS, where=inner)
        | st.builds(
            History,
            kind=st.sampled_from(["bought", "did", "contacted", "responded"]),
            where=st.none() | inner,
            last_days=st.none() | st.integers(1, 999),
            at_least=st.integers(1, 9),
        )
    )


EXPRESSIONS = st.recursive(PLAIN, _larger, max_leaves=6)


def _flat(expression: Expression) -> Expression:
    """An `and` within an `and` reads as one list of items; text has no brackets for it to be otherwise."""
    match expression:
        case Not(item=item):
            return Not(item=_flat(item))
        case InStores(column=column, where=where):
            return InStores(column=column, where=_flat(where))
        case History(where=where):
            return expression.model_copy(update={"where": None if where is None else _flat(where)})
        case And(items=items) | Or(items=items):
            return type(expression)(items=tuple(_flat(item) for item in items))
    return expression


@given(EXPRESSIONS)
def test_text_is_read_back_as_it_was(expression: Expression) -> None:
    text = to_text(expression)
    assert to_text(parse(text)) == text
    assert parse(text) == _flat(expression)


@given(EXPRESSIONS)
def test_json_is_read_back_as_it_was(expression: Expression) -> None:
    assert EXPRESSION.validate_json(EXPRESSION.dump_json(expression)) == expression


def test_and_binds_closer_than_or_and_not_closest() -> None:
    assert parse("not a = 1 and b = 2 or c = 3") == Or(
        items=(
            And(
                items=(
                    Not(item=Compare(column="a", relation="=", value=1)),
                    Compare(column="b", relation="=", value=2),
                )
            ),
            Compare(column="c", relation="=", value=3),
        )
    )


def test_words_of_the_language_may_be_written_in_capitals_and_negated() -> None:
    assert parse("A IS MISSING AND B NOT IN (x)") == And(
        items=(Not(item=Known(column="A")), Not(item=OneOf(column="B", values=("x",))))
    )
    assert parse("d >= today - 7 days") == Compare(column="d", relation=">=", value=RelativeDay(today_plus=-7))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "character 1"),
        ("spend >", "wanted conditions"),
        ("spend > 1 andd x = 2", "character 11"),
        ("d > 2026-13-01", "no day of the calendar"),
        ("bought(last 3 days, last 4 days)", "stated twice"),
        ("bought(last 0 days)", "greater than or equal to 1"),
        ('name = "open', "cannot be read"),
        ("(" * 60 + "a = 1" + ")" * 60, "brackets 60 deep"),
        ("not " * 2000 + "a = 1", "within each other"),
        ("a > " + "9" * 400, "less than or equal to"),
        ("a > 1e400", "finite number"),
        ("a = 1 or " * 4000 + "a = 1", "characters"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(UsageError, match="(?i)" + says):
        parse(text)


def test_first_uses_in_several_threads_leave_the_grammar_whole() -> None:
    text = "spend > 100 and not bought(category = tea, last 30 days) or stage in (friend, old_friend)"
    right = parse(text)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            for _ in range(5):
                _grammar.cache_clear()
                assert list(pool.map(parse, [text] * 16)) == [right] * 16
    finally:
        sys.setswitchinterval(interval)
