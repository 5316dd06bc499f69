"""Several limits at once: by hand, against trying everything, and never beyond a limit."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.joint_limits import CapacityLimit, share_out
from retail_brain.decisions.marginal_value import Steps


def steps_of(*rows: tuple[int, float, float, float]) -> Steps:
    """Steps given as (series, units, value, cost)."""
    series, units, value, cost = zip(*rows, strict=True)
    return Steps(np.array(series), *(np.array(column, dtype=float) for column in (units, value, cost)))


def scarce(name: str, capacity: float, **per_unit: float) -> CapacityLimit:
    series = np.array([int(key[1:]) for key in per_unit])
    return CapacityLimit(name, capacity, series, np.array(list(per_unit.values()), dtype=float))


def test_limits_that_do_not_meet_are_shared_each_for_itself_and_the_unlimited_gets_all():
    steps = steps_of((0, 1, 5, 1), (0, 1, 3, 1), (1, 1, 4, 1), (2, 2, 1, 1))
    done = share_out(steps, [scarce("truck", 1, s0=1.0), scarce("shelf", 5, s1=1.0)], 3)
    assert done.units.tolist() == [1, 1, 2]
    assert done.prices.tolist() == [3, 0], "one more place on the truck brings the second unit"
    assert (done.used.tolist(), done.cut_by.tolist()) == ([1, 1], [0, -1, -1])


def test_limits_that_meet_are_priced_together():
    steps = steps_of((0, 1, 9, 4), (1, 1, 8, 2), (2, 1, 3, 2))
    done = share_out(steps, [scarce("money", 6, s0=4.0, s1=2.0, s2=2.0), scarce("places", 1, s0=1.0, s1=1.0)], 3)
    assert done.units.tolist() == [1, 0, 1]
    assert done.used.tolist() == [6, 1]


def test_what_is_left_goes_to_what_targets_ask_for_at_a_loss():
    steps = steps_of((0, 1, 5, 1), (0, 1, -1, 1), (1, 1, -2, 1))
    assert share_out(steps, [scarce("money", 2, s0=1.0, s1=1.0)], 2).units.tolist() == [2, 0]
    assert share_out(steps, [scarce("money", 9, s0=1.0, s1=1.0)], 2).units.tolist() == [2, 1]
    assert share_out(steps, [], 2).units.tolist() == [2, 1]


def best(steps: Steps, limits: list[CapacityLimit], series: int) -> float:
    counts = np.bincount(steps.series, minlength=series)
    starts = np.cumsum(counts) - counts
    most = 0.0
    for depth in itertools.product(*(range(count + 1) for count in counts)):
        rows = np.concatenate([np.arange(start, start + k) for start, k in zip(starts, depth, strict=True)]).astype(int)
        units = np.zeros(series)
        np.add.at(units, steps.series[rows], steps.units[rows])
        if all(units[limit.series] @ limit.per_unit <= limit.capacity + 1e-9 for limit in limits):
            most = max(most, float(steps.value[rows].sum()))
    return most


@given(seed=st.integers(0, 3000))
def test_within_every_limit_and_the_best(seed):
    rng = np.random.default_rng(seed)
    series = 4
    counts = rng.integers(0, 4, series)
    owner = np.repeat(np.arange(series), counts)
    value = np.concatenate([np.zeros(0), *(np.sort(rng.uniform(0.1, 9, count))[::-1] for count in counts)])
    steps = Steps(owner, rng.integers(1, 4, len(owner)).astype(float), value, np.ones(len(owner)))
    limits = [
        CapacityLimit(f"l{k}", rng.uniform(0, 10), np.flatnonzero(rng.random(series) < 0.6), np.zeros(0))
        for k in range(2)
    ]
    limits = [CapacityLimit(one.name, one.capacity, one.series, rng.uniform(0.2, 2, len(one.series))) for one in limits]
    done = share_out(steps, limits, series)
    for limit, used in zip(limits, done.used, strict=True):
        assert used == pytest.approx(done.units[limit.series] @ limit.per_unit)
        assert used <= limit.capacity + 1e-6
    assert (done.prices >= 0).all()
    wanted = np.bincount(owner, weights=steps.units, minlength=series)
    assert (done.units <= wanted).all()
    free = np.setdiff1d(np.arange(series), np.concatenate([limit.series for limit in limits]))
    assert (done.units[free] == wanted[free]).all()
    ends = np.concatenate([np.zeros(0), *(np.cumsum(steps.units[owner == one]) for one in range(series))])
    got = float(steps.value[ends <= done.units[owner] + 1e-9].sum())
    assert got == pytest.approx(best(steps, limits, series), rel=1e-3, abs=1e-6)
