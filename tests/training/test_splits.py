"""Rolling origins."""

from datetime import date

from features.demand.periods import PeriodAxis
from training.splits import last_day_of, rolling_origins


def test_the_last_window_ends_with_the_data_and_windows_do_not_overlap() -> None:
    assert rolling_origins(100, horizon=28, n_windows=3) == [15, 43, 71]
    assert rolling_origins(100, horizon=28, n_windows=2, step_size=7) == [64, 71]


def test_windows_without_enough_history_are_left_out() -> None:
    assert rolling_origins(100, horizon=28, n_windows=9, min_history=40) == [43, 71]
    assert rolling_origins(20, horizon=28, n_windows=3) == []


def test_a_cutoff_is_the_last_day_of_its_period() -> None:
    assert last_day_of(PeriodAxis("day", date(2025, 1, 1), 9), 2) == date(2025, 1, 3)
    assert last_day_of(PeriodAxis("week", date(2025, 1, 6), 9), 0) == date(2025, 1, 12)
    assert last_day_of(PeriodAxis("month", date(2025, 1, 1), 9), 1) == date(2025, 2, 28)
