"""What the values of a column say: numbers and their marks, dates and the order of day and month, times, ids."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import polars as pl

from retail_brain.ingest.moments import DATE_FORMATS, TIME_FORMATS, date_of, datetime_of, half_width, in_common_years
from retail_brain.ingest.numbers import parse_numbers
from retail_brain.sources import ColumnFormat
from retail_brain.sources.date_forms import EXCEL, MINUTES, SECONDS, UNIX, UNIX_MS
from retail_brain.sources.month_names import in_english, readings_apart, without_language

_TIMES = (
    "", " %H:%M", " %Hh%M", " à %Hh%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", ", %H:%M", ", %H:%M:%S",
    ", %I:%M:%S %p",
)  # fmt: skip
_DAY_FIRST = [f"%d{mark}%m{mark}{year}" for mark, year in product("/-.", ("%Y", "%y"))]
_MONTH_FIRST = [f"%m{mark}%d{mark}{year}" for mark, year in product("/-", ("%Y", "%y"))]
_NAMED = ["%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y", "%b %d, %Y", "%b %d %Y", "%b-%d-%Y", "%b-%d-%y", "%B %d, %Y",
          "%d %B %Y", "%Y %b %d", "%d %b, %Y", "%d %b %y"]  # fmt: skip
_SHORT_YEAR_FIRST = ["%y-%m-%d", "%y/%m/%d"]
_DATED = r"^\D{0,16}\d{1,4}\D{1,20}\d{1,4}|^[12２１]\d{7}|^\d{4}年"
"""The least that a date holds; most columns hold none, and trying every form on them takes a second."""
_CLOCK = (
    r"^(?:1899-12-3[01] )?(?:(?:[上下]午|午[前後]|오[전후])\s*)?\d{1,2}"
    r"(?::\d{2}(?::\d{2}(?:\.\d+)?)?|\s?[hH]\s?\d{2}|[时時点]\d{2}分(?:\d{2}秒)?)(?:\s*[AaPp]\.?\s?[Mm]\.?)?$"
)
_POINT_CLOCK = r"^(?:[01]?\d|2[0-3])\.[0-5]\d(?:\.[0-5]\d)?$"
"""A time of day with points, which is a number elsewhere."""
_MINUTE_DIGITS = 4
"""Digits of a time of day without marks and seconds, such as 0931; tables of numbers drop zeros in front."""
_MIDNIGHT, _SIXTY = 24, 60
"""Hours of a day; minutes of an hour and seconds of a minute."""
_DAY_MINUTES, _DAY_SECONDS = 24 * 60, 24 * 60 * 60
"""Minutes and seconds of a day."""
_ANY_CLOCK = r"\d(?::|h)\d{2}"
"""The least that a time of day beside a date holds."""
_ZONE = r"\s+([B-LN-Z][A-Z]{2,4}|A[A-LN-Z][A-Z]{1,3}|MSK)$"
"""A zone by its letters behind a time; AM and PM are none."""
_DAY_MONTH_YEAR = r"^\d{1,2}\D\d{1,2}\D(\d{3,4})(?:[ T].*)?$"
_YEAR_MONTH_DAY = r"^(\d{3,4})\D\d{1,2}\D\d{1,2}(?:[ T].*)?$"
_CALENDARS = {543: (2523, 2643), -1911: (100, 139)}
"""Years ahead of the common calendar -> years from 1980 to 2100 in Thailand, from 2011 to 2050 in Taiwan."""
_SIX_DIGITS = r"^\d{6}$"
_LAST_SHORT_YEAR = 2050
"""The last year that two digits stand for here."""
_LEAST_DAYS = 5
"""Days below which it says nothing how close together they lie. By judgement."""
_FAR = 20
"""How many times as long a history must be in the other reading. By judgement: that of one month takes 12 years."""
_SERIAL_DAYS = (30_000, 60_000)
"""Serial days of spreadsheets from 1982 to 2064."""
_UNIX_SECONDS = (1_000_000_000, 2_500_000_000)
"""Seconds since 1970 from 2001 to 2049."""
_READABLE = 0.9
"""Share of the values that a reading must fit: a file may hold a few broken rows. By judgement."""
_FIRST, _HALF = 50, 0.5
"""Values that a form is tried on first, and the share of them that it must fit. By judgement."""
_WORD = r"\d.*\p{L}{3}|\p{L}{3}.*\d|\p{Thai}\.\p{Thai}"
"""What a date with the name of a month holds."""
_LEAST_POINTED = 2
"""Distinct numbers with a point before three digits from which it may be one of thousands. By judgement."""
_UNITS = 6
"""Kinds of units of measure, or of zones behind times, that a column may have; more are words. By judgement."""
Reading = str | tuple[str, ...] | None
"""A form of dates, or the forms of one column; None: the forms that begin with the year."""


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
    ahead = _years_ahead(unique) if values.dtype == pl.String else 0
    common = _common(unique, ahead) if ahead else unique
    dates, proof = _dates(common) if not values.dtype.is_temporal() else ((None,), "")
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
        has_time=not clock and _has_time(unique, dates),
        mean=float(mean) if isinstance(mean, int | float) else 0.0,
        clock=_bare_clock(unique),
        years_ahead=ahead if dates else 0,
        has_points_in_threes=bool(numbers) and _has_points_in_threes(unique),
        has_point=bool(unique.str.contains(r"\d\.(?:\d{1,2}|\d{4,})\D*$").any()),
        whole=_whole(unique),
        offsets=bool(unique.str.contains(r":\d{2}\s*(?:[+-]\d{2}:?\d{2}|Z|UTC)$").any()),
    )


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
    readings = (ColumnFormat(), ColumnFormat(thousands=","), ColumnFormat(decimal=","))
    shares = {reading: 1 - parse_numbers(unique, reading).null_count() / len(unique) for reading in readings}
    if shares[readings[0]] > _READABLE:
        return (ColumnFormat(decimal=","),) if _has_points_of_thousands(unique) else (readings[0],)
    found = tuple(reading for reading, share in shares.items() if share > _READABLE)
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
    if not 0 < len(units) <= _UNITS:
        return ()
    reading = ColumnFormat(strip=tuple(units))
    fits = 1 - parse_numbers(unique, reading).null_count() / len(unique)
    return (reading,) if fits > _READABLE else ()


def _dates(unique: pl.Series) -> tuple[tuple[Reading, ...], str]:
    if counted := _counted(unique):
        return (counted,), ""
    if unique.str.contains(_SIX_DIGITS).all():
        return _dates_of_six(unique)
    serial = unique.cast(pl.Float64, strict=False).is_between(*_SERIAL_DAYS).fill_null(value=False)
    if not serial.any():
        return _dates_in_words(unique)
    # a spreadsheet made numbers of some days and left the others as text
    texts = unique.filter(~serial)
    readings, proof = _dates_in_words(texts)
    return tuple((*(_forms_of(texts) if form is None else (form,)), EXCEL) for form in readings), proof


def _dates_of_six(unique: pl.Series) -> tuple[tuple[Reading, ...], str]:
    """Forms of days such as 260131; of two that fit, the one whose days lie close together where the other's do not."""
    spans: dict[str, int] = {}
    for form in ("%y%m%d", "%d%m%y", "%m%d%y"):
        days = unique.str.to_date(form, strict=False)
        years = days.dt.year().is_between(2000, _LAST_SHORT_YEAR).fill_null(value=False)
        if years.mean() > _READABLE:  # type: ignore[operator]
            epoch = days.to_physical().drop_nulls().to_list()
            spans[form] = max(epoch) - min(epoch)
    if len(unique) >= _LEAST_DAYS and (near := [form for form in spans if _is_near(form, spans)]):
        return tuple(near), f"its days lie within {spans[near[0]]} days" if len(spans) > 1 else ""
    return tuple(spans), ""


