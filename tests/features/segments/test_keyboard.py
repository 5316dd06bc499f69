"""Expressions as Chinese keyboards write them."""

import pytest

from features.segments.keyboard import plain_signs
from features.segments.parsing import parse
from retail_brain.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("stage＝“老友”", 'stage = "老友"'),
        ("stage = ”老友“", 'stage = "老友"'),
        (
            "bought（category＝茶，last　９０ days，at least ２ times）",
            "bought(category = 茶, last 90 days, at least 2 times)",
        ),
        ("stage in （friend、old_friend）", "stage in (friend, old_friend)"),
        ("spend≥100 and spend≤１．５ and stage≠friend", "spend >= 100 and spend <= 1.5 and stage != friend"),
        ("spend＞－5 or stage！＝‘x’", "spend > -5 or stage != 'x'"),
        ("first_seen ＞＝ today－30", "first_seen >= today - 30"),
    ],
)
def test_signs_of_full_width_are_those_of_the_grammar(typed: str, plain: str) -> None:
    assert parse(typed) == parse(plain)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("name = “茶（绿），≥１”", "茶（绿），≥１"),
        ('name = "茶“绿”"', "茶“绿”"),
        ('name = “say "tea"”', 'say "tea"'),
        (r"name = '“it\'s”'", "“it's”"),
        ("name = 「茶＝」", "茶＝"),
    ],
)
def test_within_quotes_everything_stays_as_it_was_written(typed: str, value: str) -> None:
    assert parse(typed).value == value  # type: ignore[union-attr]


def test_a_quote_that_is_not_closed_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        parse("stage ＝ “老友")


def test_plain_text_is_left_alone() -> None:
    text = r'spend > 100 and name = "a \" b"'
    assert plain_signs(text) == text
