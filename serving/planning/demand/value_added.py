"""Measures forecast value added of a tenant: naive, moving average, engine and overrides, on stored forecasts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from features.demand.history import DemandHistory, read_history
from features.demand.recovered_units import recovered_days
from retail_brain.dataset import Dataset
from retail_brain.decisions.forecast_value_added import (
    ENGINE,
    OVERRIDE,
    apply_overrides,
    as_fva_steps,
    shares,
    step_errors,
    user_errors,
)
from retail_brain.settings import Settings
from training.demand.stored_forecasts import METHODS, read_origin, stored_origins

_KEY = ["store_id", "product_id"]
_MEASURES = {
    **dict.fromkeys(("mae_lag", "bias_lag", "score_lag", "mae_sum", "bias_sum", "score_sum"), pl.Float64),
    "rows": pl.Int64,
}
COLUMNS = {"scope": pl.String, "origin": pl.Date, "user": pl.String, "touch": pl.String, **_MEASURES}


@dataclass(frozen=True)
class _Actuals:
    """Actual units of every series-day of a history; days without stock are left out."""

    history: DemandHistory
    units: pl.DataFrame
    unknown: pl.DataFrame

    @classmethod
    def read(cls, dataset: Dataset, settings: Settings) -> "_Actuals":
        history = read_history(dataset, settings, 0)
        starts = pl.Series("date", history.axis.starts(0, history.axis.count), dtype=pl.Date)
        days = history.sales.join(history.series.select("s", *_KEY), on="s")
        dated = days.select(*_KEY, "units", starts.gather(days["t"]))
        lost = recovered_days(history)
        units = dated.join(lost.select(*_KEY, "date", "demand"), on=[*_KEY, "date"], how="left")
        return cls(
            history,
            units.select(*_KEY, "date", pl.coalesce("demand", "units").cast(pl.Float64).alias("units")),
            lost.filter("is_masked").select(*_KEY, "date"),
        )

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """store_id, product_id, date and units of the rows' days that have passed and had stock."""
        last = self.history.axis.start(self.history.axis.count - 1)
        passed = rows.filter(pl.col("date") <= last).select(*_KEY, "date")
        observed = passed.join(self.unknown, on=[*_KEY, "date"], how="anti")
        actuals = observed.join(self.units, on=[*_KEY, "date"], how="left")
        return actuals.with_columns(pl.col("units").fill_null(0.0))


def ledger(
    folder: Path, dataset: Dataset, overrides: pl.DataFrame, settings: Settings, *, lag_days: int = 1
) -> pl.DataFrame:
    """One row per step over all origins (`all`), per origin (`origin`), and per user and step (`user`).

    Args:
        folder: where forecasts are kept per origin.
        dataset: sales up to its `as_of`. Where stock ran out the recovered demand counts; days without any do not.
        overrides: rows of `retail_brain.decisions.forecast_value_added.OVERRIDES`.
        settings: of the panel.
        lag_days: days from the origin to the date of the measures at the lag.

    Returns:
        The columns of `COLUMNS`; none where no origin that was kept has days that passed.
    """
    last = dataset.as_of or dataset.last_day()
    origins = [origin for origin in stored_origins(folder) if origin < last]
    if not origins:
        return pl.DataFrame(schema=COLUMNS)
    actuals = _Actuals.read(dataset, settings)
    by_touch, by_user = zip(*_errors(folder, origins, actuals, overrides, lag_days), strict=True)
    touched, by_user_errors = _complete(pl.concat(by_touch)), pl.concat(by_user)
    parts = [
        shares(touched, ["touch"]).with_columns(pl.lit("all").alias("scope")),
        shares(by_user_errors, ["user", "touch"]).with_columns(pl.lit("user").alias("scope")),
        shares(touched, ["origin", "touch"]).sort("origin", "score_sum").with_columns(pl.lit("origin").alias("scope")),
    ]
    table = pl.concat([pl.DataFrame(schema=COLUMNS), *parts], how="diagonal")
    return table.select(list(COLUMNS)).filter(pl.col("rows") > 0)


def _complete(errors: pl.DataFrame) -> pl.DataFrame:
    """Where nobody overrode anything of an origin, its override is the engine's forecast, so that all compare."""
    changed = errors.filter(pl.col("touch") == OVERRIDE)
    if changed.is_empty():
        return errors
    unchanged = errors.filter(pl.col("touch") == ENGINE).join(changed, on="origin", how="anti")
    return pl.concat([errors, unchanged.with_columns(pl.lit(OVERRIDE).alias("touch"))])


def _errors(
    folder: Path, origins: list[date], actuals: _Actuals, overrides: pl.DataFrame, lag_days: int
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Sums of errors by step and by user, one origin in memory at a time."""
    for origin in origins:
        kept = read_origin(folder, origin)
        parts = [as_fva_steps(kept.rename({method: "forecast"}), method, origin) for method in METHODS]
        engine = parts[-1].select(*_KEY, "date", "forecast", "risk_until")
        steps = pl.concat([*parts, apply_overrides(engine, overrides, origin)])
        units = actuals.of(kept)
        yield step_errors(steps, units, lag_days), user_errors(steps, units, lag_days)
