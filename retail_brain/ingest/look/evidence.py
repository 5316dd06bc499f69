"""What the values of a column say: numbers and their marks, dates and the order of day and month, times, ids."""

import hashlib
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import polars as pl

from retail_brain.ingest.look.date_readings import (
    ANY_CLOCK,
    MOST_KINDS,
    READABLE,
    Reading,
    forms_of_dates,
    forms_of_parts,
)
from retail_brain.ingest.moments import in_common_years
from retail_brain.ingest.numbers import are_words, parse_numbers
from retail_brain.sources import ColumnFormat
from retail_brain.sources.date_forms import EXCEL, MIDNIGHT, MINUTES, SECONDS, UNIX, UNIX_MS

_CLOCK = (
    r"^(?:1899-12-3[01] )?(?:(?:[上下]午|午[前後]|오[전후])\s*)?\d{1,2}"
    r"(?::\d{2}(?::\d{2}(?:\.\d+)?)?|\s?[hH]\s?\d{2}|[时時点]\d{2}分(?:\d{2}秒)?)(?:\s*(?:[AaPp]\.?\s?[Mm]\.?|ص|م|صباحا|مساء|SA|CH|ÖÖ|ÖS|[πΠμΜ]\.?\s?[μΜ]\.?))?$"
)
_POINT_CLOCK = r"^(?:[01]?\d|2[0-3])\.[0-5]\d(?:\.[0-5]\d)?$"
"""A time of day with points, which is a number elsewhere."""
_MINUTE_DIGITS = 4
"""Digits of a time of day without marks and seconds, such as 0931; tables of numbers drop zeros in front."""
_MIDNIGHT, _SIXTY = 24, 60
"""Hours of a day; minutes of an hour and seconds of a minute."""
_DAY_MINUTES, _DAY_SECONDS = 24 * 60, 24 * 60 * 60
"""Minutes and seconds of a day."""
_DAY_MONTH_YEAR = r"^\d{1,2}(?:\D\d{1,2}\D|[\s./-]\D{2,12}[\s./-])(\d{3,4})(?:[ T,].*)?$"
_YEAR_MONTH_DAY = r"^(\d{3,4})\D\d{1,2}\D\d{1,2}(?:[ T].*)?$"
_CALENDARS = {543: (2523, 2643), -1911: (100, 139)}
"""Years ahead of the common calendar -> years from 1980 to 2100 in Thailand, from 2011 to 2050 in Taiwan."""
_NO_NUMBER = (
    r"(?i)^(?:not[ _-](?:stocked|tracked|applicable|managed|counted|carried)|un(?:tracked|limited|managed)|no stock"
    r"|n/?a|none|null|nil|[-−–—]+|∞|nicht (?:gef[uü]hrt|verwaltet|verfolgt|auf lager)|unbegrenzt|unbeschränkt"
    r"|non (?:suivi|stock[eé]|g[eé]r[eé])e?|illimit[eé]|sin (?:seguimiento|control|stock)|ilimitado|no aplica"
    r"|non (?:gestito|tracciato)|illimitato|не отслеживается|не ведется|不限|无限|無限|不跟踪|无|無)$"
)
"""What a column of numbers or dates says where none is: goods that no shop stocks, or whose stock nobody counts."""
_T = TypeVar("_T")
_LEAST_POINTED = 2
"""Distinct numbers with a point before three digits from which it may be one of thousands. By judgement."""


@dataclass(frozen=True)
class Evidence:
    """What the values of one column are.

    Attributes:
        filled: share of rows with a value.
        distinct: share of distinct values among these.
        examples: the first few values.
        numbers: readings of numbers that fit, such as `{decimal: ","}`; the surest first, two where both fit.
        dates: formats that fit; None stands for the forms that begin with the year. Two where both fit; a list where
            some values have one form and some another.
        proof: why the order of day and month is certain; blank where it is not or need not be.
        is_clock: whether the values are times of day alone.
        has_time: whether dates carry a time of day.
        mean: mean of the numbers.
        offsets: whether times carry an offset or a zone.
        clock: form of the values where they are times of day without marks: 163100, seconds or minutes after midnight,
            shares of the day; only a column that is called a time is one.
        years_ahead: years by which its calendar is ahead of the common one: 543 for Buddhist years, -1911 in Taiwan.
        has_point: whether a number has a decimal point before two digits, or another number than three.
        has_points_in_threes: whether its points all stand before three digits: thousands or three decimals.
        whole: the least and greatest value where all are whole numbers.
        pattern: a regular expression whose group is the day, where its dates are parts of the values alone.
        blanks: words among numbers or dates that say that there is none, such as `not stocked` and `NULL`.
    """

    filled: float
    distinct: float
    examples: tuple[str, ...]
    numbers: tuple[ColumnFormat, ...] = ()
    dates: tuple[Reading, ...] = ()
    proof: str = ""
    is_clock: bool = False
    has_time: bool = False
    mean: float = 0.0
    offsets: bool = False
    clock: str = ""
    years_ahead: int = 0
    has_point: bool = False
    has_points_in_threes: bool = False
    whole: tuple[int, int] | None = None
    pattern: str = ""
    blanks: tuple[str, ...] = ()


