"""The one rule for days of the past that somebody names, in verbs and requests alike."""

from datetime import UTC, date, datetime, timedelta

from retail_brain.errors import DayToComeError

_WRITTEN_ON = date(2026, 11, 28)
"""A clock that shows an earlier day is wrong, as after a dead battery: what was sold until this day has come."""


def today() -> date:
    """Today in UTC, as far as the clock of the machine can be believed."""
    return max(datetime.now(UTC).date(), _WRITTEN_ON)


def check_past_day(day: date, name: str, last: date | None = None) -> None:
    """Refuses a day that has not come.

    Args:
        day: that was named.
        name: of the option or field.
        last: last day that may be named; None: today in whatever zone, which is tomorrow in UTC.

    Raises:
        DayToComeError: the day is later.
    """
    last = last or today() + timedelta(days=1)
    if day > last:
        raise DayToComeError(
            f"{name} {day} has not come yet; wanted {last} or earlier. Nothing is known of days to come: name an "
            f"earlier day, or leave {name} out.",
            {"problem": "day_to_come", "day": day.isoformat(), "last": last.isoformat()},
        )
