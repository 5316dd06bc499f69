"""Computes forecast value added (FVA): errors of each step of the forecasting process against the actuals.

A step (column `touch`) is one method's forecast of a store x product x date as of an origin: `naive`, `moving_average`,
`engine`, and `override` where a person changed the engine's. Each is compared with the actuals, and each person's
overrides with the engine's forecast that they replaced.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from retail_brain.errors import DataError

NAIVE, MOVING_AVERAGE, ENGINE, OVERRIDE = "naive", "moving_average", "engine", "override"
FVA_STEPS = {
    "origin": pl.Date,
    "store_id": pl.String,
    "product_id": pl.String,
    "date": pl.Date,
    "touch": pl.String,
    "forecast": pl.Float64,
    "user": pl.String,
    "reason": pl.String,
    "risk_until": pl.Date,
}
OVERRIDES = {
    "store_id": pl.String,
    "product_id": pl.String,
    "begins_on": pl.Date,
    "ends_on": pl.Date,
    "kind": pl.String,
    "value": pl.Float64,
    "user": pl.String,
    "reason": pl.String,
    "made_on": pl.Date,
    "withdrawn_on": pl.Date,
}
_ERRORS = ("absolute_lag", "error_lag", "units_lag", "absolute_sum", "error_sum", "units_sum")
_KINDS = ("factor", "units")
_ROW = ["origin", "store_id", "product_id", "date"]


def valid_overrides(overrides: pl.DataFrame, origin: date) -> pl.DataFrame:
    """The overrides made and not withdrawn at an origin, oldest first: of several for one day the last one wins.

    Raises:
        DataError: an override's kind is unknown, or its value is negative or missing.
    """
    _check_overrides(overrides)
    kept = pl.col("withdrawn_on").is_null() | (pl.col("withdrawn_on") > origin)
    return overrides.filter((pl.col("made_on") <= origin) & kept).sort("made_on", maintain_order=True)


def apply_overrides(engine: pl.DataFrame, overrides: pl.DataFrame, origin: date) -> pl.DataFrame:
    """One row per overridden store x product x date: the person's forecast, which replaces the engine's.

    Args:
        engine: store_id, product_id, date, forecast (units per period), and risk_until if known.
        overrides: rows of `OVERRIDES`. `ends_on` is exclusive; a null store, product or end means all; `kind` is
            `factor` (times the engine's forecast) or `units` (per period, instead of it).
        origin: the last visible day. Overrides made later do not count, and of several the last one made wins.

    Returns:
        Rows of `FVA_STEPS` with `touch` = `override`.

    Raises:
        DataError: an override's kind is unknown, or its value is negative or missing.
    """
    rows = engine.select(*_ROW[1:], "forecast", *([] if "risk_until" not in engine.columns else ["risk_until"]))
    rows = rows.with_row_index("row")
    changed = []
    for override in valid_overrides(overrides, origin).iter_rows(named=True):
        ends = [] if override["ends_on"] is None else [pl.col("date") < override["ends_on"]]
        ids = [pl.col(name) == override[name] for name in ("store_id", "product_id") if override[name] is not None]
        value = pl.lit(override["value"]) * (pl.col("forecast") if override["kind"] == "factor" else pl.lit(1.0))
        hit = rows.filter(pl.col("date") >= override["begins_on"], *ends, *ids)
        who = {name: pl.lit(override[name], dtype=pl.String).alias(name) for name in ("user", "reason")}
        changed.append(hit.with_columns(value.alias("forecast"), **who))
    if not changed:
        return pl.DataFrame(schema=FVA_STEPS)
    # they came oldest first, so the last row of a day is that of the newest override
    last = pl.concat(changed).unique("row", keep="last", maintain_order=True).sort("row")
    return _typed(last.with_columns(pl.lit(origin).alias("origin"), pl.lit(OVERRIDE).alias("touch")))


def _check_overrides(overrides: pl.DataFrame) -> None:
    """Raises where an override cannot be applied.

    Raises:
        DataError: an override's kind is unknown, or its value is negative or missing.
    """
    wrong = overrides.filter(
        ~pl.col("kind").is_in(_KINDS) | pl.col("kind").is_null() | pl.col("value").is_null() | (pl.col("value") < 0)
    )
    if wrong.height:
        raise DataError(
            f"{wrong.height} overrides cannot be applied, the first is {wrong.row(0, named=True)}; wanted a kind of "
            f"{' or '.join(_KINDS)} and a value of at least 0. Correct them."
        )


def as_fva_steps(forecasts: pl.DataFrame, touch: str, origin: date) -> pl.DataFrame:
    """Rows of `FVA_STEPS` from one method's forecasts of an origin.

    Args:
        forecasts: store_id, product_id, date, forecast (units), and risk_until if known.
        touch: name of the step.
        origin: last visible day of the forecasts.
    """
    return _typed(forecasts.with_columns(pl.lit(origin).alias("origin"), pl.lit(touch).alias("touch")))


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    present = set(rows.columns)
    return rows.select(
        (pl.col(name) if name in present else pl.lit(None)).cast(kind).alias(name) for name, kind in FVA_STEPS.items()
    )


def added_value(steps: pl.DataFrame, actuals: pl.DataFrame, lag_days: int = 1) -> pl.DataFrame:
    """One row per step: its error against the actuals, at a lag and summed over each origin's risk horizon.

    Args:
        steps: rows of `FVA_STEPS`. Sums reach to `risk_until`, to the last date where that is null.
        actuals: store_id, product_id, date, units.
        lag_days: days from the origin to the date of the first two measures.

    Returns:
        touch, `mae_lag` and `bias_lag` (mean absolute and mean error per unit sold, shares), `mae_sum` and `bias_sum`
        (the same of sums per origin and series), `score_lag` and `score_sum` (mae + |bias|), `rows`. Every step is
        measured on all rows: where nobody overrode, an override is the engine's forecast.
    """
    return shares(step_errors(steps, actuals, lag_days), ["touch"])


def step_errors(steps: pl.DataFrame, actuals: pl.DataFrame, lag_days: int = 1) -> pl.DataFrame:
    """One row per origin x step: sums of errors (`_ERRORS`) and `rows`, to be summed over origins by `shares`."""
    changed = steps.filter(pl.col("touch") == OVERRIDE)
    if changed.height:
        # Where nobody overrode, the override is the engine's forecast: steps are compared on the same rows.
        unchanged = steps.filter(pl.col("touch") == ENGINE).join(changed, on=_ROW, how="anti")
        steps = pl.concat([steps, unchanged.with_columns(pl.lit(OVERRIDE).alias("touch"))])
    return _errors(steps.join(actuals, on=_ROW[1:], how="inner"), ["touch"], lag_days)


def user_errors(steps: pl.DataFrame, actuals: pl.DataFrame, lag_days: int = 1) -> pl.DataFrame:
    """One row per origin x user x step (engine, override), on the rows that the user overrode."""
    changed = steps.filter(pl.col("touch") == OVERRIDE)
    engine = steps.filter(pl.col("touch") == ENGINE).drop("user", "reason")
    before = changed.select(*_ROW, "user", "reason").join(engine, on=_ROW, how="inner").select(list(FVA_STEPS))
    both = pl.concat([before, changed.select(list(FVA_STEPS))])
    return _errors(both.join(actuals, on=_ROW[1:], how="inner"), ["user", "touch"], lag_days)


def shares(errors: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """One row per group of summed errors: the measures of `added_value`, best sums first; null where nothing sold."""
    total = errors.group_by(by).agg(pl.col(*_ERRORS, "rows").sum())
    columns = []
    for name in ("lag", "sum"):
        units = pl.when(pl.col(f"units_{name}") > 0).then(f"units_{name}")
        mae, bias = pl.col(f"absolute_{name}") / units, pl.col(f"error_{name}") / units
        columns += [mae.alias(f"mae_{name}"), bias.alias(f"bias_{name}"), (mae + bias.abs()).alias(f"score_{name}")]
    return total.select(*by, *columns, "rows").sort("score_sum", *by, nulls_last=True)


def _errors(rows: pl.DataFrame, by: Sequence[str], lag_days: int) -> pl.DataFrame:
    at_lag = rows.filter((pl.col("date") - pl.col("origin")).dt.total_days() == lag_days)
    at_risk = rows.filter(pl.col("risk_until").is_null() | (pl.col("date") <= pl.col("risk_until")))
    # summed before the error is taken: an order covers the whole horizon, within which errors of days cancel
    summed = at_risk.group_by(*by, *_ROW[:3]).agg(pl.col("forecast", "units").sum())
    key = ["origin", *by]
    return (
        rows.group_by(key)
        .agg(pl.len().cast(pl.Int64).alias("rows"))
        .join(_sums(at_lag, key, "lag"), on=key, how="left")
        .join(_sums(summed, key, "sum"), on=key, how="left")
        .with_columns(pl.col(_ERRORS).fill_null(0.0))
        .select(*key, *_ERRORS, "rows")
    )


def _sums(rows: pl.DataFrame, by: Sequence[str], name: str) -> pl.DataFrame:
    error = pl.col("forecast") - pl.col("units")
    return rows.group_by(by).agg(
        error.abs().sum().alias(f"absolute_{name}"),
        error.sum().alias(f"error_{name}"),
        pl.col("units").sum().alias(f"units_{name}"),
    )
