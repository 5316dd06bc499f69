"""Finds anomalies: days on which demand fell outside every sample path of a forecast made before them.

The model forecasts from a cutoff before the days that are looked at. Series, stores, departments and the chain are
compared with their own paths, day by day and over all of the days; what lies beyond all paths is an anomaly, ranked by
the money of the units beyond. Accidents of a till are anomalies of their series, not of its totals.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from features.calendar import public_holidays
from features.demand.accidents import accident_audit
from features.demand.arrays import Bools, Doubles, Floats, Ints
from features.demand.closed_days import CLOSED_LEAST_UNITS
from features.demand.demand_panel import DemandPanel
from features.demand.history import DemandHistory
from features.demand.panel import build_panel, store_ranges
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError
from training.demand.anomaly_causes import Days, of_series, of_totals, with_reasons
from training.demand.calibration import CLOSING_SHARE
from training.demand.forecast_run import StoreForecast
from training.demand.model import DemandModel
from training.splits import last_day_of

ANOMALIES = {
    "level": pl.String,
    "store_id": pl.String,
    "department": pl.String,
    "product_id": pl.String,
    "date": pl.Date,
    "until": pl.Date,
    "units": pl.Float64,
    "expected": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "units_beyond": pl.Float64,
    "money": pl.Float64,
    "cause": pl.String,
    "reason": pl.String,
    "reason_zh": pl.String,
}
"""Columns: `level` is series, store, department or chain; `date` to `until` the days summed; `low` and `high` the least
and greatest sum of any path; `money` the price of the units beyond them, null where no price is known."""
_ANOMALY_PATHS = 400
"""Sample paths that days are compared with: about one calibrated day in 200 lies beyond all of them."""
_KEY = ["store_id", "product_id"]


@dataclass
class _Totals:
    """Sums over series by level and name: units, paths, and money of the units."""

    sums: dict[tuple[str, str], tuple[Doubles, Doubles, float]] = field(default_factory=dict)

    def add(self, level: str, name: str, units: Doubles, paths: Floats, money: float) -> None:
        """Adds a store's series; `units` of shape (n, days), `paths` of shape (n, paths, days)."""
        whole, drawn = units.sum(axis=0), paths.sum(axis=0, dtype=np.float64)
        before = self.sums.get((level, name))
        if before is not None:
            whole, drawn, money = before[0] + whole, before[1] + drawn, before[2] + money
        self.sums[level, name] = (whole, drawn, money)


@dataclass(frozen=True)
class _Known:
    """What is known of the last days beside the sales.

    Attributes:
        price: price paid and usual price, one row per series x day with sales.
        recorded: units as recorded on days that were an accident, one row per series x day.
        holiday: shape (days,), whether each was a public holiday.
    """

    price: pl.DataFrame
    recorded: pl.DataFrame
    holiday: Bools


def find_anomalies(dataset: Dataset, model: DemandModel, periods: int, seed: int = 0) -> pl.DataFrame:
    """One row per anomaly of the last periods, most money first: columns `ANOMALIES`.

    Args:
        dataset: as known on its `as_of`.
        model: forecasts as it would have at the cutoff; it may have been fitted on later days.
        periods: how many of the last periods are looked at.
        seed: of the paths.

    Raises:
        ImpossibleError: the history is not longer than that.
    """
    history = model.history(dataset, 1)
    count = history.axis.count
    if count <= periods:
        raise ImpossibleError(
            f"the history has {count} periods; anomalies of the last {periods} need a forecast made before them. "
            "Ask for fewer days."
        )
    seen = dataset.at(last_day_of(history.axis, count - periods - 1))
    dates = history.axis.starts(count - periods, count)
    known = _Known(_paid_prices(dataset, dates[0]), _recorded(history), _holidays(history, dates))
    totals, found, ranges = _Totals(), [], store_ranges(history)
    for forecast in model.forecast(seen, periods, paths=_ANOMALY_PATHS, seed=seed):
        if forecast.store_id in ranges:
            panel = build_panel(history, *ranges[forecast.store_id])
            found.append(_of_store(panel, forecast, known, totals))
    for (level, name), (units, drawn, money) in totals.sums.items():
        found.append(_of_total(level, name, units, drawn, money, dates, known.holiday))
    rows = pl.concat([pl.DataFrame(schema=ANOMALIES), *found], how="diagonal_relaxed")
    order = ["money", "units_beyond", "level", "store_id", "product_id", "date"]
    ranked = with_reasons(rows).sort(order, descending=[True, True, False, False, False, False], nulls_last=True)
    return ranked.select(pl.col(name).cast(kind) for name, kind in ANOMALIES.items())


