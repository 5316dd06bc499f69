"""A clock that shows a day before this code was written is not believed."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from retail_brain import past_days
from retail_brain.errors import UsageError
from retail_brain.ingest.days_to_come import last_possible_day
from retail_brain.settings import DataSettings


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    def show(year: int, month: int, day: int) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> "datetime":
                return datetime(year, month, day, 12, tzinfo=tz)

        monkeypatch.setattr(past_days, "datetime", Clock)

    return show


def test_a_clock_of_1970_sets_no_sale_of_the_sample_aside_and_one_ahead_is_believed(clock: Any) -> None:
    clock(1970, 1, 1)
    assert last_possible_day("transactions", DataSettings()) > date(2026, 2, 28)  # the last day of the sample chain
    past_days.check_past_day(date(2026, 2, 28), "--on")
    clock(2031, 5, 1)
    assert past_days.today() == date(2031, 5, 1)
    with pytest.raises(UsageError, match="2031-05-03 has not come yet; wanted 2031-05-02"):
        past_days.check_past_day(date(2031, 5, 3), "--on")


def test_the_day_that_the_code_was_written_on_has_come() -> None:
    assert past_days.today() >= datetime.now(UTC).date()
