"""Adds units that planned campaigns are expected to cause to the mean and the sample paths of a store."""

from dataclasses import replace
from zlib import crc32

import numpy as np
import polars as pl

from retail_brain.outputs import DemandPaths
from training.demand.forecast_run import StoreForecast


def with_extra_units(forecast: StoreForecast, extra: pl.DataFrame) -> StoreForecast:
    """A store's forecast with extra units, the same object where none fall on its series and days.

    The mean rises by the expected units; each path by a Poisson draw of them, since a caused purchase comes or not.
    Drivers, where there are any, get a column `campaigns`.

    Args:
        forecast: of one store.
        extra: `store_id`, `product_id`, `date`, `units`; other stores and days are passed over.
    """
    series, dates = forecast.paths.series["product_id"], forecast.paths.dates
    own = extra.filter(
        pl.col("store_id") == forecast.store_id, pl.col("product_id").is_in(series), pl.col("date").is_in(dates)
    )
    if not own.height:
        return forecast
    added = np.zeros_like(forecast.mean)
    place = {product: row for row, product in enumerate(series.to_list())}
    column = {day: number for number, day in enumerate(dates.to_list())}
    for product, day, units in own.select("product_id", "date", "units").iter_rows():
        added[place[product], column[day]] += units
    rows = np.flatnonzero(added.any(axis=1))
    rng = np.random.default_rng(crc32(f"campaigns {forecast.store_id}".encode()))
    paths = forecast.paths.units.copy()
    drawn = rng.poisson(added[rows][:, None, :], (len(rows), paths.shape[1], paths.shape[2]))
    paths[rows] = paths[rows] + drawn.astype(paths.dtype)
    return replace(
        forecast,
        mean=forecast.mean + added,
        paths=DemandPaths(forecast.paths.series, dates, paths),
        drivers=_with_driver(forecast.drivers, own),
    )


def _with_driver(drivers: pl.DataFrame | None, own: pl.DataFrame) -> pl.DataFrame | None:
    if drivers is None:
        return None
    named = own.group_by("store_id", "product_id", "date").agg(campaigns=pl.col("units").sum())
    joined = drivers.join(named, on=["store_id", "product_id", "date"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("campaigns").fill_null(0.0))
