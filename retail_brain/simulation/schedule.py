"""When each series is reviewed in a replay."""

import numpy as np

from retail_brain.decisions.arrays import Bools, Floats
from retail_brain.decisions.order_calendar import next_open_day


def review_schedule(first_day: np.datetime64, periods: int, review_days: Floats, open_weekdays: Bools) -> Bools:
    """Whether a series may be ordered for each morning, shape (series, periods + 1).

    Column 0 stands for the morning of `first_day`. The first review is on the first open day; the next on the first
    open day that is at least a review period later.
    """
    pause = np.maximum(np.ceil(review_days), 1).astype("timedelta64[D]")
    following = next_open_day(np.full(len(review_days), first_day, dtype="datetime64[D]"), open_weekdays)
    due = np.zeros((len(review_days), periods + 1), dtype=np.bool_)
    for period in range(periods + 1):
        today = following == first_day + np.timedelta64(period, "D")
        due[:, period] = today
        following = np.where(today, next_open_day(following + pause, open_weekdays), following)
    return due
