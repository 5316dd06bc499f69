"""What the values of a column say: numbers and their marks, dates and the order of day and month, times, ids."""

from dataclasses import dataclass
from itertools import product

import polars as pl

from retail_brain.ingest.moments import EXCEL, UNIX, UNIX_MS, datetime_of
from retail_brain.ingest.numbers import parse_numbers
from retail_brain.sources import ColumnFormat

_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", ", %H:%M", ", %H:%M:%S", ", %I:%M:%S %p")
_DAY_FIRST = [f"%d{mark}%m{mark}{year}" for mark, year in product("/-.", ("%Y", "%y"))]
_MONTH_FIRST = [f"%m{mark}%d{mark}{year}" for mark, year in product("/-", ("%Y", "%y"))]
_NAMED = ["%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y", "%b %d, %Y", "%b %d %Y", "%b-%d-%Y", "%b-%d-%y", "%B %d, %Y",
          "%d %B %Y", "%y-%m-%d", "%y/%m/%d"]  # fmt: skip
_DATED = r"^\D{0,10}\d{1,4}\D{1,10}\d{1,4}|^[12２１]\d{7}|^\d{4}年"
"""The least that a date holds; most columns hold none, and trying every form on them takes a second."""
_CLOCK = r"^(?:1899-12-3[01] )?(?:[上下]午\s*)?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[AaPp][Mm])?$"
_DIGITS_CLOCK = r"^(?:[01]?\d|2[0-3])[0-5]\d(?:[0-5]\d)?$"
"""A time of day without marks, such as 0931 or 163100; only a column that is called a time is one."""
_SERIAL_DAYS = (30_000, 60_000)
"""Serial days of spreadsheets from 1982 to 2064."""
_UNIX_SECONDS = (1_000_000_000, 2_500_000_000)
"""Seconds since 1970 from 2001 to 2049."""
_READABLE = 0.9
"""Share of the values that a reading must fit: a file may hold a few broken rows. By judgement."""


@dataclass(frozen=True)
class Evidence:
    """What the values of one column are.

    Attributes:
        filled: share of rows with a value.
        distinct: share of distinct values among these.
        examples: the first few values.
        numbers: readings of numbers that fit, such as `{decimal: ","}`; the surest first, two where both fit.
        dates: formats that fit; None stands for the forms that begin with the year. Two where both fit.
        proof: why the order of day and month is certain; blank where it is not or need not be.
        is_clock: whether the values are times of day alone.
        has_time: whether dates carry a time of day.
        mean: mean of the numbers.
        offsets: whether times carry an offset or a zone.
        may_be_clock: whether the values could be times of day without marks, such as 163100.
        has_point: whether a number has a decimal point before two digits, or another number than three.
    """

    filled: float
    distinct: float
    examples: tuple[str, ...]
    numbers: tuple[ColumnFormat, ...] = ()
    dates: tuple[str | None, ...] = ()
    proof: str = ""
    is_clock: bool = False
    has_time: bool = False
    mean: float = 0.0
    offsets: bool = False
    may_be_clock: bool = False
    has_point: bool = False


def evidence(values: pl.Series) -> Evidence:
    """Looks at the values of a column.

    >>> evidence(pl.Series(["27/04/2015", "03/04/2015"])).dates
    ('%d/%m/%Y',)
    >>> evidence(pl.Series(["01/04/2015", "03/04/2015"])).dates
    ('%d/%m/%Y', '%m/%d/%Y')
    """
    text = values.cast(pl.String, strict=False).str.strip_chars()
    text = text.set(text == "", None).drop_nulls()
    if not len(text):
        return Evidence(0.0, 0.0, ())
    unique = text.unique(maintain_order=True)
    dates, proof = _dates(unique) if not values.dtype.is_temporal() else ((None,), "")
    numbers = _numbers(unique)
    mean = parse_numbers(unique, numbers[0]).mean() if numbers else None
    clock = bool((unique.str.contains(_CLOCK)).mean() > _READABLE)  # type: ignore[operator]
    return Evidence(
        filled=len(text) / len(values),
        distinct=len(unique) / len(text),
        examples=tuple(unique.head(3).to_list()),
        numbers=numbers,
        dates=() if clock else dates,
        proof=proof,
        is_clock=clock,
        has_time=bool(unique.str.contains(r"\d[ T].*:\d{2}").any()) and not clock,
        mean=float(mean) if isinstance(mean, int | float) else 0.0,
        may_be_clock=bool(unique.str.contains(_DIGITS_CLOCK).all()),
        has_point=bool(unique.str.contains(r"\d\.(?:\d{1,2}|\d{4,})\D*$").any()),
        offsets=bool(unique.str.contains(r":\d{2}\s*(?:[+-]\d{2}:?\d{2}|Z|UTC)$").any()),
    )


