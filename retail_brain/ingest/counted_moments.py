"""Reads days and times of day that are numbers: serial days, days since a day, seconds and digits after midnight."""

from datetime import date

import polars as pl

from retail_brain.sources.date_forms import EXCEL, MINUTES, SECONDS, CountedForm

_DAY_SECONDS = 24 * 60 * 60
"""Seconds of a day: serial days count days."""
_CLOCK_UNITS = {SECONDS: 1, MINUTES: 60, EXCEL: _DAY_SECONDS}
"""Form of a time of day -> seconds of one."""
_SIXTY = 60
"""Minutes of an hour, seconds of a minute."""


def counted_moment(column: pl.Expr, form: CountedForm, source: pl.DataType) -> pl.Expr:
    """The moment of a day and a time of day, joined by a blank, of which one is a number at least."""
    day, clock = column, None
    if form.clock:
        # a number holds no blank, a day or time in words may
        pattern = r"^(\S+) (.+)$" if form.zero is not None else r"^(.+) (\S+)$"
        day, clock = column.str.extract(pattern, 1), column.str.extract(pattern, 2)
    if form.zero is not None:
        # a serial day holds seconds only after rounding
        number = _as_number(day) if source == pl.String or form.clock else day.cast(pl.Float64)
        days = (form.zero - date(1970, 1, 1)).days + number
        start = instant((days if clock is None else days.floor()) * _DAY_SECONDS)
    else:
        start = day.str.to_date(str(form.day), strict=False).cast(pl.Datetime("us"))
    return start if clock is None else start + _time_of_day(clock, form.clock)


def _time_of_day(clock: pl.Expr, form: str) -> pl.Expr:
    """How long after midnight it is, as a duration; null outside of a day."""
    if (unit := _CLOCK_UNITS.get(form)) is not None:
        seconds = (_as_number(clock) * unit).round()
    elif form in ("%H%M", "%H%M%S"):
        # tables of numbers drop the zeros in front: 5 is 00:05
        digits = clock.cast(pl.Int64, strict=False) * (100 if form == "%H%M" else 1)
        hours, minutes, rest = digits // 10_000, digits // 100 % 100, digits % 100
        seconds = pl.when((minutes < _SIXTY) & (rest < _SIXTY)).then(hours * 3600 + minutes * 60 + rest)
    else:
        parsed = pl.lit("1970-01-01 ") + clock
        return parsed.str.to_datetime(f"%Y-%m-%d {form}", time_unit="us", strict=False) - pl.datetime(1970, 1, 1)
    inside = seconds.is_between(0, _DAY_SECONDS, closed="left")
    return pl.duration(seconds=pl.when(inside).then(seconds), time_unit="us")


def _as_number(text: pl.Expr) -> pl.Expr:
    """A count of days or seconds; a comma behind a zero or four digits is a decimal mark."""
    return text.str.replace(r"^(0|\d{4,}),(\d+)$", "$1.$2").cast(pl.Float64, strict=False)


def instant(seconds: pl.Expr) -> pl.Expr:
    """The moment so many seconds after 1970, without a zone."""
    return (seconds.round() * 1_000_000).cast(pl.Int64, strict=False).cast(pl.Datetime("us"))