def _is_near(form: str, spans: Mapping[str, int]) -> bool:
    return all(spans[form] * _FAR <= span for other, span in spans.items() if other != form)


def _nearest(unique: pl.Series, fits: list[str]) -> tuple[tuple[Reading, ...], str]:
    """Of forms with the year at either end, those whose days lie close together where the others' do not."""
    first = [form for form in fits if form.startswith("%y")]
    last = [form for form in fits if form not in first]
    if not first or not last:
        return tuple(fits), ""
    days = {form: _epoch_days(unique, form) for form in fits}
    spans = {form: max(epoch) - min(epoch) for form, epoch in days.items()}
    near = min(spans, key=lambda form: spans[form])
    same, others = (first, last) if near in first else (last, first)
    if len(set(days[near])) < _LEAST_DAYS or any(spans[near] * _FAR > spans[form] for form in others):
        return tuple(fits), ""
    return tuple(same), f"its days lie within {spans[near]} days, and are spread over years in the other reading"


def _epoch_days(unique: pl.Series, form: str) -> list[int]:
    days = unique.to_frame("v").select(date_of(pl.col("v"), pl.String(), _form(form))).to_series()
    return days.drop_nulls().to_physical().to_list()


def _forms_of(texts: pl.Series) -> tuple[str, ...]:
    """The forms that begin with the year and that some of the values have."""
    forms = []
    for form in (*TIME_FORMATS, *DATE_FORMATS):
        parsed = texts.to_frame("v").select(datetime_of(pl.col("v"), pl.String(), _form(form))).to_series()
        if parsed.is_not_null().any():
            forms.append(form)
            texts = texts.filter(parsed.is_null())
    return tuple(forms)