def _numbers(unique: pl.Series) -> tuple[ColumnFormat, ...]:
    plain = unique.str.replace_all(r"[^\d,.]", "")
    if not plain.str.contains(r"\d").all():
        return ()
    readings = (ColumnFormat(), ColumnFormat(thousands=","), ColumnFormat(decimal=","))
    shares = {reading: 1 - parse_numbers(unique, reading).null_count() / len(unique) for reading in readings}
    if shares[readings[0]] > _READABLE:
        return (readings[0],)
    return tuple(reading for reading, share in shares.items() if share > _READABLE)


def _dates(unique: pl.Series) -> tuple[tuple[str | None, ...], str]:
    if counted := _counted(unique):
        return (counted,), ""
    if not (unique.str.contains(_DATED).mean() or 0) > _READABLE:  # type: ignore[operator]
        return (), ""
    if _fits(unique, ColumnFormat()):
        return (None,), ""
    clock = ":" in unique[0]
    for time in _TIMES:
        if (":" in time) != clock:
            continue
        fits = [f"{day}{time}" for day in (*_DAY_FIRST, *_MONTH_FIRST, *_NAMED) if _fits(unique, _form(f"{day}{time}"))]
        # months in short are also read by the form for whole names
        fits = [form for form in fits if form.replace("%B", "%b") not in fits or "%B" not in form]
        # a year of four digits also fits the form for two, and then means the first century
        if fits:
            return _decided(unique, fits)
    return (), ""


def _form(form: str) -> ColumnFormat:
    return ColumnFormat(date_format=form)


def _fits(unique: pl.Series, text: ColumnFormat) -> bool:
    parsed = unique.to_frame("v").select(datetime_of(pl.col("v"), pl.String(), text)).to_series()
    plausible = parsed.dt.year().is_between(1980, 2100)
    return bool(plausible.fill_null(value=False).mean() > _READABLE)  # type: ignore[operator]


def _counted(unique: pl.Series) -> str | None:
    numbers = unique.cast(pl.Float64, strict=False)
    if numbers.null_count():
        return None
    ranges = {EXCEL: _SERIAL_DAYS, UNIX: _UNIX_SECONDS, UNIX_MS: tuple(1000 * edge for edge in _UNIX_SECONDS)}
    return next((form for form, (low, high) in ranges.items() if numbers.is_between(low, high).all()), None)


def _decided(unique: pl.Series, fits: list[str]) -> tuple[tuple[str | None, ...], str]:
    """The formats that fit, and what decides between day first and month first."""
    if len(fits) > 1:
        return tuple(fits), ""
    first = unique.str.extract(r"^(\d{1,2})\D\d{1,2}\D", 1)
    second = unique.str.extract(r"^\d{1,2}\D(\d{1,2})\D", 1)
    big = {"first": first.cast(pl.Int32, strict=False) > 12, "second": second.cast(pl.Int32, strict=False) > 12}
    for place, beyond in big.items():
        if beyond.any():
            example = unique.filter(beyond.fill_null(value=False))[0]
            return tuple(fits), f"the {place} number is a day: {int(beyond.sum())} values beyond 12, such as {example}"
    return tuple(fits), ""
