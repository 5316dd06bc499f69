"""Reads dates and times as tills write them: formats, serial days, offsets and zones, 上午/下午, 24:00."""

import re

import polars as pl

from retail_brain.ingest.counted_moments import counted_moment, instant
from retail_brain.ingest.eras import in_common_era
from retail_brain.ingest.iranian import in_common_calendar
from retail_brain.ingest.numbers import FURTHER_DIGITS
from retail_brain.sources import ColumnFormat
from retail_brain.sources.date_forms import ERA, IRANIAN, UNIX, WEEK, counted_form, is_number
from retail_brain.sources.month_names import in_english, without_language
from retail_brain.sources.months import WEEKS

DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y.%m.%d.", "%Y. %m. %d.",
                "%Y년 %m월 %d일", "%Y년%m월%d일")  # fmt: skip
TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H:%M:%S",
    "%Y%m%d %H%M%S",
    "%Y%m%d %H%M",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d %H:%M",
    "%Y.%m.%d. %H:%M:%S",
    "%Y.%m.%d. %H:%M",
    "%Y. %m. %d. %H:%M:%S",
    "%Y. %m. %d. %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日 %H时%M分%S秒",
    "%Y년 %m월 %d일 %H:%M:%S",
    "%Y년 %m월 %d일 %H:%M",
    "%Y-%m-%d %p %I:%M:%S",
    "%Y-%m-%d %p %I:%M",
    "%Y/%m/%d %p %I:%M:%S",
    "%Y/%m/%d %p %I:%M",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %I:%M %p",
    "%Y/%m/%d %I:%M:%S %p",
)
"""Forms that begin with the year, so that no other reading fits."""
_CALENDARS = {ERA: in_common_era, IRANIAN: in_common_calendar}
"""Form of days of another calendar -> what writes them as year-month-day."""
_ERA_TIMES = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d %p %I:%M:%S", "%Y-%m-%d %p %I:%M")
"""Forms of times whose day was of another calendar."""
EARLIEST_YEAR = 1900
"""Anything earlier is a misread form, such as a year of two digits."""

_YEAR = r"^((?:\d{1,2}\D+)*)(\d{3,4})((?:\D.*)?)$"
"""What stands before the year, the year, and what stands behind it."""
_UTC_OF_FORM = r"(?<=%[SMf])\s*(?:Z|UTC|GMT)$"
"""UTC behind the seconds or minutes of a form, which is taken off the times as offsets are."""
_OFFSET = r"(T\d{6}|:\d{2}(?:\.\d+)?)\s*([+-]\d{2}:?\d{2}|[+-]\d{2}|Z|UTC|GMT)$"
"""A zone behind a time of day; `-2015` behind a day is a year."""
_OFFSET_OF_DAY = r"^(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})$"
"""A day with a zone and no time, as XML Schema writes days: it is the day of that place, and nothing is converted."""
_HALVES = {
    "上午": "AM", "下午": "PM", "凌晨": "AM", "早上": "AM", "晚上": "PM", "中午": "PM", "午前": "AM", "午後": "PM",
    "오전": "AM", "오후": "PM", "a.m.": "AM", "p.m.": "PM", "a. m.": "AM", "p. m.": "PM", "a.\u00a0m.": "AM",
    "p.\u00a0m.": "PM",
}  # fmt: skip
_HALVES_BEHIND = {
    "AM": r"(\d)\s*(?:ص|صباح[اًا]*|ق\.?ظ\.?|SA|ÖÖ|[πΠ]\.?\s?[μΜ]\.?|de\.)$",
    "PM": r"(\d)\s*(?:م|مساء[اًا]*|ب\.?ظ\.?|CH|ÖS|[μΜ]\.?\s?[μΜ]\.?|du\.)$",
}
"""Halves of the day behind a time in letters that other words have as well: Arabic, Persian, Vietnamese, Turkish, Greek
and Hungarian. At the end alone, where looking for them costs least."""
_FULL_WIDTH = dict(zip("０１２３４５６７８９：／－　", "0123456789:/- ", strict=True)) | FURTHER_DIGITS