def _dates_in_words(unique: pl.Series) -> tuple[tuple[Reading, ...], str]:
    """Forms that fit dates with marks, and what decides between day first and month first."""
    if not (unique.str.contains(_DATED).mean() or 0) > _READABLE:  # type: ignore[operator]
        return (), ""
    if _fits(unique, ColumnFormat()):
        return (None,), ""
    clock = bool(re.search(_ANY_CLOCK, unique[0]))
    if clock and (zones := _named_zones(unique)):
        forms, proof = _dates_in_words(unique.str.replace(_ZONE, ""))
        # the letters of a zone stand in the form as they are: the clock is that of the wall
        zoned = [tuple(f"{form} {zone}" for zone in zones) for form in forms if form]
        return tuple(form[0] if len(form) == 1 else form for form in zoned), proof
    named = bool(unique.str.contains(_WORD).mean() > _READABLE)  # type: ignore[operator]
    days = [*_NAMED, *readings_apart(_NAMED, unique)] if named else [*_DAY_FIRST, *_MONTH_FIRST, *_SHORT_YEAR_FIRST]
    first = unique.head(_FIRST)
    for time in _TIMES:
        if bool(time) != clock:
            continue
        # most forms fit none of the first values, and reading all of a long column in each takes seconds
        tried = [form for form in (f"{day}{time}" for day in days) if not named or _fits_some(first, form)]
        tried = [form for form in tried if _fits(first, _form(form), _HALF)]
        fits = [form for form in tried if _fits(unique, _form(form))]
        # months in short are also read by the form for whole names
        fits = [form for form in fits if form.replace("%B", "%b") not in fits or "%B" not in form]
        fits = _told_apart(unique, fits)
        # a year of four digits also fits the form for two, and then means the first century
        if fits:
            return _decided(unique, fits)
    return (), ""


def _told_apart(unique: pl.Series, fits: list[str]) -> list[str]:
    """The forms without those of one language that read the same days as the names which all languages share."""
    days = {form: _epoch_days(unique, form) for form in fits} if len(fits) > 1 else {}
    return [
        form
        for form in fits
        if (plain := without_language(form)) == form or plain not in fits or days[form] != days[plain]
    ]


def _named_zones(unique: pl.Series) -> list[str]:
    """Zones such as EST and EDT behind every time, where there are few."""
    zones = unique.str.extract(_ZONE)
    return zones.unique().sort().to_list() if not zones.null_count() and zones.n_unique() <= _UNITS else []


def _has_time(unique: pl.Series, dates: tuple[Reading, ...]) -> bool:
    if dates and dates[0] in (EXCEL, UNIX, UNIX_MS):
        return dates[0] != EXCEL or _whole(unique) is None
    return bool(unique.str.contains(rf"\d[ T].*{_ANY_CLOCK}").any())


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


def _form(form: str) -> ColumnFormat:
    return ColumnFormat(date_format=form)


def _fits(unique: pl.Series, text: ColumnFormat, share: float = _READABLE) -> bool:
    parsed = unique.to_frame("v").select(datetime_of(pl.col("v"), pl.String(), text)).to_series()
    plausible = parsed.dt.year().is_between(1980, 2100)
    return bool(plausible.fill_null(value=False).mean() > share)  # type: ignore[operator]


def _fits_some(first: pl.Series, form: str) -> bool:
    """Whether a form with the name of a month fits the first values."""
    words = first.to_frame("v").select(in_english(half_width(pl.col("v")), form)).to_series()
    parse = words.str.to_datetime if "%H" in form or "%I" in form else words.str.to_date
    return parse(without_language(form), strict=False).null_count() <= _HALF * len(words)


def _counted(unique: pl.Series) -> str | None:
    # the comma of a serial day is a decimal mark: thousands have three digits behind it
    numbers = unique.str.replace(r"^(\d{4,}),(\d+)$", "$1.$2").cast(pl.Float64, strict=False)
    if numbers.null_count():
        return None
    ranges = {EXCEL: _SERIAL_DAYS, UNIX: _UNIX_SECONDS, UNIX_MS: tuple(1000 * edge for edge in _UNIX_SECONDS)}
    return next((form for form, (low, high) in ranges.items() if numbers.is_between(low, high).all()), None)


def _decided(unique: pl.Series, fits: list[str]) -> tuple[tuple[Reading, ...], str]:
    """The formats that fit, and what decides between day first and month first."""
    if len(fits) > 1:
        return _nearest(unique, fits)
    if without_language(fits[0]) != fits[0]:
        return tuple(fits), "names of months that no other language has"
    first = unique.str.extract(r"^(\d{1,2})\D\d{1,2}\D", 1)
    second = unique.str.extract(r"^\d{1,2}\D(\d{1,2})\D", 1)
    big = {"first": first.cast(pl.Int32, strict=False) > 12, "second": second.cast(pl.Int32, strict=False) > 12}
    for place, beyond in big.items():
        if beyond.any():
            example = unique.filter(beyond.fill_null(value=False))[0]
            return tuple(fits), f"the {place} number is a day: {int(beyond.sum())} values beyond 12, such as {example}"
    return tuple(fits), ""