def _of_store(panel: DemandPanel, forecast: StoreForecast, known: _Known, totals: _Totals) -> pl.DataFrame:
    """Anomalies of one store's series; adds them to the totals."""
    keys = panel.series.select(*_KEY, "department", "unit").with_row_index("row")
    chosen = forecast.paths.series.with_row_index("path").join(keys, on=_KEY, maintain_order="left")
    rows, paths = chosen["row"].to_numpy(), forecast.paths.units[chosen["path"].to_numpy()]
    days = _days(panel, chosen, rows, known, paths)
    for (department,), part in chosen.with_row_index("place").partition_by("department", as_dict=True).items():
        place = part["place"].to_numpy()
        money = float(np.nansum(days.counted[place].sum(axis=1) * days.price[place]))
        for level, name in (("store", forecast.store_id), ("department", str(department)), ("chain", "")):
            totals.add(level, name, days.counted[place], paths[place], money)
    return _series_rows(days, paths, chosen.select(*_KEY, "department"), forecast.paths.dates.to_list())


def _days(panel: DemandPanel, chosen: pl.DataFrame, rows: Ints, known: _Known, paths: Floats) -> Days:
    """What happened to the chosen series of a store on the last days."""
    begin, count = panel.axis.count - paths.shape[2], panel.axis.count
    dates = pl.Series("date", panel.axis.starts(begin, count), dtype=pl.Date)
    cells = chosen.select(_KEY).join(dates.to_frame(), how="cross", maintain_order="left_right")
    named = cells.join(known.price, on=[*_KEY, "date"], how="left", maintain_order="left")
    named = named.join(known.recorded, on=[*_KEY, "date"], how="left", maintain_order="left")
    shape = (chosen.height, paths.shape[2])
    sold = panel.sold[rows, begin:].astype(np.float64) * chosen["unit"].to_numpy()[:, None]
    told = named["recorded"].to_numpy().reshape(shape)
    paid = named["paid"].to_numpy().reshape(shape)
    usual = named["usual_price"].to_numpy().reshape(shape)
    expected = paths.mean(axis=1, dtype=np.float64)
    closed = (expected.sum(axis=0) >= CLOSED_LEAST_UNITS) & (sold.sum(axis=0) < CLOSING_SHARE * expected.sum(axis=0))
    with np.errstate(all="ignore"):
        best_price = np.nanmax(np.column_stack([usual, panel.price[rows, begin:count]]), axis=1, initial=-np.inf)
    return Days(
        units=np.where(np.isnan(told), sold, told),
        counted=sold,
        accident=~np.isnan(told),
        out=panel.lost[rows, begin:] | (panel.listed[rows, begin:count] & (panel.weight[rows, begin:] == 0)),
        listed=panel.listed[rows, begin:count],
        promoted=panel.promotion[rows, begin:count],
        price_change=paid / usual - 1,
        closed=np.broadcast_to(closed, shape),
        holiday=np.broadcast_to(known.holiday, shape),
        price=np.where(np.isfinite(best_price), best_price, np.nan),
    )


def _series_rows(days: Days, paths: Floats, keys: pl.DataFrame, dates: list[date]) -> pl.DataFrame:
    """Rows of single days, and of all days together where every one is listed."""
    low, high = paths.min(axis=1), paths.max(axis=1)
    beyond = _beyond(days.units, low, high) * days.listed
    series, day = np.nonzero(beyond)
    expected = paths.mean(axis=1, dtype=np.float64)
    single = keys[series].with_columns(
        pl.lit("series").alias("level"),
        pl.Series("date", [dates[number] for number in day], dtype=pl.Date),
        pl.Series("until", [dates[number] for number in day], dtype=pl.Date),
        *_numbers(days.units[series, day], expected[series, day], low[series, day], high[series, day]),
        pl.Series("cause", of_series(days, series, day, beyond[series, day]), dtype=pl.String),
        pl.Series("price", days.price[series]),
    )
    total, drawn = days.units.sum(axis=1), paths.sum(axis=2, dtype=np.float64)
    least, most = drawn.min(axis=1), drawn.max(axis=1)
    wide = _beyond(total, least, most) * days.listed.all(axis=1)
    rows = np.flatnonzero(wide)
    sums = keys[rows].with_columns(
        pl.lit("series").alias("level"),
        pl.lit(dates[0]).alias("date"),
        pl.lit(dates[-1]).alias("until"),
        *_numbers(total[rows], drawn.mean(axis=1)[rows], least[rows], most[rows]),
        pl.Series("cause", of_series(days, rows, None, wide[rows]), dtype=pl.String),
        pl.Series("price", days.price[rows]),
    )
    return pl.concat([single, sums]).with_columns(money=pl.col("units_beyond") * pl.col("price").fill_nan(None))


