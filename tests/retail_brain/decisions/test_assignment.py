"""Assignment of many campaigns: feasible, near the optimum that HiGHS finds, and bounded."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_array

from retail_brain.decisions.assignment import assign_contacts


def make_pairs(seed: int, people: int, campaigns: int, density: float = 1.0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    grid = pl.DataFrame(
        {
            "campaign_id": np.tile([f"k{j}" for j in range(campaigns)], people),
            "person_id": np.repeat([f"c{i}" for i in range(people)], campaigns),
            "value": rng.gamma(0.5, 2.0, people * campaigns) - 0.1,
        }
    )
    return grid.filter(pl.Series(rng.random(grid.height) < density))


def optimum(pairs: pl.DataFrame, caps: dict[str, int], per_customer: int) -> float:
    """The linear programme's value, which is integral for a transport problem."""
    useful = pairs.filter(pl.col("value") > 0)
    if useful.height == 0:
        return 0.0
    people = useful["person_id"].rank("dense").to_numpy() - 1
    names = sorted(caps)
    places = useful["campaign_id"].replace_strict({n: i for i, n in enumerate(names)}).to_numpy()
    count = int(people.max()) + 1
    rows = np.concatenate([people, count + places]).astype(int)
    columns = np.tile(np.arange(useful.height), 2)
    matrix = coo_array((np.ones(len(rows)), (rows, columns)), shape=(count + len(names), useful.height)).tocsc()
    limits = np.concatenate([np.full(count, per_customer), [caps[name] for name in names]])
    return -linprog(-useful["value"].to_numpy(), A_ub=matrix, b_ub=limits, bounds=(0, 1), method="highs").fun


@given(
    seed=st.integers(0, 500),
    people=st.integers(1, 40),
    campaigns=st.integers(1, 6),
    per_customer=st.integers(1, 3),
    cap=st.integers(0, 15),
    density=st.sampled_from([0.3, 1.0]),
)
def test_assignments_are_feasible_and_below_the_bound(seed, people, campaigns, per_customer, cap, density):
    pairs = make_pairs(seed, people, campaigns, density)
    caps = {f"k{j}": cap for j in range(campaigns)}
    done = assign_contacts(pairs, caps, per_customer)
    per_person = done.pairs.group_by("person_id").len()["len"]
    per_campaign = done.pairs.group_by("campaign_id").len()["len"]
    assert (per_person <= per_customer).all()
    assert (per_campaign <= cap).all()
    assert (done.pairs["value"] > 0).all()
    assert done.pairs.select("campaign_id", "person_id").is_unique().all()
    best = optimum(pairs, caps, per_customer)
    assert done.value <= best + 1e-6 <= done.bound + 2e-6
    assert done.value == pytest.approx(done.pairs["value"].sum())


def test_large_assignments_come_within_a_per_cent_of_the_optimum():
    pairs = make_pairs(1, 1500, 8)
    caps = {f"k{j}": 40 + 20 * j for j in range(8)}
    done = assign_contacts(pairs, caps, 1)
    assert done.value >= 0.99 * optimum(pairs, caps, 1)
    assert done.prices["assigned"].to_list() == [caps[name] for name in done.prices["campaign_id"]]


def test_one_place_goes_to_who_is_worth_most_and_has_its_price():
    pairs = pl.DataFrame({"campaign_id": ["k"] * 3, "person_id": ["a", "b", "c"], "value": [1.0, 3.0, 2.0]})
    done = assign_contacts(pairs, {"k": 1}, 1)
    assert done.pairs["person_id"].to_list() == ["b"]
    assert done.prices["price"].to_list() == [2.0]
    assert done.bound == 3.0


def test_nothing_possible_gives_nothing():
    pairs = pl.DataFrame(schema={"campaign_id": pl.String, "person_id": pl.String, "value": pl.Float64})
    done = assign_contacts(pairs, {"k": 5}, 1)
    assert (done.pairs.height, done.value, done.bound) == (0, 0.0, 0.0)
