"""Candidates of blocks of people."""

import numpy as np
import pytest

from retail_brain.dataset import Dataset
from training.recommender import fitted_sources
from training.recommender.candidates.pool import Block
from training.recommender.model import RecommenderModel


@pytest.mark.parametrize("with_proposals", [True, False])
def test_a_block_has_the_same_candidates_whatever_part_of_it_is_worked_out_at_once(
    habits_model: RecommenderModel, habits_chain: Dataset, monkeypatch: pytest.MonkeyPatch, *, with_proposals: bool
) -> None:
    fitted = habits_model.fit_sources(habits_chain)
    people = np.array([0, 3, 4, 50, 77, 78, 119])
    extra = np.array([3, 0, 77, 119, 77]), np.array([2, 29, 0, 29, 15])
    (block,) = fitted.blocks(people, extra)
    whole = fitted.candidates(block, with_proposals=with_proposals)
    monkeypatch.setattr(fitted_sources, "PEOPLE_AT_ONCE", 2)
    parts = fitted.candidates(block, with_proposals=with_proposals)
    assert set(zip(*(codes.tolist() for codes in extra), strict=True)) <= set(
        zip(whole.people.tolist(), whole.products.tolist(), strict=True)
    )
    for name in ("people", "products", "proposed"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    for name in ("scores", "relative"):
        # a product of matrices is rounded differently for other numbers of rows
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-5, atol=1e-6)


def test_parts_of_a_block_keep_the_further_pairs_with_their_people() -> None:
    parts = Block(np.array([1, 4, 6]), np.array([10, 19, 45, 60])).parts(2, 10)
    assert [(part.people.tolist(), part.extra.tolist()) for part in parts] == [([1, 4], [10, 19, 45]), ([6], [60])]