def parse_uniform(values: pl.Series, target: pl.DataType) -> pl.Series | None:
    """Parses dates or times in the format of the first value, several times faster than trying every format.

    Returns:
        The parsed column, or None where some value has another format: `typed` tries them all.

    >>> parse_uniform(pl.Series(["2025-01-31", "2025-02-01"]), pl.Date()).to_list()
    [datetime.date(2025, 1, 31), datetime.date(2025, 2, 1)]
    >>> parse_uniform(pl.Series(["2025-01-31", "20250201"]), pl.Date()) is None
    True
    """
    present = values.drop_nulls()
    for form in (*TIME_FORMATS, *DATE_FORMATS) if len(present) else ():
        parse = _date_series if form in DATE_FORMATS else _time_series
        if parse(present.head(1), form).null_count() == 0:
            parsed = parse(values, form).cast(target)
            plausible = (parsed.dt.year() >= EARLIEST_YEAR).all()
            return parsed if parsed.null_count() == values.null_count() and plausible else None
    return None


def _date_series(values: pl.Series, form: str) -> pl.Series:
    return values.str.to_date(form, strict=False)


def _time_series(values: pl.Series, form: str) -> pl.Series:
    return values.str.to_datetime(form, time_unit="us", strict=False)


def date_of(column: pl.Expr, source: pl.DataType, text: ColumnFormat) -> pl.Expr:
    """Expression for a business day; null where a value is none."""
    if source == pl.Date:
        return column
    if isinstance(source, pl.Datetime) or any(map(is_number, _named(text))):
        return datetime_of(column, source, text).dt.date()
    if source.is_integer():
        return _parsed_date(column.cast(pl.String), text)
    if source == pl.String:
        return pl.coalesce(_parsed_date(_tidied(column, text), text), datetime_of(column, source, text).dt.date())
    return pl.lit(None, dtype=pl.Date)


def datetime_of(column: pl.Expr, source: pl.DataType, text: ColumnFormat) -> pl.Expr:
    """Expression for a local wall clock time; null where a value is none."""
    if source == pl.Date:
        return column.cast(pl.Datetime("us"))
    if isinstance(source, pl.Datetime):
        if not source.time_zone:
            return _from_zone(column.dt.cast_time_unit("us"), text)
        local = column.dt.convert_time_zone(text.time_zone) if text.time_zone else column
        return local.dt.replace_time_zone(None).dt.cast_time_unit("us")
    named = _named(text)
    numbers = [form for form in named if is_number(form)]
    readings = [_number(column, form, source, text) for form in numbers if source.is_numeric() or source == pl.String]
    if len(numbers) < len(named) or not named:
        if source.is_integer():
            readings.append(_parsed_date(column.cast(pl.String), text).cast(pl.Datetime("us")))
        elif source == pl.String:
            readings += [*_digit_clocks(column, text), _parsed(_tidied(column, text), text)]
    return pl.coalesce(readings) if readings else pl.lit(None, dtype=pl.Datetime("us"))


def _named(text: ColumnFormat) -> tuple[str, ...]:
    return (text.date_format,) if isinstance(text.date_format, str) else text.date_format or ()


def _number(column: pl.Expr, form: str, source: pl.DataType, text: ColumnFormat) -> pl.Expr:
    """A time that is written as a number, or as two: of the day and of the time of day."""
    parts = counted_form(form)
    if parts is not None:
        plain = _tidied(column, text) if source == pl.String else column.cast(pl.String) if parts.clock else column
        return _from_zone(counted_moment(plain, parts, source), text)
    # seconds or thousandths of them since 1970
    number = column.cast(pl.Float64, strict=False)
    moment = instant(number if form == UNIX else number / 1000)
    zone = text.time_zone or "UTC"
    return moment.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)


def _digit_clocks(column: pl.Expr, text: ColumnFormat) -> list[pl.Expr]:
    """Readings of days with a time of day of digits alone, whose zeros in front may be gone."""
    parts = (counted_form(form) for form in _formats(text))
    return [
        _from_zone(counted_moment(_tidied(column, text), one, pl.String()), text) for one in parts if one is not None
    ]


def _tidied(column: pl.Expr, text: ColumnFormat) -> pl.Expr:
    """Half-width text in common years; 24:00 is the last moment of its day where asked for."""
    plain = in_common_years(half_width(column), text.years_ahead)
    if text.date_format is None:
        return plain
    # 12:24:00 holds 24:00 too
    day_end = plain.str.replace(r"(^|[^\d:])24:00:00\b", "${1}23:59:59")
    return day_end.str.replace(r"(^|[^\d:])24:00$", "${1}23:59")


def half_width(column: pl.Expr) -> pl.Expr:
    """Half-width text with AM and PM for the halves of the day."""
    plain = column.str.strip_chars().str.replace_many(list(_FULL_WIDTH), list(_FULL_WIDTH.values()))
    plain = plain.str.replace_many(list(_HALVES), list(_HALVES.values()))
    for half, behind in _HALVES_BEHIND.items():
        plain = plain.str.replace(behind, f"${{1}} {half}")
    plain = plain.str.replace(r"\s*([AP]M)\s*", " $1 ").str.replace(_OFFSET_OF_DAY, "$1")
    return plain.str.strip_chars()


