"""What a guide may say follows the reason of the line, and fits whatever the goods are."""

from datetime import date

import pytest

from serving.planning.guides.words import say
from serving.planning.people.reasons import WORDS

DAY, LATER = date(2026, 3, 1), date(2026, 3, 4)


@pytest.mark.parametrize("due", [None, DAY, LATER])
@pytest.mark.parametrize("reason", ["bought_before", "every_days", None])
def test_only_of_goods_bought_in_a_known_rhythm_it_is_said_when_they_are_due(due: date | None, reason: str) -> None:
    text, text_zh = say("repeat", due, "Tea", None, on=DAY, reason=reason)
    is_due = reason == "every_days" and due is not None
    assert ("again" in text, "该补货了" in text_zh) == (is_due, is_due)
    assert ("4 March" in text, "3月4日" in text_zh) == (is_due and due == LATER,) * 2


@pytest.mark.parametrize("reason", [*WORDS, None])
@pytest.mark.parametrize("kind", ["repeat", "explore"])
def test_no_sentence_says_how_goods_are_used_up_or_that_they_suit_somebody_unknown(kind: str, reason: str) -> None:
    both = say(kind, LATER, "Tea", "Milk", on=DAY, reason=reason)
    assert not any(
        word in text for text in both for word in ("用完", "吃完", "喝完", "running out", "很配", "goes well")
    )
    assert "often bought with Milk" in both[0]
    assert "常和Milk一起买" in both[1]
    if reason != "new":
        assert not any(word in text for text in both for word in ("suits you", "适合您"))


def test_goods_new_to_a_person_are_told_of_by_their_reason() -> None:
    assert say("explore", None, "Tea", None, on=DAY, reason="popular")[1] == "Tea最近在店里卖得很好，要不要看看？"
    assert say("explore", None, "Tea", None, on=DAY, reason="pinned")[0].startswith("We have Tea here.")
