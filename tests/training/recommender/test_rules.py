"""Operators' rules on one ranking."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from pydantic import ValidationError

from training.recommender.online import Ranked
from training.recommender.rules import Goods, Rule, apply_rules

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
GOODS = Goods.of(
    {
        "product_id": ["p0", "p1", "p2", "p3", "p4"],
        "category": ["wine", "milk", "milk", "milk", None],
    }
)


@pytest.fixture
def answer() -> Ranked:
    probability = np.array([0.5, 0.4, 0.3, 0.2, 0.1])
    return Ranked(np.arange(5), probability, np.zeros(5, bool), np.arange(5), np.full(5, -1), [""] * 5)


def shown(
    answer: Ranked, *rules: Rule, store: str | None = "S1", adult: bool = False, k: int | None = None
) -> list[int]:
    return apply_rules(answer, rules, GOODS, store_id=store, now=NOW, is_adult=adult, k=k).products.tolist()


def test_without_rules_nothing_changes(answer: Ranked) -> None:
    assert shown(answer) == [0, 1, 2, 3, 4]


def test_pinned_goods_come_first_and_buried_ones_sink(answer: Ranked) -> None:
    pin = Rule(action="pin", values=("p4",))
    bury = Rule(action="bury", values=("p0",), factor=4)
    assert shown(answer, pin, bury) == [4, 1, 2, 3, 0]


def test_a_boost_multiplies_the_order_but_not_the_probability(answer: Ranked) -> None:
    boosted = apply_rules(answer, [Rule(action="boost", values=("p3",), factor=3)], GOODS, store_id=None, now=NOW)
    assert boosted.products.tolist() == [3, 0, 1, 2, 4]
    assert boosted.probability.tolist() == [0.2, 0.5, 0.4, 0.3, 0.1]


def test_excluded_goods_never_show_even_when_pinned(answer: Ranked) -> None:
    rules = [Rule(action="pin", values=("p1",)), Rule(action="exclude", attribute="category", values=("milk",))]
    assert shown(answer, *rules) == [0, 4]


def test_a_cap_counts_each_category_by_itself(answer: Ranked) -> None:
    assert shown(answer, Rule(action="cap", attribute="category", limit=1)) == [0, 1, 4]


def test_rules_hold_in_their_stores_and_times_only(answer: Ranked) -> None:
    here = Rule(action="exclude", values=("p0",), stores=("S1",))
    assert shown(answer, here) == [1, 2, 3, 4]
    assert shown(answer, here, store="S2") == [0, 1, 2, 3, 4]
    over = Rule(action="exclude", values=("p0",), ends_at=NOW)
    later = Rule(action="exclude", values=("p1",), starts_at=NOW + timedelta(seconds=1))
    assert shown(answer, over, later) == [0, 1, 2, 3, 4]


def test_adult_goods_are_for_those_known_to_be_adults(answer: Ranked) -> None:
    rule = Rule(action="exclude", attribute="category", values=("wine",), adults_only=True)
    assert shown(answer, rule) == [1, 2, 3, 4]
    assert shown(answer, rule, adult=True) == [0, 1, 2, 3, 4]


def test_k_counts_what_is_left(answer: Ranked) -> None:
    assert shown(answer, Rule(action="exclude", values=("p0", "unheard of")), k=2) == [1, 2]


def test_rules_are_checked_at_the_door() -> None:
    with pytest.raises(ValidationError, match="action"):
        Rule.model_validate({"action": "delete"})
    with pytest.raises(ValidationError, match="factor"):
        Rule.model_validate({"action": "boost", "factor": 0.5})
