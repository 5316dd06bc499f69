"""The day that the names of files say, in any form in which people write one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from retail_brain.ingest.look.draft import quoted
from retail_brain.ingest.look.evidence import evidence

_YEAR: Final = r"(?:19|20)\d{2}"
_MONTH: Final = r"(?:0[1-9]|1[0-2])"
_DAY: Final = r"(?:0[1-9]|[12]\d|3[01])"
_PATTERNS: Final = (
    rf"(?:^|\D)({_YEAR}[-_.]?{_MONTH}[-_.]?{_DAY})",
    r"(?:^|\D)((?:19|20)\d{2}年\d{1,2}月\d{1,2}日)",
    r"(?:^|\D)((?:19|20)\d{2}[-_.]\d{1,2}[-_.]\d{1,2})(?:\D|$)",
    rf"(?:^|\D)(\d{{1,2}}[-_.]\d{{1,2}}[-_.]{_YEAR})(?:\D|$)",
    rf"(?:^|\D)(\d{{1,2}}[-_. ][^\W\d_]{{3,12}}[-_. ]{_YEAR})(?:\D|$)",
    rf"(?:^|\D)({_DAY}{_MONTH}{_YEAR})(?:\D|$)",
)
"""Days in names, the surest form first; the year is always whole."""
_COMPACT: Final = {_PATTERNS[5]: "%d%m%Y"}
"""Patterns of digits alone that nothing but their form reads."""
_LONGEST: Final = 8
"""Letters of a day of digits alone."""


@dataclass(frozen=True)
class DayInName:
    """Where names of files say their day: a regular expression with it as its group, and the form it has."""

    pattern: str
    form: str | None

    def text(self, name: str) -> str | None:
        """The day as a name says it; None where it says none."""
        found = re.search(self.pattern, name)
        return found[1] if found else None

    @property
    def key(self) -> str:
        """The keys of a mapping for it, without braces."""
        form = f", format = {quoted(self.form)}" if self.form else ""
        return f"file_name = {quoted(self.pattern)}{form}"

    @property
    def day_form(self) -> str:
        """The form that a time of day may follow; forms that begin with the year need none elsewhere."""
        return self.form or ("%Y%m%d" if self.pattern == _PATTERNS[0] else "%Y-%m-%d")


def day_in_names(names: Sequence[str]) -> DayInName | None:
    """The day that every one of the names says; None where one says none, or several, or two readings fit.

    >>> day_in_names(["sales_20260901-20260901.csv"]).text("sales_20260902.csv")
    '20260902'
    >>> day_in_names(["sales 01-02-2026.csv"]) is None, day_in_names(["01-02-2026.csv", "13-02-2026.csv"]).form
    (True, '%d-%m-%Y')
    >>> day_in_names(["sales_20260901-20260930.csv"]) is None
    True
    """
    for pattern in _PATTERNS:
        found = [_said(pattern, name) for name in names]
        if all(len(days) == 1 for days in found):
            return _with_form(pattern, [day for days in found for day in days])
        if any(len(days) > 1 for days in found):
            return None
    return None


def _said(pattern: str, name: str) -> set[str]:
    """Different days in a name by one pattern; a range from a day to the same day says one."""
    found, start = set[str](), 0
    while said := re.search(pattern, name[start:]):
        found.add(said[1])
        start += said.end(1)
    return found


def _with_form(pattern: str, days: Sequence[str]) -> DayInName | None:
    if pattern in _COMPACT:
        read = pl.Series(days).str.to_date(_COMPACT[pattern], strict=False)
        return None if read.null_count() else DayInName(pattern, _COMPACT[pattern])
    if len(days[0]) == _LONGEST and days[0].isdigit():
        return DayInName(pattern, "%Y%m%d")
    marks = {mark for day in days for mark in re.findall(r"[-_.]", day)}
    if pattern == _PATTERNS[0]:
        mark = min(marks, default="")
        return DayInName(pattern, f"%Y{mark}%m{mark}%d" if marks and mark != "-" else None) if len(marks) < 2 else None
    mark = next(iter(marks), "")
    if len(marks) > 1 or (pattern == _PATTERNS[2] and mark != "-"):
        return DayInName(pattern, f"%Y{mark}%m{mark}%d") if len(marks) == 1 else None
    seen = evidence(pl.Series([day.replace("_", "-") for day in days]))
    forms = [form for form in seen.dates if not isinstance(form, tuple)]
    if len(seen.dates) != 1 or len(forms) != 1 or seen.pattern:
        return None
    return DayInName(pattern, forms[0].replace("-", mark) if forms[0] and mark else forms[0])
