"""Names of columns that are weeks, or months such as `2024-01`, `2024年1月`, `01/2024`, `Jan 2024` and `ene 2024`."""

import re
from datetime import date, datetime
from typing import Final

from retail_brain.sources.month_names import LANGUAGES_APART, english_month

_YEAR_FIRST = re.compile(r"((?:19|20)\d{2})[-/._年](0?[1-9]|1[0-2])月?")
_MONTH_FIRST = re.compile(r"(0?[1-9]|1[0-2])[-/._]((?:19|20)\d{2})")
_WEEK_WORD = (
    r"(?:W|KW|CW|WK|week|woche|kalenderwoche|S|sem|semana|semaine|settimana|vecka|uge|uke|viikko|vko|tydz|tydzień|týden|tyden"
    r"|hét|нед|неделя|hafta|tuần|tuan|minggu|สัปดาห์(?:ที่)?|주|주차|週|周)"
)
WEEKS: Final = (
    (rf"(?i)^((?:19|20)\d{{2}})[-/._ ]?{_WEEK_WORD}[-. ]?(\d{{1,2}})$", 1, 2),
    (rf"(?i)^{_WEEK_WORD}[-. ]?(\d{{1,2}})[-/._ ]+((?:19|20)\d{{2}})$", 2, 1),
    (r"^((?:19|20)\d{2})[年년]?\s?第?(\d{1,2})(?:周|週|주차?)$", 1, 2),
    (r"^(\d{1,2})[-/.]((?:19|20)\d{2})$", 2, 1),
)
"""Patterns of weeks as text, and which groups are their year and number; those of the last may also be months."""
_NAMED = ("%b %Y", "%B %Y")


def month_start(name: str, language: str = "") -> str | None:
    """The first day of the month that a name says; None where it says none, or perhaps a day.

    Args:
        name: perhaps of a month.
        language: of the month's name where it means another month elsewhere (LANGUAGES_APART); blank: any other.

    >>> month_start("2024-1"), month_start("Jan-2024"), month_start("févr. 2024"), month_start("Jan 24")
    ('2024-01-01', '2024-01-01', '2024-02-01', None)
    """
    plain = name.strip()
    if found := _YEAR_FIRST.fullmatch(plain):
        return f"{found[1]}-{int(found[2]):02}-01"
    if found := _MONTH_FIRST.fullmatch(plain):
        return f"{found[2]}-{int(found[1]):02}-01"
    words = [english_month(word, language) for word in re.split(r"[-/._\s]+", plain) if word]
    for form in _NAMED:
        try:
            return datetime.strptime(" ".join(words), form).date().isoformat()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _week_start(name: str) -> str | None:
    """The Monday of the week that a name says by its number in ISO 8601; None where it says none.

    >>> _week_start("2026-W06"), _week_start("KW 6/2026"), _week_start("2026年第6周"), _week_start("W60 2026")
    ('2026-02-02', '2026-02-02', '2026-02-02', None)
    """
    for form, year, week in WEEKS:
        if found := re.match(form, name.strip()):
            try:
                return date.fromisocalendar(int(found[year]), int(found[week]), 1).isoformat()
            except ValueError:
                return None
    return None


def week_starts(names: list[str]) -> dict[str, str]:
    """Name -> Monday, where at least two of the names are weeks."""
    starts = {name: start for name in names if (start := _week_start(name)) is not None}
    return starts if len(starts) > 1 else {}


def month_starts(names: list[str]) -> dict[str, str]:
    """Name -> first day, where at least two of the names are months and none of the others begins with a digit.

    Names in the language that reads most of them: `kol 2024` beside `lip 2024` says that June is meant, as in Croatian.
    """
    readings = [
        {name: start for name in names if (start := month_start(name, language)) is not None}
        for language in ("", *LANGUAGES_APART)
    ]
    starts = max(readings, key=len)
    others = [name for name in names if name not in starts]
    return starts if len(starts) > 1 and not any(name[:1].isdigit() for name in others) else {}
