"""Computes order and arrival days from order weekdays, review periods and lead times."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import Bools, Days, Floats, Ints

_ENGLISH = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHINESE = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
"""Number of each weekday by its Chinese word, Monday = 0."""
_WEEKDAY = re.compile(r"[0-7]|\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|[一二三四五六]|(?<=[周期拜、,，])[日天]")
_UNTIL = re.compile(r"\s*(?:-|–|~|～|至|到|to)\s*(?:周|星期|礼拜)?")


def parse_weekdays(text: str | None) -> tuple[bool, ...]:
    """Weekdays, Monday first, on which a supplier takes orders; a text that names none means every day.

    Understands ISO numbers (1 Monday to 7 Sunday; 0 is Sunday too), English names and Chinese ones, in any separation,
    and ranges of them.

    >>> parse_weekdays("1,4") == parse_weekdays("Mon;Thursday") == parse_weekdays("周一、周四")
    True
    >>> parse_weekdays("1-5") == parse_weekdays("Mon to Fri") == parse_weekdays("周一至周五")
    True
    >>> all(parse_weekdays(None)) and all(parse_weekdays("每天"))
    True
    """
    lowered = (text or "").lower()
    weekdays: set[int] = set()
    before: tuple[int, int] | None = None
    for match in _WEEKDAY.finditer(lowered):
        day = _weekday(match.group())
        if before is not None and _UNTIL.fullmatch(lowered[before[1] : match.start()]):
            weekdays |= {(before[0] + later) % 7 for later in range((day - before[0]) % 7)}
        weekdays.add(day)
        before = (day, match.end())
    return tuple(day in weekdays or not weekdays for day in range(7))


def _weekday(word: str) -> int:
    if word.isascii() and word.isdigit():
        return (int(word) - 1) % 7
    return _CHINESE[word] if word in _CHINESE else _ENGLISH.index(word[:3])


def weekday_table(texts: Iterable[str | None]) -> Bools:
    """One row per text, seven columns, Monday first; each distinct text is parsed once."""
    listed = list(texts)
    parsed = {text: parse_weekdays(text) for text in set(listed)}
    return np.array([parsed[text] for text in listed], dtype=np.bool_).reshape(-1, 7)


def next_open_day(day: Days, open_weekdays: Bools) -> Days:
    """The first day at or after `day` on which orders are taken, one per row."""
    # 1970-01-01, day 0 of numpy, was a Thursday: three days after Monday.
    weekday = (day.astype("datetime64[D]").astype(np.int64) + 3) % 7
    wait = np.full(day.shape, 7, dtype=np.int64)
    for later in range(6, -1, -1):
        is_open = open_weekdays[np.arange(len(day)), (weekday + later) % 7]
        wait = np.where(is_open, later, wait)
    opened: Days = day + wait.astype("timedelta64[D]")
    return opened


@dataclass(frozen=True)
class Cycle:
    """Days of the order under decision and of the following one, one element per series.

    An order placed on `order_on` is on the shelf from the morning of `arrives_on` and must last
    until the morning of `next_arrives_on`, when the following order can be there, or, where `ends_demand`, demand has
    ended.
    """

    order_on: Days
    arrives_on: Days
    next_arrives_on: Days
    ends_demand: bool = False

    @property
    def review_days(self) -> Floats:
        """Days that the order must last."""
        return (self.next_arrives_on - self.arrives_on).astype(np.float64)


def order_cycle(
    first_day: np.datetime64,
    lead_days: Floats,
    review_days: Floats,
    open_weekdays: Bools,
    *,
    after_closing: bool = False,
) -> Cycle:
    """Days of the order cycle that starts with the first order day at or after `first_day`.

    Fractions of days count as whole days: goods that arrive during a day are sold from the next morning. Orders placed
    after closing may be placed on the evening before `first_day`, and arrive on the next morning at the earliest.

    Args:
        first_day: first day whose demand is not known.
        lead_days: days from order to arrival, one per series.
        review_days: days between orders, one per series.
        open_weekdays: shape (series, 7), Monday first.
        after_closing: whether orders are placed after closing rather than before opening.
    """
    first_day = first_day - np.timedelta64(int(after_closing), "D")
    start = np.full(lead_days.shape, first_day, dtype="datetime64[D]")
    lead = np.maximum(np.ceil(lead_days), int(after_closing)).astype("timedelta64[D]")
    order_on = next_open_day(start, open_weekdays)
    pause = np.maximum(np.ceil(review_days), 1).astype("timedelta64[D]")
    following = next_open_day(order_on + pause, open_weekdays)
    return Cycle(order_on, order_on + lead, following + lead)


def period_of(day: Days, period_starts: Days) -> Ints:
    """Index of the first period that starts at or after each day; beyond the last, the number of periods."""
    return np.searchsorted(period_starts, day, side="left").astype(np.int64)
