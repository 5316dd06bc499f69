"""Computes the last day of the season of goods: by the festival they are sold for, or by the date a year ago."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl

from features.calendar import MOVING, festival_days
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Floats, Ints

_YEAR, _SEASON_WEEKS, _SEASON_SHARE = 364, 13, 0.6
"""Days of a year in whole weeks, weeks of a season, and the share of a year's sales that must fall into them. Chosen by
judgement, not measured."""
_KNOWN_DAYS = 28
"""Days before the year in which goods must have sold for the year to be a whole one of theirs."""
_KNOWN_WEEKS, _LEAST_WEEKS, _LEAST_UNITS = 2, 4, 20.0
"""Weeks with sales before the year, and weeks with sales and units in it, from which a season can be told. Of 20 units
sold evenly 60 % fall into some quarter by chance in 2 % of years, of 10 in 26 % and of 4 in 47 % (simulated)."""
_AHEAD_DAYS, _QUIET_DAYS, _QUIET_SHARE = 182, 42, 0.1
"""Days ahead that are looked at, days that a quiet time lasts, and the share of the year's mean day that it sells less
than. Chosen by judgement, not measured."""
_FESTIVAL_SHARE = 0.4
"""Share of a year's sales near a moving festival that makes goods its goods: gift boxes of the Spring Festival sell
three quarters of theirs there, and an even seller a tenth. Chosen by judgement, not measured."""
_FAR_DAYS = 182
"""Days to the nearest day of a festival beyond which it says nothing about the season: half a year."""


def season_ends(dataset: Dataset, as_of: date, country: str | None) -> pl.DataFrame:
    """One row per product whose season ends within half a year: `product_id`, `season` (the last day).

    Seasonal are goods of which thirteen weeks sold 60 % of the year. Their season ends where, a year ago, six weeks
    sold less than a tenth of the year's mean. Goods of a moving festival (40 % of sales near it) are compared
    with the day as far from the festival before. Only goods are judged that were sold in two of the four weeks before
    the year, and in the year 20 units in at least four weeks.

    Args:
        dataset: as known on `as_of`.
        as_of: last visible day.
        country: whose festivals count; None: none do.

    Raises:
        UsageError: the country is not one the `holidays` library knows.
    """
    goods, table, shift = _last_year(dataset, _seasonal(dataset, as_of), as_of, country)
    if not len(goods):
        return pl.DataFrame(schema={"product_id": pl.String, "season": pl.Date})
    ends = _ends(table, shift)
    last = np.datetime64(as_of, "D") + np.maximum(ends, 0)
    return pl.DataFrame({"product_id": goods, "season": pl.Series(last)}).filter(pl.Series(ends >= 0))


def season_units(dataset: Dataset, as_of: date, country: str | None) -> pl.DataFrame:
    """One row per seasonal product x day ahead that sold a year ago: `product_id`, `day` (1: tomorrow), `units`.

    Goods and days are those of `season_ends`, but goods need not have sold just before the year: what is sold in its
    season alone did not. They must have sold in the
    year before it, or their launch would look like a season.

    Args:
        dataset: as known on `as_of`.
        as_of: last visible day.
        country: whose festivals count; None: none do.

    Raises:
        UsageError: the country is not one the `holidays` library knows.
    """
    seasonal = _seasonal(dataset, as_of, known_days=_YEAR, known_weeks=1)
    goods, table, shift = _last_year(dataset, seasonal, as_of, country)
    row, column = np.nonzero(table)
    # a column is so many days back; `shift` days after it the same day of the season comes
    day = shift[row] - (table.shape[1] - 1 - column)
    found = {"product_id": goods.gather(row), "day": day, "units": table[row, column]}
    return pl.DataFrame(found, schema={"product_id": pl.String, "day": pl.Int64, "units": pl.Float64}).filter(
        pl.col("day") > 0
    )


def _last_year(dataset: Dataset, goods: pl.Series, as_of: date, country: str | None) -> tuple[pl.Series, Floats, Ints]:
    """Those of the goods that sold, their units of the last year by day, and how many days back the same day lies."""
    festivals = _festivals(country, as_of)
    back = max([_YEAR, *(shift for shift, _ in festivals.values())])
    first = as_of - timedelta(days=back - 1)
    goods, table = _sold(dataset, goods, first, as_of)
    shift, most = np.full(len(goods), _YEAR, dtype=np.int64), np.full(len(goods), _FESTIVAL_SHARE)
    for days, trade in festivals.values():
        share = _share_near(table, trade, first)
        shift, most = np.where(share > most, days, shift), np.maximum(share, most)
    return goods, table, shift


def _seasonal(
    dataset: Dataset, as_of: date, known_days: int = _KNOWN_DAYS, known_weeks: int = _KNOWN_WEEKS
) -> pl.Series:
    """Products that sold before the last year, and in it often enough, most within one season.

    Args:
        dataset: as known on `as_of`.
        as_of: last visible day.
        known_days: before the year, within which they sold.
        known_weeks: with sales in these.
    """
    first = as_of - timedelta(days=_YEAR - 1)
    sales = dataset.daily_sales().filter(pl.col("units") > 0, pl.col("date") >= first - timedelta(days=known_days))
    week = ((pl.col("date") - first).dt.total_days() // 7).alias("week")
    sold = sales.group_by("product_id", week).agg(pl.col("units").sum()).collect()
    weeks, old = pl.len().over("product_id"), sold.filter(pl.col("week") < 0)
    known = old.filter(weeks >= known_weeks)["product_id"].unique()
    recent = sold.filter(pl.col("week").is_between(0, _YEAR // 7 - 1), pl.col("product_id").is_in(known.implode()))
    recent = recent.filter(weeks >= _LEAST_WEEKS, pl.col("units").sum().over("product_id") >= _LEAST_UNITS)
    goods = recent["product_id"].unique().sort()
    table = np.zeros((len(goods), _YEAR // 7))
    table[goods.search_sorted(recent["product_id"]).to_numpy(), recent["week"].to_numpy()] = recent["units"].to_numpy()
    # The year is repeated, so that a season may run over its end.
    sums = np.cumsum(np.pad(np.concatenate([table, table], axis=1), ((0, 0), (1, 0))), axis=1)
    best = (sums[:, _SEASON_WEEKS : _SEASON_WEEKS + _YEAR // 7] - sums[:, : _YEAR // 7]).max(axis=1)
    return goods.filter(pl.Series(best >= _SEASON_SHARE * table.sum(axis=1)))


def _festivals(country: str | None, as_of: date) -> Mapping[str, tuple[int, tuple[date, date]]]:
    """Per moving festival near the day: days since the one a year before, and first and last day of its trade."""
    out: dict[str, tuple[int, tuple[date, date]]] = {}
    if country is None:
        return out
    for name, days in festival_days(country, as_of.year - 2, as_of.year + 1).items():
        if name not in MOVING or len(days) < 2:
            continue
        before, after = MOVING[name]
        earlier, later = min(pairwise(days), key=lambda pair: abs((pair[1] - as_of).days))
        if abs((later - as_of).days) <= _FAR_DAYS:
            trade = (earlier - timedelta(days=before), earlier + timedelta(days=after))
            out[name] = ((later - earlier).days, trade)
    return out


def _sold(dataset: Dataset, goods: pl.Series, first: date, as_of: date) -> tuple[pl.Series, Floats]:
    """Those of the products that were sold since a day, and their units, shape (products, days)."""
    length = (as_of - first).days + 1
    sales = dataset.daily_sales().filter(
        pl.col("units") > 0, pl.col("date").is_between(first, as_of), pl.col("product_id").is_in(goods.implode())
    )
    day = (pl.col("date") - first).dt.total_days().alias("day")
    sold = sales.group_by("product_id", day).agg(pl.col("units").sum()).collect()
    goods = sold["product_id"].unique().sort()
    table = np.zeros((len(goods), length))
    table[goods.search_sorted(sold["product_id"]).to_numpy(), sold["day"].to_numpy()] = sold["units"].to_numpy()
    return goods, table


def _share_near(table: Floats, near: tuple[date, date], first: date) -> Floats:
    """Share of a year's sales, from half a year before the festival to half a year after, that is near it."""
    begin, end = ((day - first).days for day in near)
    middle = (begin + end) // 2
    year = table[:, max(middle - _YEAR // 2, 0) : middle + _YEAR // 2].sum(axis=1)
    inside = table[:, max(begin, 0) : max(end + 1, 0)].sum(axis=1)
    share: Floats = np.divide(inside, year, out=np.zeros_like(inside), where=year > 0)
    return share


def _ends(table: Floats, shift: Ints) -> Ints:
    """Days from now until the last day before a quiet time, looked up `shift` days back; -1 where none comes."""
    ends = np.full(len(table), -1, dtype=np.int64)
    for days in np.unique(shift).tolist():
        rows = np.flatnonzero(shift == days)
        # What lies ahead, as it was `days` ago; beyond the past it is repeated.
        then = table[rows, -days:]
        ahead = np.concatenate([then, then], axis=1)
        sums = np.cumsum(np.pad(ahead, ((0, 0), (1, 0))), axis=1)
        coming = sums[:, _QUIET_DAYS : _QUIET_DAYS + _AHEAD_DAYS] - sums[:, :_AHEAD_DAYS]
        usual = table[rows, -_YEAR:].mean(axis=1)
        quiet = coming < _QUIET_SHARE * _QUIET_DAYS * usual[:, None]
        ends[rows] = np.where(quiet.any(axis=1), quiet.argmax(axis=1), -1)
    return ends
