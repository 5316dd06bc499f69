"""Codes of reasons are published; of sets that hold sentences alone they are read from the English words."""

import pytest

from serving.planning.people.reasons import WORDS, code_alone, code_of_earlier, reason_text

_DETAIL = {"every_days": "12", "looked_at": "scan", "goes_with": "P1", "category": "茶"}


@pytest.mark.parametrize("code", list(WORDS))
def test_the_code_of_an_earlier_answer_is_known_from_its_english_words(code: str) -> None:
    whole = f"{code}:{_DETAIL.get(code, 'x')}"
    found = code_of_earlier(reason_text(whole, "en", {"P1": "A tea (2 × 5 g)"}))
    assert code_alone(found) == code
    if "{detail}" in WORDS[code][1]:
        assert found == whole


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Goes with A tea", "goes_with"),
        ("Bought about every 12 days", "every_days:12"),
        ("Buys it every 12 days on average", "every_days:12"),
        ("Buys it every 12 days (median)", "every_days:12"),
        ("Bought by people with like habits", "people_like_you"),
        ("New, and to their taste", "new"),
        ("Chosen by a source of another package", None),
        (None, None),
    ],
)
def test_words_of_earlier_answers_are_known_and_those_of_other_packages_are_not(
    words: str | None, code: str | None
) -> None:
    assert code_of_earlier(words) == code
