"""One person's ranking after live events."""

import numpy as np
import pytest

from serving.planning.people.live_ranking import Complements, Live, Pairs, ranked

TODAY = 20_000
NOTHING = Live(TODAY)
# 0 goes with 1 (0.5) and 4 (0.2); nothing else goes with anything
TOGETHER = Complements(np.array([0, 2, 2, 2, 2, 2]), np.array([1, 4]), np.array([0.5, 0.2], np.float32))


@pytest.fixture
def pairs() -> Pairs:
    return Pairs(
        products=np.array([0, 1, 2, 3]),
        probability=np.array([0.1, 0.3, 0.9, 0.3]),
        is_repeat=np.array([False, False, True, True]),
        due_day=np.array([-1, -1, TODAY + 3, TODAY + 60]),
        gap_days=np.array([0, 0, 10, 70]),
    )


def test_without_events_the_order_is_that_of_the_probability(pairs: Pairs) -> None:
    answer = ranked(pairs, NOTHING, TOGETHER)
    assert answer.products.tolist() == [2, 1, 3, 0]
    assert answer.probability.tolist() == [0.9, 0.3, 0.3, 0.1]
    assert answer.row.tolist() == [2, 1, 3, 0]


def test_kinds_and_k(pairs: Pairs) -> None:
    assert ranked(pairs, NOTHING, TOGETHER, kind="repeat").products.tolist() == [2, 3]
    assert ranked(pairs, NOTHING, TOGETHER, kind="explore", k=1).products.tolist() == [1]


def test_goods_due_after_the_label_are_held_back(pairs: Pairs) -> None:
    assert ranked(pairs, NOTHING, TOGETHER, label_days=28).products.tolist() == [2, 1, 0]


def test_a_scan_raises_the_good_and_what_goes_with_it(pairs: Pairs) -> None:
    answer = ranked(pairs, Live(TODAY, events=[("bag_add", 0, TODAY)]), TOGETHER)
    found = dict(zip(answer.products.tolist(), answer.probability.tolist(), strict=True))
    assert found[0] == pytest.approx(1 - 0.9 * 0.75)
    assert found[1] == pytest.approx(1 - 0.7 * (1 - 0.25 * 0.5 * 0.5))
    assert found[4] == pytest.approx(0.25 * 0.5 * 0.2)
    new = answer.products.tolist().index(4)
    assert (answer.row[new], answer.why[new], answer.event[new]) == (-1, 0, "")
    scanned = answer.products.tolist().index(0)
    assert (answer.why[scanned], answer.event[scanned]) == (0, "bag_add")


def test_an_event_fades_by_half_in_a_week(pairs: Pairs) -> None:
    answer = ranked(pairs, Live(TODAY, events=[("bag_add", 0, TODAY - 7)]), TOGETHER)
    assert answer.probability[answer.products.tolist().index(0)] == pytest.approx(1 - 0.9 * (1 - 0.125))


def test_what_was_bought_stays_away_until_it_is_due(pairs: Pairs) -> None:
    bought = [("purchase", 2, TODAY - 4)]
    assert 2 not in ranked(pairs, Live(TODAY, events=bought), TOGETHER).products
    assert 2 in ranked(pairs, Live(TODAY + 6, events=bought), TOGETHER).products


def test_what_was_bought_for_the_first_time_stays_away_for_four_weeks(pairs: Pairs) -> None:
    bought = [("purchase", 1, TODAY - 27)]
    assert 1 not in ranked(pairs, Live(TODAY, events=bought), TOGETHER).products
    assert 1 in ranked(pairs, Live(TODAY + 1, events=bought), TOGETHER).products


def test_the_basket_leaves_and_draws_what_goes_with_it(pairs: Pairs) -> None:
    answer = ranked(pairs, Live(TODAY, basket=[0], exclude=[3]), TOGETHER)
    assert answer.products.tolist() == [2, 1, 4]
    assert answer.probability[1] == pytest.approx(1 - 0.7 * (1 - 0.25 * 0.5 * 0.5))


def test_a_stranger_is_answered_from_the_first_event_on() -> None:
    popular = Pairs(np.array([3]), np.array([0.05]), np.array([False]), np.array([-1]))
    answer = ranked(popular, Live(TODAY, events=[("scan", 0, TODAY)]), TOGETHER)
    assert answer.products.tolist() == [0, 3, 1, 4]


def test_unknown_positions_do_no_harm(pairs: Pairs) -> None:
    live = Live(TODAY, events=[("view", 99, TODAY), ("visit", -1, TODAY)], basket=[77])
    assert set(ranked(pairs, live, TOGETHER).products.tolist()) == {0, 1, 2, 3, 99}