_SEEN: ContextVar[dict[tuple[object, ...], Any] | None] = ContextVar("seen", default=None)
"""Digest of the values of a column and what was asked of them -> the answer; kept for one look, which asks for most
columns several times."""


@contextmanager
def each_column_once() -> Iterator[None]:
    """While it lasts, `once` asks once of the same values; nothing of them stays in memory behind it."""
    token = _SEEN.set({})
    try:
        yield
    finally:
        _SEEN.reset(token)


def once(values: pl.Series, question: tuple[Hashable, ...], ask: Callable[[], _T]) -> _T:
    """The answer to a question about the values of a column; within `each_column_once` the same one is asked once."""
    seen = _SEEN.get()
    if seen is None:
        return ask()
    key = (hashlib.blake2b(values.alias("").to_frame().write_ipc(None).getbuffer()).digest(), *question)
    if key not in seen:
        seen[key] = ask()
    return seen[key]  # type: ignore[no-any-return]


def evidence(values: pl.Series) -> Evidence:
    """Looks at the values of a column; within `each_column_once` the same ones are looked at once.

    >>> evidence(pl.Series(["27/04/2015", "03/04/2015"])).dates
    ('%d/%m/%Y',)
    >>> evidence(pl.Series(["01/04/2015", "03/04/2015"])).dates
    ('%d/%m/%Y', '%m/%d/%Y')
    """
    return once(values, ("evidence",), lambda: _evidence(values))


def _evidence(values: pl.Series) -> Evidence:
    text = values.cast(pl.String, strict=False).str.strip_chars()
    text = text.set(text == "", None).drop_nulls()
    if not len(text):
        return Evidence(0.0, 0.0, ())
    unique = text.unique(maintain_order=True)
    filled, distinct, examples = len(text) / len(values), len(unique) / len(text), tuple(unique.head(3).to_list())
    if not unique.str.contains(r"\d").any():  # words alone: every number, day and time of day has a digit
        return Evidence(filled, distinct, examples)
    ahead = _years_ahead(unique) if values.dtype == pl.String else 0
    common = _common(unique, ahead) if ahead else unique
    dates, proof = forms_of_dates(common) if not values.dtype.is_temporal() else ((None,), "")
    numbers, blanks = _numbers(unique), tuple[str, ...]()
    if not numbers and not dates:
        is_blank = unique.str.contains(_NO_NUMBER)
        numbers = _numbers(unique.filter(~is_blank)) if is_blank.any() else ()
        blanks = tuple(unique.filter(is_blank).to_list()) if numbers else ()
    elif dates and not numbers:
        blanks = tuple(unique.filter(unique.str.contains(_NO_NUMBER)).to_list())
    pattern = ""
    if not dates and not numbers:
        dates, proof, pattern = forms_of_parts(unique)
    mean = parse_numbers(unique, numbers[0]).mean() if numbers else None
    clock = bool((unique.str.contains(_CLOCK)).mean() > READABLE)  # type: ignore[operator]
    return Evidence(
        filled=filled,
        distinct=distinct,
        examples=examples,
        numbers=numbers,
        dates=() if clock else dates,
        proof=proof,
        is_clock=clock,
        has_time=not clock and _has_time(unique, dates),
        mean=float(mean) if isinstance(mean, int | float) else 0.0,
        clock=_bare_clock(unique),
        years_ahead=ahead if dates else 0,
        has_points_in_threes=bool(numbers) and _has_points_in_threes(unique),
        has_point=bool(unique.str.contains(r"\d\.(?:\d{1,2}|\d{4,})\D*$").any()),
        whole=_whole(unique),
        pattern=pattern,
        blanks=blanks,
        offsets=bool(unique.str.contains(r":\d{2}\s*(?:[+-]\d{2}:?\d{2}|Z|UTC)$").any()),
    )


def is_dated(seen: Evidence) -> bool:
    """Whether values are dates beyond doubt; whole numbers that could be serial days may as well be codes."""
    return bool(seen.dates) and not (seen.whole is not None and seen.dates[0] == EXCEL)


def _years_ahead(unique: pl.Series) -> int:
    """Years by which dates are ahead of the common calendar, told by years that no sale can have; 0 for common ones."""
    found = unique.str.extract(_YEAR_MONTH_DAY), unique.str.extract(_DAY_MONTH_YEAR)
    years = (found[0] if not found[0].null_count() else found[1]).cast(pl.Int64, strict=False)
    if years.null_count():
        return 0
    return next((ahead for ahead, edges in _CALENDARS.items() if years.is_between(*edges).all()), 0)


def _common(unique: pl.Series, ahead: int) -> pl.Series:
    return unique.to_frame("v").select(in_common_years(pl.col("v"), ahead)).to_series()