def _of_total(
    level: str, name: str, units: Doubles, paths: Doubles, money: float, dates: list[date], holiday: Bools
) -> pl.DataFrame:
    """Rows of a total's days, and of all days together."""
    whole, drawn = np.append(units, units.sum()), np.column_stack([paths, paths.sum(axis=1)])
    low, high, expected = drawn.min(axis=0), drawn.max(axis=0), drawn.mean(axis=0)
    beyond = _beyond(whole, low, high)
    found = np.flatnonzero(beyond)
    first, last = [*dates, dates[0]], [*dates, dates[-1]]
    causes = of_totals(whole[found], expected[found], np.append(holiday, False)[found])
    price = money / units.sum() if units.sum() > 0 and money > 0 else None
    rows = pl.DataFrame(
        [
            pl.Series("date", [first[number] for number in found], dtype=pl.Date),
            pl.Series("until", [last[number] for number in found], dtype=pl.Date),
            *_numbers(whole[found], expected[found], low[found], high[found]),
            pl.Series("cause", causes, dtype=pl.String),
        ]
    )
    return rows.with_columns(
        level=pl.lit(level),
        store_id=pl.lit(name if level == "store" else None, pl.String),
        department=pl.lit(name if level == "department" else None, pl.String),
        money=pl.col("units_beyond") * pl.lit(price, pl.Float64),
    )


def _beyond(units: Doubles, low: Floats | Doubles, high: Floats | Doubles) -> Doubles:
    """Units above the greatest path, below the least as negative numbers; otherwise 0."""
    return np.maximum(units - high, 0.0) - np.maximum(low - units, 0.0)


def _numbers(units: Doubles, expected: Doubles, low: Floats | Doubles, high: Floats | Doubles) -> list[pl.Series]:
    names = {"units": units, "expected": expected, "low": low, "high": high}
    columns = [pl.Series(name, values.astype(np.float64)) for name, values in names.items()]
    return [*columns, pl.Series("units_beyond", np.abs(_beyond(units, low, high)))]


def _paid_prices(dataset: Dataset, first: date) -> pl.DataFrame:
    """Price paid per series and day, and the series' usual price: the median of the days before `first`."""
    sales = dataset.daily_sales()
    if "unit_price" not in sales.collect_schema().names():
        sales = sales.with_columns(unit_price=pl.lit(None, pl.Float64))
    priced = sales.filter(pl.col("units") > 0, pl.col("unit_price") > 0)
    usual = priced.filter(pl.col("date") < first).group_by(_KEY).agg(usual_price=pl.col("unit_price").median())
    days = priced.filter(pl.col("date") >= first).group_by(*_KEY, "date").agg(paid=pl.col("unit_price").mean())
    everyone = sales.filter(pl.col("date") >= first).select(*_KEY, "date").unique()
    joined = everyone.join(days, on=[*_KEY, "date"], how="left").join(usual, on=_KEY, how="left")
    return joined.collect().with_columns(pl.col("paid", "usual_price").cast(pl.Float64))


def _holidays(history: DemandHistory, dates: list[date]) -> Bools:
    """Whether each day was a public holiday; of weeks and months none is."""
    if history.axis.period != "day":
        return np.zeros(len(dates), dtype=bool)
    days = public_holidays(history.country, dates[0].year, dates[-1].year)
    return np.array([day in days for day in dates], dtype=bool)


def _recorded(history: DemandHistory) -> pl.DataFrame:
    """Units as recorded on days that were an accident."""
    audit = accident_audit(history.accidents, history.series, history.axis)
    return audit.select(*_KEY, "date", pl.col("units").cast(pl.Float64).alias("recorded"))
