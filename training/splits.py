"""Computes rolling forecast origins: the cutoffs of a backtest's windows."""

from datetime import date, timedelta

from features.demand.periods import PeriodAxis


def rolling_origins(
    periods: int, horizon: int, n_windows: int, *, step_size: int | None = None, min_history: int = 1
) -> list[int]:
    """Last visible period of each window, ascending; the last window ends with the data.

    Args:
        periods: periods of history, numbered from 0.
        horizon: periods forecast in each window.
        n_windows: windows wanted; fewer come back where history is short.
        step_size: periods between windows; without it, `horizon`, so that windows do not overlap.
        min_history: periods that each window must leave to learn from.

    >>> rolling_origins(100, horizon=28, n_windows=2)
    [43, 71]
    """
    step = step_size or horizon
    # counted back from the end of the data, so that the newest periods are always tested
    cutoffs = [periods - 1 - horizon - step * number for number in range(n_windows)]
    return sorted(cutoff for cutoff in cutoffs if cutoff + 1 >= min_history)


def last_day_of(axis: PeriodAxis, number: int) -> date:
    """Last day of a period: a window's cutoff as a date."""
    return axis.start(number + 1) - timedelta(days=1)
