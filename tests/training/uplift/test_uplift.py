"""Learners of what contacts cause: Qini by hand, and the choice by campaigns that were not seen."""

import numpy as np
import pytest

from training.uplift.learners import LEARNERS, RESPONSE, Contacts
from training.uplift.model import choose_uplift, held_out_scores
from training.uplift.qini import qini, qini_curve, uplift_at


def contacts(people: int, *, moved: float, seed: int = 0) -> tuple[Contacts, np.ndarray]:
    """Those with feature 0 buy anyway, and those with feature 1 only when they are contacted (in a share `moved`)."""
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 2, (people, 2)).astype(np.float32)
    treated = rng.random(people) < 0.5
    chance = 0.05 + 0.6 * features[:, 0] + moved * features[:, 1] * treated * (1 - features[:, 0])
    campaigns = rng.integers(0, 4, people).astype(str)
    outcome = (rng.random(people) < chance).astype(float)
    return Contacts(features, outcome, treated, np.full(people, 0.5)), campaigns


def test_the_curve_and_the_area_by_hand() -> None:
    treated = np.array([True, False, True, False])
    # contacted 1 and 3, held out 2 and 4; after two people: 1 bought contacted, 0 held out
    assert qini_curve([4, 3, 2, 1], [1, 0, 1, 1], treated).tolist() == [0, 1, 1, 2, 1]
    # minus the line to 1: .75, .5, 1.25, 0
    assert qini([4, 3, 2, 1], [1, 0, 1, 1], treated) == pytest.approx(2.5 / 16)
    assert uplift_at([4, 3, 2, 1], [1, 0, 1, 1], treated, 0.5) == 1.0
    assert np.isnan(uplift_at([4, 3, 2, 1], [1, 0, 1, 1], treated, 0.25))
    assert qini([], [], np.zeros(0, dtype=bool)) == 0.0


def test_an_order_by_the_truth_has_more_area_than_its_reverse() -> None:
    known, _ = contacts(4000, moved=0.4)
    truth = known.features[:, 1] * (1 - known.features[:, 0])
    # a quarter is moved by .4, so the curve rises to .05 of all at once: the area is about .05 x 3/8
    assert qini(truth, known.outcome, known.treated) == pytest.approx(0.019, abs=0.008)
    assert qini(-truth, known.outcome, known.treated) == pytest.approx(-0.019, abs=0.008)


@pytest.mark.parametrize("name", sorted(LEARNERS))
def test_every_learner_finds_whom_a_contact_moves_and_not_who_buys_anyway(name: str) -> None:
    known, campaigns = contacts(4000, moved=0.4)
    scores = held_out_scores(known, campaigns, LEARNERS[name], seed=1)
    is_moved = (known.features[:, 1] == 1) & (known.features[:, 0] == 0)
    assert scores[is_moved].mean() > scores[~is_moved].mean() + 0.1
    again = held_out_scores(known, campaigns, LEARNERS[name], seed=1)
    assert np.array_equal(scores, again)


def test_the_best_order_of_unseen_campaigns_is_chosen_and_not_the_response() -> None:
    known, campaigns = contacts(4000, moved=0.4)
    found = choose_uplift(known, campaigns)
    assert found.method != RESPONSE
    assert found.scorer is not None
    by_method = dict(found.validation.select("method", "qini").iter_rows())
    assert by_method[found.method] == max(by_method.values())
    assert by_method[RESPONSE] < by_method[found.method] - 0.02
    assert found.validation.filter("chosen")["method"].to_list() == [found.method]
    moved, anyway = found.scorer(np.array([[0, 1], [1, 0]], dtype=np.float32))
    assert moved > anyway + 0.1


@pytest.mark.parametrize("few", ["people", "campaigns", "held out"])
def test_with_too_little_held_out_it_is_called_response(few: str) -> None:
    known, campaigns = contacts(600 if few == "people" else 4000, moved=0.4)
    if few == "campaigns":
        campaigns = np.full(len(campaigns), "K")
    if few == "held out":
        rest = known.treated | (np.arange(len(campaigns)) < 100)
        known, campaigns = known.take(rest), campaigns[rest]
    found = choose_uplift(known, campaigns)
    assert (found.method, found.scorer, found.validation.height) == (RESPONSE, None, 0)
