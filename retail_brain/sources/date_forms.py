"""Forms of dates and times that count: serial days, days since a day, seconds or minutes after midnight."""

import re
from dataclasses import dataclass
from datetime import date

EXCEL, UNIX, UNIX_MS = "excel", "unix", "unix_ms"
"""Forms of numbers: days since 1899-12-30, seconds and milliseconds since 1970 in UTC."""
WEEK = "week"
"""The form of a week by its number in ISO 8601, such as 2025-W51, `KW 51/2025` and 2025年第51周: its Monday."""
ERA = "era"
"""The form of days counted from the first year of an era, such as 令和8年4月1日, R8.4.1 and 民國115年4月1日."""
IRANIAN = "iranian"
"""The form of days of the Iranian calendar, such as 1405/06/12, which is 2026-09-03."""
SECONDS, MINUTES = "seconds", "minutes"
"""Forms of a time of day: seconds and minutes after midnight."""
MIDNIGHT = (
    r"[ T](?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)?\s?[Aa]\.?\s?[Mm]\.?|(?:上午|午前|오전)\s?(?:12|0?0):00(?::00)?)$"
)
"""The time of day that spreadsheets and databases add to a day: 00:00:00, or 12:00:00 AM."""
_SINCE = "days since "
_DAY_ZERO = date(1899, 12, 30)
"""Serial day 0 of spreadsheets."""
_COUNTED_CLOCKS = (SECONDS, MINUTES, EXCEL)
_DIGIT_CLOCKS = ("%H%M", "%H%M%S")


@dataclass(frozen=True)
class CountedForm:
    """A day and a time of day of which at least one is a number.

    Attributes:
        day: strftime pattern of the day; None where it is a number of days.
        zero: the day that the number 0 stands for; None where the day is no number.
        clock: `seconds`, `minutes` or `excel` (a share of the day) after midnight, `%H%M` or `%H%M%S` (digits without
            marks), another strftime pattern, or blank where there is no time beside the day.
    """

    day: str | None
    zero: date | None
    clock: str


def counted_form(form: str) -> CountedForm | None:
    """The parts of a form of which one counts; None for a plain strftime pattern and for seconds since 1970.

    Raises:
        ValueError: the day behind `days since` is none.

    >>> counted_form("days since 2025-12-31 seconds")
    CountedForm(day=None, zero=datetime.date(2025, 12, 31), clock='seconds')
    >>> counted_form("%d.%m.%Y %H%M").day, counted_form("%d.%m.%Y %H:%M")
    ('%d.%m.%Y', None)
    """
    if form == EXCEL or form.startswith(f"{EXCEL} "):
        return CountedForm(None, _DAY_ZERO, form.removeprefix(EXCEL).strip())
    if form.startswith(_SINCE):
        day, _, clock = form.removeprefix(_SINCE).strip().partition(" ")
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
            raise ValueError(f"got {form!r}, wanted a day behind `days since`, such as `days since 2025-12-31`")
        return CountedForm(None, date.fromisoformat(day), clock.strip())
    day, _, clock = form.rpartition(" ")
    return CountedForm(day, None, clock) if day and clock in (*_COUNTED_CLOCKS, *_DIGIT_CLOCKS) else None


def is_number(form: str) -> bool:
    """Whether a form is no strftime pattern, so that its values are read as numbers alone."""
    parts = counted_form(form)
    return form in (UNIX, UNIX_MS) or (parts is not None and (parts.day is None or parts.clock in _COUNTED_CLOCKS))
