"""Complements: goods that call for each other, and not goods that the same people like."""

import numpy as np
import pytest
from scipy import sparse

from training.recommender.associations import HABIT_BASKETS, BuyersHabits, complement_strength

TEA, CAKE, GUN, OIL, RICE, MILK, EGGS = range(7)
KIND = np.zeros(7, dtype=np.int64)


def _baskets(*, pull: float = 0.0) -> tuple[sparse.csr_array, np.ndarray]:
    """A fifth of 200 people like tea and cake, in half of their baskets; a gun calls for oil with chance `pull`."""
    rng, rows, buyer = np.random.default_rng(5), [], []
    for person in range(200):
        likes = person % 5 == 0
        for _ in range(20):
            chance = np.array([0.5 if likes else 0.02, 0.5 if likes else 0.02, 0.1, 0.1, 0.6, 0.6, 0.6])
            row = rng.random(7) < chance
            row[OIL] |= row[GUN] & (rng.random() < pull)
            if row.sum() > 1:
                rows.append(row)
                buyer.append(person)
    return sparse.csr_array(np.array(rows, dtype=np.float32)), np.array(buyer)


def test_goods_that_the_same_people_like_do_not_call_for_each_other() -> None:
    baskets, buyer = _baskets(pull=0.5)
    strength = complement_strength(baskets, buyer, KIND, 6).toarray()
    strangers = complement_strength(baskets, np.full(buyer.size, -1), KIND, 6).toarray()
    # without names tea and cake look like the pair that belongs together
    assert strangers[TEA, CAKE] > 0.1
    assert strength[TEA, CAKE] < 0.05
    # half of the nine tenths without oil, less what their own joint baskets add to the buyers' habits
    assert 0.3 < strength[GUN, OIL] < 0.45
    assert strength[GUN].argmax() == OIL


def test_habits_expect_what_each_buyer_does_by_themselves() -> None:
    baskets = sparse.csr_array(np.array([[1, 1, 0], [1, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=np.float32))
    buyer = np.array([0, 0, 1, -1])
    joint = (baskets.T @ baskets).tocsr()
    joint.sort_indices()
    expected = sparse.csr_array((BuyersHabits.of(baskets, buyer).expected(0, joint), joint.indices, joint.indptr))
    share = 3 / 4  # of the baskets that hold product 1
    by_buyer = 2 * (2 + HABIT_BASKETS * share) / (2 + HABIT_BASKETS)
    assert expected[0, 1] == pytest.approx(by_buyer + 1 * share)  # the stranger's basket goes by the chain's share


def test_substitutes_and_single_baskets_are_no_complements() -> None:
    baskets, buyer = _baskets(pull=0.5)
    kind = np.array([0, 0, 7, 7, 0, 0, 0])
    assert complement_strength(baskets, buyer, kind, 4)[GUN, OIL] == 0
    once = sparse.csr_array(np.array([[1, 1], [1, 0], [0, 1]], dtype=np.float32))
    assert complement_strength(once, np.array([0, 1, 2]), np.zeros(2, dtype=np.int64), 4).nnz == 0


def test_no_basket_has_no_complement() -> None:
    empty = sparse.csr_array((1, 3), dtype=np.float32)
    assert complement_strength(empty, np.array([-1]), np.zeros(3, dtype=np.int64), 4).nnz == 0