def in_common_years(column: pl.Expr, ahead: int) -> pl.Expr:
    """Text with the year of another calendar as that of the common one; before it is read, for the 29th of February."""
    if not ahead:
        return column
    year = column.str.extract(_YEAR, 2)
    common = (year.cast(pl.Int64, strict=False) - ahead).cast(pl.String)
    return column.str.extract(_YEAR, 1) + common + column.str.extract(_YEAR, 3)


def _formats(text: ColumnFormat) -> tuple[str, ...]:
    # the offset is read apart, because it differs from row to row
    named = (form for form in _named(text) if not is_number(form))
    forms = (re.sub(_UTC_OF_FORM, "", form.replace("%z", "").strip()) for form in named)
    return tuple(form.replace("%p%I", " %p %I") for form in forms)


def _parsed_date(column: pl.Expr, text: ColumnFormat) -> pl.Expr:
    forms = DATE_FORMATS if text.date_format is None else _formats(text)
    plain = [form for form in forms if form not in (WEEK, *_CALENDARS) and without_language(form) == form]
    days = [column.str.to_date(form, strict=False) for form in plain]
    days += [monday_of(column)] if WEEK in forms else []
    days += [
        common(column).str.to_date("%Y-%m-%d", strict=False) for form, common in _CALENDARS.items() if form in forms
    ]
    days += [
        in_english(column, form).str.to_date(without_language(form), strict=False)
        for form in forms
        if _names_months(form)
    ]
    return pl.coalesce(pl.lit(None, dtype=pl.Date), *days)


def monday_of(column: pl.Expr) -> pl.Expr:
    """The Mondays of weeks in text by their numbers in ISO 8601; null where a value names none."""
    year = pl.coalesce(*(column.str.extract(form, place) for form, place, _ in WEEKS))
    week = pl.coalesce(*(column.str.extract(form, place) for form, _, place in WEEKS))
    return (year + "-W" + week.str.zfill(2) + "-1").str.to_date("%G-W%V-%u", strict=False)


def _names_months(form: str) -> bool:
    return "%b" in form or "%B" in form


def _parsed(column: pl.Expr, text: ColumnFormat) -> pl.Expr:
    """Wall clock times; one with an offset is converted when a zone is named, otherwise its own wall clock counts."""
    plain = column.str.replace(_OFFSET, "$1")
    named_forms = [form for form in _formats(text) if form not in (WEEK, *_CALENDARS)] if text.date_format else []
    forms = TIME_FORMATS if text.date_format is None else named_forms
    days = _parsed_date(plain, text)
    given = _formats(text) if text.date_format is not None else ()
    others = [common for form, common in _CALENDARS.items() if form in given]
    named = [one for one in forms if _names_months(one)]
    local = pl.coalesce(
        *(
            plain.str.to_datetime(form, time_unit="us", strict=False)
            for form in forms
            if without_language(form) == form
        ),
        *(
            in_english(plain, form).str.to_datetime(without_language(form), time_unit="us", strict=False)
            for form in named
        ),
        *(
            common(plain).str.to_datetime(form, time_unit="us", strict=False)
            for common in others
            for form in _ERA_TIMES
        ),
        days.cast(pl.Datetime("us")),
    )
    if not text.time_zone:
        return local
    # offsets differ from row to row, which one Polars type cannot express: they are subtracted by hand
    zone = column.str.extract(_OFFSET, 2).str.replace(r"^(?:Z|UTC|GMT)$", "+0000").str.replace(":", "")
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    hours, rest = zone.str.slice(1, 2).cast(pl.Int64), zone.str.slice(3, 2).cast(pl.Int64, strict=False)
    instant = (local - pl.duration(minutes=sign * (hours * 60 + rest.fill_null(0)))).dt.replace_time_zone("UTC")
    converted = instant.dt.convert_time_zone(text.time_zone).dt.replace_time_zone(None)
    return pl.when(zone.is_null()).then(_from_zone(local, text)).otherwise(converted)


def _from_zone(local: pl.Expr, text: ColumnFormat) -> pl.Expr:
    """Converts times that the source writes in a zone of its own; an hour that comes twice in autumn is the first."""
    if not text.source_time_zone or not text.time_zone:
        return local
    placed = local.dt.replace_time_zone(text.source_time_zone, ambiguous="earliest", non_existent="null")
    return placed.dt.convert_time_zone(text.time_zone).dt.replace_time_zone(None)
