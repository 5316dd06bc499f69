"""Stores mean forecasts per origin, to be scored once actual demand is known.

One file per origin under a folder of the tenant: the mean forecasts of naive, moving average and engine. Bounded: the
series that sell most, the nearest periods, the newest origins.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from features.demand.own_units import units_of
from retail_brain.decisions.forecast_value_added import ENGINE, MOVING_AVERAGE, NAIVE
from retail_brain.files import atomic_path, sweep
from retail_brain.settings import DemandSettings
from training.demand.forecast_run import StoreForecast
from training.demand.what_if import listed_series

_MAX_PERIODS = 28
"""Periods kept of each forecast. Chosen by judgement, not measured."""
METHODS = (NAIVE, MOVING_AVERAGE, ENGINE)
_KEY = ["store_id", "product_id"]


def origin_rows(forecast: StoreForecast, risk_days: pl.DataFrame, default_risk_days: float) -> pl.DataFrame:
    """One row per series of the panel x period: the forecasts of `METHODS` and `risk_until`.

    Args:
        forecast: of one store.
        risk_days: store_id, product_id, risk_days: from an order to the arrival of the next one.
        default_risk_days: for series that it does not name.
    """
    if forecast.features is None:
        return pl.DataFrame()
    panel = forecast.features.panel
    dates = forecast.paths.dates.head(_MAX_PERIODS)
    width, count = len(dates), panel.axis.count
    listed = listed_series(panel, forecast.mean.shape[1])
    last = panel.demand[listed, count - 1]
    mean = np.nan_to_num(panel.levels.mean(count - panel.axis.rhythm.level, count))[listed]
    planned = panel.listed[listed, count : count + width]
    engine = forecast.mean[: listed.size, :width]
    risk = pl.coalesce("risk_days", pl.lit(default_risk_days)).ceil().cast(pl.Int64)
    origin = dates[0] - timedelta(days=1)
    risk_of_series = risk_days.unique(_KEY, keep="first")
    keys = panel.series.select(_KEY)[listed].join(risk_of_series, on=_KEY, how="left", maintain_order="left")
    until = keys.select(*_KEY, (pl.lit(origin) + pl.duration(days=risk)).cast(pl.Date).alias("risk_until"))
    rows = until.join(dates.alias("date").to_frame(), how="cross", maintain_order="left_right")
    unit = units_of(panel.series)[listed, None]
    values = (last[:, None] * planned * unit, mean[:, None] * planned * unit, engine)
    return rows.with_columns(
        pl.Series(name, value.ravel(), dtype=pl.Float32) for name, value in zip(METHODS, values, strict=True)
    )


def write_origin(folder: Path, origin: date, parts: Sequence[pl.DataFrame], settings: DemandSettings) -> int:
    """Keeps the forecasts of an origin in place of earlier ones of the same day; returns the rows.

    Of more than `stored_series` series those with the largest forecasts are kept, of more than `stored_origins` files
    the newest.
    """
    rows = pl.concat([part for part in parts if part.height]) if any(part.height for part in parts) else None
    if rows is None:
        return 0
    if rows.select(_KEY).n_unique() > settings.stored_series:
        best = rows.group_by(_KEY).agg(pl.col(ENGINE).sum()).sort(ENGINE, *_KEY, descending=[True, False, False])
        rows = rows.join(best.head(settings.stored_series), on=_KEY, how="semi", maintain_order="left")
    with atomic_path(folder / f"{origin}.parquet") as aside:
        rows.write_parquet(aside)
    sweep(folder)
    for old in sorted(folder.glob("????-??-??.parquet"))[: -settings.stored_origins]:
        old.unlink(missing_ok=True)
    return rows.height


def stored_origins(folder: Path) -> list[date]:
    """Days whose forecasts are kept, ascending."""
    return sorted(date.fromisoformat(path.stem) for path in folder.glob("????-??-??.parquet"))


def read_origin(folder: Path, origin: date) -> pl.DataFrame:
    """The rows of `origin_rows` that were kept of an origin."""
    return pl.read_parquet(folder / f"{origin}.parquet")