def _numbers(unique: pl.Series) -> tuple[ColumnFormat, ...]:
    plain = unique.str.replace_all(r"[^\d,.]", "")
    if not plain.str.contains(r"\d").all():
        return ()
    if 1 - are_words(unique).mean() <= READABLE:  # type: ignore[operator]
        return _numbers_with_units(unique)
    readings = (ColumnFormat(), ColumnFormat(thousands=","), ColumnFormat(decimal=","))
    if not parse_numbers(unique, readings[0]).null_count():  # no other reading can fit more values
        return (readings[2],) if _has_points_of_thousands(unique) else (readings[0],)
    shares = {reading: 1 - parse_numbers(unique, reading).null_count() / len(unique) for reading in readings}
    is_plain, most = shares[readings[0]] > READABLE, max(shares.values())
    if is_plain and shares[readings[0]] == most:
        return (ColumnFormat(decimal=","),) if _has_points_of_thousands(unique) else (readings[0],)
    # the few values with a comma among whole numbers are numbers as well
    found = tuple(reading for reading, share in shares.items() if (share == most if is_plain else share > READABLE))
    if len(found) > 1 and _has_points_of_thousands(unique.str.replace_all(",", ".", literal=True)):
        return (ColumnFormat(thousands=","),)
    return found or _numbers_with_units(unique)


def _has_points_of_thousands(unique: pl.Series) -> bool:
    """Whether points (or commas) stand before three digits alone and small numbers have none: 980, 1.500 and 12.800.

    Weights with three decimals have them in every row.
    """
    plain = unique.str.replace_all(r"[^\d.]", "")
    pointed = plain.str.contains(".", literal=True)
    if pointed.sum() < _LEAST_POINTED or pointed.all():
        return False
    return _has_points_in_threes(unique) and bool(plain.filter(~pointed).str.contains(r"^\d{1,3}$").all())


def _has_points_in_threes(unique: pl.Series) -> bool:
    """Whether some numbers have a point, and all of these three digits behind each, as thousands have."""
    plain = unique.str.replace_all(r"[^\d.]", "")
    pointed = plain.filter(plain.str.contains(".", literal=True))
    return bool(len(pointed) and pointed.str.contains(r"^[1-9]\d{0,2}(?:\.\d{3})+$").all())


def _numbers_with_units(unique: pl.Series) -> tuple[ColumnFormat, ...]:
    """The reading of numbers with units of measure behind them, such as `2件` or `0.5 kg`."""
    units = unique.str.extract(r"^[+-]?[\d.,]+\s*([^\d\s.,]{1,4})$").drop_nulls().unique(maintain_order=True)
    if not 0 < len(units) <= MOST_KINDS:
        return ()
    reading = ColumnFormat(strip=tuple(units))
    fits = 1 - parse_numbers(unique, reading).null_count() / len(unique)
    return (reading,) if fits > READABLE else ()


def _has_time(unique: pl.Series, dates: tuple[Reading, ...]) -> bool:
    if dates and dates[0] in (EXCEL, UNIX, UNIX_MS):
        return dates[0] != EXCEL or _whole(unique) is None
    clocks = unique.filter(unique.str.contains(rf"\d[ T].*{ANY_CLOCK}"))
    return not clocks.str.contains(MIDNIGHT).all()  # spreadsheets write days as their midnights


def _whole(unique: pl.Series) -> tuple[int, int] | None:
    """The least and greatest value of a column of whole numbers; None for any other."""
    numbers = unique.cast(pl.Int64, strict=False)
    low, high = numbers.min(), numbers.max()
    return (low, high) if not numbers.null_count() and isinstance(low, int) and isinstance(high, int) else None


def _bare_clock(unique: pl.Series) -> str:
    """The form of times of day that are numbers; blank where the values are none.

    >>> [_bare_clock(pl.Series(values)) for values in (["931", "5"], ["34260", "61020"], ["571"], ["0.5"])]
    ['%H%M', 'seconds', 'minutes', 'excel']
    """
    edges = _whole(unique)
    if unique.str.contains(_POINT_CLOCK).all():
        return "%H.%M.%S" if unique.str.count_matches(r"\.").max() == 2 else "%H.%M"
    if edges is None:
        shares = unique.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
        inside = shares.is_between(0, 1, closed="left").fill_null(value=False)
        return EXCEL if inside.all() else ""
    if edges[0] < 0:
        return ""
    number = unique.cast(pl.Int64)
    seconds, minutes = number % 100, number // 100 % 100
    clock_like = bool((seconds < _SIXTY).all())
    if clock_like and edges[1] < _MIDNIGHT * 100 and not unique.str.len_chars().gt(_MINUTE_DIGITS).any():
        return "%H%M"
    if clock_like and edges[1] < _MIDNIGHT * 10_000 and (minutes < _SIXTY).all():
        return "%H%M%S"
    return MINUTES if edges[1] < _DAY_MINUTES else SECONDS if edges[1] < _DAY_SECONDS else ""
