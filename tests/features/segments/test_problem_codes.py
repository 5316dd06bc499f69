"""Errors about segments carry a code and what they speak of, from which the page makes a sentence in its language."""

from datetime import date

import polars as pl
import pytest

from features.segments.columns import Columns
from features.segments.parsing import parse
from retail_brain.errors import UsageError

TYPES = {"spend": pl.Float64(), "stage": pl.String(), "ratings": pl.List(pl.Int64())}
COLUMNS = Columns("people", TYPES, date(2026, 2, 28))


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("spnd", 1, {"problem": "unknown_column", "column": "spnd", "nearest": ["spend"]}),
        ("ratings", 1, {"problem": "not_comparable", "column": "ratings"}),
        ("spend", "tea", {"problem": "wrong_type_number", "column": "spend", "got": "'tea'"}),
    ],
)
def test_a_value_that_cannot_be_used_is_named_by_a_code(column: str, value: float | str, problem: object) -> None:
    with pytest.raises(UsageError) as caught:
        COLUMNS.literal(column, value)
    assert caught.value.details == problem


def test_a_text_that_cannot_be_read_shows_the_place() -> None:
    with pytest.raises(UsageError) as caught:
        parse("spend > 1 nad stage = friend")
    assert caught.value.details == {
        "problem": "unreadable_segment",
        "position": 11,
        "shown": "spend > 1 >>>nad stage = friend",
    }
    with pytest.raises(UsageError) as caught:
        parse("(" * 60 + "spend > 1" + ")" * 60)
    assert caught.value.details == {"problem": "segment_too_long"}
