"""Which forms of dates fit the values of a column, and what decides between day first and month first."""

import re
from collections.abc import Mapping
from itertools import product

import polars as pl

from retail_brain.ingest.eras import in_common_era
from retail_brain.ingest.iranian import in_common_calendar
from retail_brain.ingest.moments import (
    DATE_FORMATS,
    TIME_FORMATS,
    date_of,
    datetime_of,
    half_width,
    monday_of,
    parse_uniform,
)
from retail_brain.sources import ColumnFormat
from retail_brain.sources.date_forms import ERA, EXCEL, IRANIAN, UNIX, UNIX_MS, WEEK
from retail_brain.sources.month_names import MONTH_NAMES, in_english, language_of, readings_apart, without_language

_TIMES = (
    "", " %H:%M", " %Hh%M", " à %Hh%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", ", %H:%M", ", %H:%M:%S",
    ", %I:%M %p", ", %I:%M:%S %p",
)  # fmt: skip
_DAY_FIRST = [f"%d{mark}%m{mark}{year}" for mark, year in product("/-.", ("%Y", "%y"))]
_MONTH_FIRST = [f"%m{mark}%d{mark}{year}" for mark, year in product("/-", ("%Y", "%y"))]
_NAMED = ["%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y", "%b %d, %Y", "%b %d %Y", "%b-%d-%Y", "%b-%d-%y", "%B %d, %Y",
          "%d %B %Y", "%Y %b %d", "%d %b, %Y", "%d %b %y"]  # fmt: skip
