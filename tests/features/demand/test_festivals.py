"""Festivals that a history can teach: seen twice, or once with a clear effect."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from features.demand.festivals import unlearnable_columns
from features.demand.periods import PeriodAxis

SPRING_FESTIVAL = date(2025, 1, 29)


def _history(first: date, days: int, peak: float = 1.0, country: str = "CN") -> Any:
    """A chain that sells 100 a day, and `peak` times as much in the fortnight before the Spring Festival of 2025."""
    axis = PeriodAxis("day", first, days)
    dates = np.array([first + timedelta(days=number) for number in range(days)])
    before = np.array([0 < (SPRING_FESTIVAL - day).days <= 14 for day in dates])
    units = np.where(before, 100.0 * peak, 100.0).astype(np.float32)
    sales = pl.DataFrame({"t": np.arange(days, dtype=np.int32), "units": units})
    return SimpleNamespace(axis=axis, country=country, sales=sales)


def test_a_festival_seen_once_without_effect_teaches_nothing() -> None:
    left_out = unlearnable_columns(_history(date(2024, 9, 1), 400))
    assert "days_to_spring_festival" in left_out
    assert "month" in left_out


def test_a_festival_seen_once_that_nobody_could_miss_is_learnt() -> None:
    assert "days_to_spring_festival" not in unlearnable_columns(_history(date(2024, 9, 1), 400, peak=1.6))


def test_what_came_twice_is_learnt() -> None:
    left_out = unlearnable_columns(_history(date(2023, 12, 1), 735))
    assert "month" not in left_out
    assert "days_to_spring_festival" not in left_out


def test_what_never_came_is_left_out_and_a_day_of_history_does_no_harm() -> None:
    assert "days_to_easter" in unlearnable_columns(_history(date(2024, 9, 1), 400, peak=2.0))
    assert "days_to_spring_festival" in unlearnable_columns(_history(SPRING_FESTIVAL, 1))
