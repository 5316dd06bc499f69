"""Newcomers are answered by what people of their segment buy."""

from datetime import timedelta

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from training.recommender.candidates.trending import Trending
from training.recommender.config import TrendingConfig, stored_config
from training.recommender.history import History, build_history
from training.recommender.segments import fit_segments

from .conftest import SMALL, START, receipts


def chain(*, telling: bool, traits: tuple[str, ...] | None = ("age",)) -> History:
    """80 people of two ages; where it tells, the young buy A and the old B, otherwise all buy either by turns.

    Y and O are registered and never bought; X is registered without an age.
    """
    lines, ages = [], []
    for number in range(80):
        is_young = number % 4 < 2
        wants_a = is_young if telling else number % 3 == 0
        ages.append("young" if is_young else "old")
        lines += [(f"T{number}-{day}", f"C{number:02d}", "A" if wants_a else "B", day, 1.0) for day in (1, 8)]
    people = pl.DataFrame(
        {
            "customer_id": [*(f"C{number:02d}" for number in range(80)), "O", "X", "Y"],
            "home_store_id": ["S1"] * 83,
            "age": [*ages, "old", None, "young"],
            "card": [f"card {number}" for number in range(83)],
        }
    )
    dataset = Dataset.from_frames({"transactions": receipts(lines), "customers": people})
    return build_history(dataset, START + timedelta(days=10), SMALL.model_copy(update={"traits": traits}))


def code(history: History, customer: str) -> int:
    return history.customers["customer_id"].to_list().index(customer)


def test_lift_is_the_shrunk_share_among_people_of_the_segment():
    history = chain(telling=True)
    found = fit_segments(history, shrinkage=20.0)
    assert found.attribute == "age"
    young, old = found.codes[code(history, "Y")], found.codes[code(history, "O")]
    assert found.lift[young].tolist() == pytest.approx([(40 + 20 * 0.5) / (60 * 0.5), (20 * 0.5) / (60 * 0.5)])
    assert found.lift[old].tolist() == found.lift[young].tolist()[::-1]


def test_an_attribute_that_tells_nothing_is_not_used():
    found = fit_segments(chain(telling=False), shrinkage=20.0)
    assert found.attribute is None
    assert found.lift.tolist() == [[1.0, 1.0]]


def test_newcomers_get_what_their_segment_buys_and_the_unknown_what_the_store_sells():
    history = chain(telling=True)
    people = history.people(["O", "X", "Y"])
    scores = Trending(history, TrendingConfig()).scores(people).toarray()
    old, unknown, young = scores
    assert old[1] > old[0]
    assert young[0] > young[1]
    assert unknown[0] == unknown[1]


def test_columns_that_say_what_people_are_now_make_no_groups_unless_they_are_named():
    # an age is now what it is, on every past day too: only the settings can say that no purchase changes it
    assert chain(telling=True, traits=()).traits.columns == []
    assert fit_segments(chain(telling=True, traits=())).attribute is None
    # a bundle of before names none, and is answered as it was
    assert stored_config({}).traits is None
    assert stored_config(SMALL.model_dump(mode="json")).traits == ()
    assert fit_segments(chain(telling=True, traits=None)).attribute == "age"
