"""Operators' rules on rankings of one and of several people."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from retail_brain.decisions.offer_rule_definition import ADULTS_ONLY, Rule
from retail_brain.decisions.offer_rules import (
    NOT_RULED,
    Goods,
    RuleResult,
    Slate,
    apply_rules,
    pinned_products,
    resolve_rules,
)

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
GOODS = Goods.of(
    ["p0", "p1", "p2", "p3", "p4"],
    {"category": ["wine", "milk", "milk", "milk", None], "adult": ["yes", None, None, None, None]},
)
PLAIN = Goods.of(["p0", "p1", "p2", "p3", "p4"], {"category": ["wine", "milk", "milk", "milk", None]})


def ruled(
    *rules: Rule,
    store: str | None = "S1",
    adult: bool = False,
    k: int | None = None,
    goods: Goods = PLAIN,
    people: int = 1,
) -> RuleResult:
    """Five goods of falling weight for each of some people."""
    owner = np.repeat(np.arange(people), 5)
    weight = np.tile([0.5, 0.4, 0.3, 0.2, 0.1], people)
    slate = Slate(owner, np.tile(np.arange(5), people), weight, np.full(owner.size, adult))
    ready = [one for one in resolve_rules(rules, goods) if one.rule.applies(store, NOW)]
    return apply_rules(slate, ready, goods, k=k)


def shown(*rules: Rule, **given: Any) -> list[int]:
    return ruled(*rules, **given).order.tolist()


def test_without_rules_nothing_changes() -> None:
    answer = ruled()
    assert answer.order.tolist() == [0, 1, 2, 3, 4]
    assert set(answer.rule.tolist()) == {NOT_RULED}


def test_pinned_goods_come_first_in_the_order_written_and_buried_ones_sink() -> None:
    pin = Rule(action="pin", values=("p4", "p2"))
    answer = ruled(pin, Rule(action="bury", values=("p0",), factor=10))
    assert answer.order.tolist() == [4, 2, 1, 3, 0]
    assert answer.rule.tolist() == [0, 0, NOT_RULED, NOT_RULED, 1]


def test_the_pin_written_first_wins() -> None:
    milk = Rule(action="pin", attribute="category", values=("milk",))
    assert shown(Rule(action="pin", values=("p3",)), milk) == [3, 1, 2, 0, 4]


def test_a_boost_multiplies_the_weight() -> None:
    assert shown(Rule(action="boost", values=("p3",), factor=3)) == [3, 0, 1, 2, 4]


def test_excluded_goods_never_show_even_when_pinned_and_are_counted() -> None:
    answer = ruled(
        Rule(action="pin", values=("p1",)), Rule(action="exclude", attribute="category", values=("milk", "unheard of"))
    )
    assert answer.order.tolist() == [0, 4]
    assert answer.removed == {1: 3}


def test_a_cap_counts_each_category_by_itself_and_leaves_goods_without_one() -> None:
    answer = ruled(Rule(action="cap", attribute="category", limit=1))
    assert answer.order.tolist() == [0, 1, 4]
    assert answer.removed == {0: 2}


def test_diversity_divides_the_second_of_a_kind_by_the_factor_and_the_third_by_its_square() -> None:
    # weights .5, .4, .3 / 4 = .075, .2 / 16 = .0125, .1
    assert shown(Rule(action="diversify", attribute="category", factor=4)) == [0, 1, 4, 2, 3]


def test_rules_hold_in_their_stores_and_times_only() -> None:
    here = Rule(action="exclude", values=("p0",), stores=("S1",))
    assert shown(here) == [1, 2, 3, 4]
    assert shown(here, store="S2") == shown(here, store=None) == [0, 1, 2, 3, 4]
    over = Rule(action="exclude", values=("p0",), ends_at=NOW)
    later = Rule(action="exclude", values=("p1",), starts_at=NOW + timedelta(seconds=1))
    assert shown(over, later) == [0, 1, 2, 3, 4]
    assert (over.state(NOW), later.state(NOW), here.state(NOW)) == ("ended", "waiting", "active")


def test_a_time_without_zone_is_utc_and_others_are_converted() -> None:
    assert Rule(action="cap", starts_at="2025-06-01T12:00:00").starts_at == NOW  # type: ignore[arg-type]
    assert Rule(action="cap", starts_at="2025-06-01T20:00:00+08:00").starts_at == NOW  # type: ignore[arg-type]


def test_flagged_goods_are_for_known_adults_unless_a_rule_allows_them() -> None:
    answer = ruled(goods=GOODS)
    assert answer.order.tolist() == [1, 2, 3, 4]
    assert answer.removed == {0: 1}
    assert resolve_rules([], GOODS)[0].rule is ADULTS_ONLY
    assert shown(goods=GOODS, adult=True) == [0, 1, 2, 3, 4]
    allow = Rule(action="allow", attribute="adult", stores=("S1",))
    assert shown(allow, goods=GOODS) == [0, 1, 2, 3, 4]
    assert shown(allow, goods=GOODS, store="S2") == [1, 2, 3, 4]


def test_an_operators_own_exclusion_is_not_lifted_by_allow() -> None:
    rules = [Rule(action="allow", attribute="adult"), Rule(action="exclude", attribute="category", values=("wine",))]
    assert shown(*rules, goods=GOODS) == [1, 2, 3, 4]


def test_a_rule_for_minors_passes_known_adults_over() -> None:
    rule = Rule(action="exclude", attribute="category", values=("wine",), adults_only=True)
    assert shown(rule) == [1, 2, 3, 4]
    assert shown(rule, adult=True) == [0, 1, 2, 3, 4]


def test_k_counts_what_is_left() -> None:
    assert shown(Rule(action="exclude", values=("p0", "unheard of")), k=2) == [1, 2]


def test_products_pinned_by_id_are_listed_for_those_who_lack_them() -> None:
    rules = [
        Rule(action="pin", values=("p4", "unheard of")),
        Rule(action="pin", attribute="category", values=("milk",)),
        Rule(action="pin", values=("p0", "p4")),
    ]
    assert pinned_products(resolve_rules(rules, PLAIN)).tolist() == [0, 4]
    assert pinned_products([]).tolist() == []


ACTIONS = st.sampled_from(
    [
        Rule(action="pin", values=("p3",)),
        Rule(action="boost", attribute="category", values=("milk",), factor=5),
        Rule(action="bury", values=("p1",)),
        Rule(action="exclude", values=("p2",)),
        Rule(action="cap", attribute="category", limit=2),
        Rule(action="diversify", attribute="category"),
    ]
)


@given(st.lists(ACTIONS, max_size=4), st.integers(1, 6))
def test_people_ranked_at_once_are_ranked_as_each_alone(rules: list[Rule], k: int) -> None:
    alone, together = ruled(*rules, k=k), ruled(*rules, k=k, people=3)
    assert together.order.tolist() == [row + 5 * person for person in range(3) for row in alone.order.tolist()]
    assert together.rule.tolist() == alone.rule.tolist() * 3


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"action": "delete"}, "action"),
        ({"action": "boost", "values": ["p"], "factor": 0.5}, "greater than 1"),
        ({"action": "exclude"}, "names no goods"),
        ({"action": "allow", "values": ["p"]}, "adult goods only"),
        ({"action": "pin", "values": ["p"], "limit": 3}, "belongs to cap"),
        ({"action": "cap", "factor": 3}, "belongs to boost"),
        ({"action": "cap", "starts_at": NOW, "ends_at": NOW}, "after starts_at"),
        ({"action": "cap", "shops": ["S1"]}, "shops"),
    ],
)
def test_rules_are_checked_at_the_door(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Rule.model_validate(values)