_SHORT_YEAR_FIRST = ["%y-%m-%d", "%y/%m/%d"]
_DATED = r"^\D{0,16}\d{1,4}\D{1,20}\d{1,4}|^[12２１]\d{7}|^\d{4}年"
"""The least that a date holds; most columns hold none, and trying every form on them takes a second."""
_MAY_BE_WEEK = r"[-/.／－]\d{4}\s*$|\p{L}.*\d{4}|\d{4}.*\p{L}"
_MAY_BE_IRANIAN = r"^\s*[1۱١][34۳۴٣٤]\d{2}\s*[/.-]\d{1,2}[/.-]"
_MAY_BE_ERA = "[令平民RH]"
_YEAR_AHEAD = r"^\D{0,16}\d{4}"
"""The least that a week, a day of an era and a form that begins with the year hold: all forms of these take long."""
_LETTER_OF_FORM, _MARKS = re.compile("%."), frozenset("/-.:,")
"""What stands for a part of a date in a form, and the marks between these that a value must have as they are."""
ANY_CLOCK = r"\d(?::|h)\d{2}"
"""The least that a time of day beside a date holds."""
_ZONE = r"\s+([B-LN-Z][A-Z]{2,4}|A[A-LN-Z][A-Z]{1,3}|MSK)$"
"""A zone by its letters behind a time; AM and PM are none."""
_OF_DAY = r"от|від|из|vom|am|du|le|del|de|dated?|of|from|on|z dnia|ze dne|dne|van|av|fra|ngày"
"""A word between the number of a document and its day."""
_PARTS = (
    r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2})(?:\s+|\s*[-#(])[^\s:][^:]*$",
    r"^(\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?:\s+|\s*[-#(])[^\s:][^:]*$",
    r"^[^\W\d_][^\d:]{0,12}(\d{1,2}[-/.]\d{1,2}[-/.]\d{4})$",
    r"^[^\W\d_][^\d:]{0,12}(\d{4}[-/.]\d{1,2}[-/.]\d{1,2})$",
    r"^(?:[^\W\d_]|[№#]).*\d.*\s(\d{1,2}[-/.]\d{1,2}[-/.]\d{4},? \d{1,2}:\d{2}(?::\d{2})?)$",
    r"^(?:[^\W\d_]|[№#]).*\d.*\s(\d{4}[-/.]\d{1,2}[-/.]\d{1,2},?[ T]\d{1,2}:\d{2}(?::\d{2})?)$",
    rf"^(?:[^\W\d_]|[№#]).*\d.*\s(?:{_OF_DAY})\s+(\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}})(?:\s?г\.?)?$",
    rf"^(?:[^\W\d_]|[№#]).*\d.*\s(?:{_OF_DAY})\s+(\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}})$",
)
"""Days with a number or word behind them, such as `2026/02/16 -3` and `2026-02-16 (Mon)`, or a weekday before them, or
a document and its number: `Receipt A-12 of 01.02.2026 8:49:07`.

A mapping holds the pattern: what Python checks and Polars reads is the same for both."""
_BARE_WEEK, _MONTHS = r"^(\d{1,2})[-/.]\d{4}$", 12
"""A week (or a month) and its year, and the months of a year."""
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
READABLE = 0.9
"""Share of the values that a reading must fit: a file may hold a few broken rows. By judgement."""
_FIRST, _HALF = 50, 0.5
"""Values that a form is tried on first, and the share of them that it must fit. By judgement."""
_WORD = r"\d.*\p{L}{3}|\p{L}{3}.*\d|\p{Thai}\.\p{Thai}"
"""What a date with the name of a month holds."""
_MONTH = rf"(?i){'|'.join(MONTH_NAMES)}"
"""What it holds in short English."""
MOST_KINDS = 6
"""Kinds of units of measure, or of zones behind times, that a column may have; more are words. By judgement."""
Reading = str | tuple[str, ...] | None
"""A form of dates, or the forms of one column; None: the forms that begin with the year."""


def forms_of_parts(unique: pl.Series) -> tuple[tuple[Reading, ...], str, str]:
    """Forms of days that are parts of values, what decides them, and the pattern of the part; blank for any other."""
    for pattern in _PARTS:
        parts = unique.str.extract(pattern, 1).drop_nulls()
        if len(parts) > READABLE * len(unique):
            dates, proof = forms_of_dates(parts.unique(maintain_order=True))
            if dates:
                return dates, proof, pattern
    return (), "", ""


def forms_of_dates(unique: pl.Series) -> tuple[tuple[Reading, ...], str]:
    """The forms of dates that fit values, and what decides the order of day and month; none where they are no dates."""
    if counted := _counted(unique):
        return (counted,), ""
    if unique.str.contains(_SIX_DIGITS).all():
        return _dates_of_six(unique)
    if _are_weeks(unique):
        return _dates_of_weeks(unique)
    if other := _of_other_calendars(unique):
        return other
    serial = unique.cast(pl.Float64, strict=False).is_between(*_SERIAL_DAYS).fill_null(value=False)
    if not serial.any():
        return _dates_in_words(unique)
    # a spreadsheet made numbers of some days and left the others as text
    texts = unique.filter(~serial)
    readings, proof = _dates_in_words(texts)
    return tuple((*(forms_of(texts) if form is None else (form,)), EXCEL) for form in readings), proof


def _are_weeks(unique: pl.Series) -> bool:
    """Whether most values are weeks by their numbers."""
    if not _may_be(unique, _MAY_BE_WEEK):
        return False
    mondays = unique.to_frame("v").select(monday_of(half_width(pl.col("v")))).to_series()
    return bool(mondays.is_not_null().mean() > READABLE)  # type: ignore[operator]


def _may_be(unique: pl.Series, least: str) -> bool:
    """Whether enough values hold the least that a form needs."""
    return bool((unique.str.contains(least).mean() or 0) > READABLE)  # type: ignore[operator]


def _dates_of_weeks(unique: pl.Series) -> tuple[tuple[Reading, ...], str]:
    """Weeks by their number; none where they could as well be months."""
    bare = unique.str.extract(_BARE_WEEK).cast(pl.Int64, strict=False)
    if bare.null_count():
        return (WEEK,), ""
    beyond = int((bare > _MONTHS).sum())
    return ((WEEK,), f"its numbers are weeks: {beyond} values beyond 12, such as {unique[0]}") if beyond else ((), "")


def _in_eras(unique: pl.Series) -> bool:
    """Whether most values are days that are counted from the first year of an era."""
    if not _may_be(unique, _MAY_BE_ERA):
        return False
    days = unique.to_frame("v").select(in_common_era(half_width(pl.col("v")))).to_series()
    return bool(days.is_not_null().mean() > READABLE)  # type: ignore[operator]


def _of_other_calendars(unique: pl.Series) -> tuple[tuple[Reading, ...], str] | None:
    """The form of days of eras or of the Iranian calendar; None where they are neither."""
    if _in_eras(unique):
        return (ERA,), ""
    return ((IRANIAN,), "years about 1400 are those of the Iranian calendar") if _are_iranian(unique) else None


def _are_iranian(unique: pl.Series) -> bool:
    """Whether most values are days of the Iranian calendar: no till was there in the 14th and 15th century of ours."""
    if not _may_be(unique, _MAY_BE_IRANIAN):
        return False
    days = unique.to_frame("v").select(in_common_calendar(half_width(pl.col("v")))).to_series()
    return bool(days.is_not_null().mean() > READABLE)  # type: ignore[operator]


def _dates_of_six(unique: pl.Series) -> tuple[tuple[Reading, ...], str]:
    """Forms of days such as 260131; of two that fit, the one whose days lie close together where the other's do not."""
    spans: dict[str, int] = {}
    for form in ("%y%m%d", "%d%m%y", "%m%d%y"):
        days = unique.str.to_date(form, strict=False)
        years = days.dt.year().is_between(2000, _LAST_SHORT_YEAR).fill_null(value=False)
        if years.mean() > READABLE:  # type: ignore[operator]
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


def forms_of(texts: pl.Series) -> tuple[str, ...]:
    """The forms that begin with the year and that some of the values have."""
    texts = texts.drop_nulls().cast(pl.String)
    forms = []
    for form in (*TIME_FORMATS, *DATE_FORMATS):
        parsed = texts.to_frame("v").select(datetime_of(pl.col("v"), pl.String(), _form(form))).to_series()
        if parsed.is_not_null().any():
            forms.append(form)
            texts = texts.filter(parsed.is_null())
    return tuple(forms)


def _dates_in_words(unique: pl.Series) -> tuple[tuple[Reading, ...], str]:
    """Forms that fit dates with marks, and what decides between day first and month first."""
    if not _may_be(unique, _DATED):
        return (), ""
    if _may_be(unique, _YEAR_AHEAD) and _fits(unique, ColumnFormat()):
        return (None,), ""
    clock = bool(re.search(ANY_CLOCK, unique[0]))
    if clock and (zones := _named_zones(unique)):
        forms, proof = _dates_in_words(unique.str.replace(_ZONE, ""))
        # the letters of a zone stand in the form as they are: the clock is that of the wall
        zoned = [tuple(f"{form} {zone}" for zone in zones) for form in forms if form]
        return tuple(form[0] if len(form) == 1 else form for form in zoned), proof
    plain = unique.to_frame("v").select(half_width(pl.col("v"))).to_series()  # halves of the day may be words
    named = bool(plain.str.contains(_WORD).mean() > READABLE)  # type: ignore[operator]
    days = [*_NAMED, *readings_apart(_NAMED, unique)] if named else [*_DAY_FIRST, *_MONTH_FIRST, *_SHORT_YEAR_FIRST]
    first = unique.head(_FIRST)
    marks = [set(value) for value in first.to_frame("v").select(half_width(pl.col("v"))).to_series().to_list()]
    for time in _TIMES:
        if bool(time) != clock:
            continue
        # most forms fit none of the first values, and reading all of a long column in each takes seconds
        tried = [form for form in (f"{day}{time}" for day in days) if _has_marks(marks, form)]
        tried = _that_fit_some(first, tried) if named else tried
        tried = [form for form in tried if _fits(first, _form(form), _HALF)]
        fits = [form for form in tried if _fits(unique, _form(form))]
        # months in short are also read by the form for whole names
        fits = [form for form in fits if form.replace("%B", "%b") not in fits or "%B" not in form]
        fits = _told_apart(unique, fits)
        # a year of four digits also fits the form for two, and then means the first century
        if fits:
            return _decided(unique, fits)
    return (), ""


def _has_marks(marks: list[set[str]], form: str) -> bool:
    """Whether enough of the first values, given as sets of characters, have every mark of a form: cheap to find out."""
    needed = set(_LETTER_OF_FORM.sub("", form)) & _MARKS
    return sum(needed <= one for one in marks) > _HALF * len(marks)


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
    return zones.unique().sort().to_list() if not zones.null_count() and zones.n_unique() <= MOST_KINDS else []


def _form(form: str) -> ColumnFormat:
    return ColumnFormat(date_format=form)


def _fits(unique: pl.Series, text: ColumnFormat, share: float = READABLE) -> bool:
    # where all values have one form that begins with the year, it is found a hundred times faster than all are tried
    parsed = parse_uniform(unique, pl.Datetime("us")) if text.date_format is None else None
    if parsed is None:
        parsed = unique.to_frame("v").select(datetime_of(pl.col("v"), pl.String(), text)).to_series()
    plausible = parsed.dt.year().is_between(1980, 2100)
    return bool(plausible.fill_null(value=False).mean() > share)  # type: ignore[operator]


def _that_fit_some(first: pl.Series, forms: list[str]) -> list[str]:
    """The forms with the name of a month that fit the first values."""
    plain = first.to_frame("v").select(half_width(pl.col("v"))).to_series()
    # names are put into English by many patterns: once for each language, not for each form
    english = {
        language: plain.to_frame().select(in_english(pl.col("v"), form)).to_series()
        for language, form in {language_of(form): form for form in forms}.items()
    }
    dated = {name: words for name, words in english.items() if _HALF * len(words) <= words.str.contains(_MONTH).sum()}
    return [form for form in forms if (name := language_of(form)) in dated and _fits_some(dated[name], form)]


def _fits_some(words: pl.Series, form: str) -> bool:
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
