"""Reads what a chain knows beside its sales: the table `drivers` (weather, traffic, markdowns, opening hours).

A driver that is known ahead (opening hours, a planned campaign) enters with its value at the period that is forecast;
any other enters as it was up to the origin. The row that says most of a series counts: of its store and product, then
of the store, of the product, of everything.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.demand.arrays import Bools, Doubles, Floats, Ints, Rows, Table
from features.demand.periods import PeriodAxis, Rhythm
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings

_OPENING_HOURS = "opening_hours"
"""Name of the driver that holds the hours a store is open; 0 says that it is closed."""
PREFIX = "driver."
"""Beginning of the names of features of drivers."""
_KEY = ["store_id", "product_id"]


@dataclass(frozen=True)
class OutsideDrivers:
    """Drivers of a chain.

    Attributes:
        names: in order of the alphabet.
        known_ahead: whether each is known for the periods ahead.
        rows: one row per driver x store? x product? x period: `driver` (number of the name), store_id, product_id, `t`
            and `value`, the mean of the period.
        left_out: names beyond the setting `demand.most_drivers`: those with the fewest rows.
    """

    names: tuple[str, ...]
    known_ahead: tuple[bool, ...]
    rows: pl.DataFrame
    left_out: tuple[str, ...] = ()

    @property
    def facts(self) -> list[tuple[str, bool]]:
        """Each name, and whether it is known ahead."""
        return list(zip(self.names, self.known_ahead, strict=True))

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features: two of every driver."""
        kinds = (("", ".change") if ahead else (".recent", ".trend") for ahead in self.known_ahead)
        return tuple(f"{PREFIX}{name}{kind}" for name, both in zip(self.names, kinds, strict=True) for kind in both)

    def values(self, series: pl.DataFrame, width: int) -> Floats:
        """Values of every series, shape (drivers, width, n); NaN where no row says.

        Args:
            series: store_id and product_id.
            width: periods of history and horizon.
        """
        out = np.full((len(self.names), width, series.height), np.nan, dtype=np.float32)
        numbered = series.select(_KEY).with_row_index("row")
        rows = self.rows.filter(pl.col("t") < width)
        # from what says least of a series to what says most: later rows overwrite earlier ones
        for by_store, by_product in ((False, False), (False, True), (True, False), (True, True)):
            keys = [key for key, given in zip(_KEY, (by_store, by_product), strict=True) if given]
            said = rows.filter(*(pl.col(key).is_not_null() == (key in keys) for key in _KEY))
            if not keys:
                out[said["driver"].to_numpy(), said["t"].to_numpy()] = said["value"].to_numpy()[:, None]
                continue
            cells = said.join(numbered, on=keys, how="inner")
            out[cells["driver"].to_numpy(), cells["t"].to_numpy(), cells["row"].to_numpy()] = cells["value"].to_numpy()
        return out

    def opening_hours(self, values: Floats) -> Floats | None:
        """Of `values` the opening hours, shape (n, width); None where no table says them."""
        return values[self.names.index(_OPENING_HOURS)].T if _OPENING_HOURS in self.names else None

    def tables(self, values: Floats, rows: Rows, rhythm: Rhythm) -> list[Table]:
        """Features of the rows, in the order of `features`.

        Args:
            values: of the panel's series (`values`).
            rows: series and periods ahead of one origin.
            rhythm: windows that means are taken over.
        """
        recent, level, long = rhythm.windows[1], rhythm.level, rhythm.windows[-1]
        now, size = rows.origin + 1, values.shape[2]
        tables = []
        for of_driver, ahead in zip(values, self.known_ahead, strict=True):
            if ahead:
                planned = of_driver[now : now + rows.furthest]
                change = planned - _mean(of_driver, now - level, now)
                both = np.stack([planned.ravel(), change.ravel()])
                tables.append(Table(both, rows.column * size + rows.series))
            else:
                late = _mean(of_driver, now - recent, now)
                tables.append(Table(np.stack([late, late - _mean(of_driver, now - long, now)]), rows.series))
        return tables


def read_outside_drivers(dataset: Dataset, settings: Settings, axis: PeriodAxis, horizon: int) -> OutsideDrivers | None:
    """The drivers of a dataset as known at the end of the axis; None where there are none.

    Args:
        dataset: as known at the end of the axis.
        settings: the tenant's.
        axis: periods of the history.
        horizon: periods ahead.
    """
    if not dataset.has("drivers"):
        return None
    t = axis.index(pl.col("date")).cast(pl.Int32).alias("t")
    ahead = pl.col("known_ahead").fill_null(value=False).all().alias("ahead")
    rows = dataset.scan("drivers").with_columns(t).filter(pl.col("t").is_between(0, axis.count + horizon - 1))
    facts = rows.group_by("name").agg(pl.len(), ahead).sort("len", "name", descending=[True, False]).collect()
    chosen = facts.head(settings.demand.most_drivers).sort("name")
    names = chosen["name"].to_list()
    if not names:
        return None
    table = (
        rows.join(chosen.lazy().with_row_index("driver").select("driver", "name", "ahead"), on="name", how="inner")
        .filter(pl.col("ahead") | (pl.col("t") < axis.count))
        .group_by("driver", *_KEY, "t")
        .agg(pl.col("value").mean().cast(pl.Float32))
        .sort("driver", *_KEY, "t")
        .collect()
    )
    left_out = facts["name"][settings.demand.most_drivers :].to_list()
    return OutsideDrivers(tuple(names), tuple(chosen["ahead"]), table, tuple(left_out))


def planned_moves(drivers: OutsideDrivers, series: pl.DataFrame, width: int) -> Doubles:
    """How far drivers known ahead are from their mean, in standard deviations, shape (n, width, drivers known ahead).

    0 where a driver says nothing, and on days on which a store is closed.
    """
    values = drivers.values(series, width)[np.array(drivers.known_ahead, dtype=bool)]
    names = [name for name, ahead in zip(drivers.names, drivers.known_ahead, strict=True) if ahead]
    if _OPENING_HOURS in names:
        hours = values[names.index(_OPENING_HOURS)]
        hours[hours <= 0] = np.nan
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    filled = np.where(known, values, 0.0)
    moves = np.where(known, values - filled.sum(axis=1, keepdims=True) / count, 0.0).astype(np.float64)
    every = np.maximum(known.sum(axis=(1, 2)), 1)
    spread = np.sqrt((moves**2).sum(axis=(1, 2)) / every)[:, None, None]
    scaled: Doubles = np.divide(moves, spread, out=np.zeros_like(moves), where=spread > 0)
    return scaled.transpose(2, 1, 0)


def closed_by_hours(hours: Floats) -> Bools:
    """Where a store is said to be closed."""
    closed: Bools = hours <= 0
    return closed


def _mean(values: Floats, begin: int, end: int) -> Floats:
    """Mean of the known periods `begin` to `end` (exclusive), shape (n,); NaN where none is."""
    part = values[max(begin, 0) : max(end, 0)]
    known: Ints = (~np.isnan(part)).sum(axis=0)
    total = np.nansum(part, axis=0)
    mean: Floats = np.divide(total, known, out=np.full(total.shape, np.nan, np.float32), where=known > 0)
    return mean
