"""What a history says of itself: closed days are not usual ones, and a few weeks a year ago are no year ago."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.demand.closed_days import closed_days
from features.demand.feature_matrix import FEATURES, DemandFeatures, Vocabulary
from features.demand.history import read_history
from features.demand.panel import build_panel
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings

FIRST, DAYS = date(2025, 3, 3), 70


def test_a_day_without_sales_is_told_from_a_weekday_without_sales() -> None:
    week = np.array([50, 60, 70, 80, 90, 100, 0], dtype=float)  # never open on Sundays
    totals = np.tile(week, 8)[None]
    totals[0, 45] = 5.0
    found = closed_days(totals, 7)
    assert np.flatnonzero(found[0]).tolist() == [45]


def test_low_sales_and_small_stores_are_not_closed() -> None:
    totals = np.full((2, 56), 100.0)
    totals[0, 50] = 50.0
    totals[1] = 4.0
    totals[1, 50] = 0.0
    assert not closed_days(totals, 7).any()
    assert not closed_days(totals[:, :20], 7).any()


def _chain(closed: int | None) -> Dataset:
    """Two products that sell 30 a day, nothing on the closed day."""
    rows = [
        {
            "date": FIRST + timedelta(days=day),
            "store_id": "S",
            "product_id": product,
            "units": 0.0 if day == closed else 30.0,
        }
        for day in range(DAYS)
        for product in ("A", "B")
    ]
    return Dataset.from_frames({"daily_sales": pl.DataFrame(rows)}).at(FIRST + timedelta(days=DAYS - 1))


def test_level_and_weekday_are_those_of_open_days_and_the_closed_one_is_still_learnt_from() -> None:
    found = {}
    for closed in (None, DAYS - 3):
        history = read_history(_chain(closed), Settings(), 7)
        panel = build_panel(history, 0, 2)
        rows = (
            DemandFeatures(history, Vocabulary.from_history(history))
            .for_panel(panel)
            .rows(DAYS - 1, np.arange(2), np.array([5, 5]))
        )
        found[closed] = rows[:, [list(FEATURES).index(name) for name in ("log_level", "phase_short_to_level")]]
        assert panel.weight.all()
        assert panel.usual_weight.sum() == panel.weight.sum() - (0 if closed is None else 2)
    assert np.allclose(found[None], found[DAYS - 3], atol=0.02)


@pytest.mark.parametrize(("days", "known"), [(419, False), (480, True)])
def test_a_year_ago_is_known_once_there_are_months_of_it(days: int, known: bool) -> None:
    rows = [
        {"date": FIRST + timedelta(days=day), "store_id": "S", "product_id": product, "units": 30.0}
        for day in range(days)
        for product in ("A", "B")
    ]
    seen = Dataset.from_frames({"daily_sales": pl.DataFrame(rows)}).at(FIRST + timedelta(days=days - 1))
    history = read_history(seen, Settings(), 7)
    built = DemandFeatures(history, Vocabulary.from_history(history)).for_panel(build_panel(history, 0, 2))
    found = built.rows(days - 1, np.arange(2), np.array([3, 3]))[:, list(FEATURES).index("category_year_ago")]
    assert np.isnan(found).all() != known
