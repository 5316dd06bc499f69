"""Purchases that contacts cause are shared out by what a contact changes for each person."""

import numpy as np
import polars as pl
import pytest

from retail_brain.decisions.incremental import caused_chance
from retail_brain.decisions.uplift import Uplift, UpliftScores, shared_out

SCHEMA = {"customer_id": pl.String, "category": pl.String, "uplift": pl.Float64}
PRODUCTS = ["P1", "P2", "Q", "unlisted"]
CATEGORIES = pl.DataFrame({"product_id": ["P1", "P2", "Q"], "category": ["tea", "tea", "milk"]})


def caused(
    offers: list[tuple[str, str, float]], scores: dict[str, float], share: float | None = None
) -> tuple[list[float], np.ndarray]:
    """What contacts cause of offers (person, product, chance), with the model and by the share alone."""
    people = sorted({who for who, *_ in offers})
    rows = {"customer_id": list(scores), "category": ["tea"] * len(scores), "uplift": list(scores.values())}
    uplift = UpliftScores.of(
        Uplift(pl.DataFrame(rows, SCHEMA), CATEGORIES, "forest"), pl.Series(people), pl.Series(PRODUCTS)
    )
    who = np.array([people.index(one) for one, *_ in offers])
    what = np.array([PRODUCTS.index(one) for _, one, _ in offers])
    by_share = caused_chance(np.array([chance for *_, chance in offers]), share)
    return shared_out(by_share, who, who, what, uplift).round(6).tolist(), by_share


def test_all_contacts_cause_as_much_as_before_and_it_falls_to_those_who_are_moved() -> None:
    given = [("buys anyway", "P1", 0.9), ("is moved", "P1", 0.3)]
    found, by_share = caused(given, {"buys anyway": 0.02, "is moved": 0.08}, 0.2)
    assert sum(found) == pytest.approx(by_share.sum(), abs=1e-5)
    assert found[1] == pytest.approx(4 * found[0], rel=1e-3)
    assert by_share[1] < 4 * by_share[0]


def test_goods_of_a_category_share_what_the_person_is_moved_to_by_their_own_chances() -> None:
    found, _ = caused([("a", "P1", 0.2), ("a", "P2", 0.1), ("b", "P1", 0.2)], {"a": 0.1, "b": 0.1})
    # .5 in all, half of it to each; a's half goes 2 to 1
    assert found == pytest.approx([0.25 * 2 / 3, 0.25 / 3, 0.25], abs=1e-6)


def test_whom_contacts_harm_they_cause_nothing() -> None:
    assert caused([("a", "P1", 0.2), ("b", "P1", 0.2)], {"a": -0.1, "b": 0.1})[0] == [0.0, 0.4]


def test_people_and_goods_that_the_model_does_not_know_keep_the_share() -> None:
    given = [("a", "P1", 0.2), ("stranger", "P1", 0.4), ("a", "Q", 0.3), ("a", "unlisted", 0.1)]
    assert caused(given, {"a": 0.1})[0] == [0.2, 0.4, 0.3, 0.1]
    assert caused(given, {"a": -0.1})[0][0] == 0.2  # nobody is moved at all: the share says
    assert caused(given, {})[0] == [0.2, 0.4, 0.3, 0.1]


def test_nothing_is_caused_more_than_for_certain() -> None:
    given = [(f"c{number}", "P1", 0.9) for number in range(4)]
    assert caused(given, {"c0": 1.0, "c1": 0.0, "c2": 0.0, "c3": 0.0})[0] == [1.0, 0.0, 0.0, 0.0]
