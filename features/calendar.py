"""Computes calendar features: weekday, month, paydays, and festivals that move from year to year.

Distances are in days and signed: 3 means that the festival comes in three days, -2 that it was two days ago. Beyond
`DAYS_BEFORE` and `DAYS_AFTER` the distance is null, so that a model cannot use it as a substitute for the date.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType

import holidays
import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.errors import UsageError

DAYS_BEFORE = 28
"""Days before a festival in which the distance to it is a feature; ordinary holidays have ORDINARY_DAYS_BEFORE.
Chosen by judgement, not measured."""
DAYS_AFTER = 10
"""Days after a festival in which it is. Chosen by judgement, not measured."""
ORDINARY_DAYS_BEFORE, ORDINARY_DAYS_AFTER = 3, 1
"""Days before and after an ordinary public holiday in which the distance is a feature.

Farther off, one holiday's approach would be another holiday: Christmas is 24 days before Martin Luther King's birthday,
and nothing happens 24 days before Memorial Day."""
_LONGEST_LUNAR_YEAR_DAYS = 390
"""Days; a lunar year with a leap month has 383 to 385, so a longer gap is a festival that is missing."""
MOVING: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"spring_festival": (24, 14), "mid_autumn": (12, 2), "dragon_boat": (5, 2), "easter": (12, 2)}
)
"""Days before and after each moving festival that are compared with as far from it a year ago. Chosen by judgement, not
measured."""
FESTIVALS: Mapping[str, str] = MappingProxyType(
    {
        "spring_festival": r"Chinese New Year|Lunar New Year|Spring Festival",
        "mid_autumn": r"Mid-Autumn|Chuseok",
        "dragon_boat": r"Dragon Boat|Tuen Ng",
        "national_day": r"^National Day|Independence Day|Unity Day|Bastille|Republic Day",
        "easter": r"Easter|Good Friday",
        "thanksgiving": r"^Thanksgiving",
        "christmas": r"Christmas",
        "new_year": r"^New Year|Universal Fraternization",
    }
)
CALENDAR_COLUMNS = (
    "weekday",
    "month",
    "day_of_month",
    "days_to_payday",
    "is_holiday",
    *(f"days_to_{name}" for name in FESTIVALS),
    "days_to_other_holiday",
)
_KEEPS_EASTER = frozenset({"US"})
_NOT_THE_DAY = re.compile(r"\(observed\)|substituted|Eve\b|^29 of ")
# Vietnam calls the free day before New Year's Eve "29 of Lunar New Year" in some years


def easter_sunday(year: int) -> date:
    """Western Easter (the anonymous Gregorian algorithm, Nature, 20 April 1876).

    >>> easter_sunday(2025)
    datetime.date(2025, 4, 20)
    """
    golden, century, rest = year % 19, year // 100, year % 100
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    to_sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=64)
def public_holidays(country: str, first_year: int, last_year: int) -> Mapping[date, str]:
    """Public holidays with their English names.

    Raises:
        UsageError: the country is not one the `holidays` library knows.
    """
    years = range(first_year, last_year + 1)
    try:
        by_day = holidays.country_holidays(country, years=years, language="en_US")
    except NotImplementedError as error:
        raise UsageError(
            f"the country is {country!r}, which has no list of holidays; wanted an ISO 3166 code such as CN, US or DE. "
            "Correct data.country in the tenant's settings, or the column country of stores where that says it."
        ) from error
    return MappingProxyType(dict(by_day.items()))  # a copy: the library adds a year when one asks for it


def festival_days(country: str, first_year: int, last_year: int) -> dict[str, list[date]]:
    """Days of each festival the country keeps, and under `other_holiday` the rest of its public holidays.

    A festival of several days is counted from its first day. Festivals the country does not keep have no days.

    Raises:
        UsageError: the country is not one the `holidays` library knows.
    """
    days: dict[str, set[date]] = {name: set() for name in (*FESTIVALS, "other_holiday")}
    for day, name in public_holidays(country, first_year, last_year).items():
        matches = [festival for festival, pattern in FESTIVALS.items() if re.search(pattern, name)]
        if not _NOT_THE_DAY.search(name):
            days[matches[0] if matches else "other_holiday"].add(day)
    # lists name Good Friday, Easter Sunday or Easter Monday, each country its own: the Sunday itself is computed
    if days["easter"] or country in _KEEPS_EASTER:
        days["easter"] = {easter_sunday(year) for year in range(first_year, last_year + 1)}
    return {name: _first_days(all_days) for name, all_days in days.items()}


def same_time_last_year(dates: Sequence[date], country: str) -> list[date | None]:
    """The comparable day a year before each date: the same weekday 52 weeks earlier, or as far from a moving festival.

    Days around a moving festival are compared with days as far from it in the year before. Days that are ordinary this
    year but were near such a festival the year before have no comparable day: None.

    Raises:
        UsageError: the country is not one the `holidays` library knows.
    """
    years = range(min(dates).year - 2, max(dates).year + 2)
    festivals = festival_days(country, years[0], years[-1])
    moved: dict[date, date] = {}
    busy: set[date] = set()
    for name, (before, after) in MOVING.items():
        for earlier, later in itertools.pairwise(festivals[name]):
            stretch = range(-before, after + 1)
            # around each earlier festival: an ordinary day of this year has nothing to compare with there
            busy |= {earlier + timedelta(days=distance) for distance in stretch}
            if (later - earlier).days < _LONGEST_LUNAR_YEAR_DAYS:
                moved |= {later + timedelta(days=distance): earlier + timedelta(days=distance) for distance in stretch}
    out: list[date | None] = []
    for day in dates:
        # 52 whole weeks: the same weekday matters more to a shop than the same date
        plain = day - timedelta(days=364)
        out.append(moved.get(day) or (None if plain in busy else plain))
    return out


def calendar_features(dates: Sequence[date], country: str) -> pl.DataFrame:
    """One row per date, in the order given: the columns of `CALENDAR_COLUMNS`, distances in days.

    Raises:
        UsageError: the country is not one the `holidays` library knows.
    """
    first, last = min(dates).year - 1, max(dates).year + 1
    days = festival_days(country, first, last)
    holidays_of_country = public_holidays(country, first, last)
    frame = pl.DataFrame({"date": dates}, schema={"date": pl.Date})
    distances = {f"days_to_{name}": days_to_nearest(dates, starts) for name, starts in days.items()}
    other = distances["days_to_other_holiday"]
    # an ordinary holiday is felt for a few days only, unlike the festivals, which people shop for weeks ahead
    other[(other > ORDINARY_DAYS_BEFORE) | (other < -ORDINARY_DAYS_AFTER)] = np.nan
    return frame.select(
        pl.col("date").dt.weekday().cast(pl.Float32).alias("weekday"),
        pl.col("date").dt.month().cast(pl.Float32).alias("month"),
        pl.col("date").dt.day().cast(pl.Float32).alias("day_of_month"),
        pl.Series("days_to_payday", [_days_to_payday(day) for day in dates], dtype=pl.Float32),
        pl.Series("is_holiday", [float(day in holidays_of_country) for day in dates], dtype=pl.Float32),
        *(pl.Series(name, distances[name], dtype=pl.Float32) for name in CALENDAR_COLUMNS[5:]),
    )


def days_to_nearest(dates: Sequence[date], days: Sequence[date]) -> npt.NDArray[np.float32]:
    """Signed days from each date to the nearest of `days`; NaN where none is within `DAYS_BEFORE` and `DAYS_AFTER`.

    >>> days_to_nearest([date(2025, 1, 27), date(2025, 1, 31)], [date(2025, 1, 29)]).tolist()
    [2.0, -2.0]
    """
    out = np.full(len(dates), np.nan, dtype=np.float32)
    if not days:
        return out
    days_of_rows = np.array([day.toordinal() for day in dates])
    targets = np.array(sorted(day.toordinal() for day in days))
    after = np.searchsorted(targets, days_of_rows)
    ahead = targets[np.minimum(after, targets.size - 1)] - days_of_rows
    behind = targets[np.maximum(after - 1, 0)] - days_of_rows
    near_ahead = (ahead >= 0) & (ahead <= DAYS_BEFORE)
    near_behind = (behind < 0) & (behind >= -DAYS_AFTER)
    out[near_behind] = behind[near_behind]
    closer = near_ahead & (np.isnan(out) | (ahead <= -np.nan_to_num(out, nan=-1e6)))
    out[closer] = ahead[closer]
    return out


def event_features(
    dates: Sequence[date], calendar: pl.DataFrame, region: str | None, event_types: Sequence[str]
) -> pl.DataFrame:
    """One row per date: a flag per event type and the days to the nearest event of the user's calendar.

    Args:
        dates: days of the rows.
        calendar: rows of the `calendar` table.
        region: events of this region and events without a region are used.
        event_types: the types that get a flag each, in this order; further ones only enter the distance.

    Returns:
        Columns `event_TYPE...` named by position (`event_0`, ...) and `days_to_event`.
    """
    in_region = (
        pl.col("region").is_null() if region is None else (pl.col("region").is_null() | (pl.col("region") == region))
    )
    events = calendar.filter(in_region)
    rare = _rare_days(events, len(set(dates)))
    flags = []
    for position, event_type in enumerate(event_types):
        days = set(events.filter(pl.col("event_type") == event_type)["date"].to_list())
        flags.append(pl.Series(f"event_{position}", [float(day in days) for day in dates], dtype=pl.Float32))
    return pl.DataFrame([*flags, pl.Series("days_to_event", days_to_nearest(dates, rare), dtype=pl.Float32)])


def _rare_days(calendar: pl.DataFrame, span: int) -> list[date]:
    """Days of the events that happen rarely enough for a distance to mean something: at most one day in ten."""
    # an event every week is no event to be near to: the distance would repeat the weekday
    counts = calendar.group_by("event_name").agg(pl.col("date").n_unique().alias("days"))
    rare = counts.filter(pl.col("days") <= max(3, span // 10))["event_name"]
    return sorted(set(calendar.filter(pl.col("event_name").is_in(rare.implode()))["date"].to_list()))


def _first_days(days: set[date]) -> list[date]:
    return sorted(day for day in days if day - timedelta(days=1) not in days)


def _days_to_payday(day: date) -> float:
    """Days to the nearest of the 15th and the end of the month, where many wages are paid."""
    next_month = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    month_end = (next_month - timedelta(days=1) - day).days
    # -day: days since the last month's end
    distances = (15 - day.day, month_end, -day.day)
    return float(min(distances, key=abs))
