"""Days marked alike: what their ratio is, that it is shrunk, and that it knows nothing after the origin."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from features.demand.arrays import Rows, gathered_features
from features.demand.event_days import EVENT_RATIOS, LIMITS, TRUST_UNITS, EventDays, event_numbers, month_parts
from features.demand.peer_groups import PeerGroups
from features.demand.periods import RHYTHMS
from features.demand.window_sums import Windows

DAYS, AHEAD = 56, 7


def _panel(demand: np.ndarray, period: str = "day", weight: np.ndarray | None = None) -> tuple[Any, PeerGroups]:
    weight = np.ones_like(demand) if weight is None else weight
    axis = SimpleNamespace(period=period, rhythm=RHYTHMS["day"], count=demand.shape[1])
    panel = SimpleNamespace(axis=axis, size=len(demand), demand=demand, weight=weight)
    both = Windows((demand * weight).sum(axis=0, keepdims=True), weight.sum(axis=0, keepdims=True))
    return panel, PeerGroups(np.zeros(len(demand), dtype=np.int64), both)


def _event_demand() -> tuple[np.ndarray, np.ndarray]:
    """Two products; every tenth day is marked and sells double of the first, as usual of the second."""
    marked = np.arange(DAYS + AHEAD) % 10 == 5
    first = np.where(marked, 200.0, 100.0)[:DAYS]
    return np.stack([first, np.full(DAYS, 100.0)]).astype(np.float32), marked.astype(np.int64)


def _ratios(demand: np.ndarray, marks: np.ndarray, period: str = "day", weight: np.ndarray | None = None) -> np.ndarray:
    panel, category = _panel(demand, period, weight)
    parts = np.zeros(DAYS + AHEAD, dtype=np.int64)
    days = EventDays.from_panel(panel, category, np.zeros(len(demand), dtype=np.int64), marks[None], parts)
    series, ahead = np.nonzero(np.ones((len(demand), AHEAD)))
    found = gathered_features(days.ratios(Rows(DAYS - 1, series, ahead + 1)), series.size)
    return found.reshape(len(EVENT_RATIOS), len(demand), AHEAD)


def test_marked_days_ahead_get_the_ratio_of_marked_days_before() -> None:
    demand, marks = _event_demand()
    found = dict(zip(EVENT_RATIOS, _ratios(demand, marks), strict=True))
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


def test_own_ratios_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(4)
    demand = rng.poisson(3.0, (5, DAYS)).astype(np.float32)
    weight = (rng.random((5, DAYS)) > 0.2).astype(np.float32)
    marks = rng.integers(0, 3, DAYS + AHEAD)
    found = _ratios(demand, marks, weight=weight)
    total = (demand * weight).sum(axis=0)
    by_weekday = total.reshape(-1, 7).mean(axis=0)
    for series in range(5):
        days = [t for t in range(DAYS) if weight[series, t] > 0]
        usual = sum(demand[series, t] for t in days) / sum(by_weekday[t % 7] for t in days)
        for ahead in range(AHEAD):
            alike = [t for t in days if marks[t] == marks[DAYS + ahead]]
            came = sum(demand[series, t] for t in alike) + TRUST_UNITS * found[0, series, ahead]
            expected = usual * sum(by_weekday[t % 7] for t in alike) + TRUST_UNITS
            assert found[1, series, ahead] == pytest.approx(np.clip(came / expected, *LIMITS), rel=1e-5)


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
    found = event_numbers(flags)
    assert found.shape == (2, 4)
    assert found[0, 1] == found[1, 3]
    assert found[1, 2] not in {found[0, 0], found[0, 1]}


def test_parts_of_the_month() -> None:
    assert month_parts(np.array([1, 5, 6, 25, 26, 31], dtype=np.float32)).tolist() == [0, 0, 1, 4, 5, 5]
