"""Days marked alike: what their ratio is, that it is shrunk, and that it knows nothing after the origin."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from features.demand_groups import Groups
from features.demand_marked import LIMITS, MARKED, TRUST_UNITS, marked_ratios, month_parts, signatures
from features.demand_panel import Windows
from features.demand_periods import RHYTHMS

DAYS, AHEAD = 56, 7


def _panel(demand: np.ndarray, period: str = "day") -> tuple[Any, Any]:
    weight = np.ones_like(demand)
    axis = SimpleNamespace(period=period, rhythm=RHYTHMS["day"], count=demand.shape[1])
    panel = SimpleNamespace(axis=axis, size=len(demand), demand=demand, weight=weight)
    both = Windows(demand.sum(axis=0, keepdims=True), weight.sum(axis=0, keepdims=True))
    groups = SimpleNamespace(store_category=Groups(np.zeros(len(demand), dtype=np.int64), both))
    return panel, groups


def _event_demand() -> tuple[np.ndarray, np.ndarray]:
    """Two products; every tenth day is marked and sells double of the first, as usual of the second."""
    marked = np.arange(DAYS + AHEAD) % 10 == 5
    first = np.where(marked, 200.0, 100.0)[:DAYS]
    return np.stack([first, np.full(DAYS, 100.0)]).astype(np.float32), marked.astype(np.int64)


def _ratios(demand: np.ndarray, marks: np.ndarray, period: str = "day") -> np.ndarray:
    panel, groups = _panel(demand, period)
    parts = np.zeros(DAYS + AHEAD, dtype=np.int64)
    return marked_ratios(panel, groups, DAYS - 1, AHEAD, np.zeros(2, dtype=np.int64), marks[None], parts)


def test_marked_days_ahead_get_the_ratio_of_marked_days_before() -> None:
    demand, marks = _event_demand()
    found = dict(zip(MARKED, _ratios(demand, marks), strict=True))
    ahead = marks[DAYS:]
    assert ahead.sum() == 0 or set(ahead) == {0, 1}
    total = demand.sum(axis=0)
    by_weekday = np.tile(total.reshape(-1, 7).mean(axis=0), DAYS // 7)
    known = marks[:DAYS] == 0
    plain = (total[known].sum() + TRUST_UNITS) / (by_weekday[known].sum() + TRUST_UNITS)
    assert found["category_event"][0, ahead == 0] == pytest.approx(plain, rel=1e-5)
    assert found["category_month_part"] == pytest.approx(np.ones((2, AHEAD)), rel=1e-5)


def test_a_product_of_its_own_departs_from_its_category_as_far_as_its_units_carry() -> None:
    demand, marks = _event_demand()
    marks = np.roll(marks, 5)  # marked days fall into the week ahead, and mark other days before
    marks[:DAYS] = np.arange(DAYS) % 10 == 5
    category, own = _ratios(demand, marks)[:2]
    first = marks[DAYS:].astype(bool)
    assert first.any()
    assert (own[0, first] > category[0, first]).all()
    assert (own[1, first] < category[1, first]).all()
    assert (category[:, first] > 1.2).all()


def test_what_was_never_seen_is_not_known() -> None:
    demand, _ = _event_demand()
    marks = np.zeros(DAYS + AHEAD, dtype=np.int64)
    marks[DAYS + 2] = 1
    found = _ratios(demand, marks)
    assert np.isnan(found[0, :, 2]).all()
    assert not np.isnan(found[0, :, 3]).any()
    assert np.isnan(found[1, :, 2]).all()


def test_only_days_have_marks() -> None:
    demand, marks = _event_demand()
    assert np.isnan(_ratios(demand, marks, period="week")).all()


def test_ratios_stay_within_limits() -> None:
    demand = np.zeros((2, DAYS), dtype=np.float32)
    demand[:, DAYS - 6] = 1e6
    marks = np.zeros(DAYS + AHEAD, dtype=np.int64)
    marks[[DAYS - 6, DAYS]] = 1
    found = _ratios(demand, marks)
    assert np.nanmax(found) <= LIMITS[1]
    assert np.nanmin(found) >= np.float32(LIMITS[0])


def test_equal_flags_have_equal_numbers_in_every_region() -> None:
    flags = np.zeros((2, 2, 4), dtype=np.float32)
    flags[0, 0, 1] = flags[0, 1, 2] = flags[1, 1, 2] = flags[0, 1, 3] = 1
    found = signatures(flags)
    assert found.shape == (2, 4)
    assert found[0, 1] == found[1, 3]
    assert found[1, 2] not in {found[0, 0], found[0, 1]}


def test_parts_of_the_month() -> None:
    assert month_parts(np.array([1, 5, 6, 25, 26, 31], dtype=np.float32)).tolist() == [0, 0, 1, 4, 5, 5]
