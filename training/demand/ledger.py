"""The ledger of added value: what each touch of a forecast was worth, the engine's and a person's alike.

A touch is one method's forecast of a store x product x date as of an origin: `naive`, `moving_average`, `engine`, and
`override` where a person changed the engine's. The ledger compares each with what came, and each person's changes with
the engine's forecast that they changed.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from retail_brain.errors import DataError

ENGINE, OVERRIDE = "engine", "override"
TOUCHES = {
    "origin": pl.Date,
    "store_id": pl.String,
    "product_id": pl.String,
    "date": pl.Date,
    "touch": pl.String,
    "forecast": pl.Float64,
    "user": pl.String,
    "reason": pl.String,
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
}
_KINDS = ("factor", "units")
_ROW = ["origin", "store_id", "product_id", "date"]


def apply_overrides(engine: pl.DataFrame, overrides: pl.DataFrame, origin: date) -> pl.DataFrame:
    """One row per overridden store x product x date: the forecast that a person put in the engine's place.

    Args:
        engine: store_id, product_id, date, forecast (units per period).
        overrides: rows of `OVERRIDES`. `ends_on` is exclusive; a null store, product or end means all; `kind` is
            `factor` (times the engine's forecast) or `units` (per period, instead of it).
        origin: the last visible day. Overrides made later do not count, and of several the last one made wins.

    Returns:
        Rows of `TOUCHES` with touch `override`.

    Raises:
        DataError: an override's kind is unknown, or its value is negative or missing.
    """
    check_overrides(overrides)
    known = overrides.filter(pl.col("made_on") <= origin).with_row_index("number")
    paired = engine.join(known, how="cross", suffix="_override")
    fits = (
        (pl.col("store_id_override").is_null() | (pl.col("store_id") == pl.col("store_id_override")))
        & (pl.col("product_id_override").is_null() | (pl.col("product_id") == pl.col("product_id_override")))
        & (pl.col("date") >= pl.col("begins_on"))
        & (pl.col("ends_on").is_null() | (pl.col("date") < pl.col("ends_on")))
    )
    last = paired.filter(fits).sort("made_on", "number").unique(_ROW[1:], keep="last", maintain_order=True)
    value = pl.when(pl.col("kind") == "factor").then(pl.col("forecast") * pl.col("value")).otherwise("value")
    named = {"origin": pl.lit(origin), "touch": pl.lit(OVERRIDE), "forecast": value}
    return last.with_columns(expression.alias(name) for name, expression in named.items()).select(
        pl.col(name).cast(kind) for name, kind in TOUCHES.items()
    )


def check_overrides(overrides: pl.DataFrame) -> None:
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


def as_touches(forecasts: pl.DataFrame, touch: str, origin: date) -> pl.DataFrame:
    """Rows of `TOUCHES` from a method's forecasts (store_id, product_id, date, forecast) as of an origin."""
    nobody = pl.lit(None, dtype=pl.String)
    return forecasts.select(
        pl.lit(origin).alias("origin"),
        "store_id",
        "product_id",
        "date",
        pl.lit(touch).alias("touch"),
        pl.col("forecast").cast(pl.Float64),
        nobody.alias("user"),
        nobody.alias("reason"),
    )


def added_value(touches: pl.DataFrame, actuals: pl.DataFrame, lag_days: int = 1) -> pl.DataFrame:
    """One row per touch: how far it was from what came, at a lag and summed over each origin's horizon.

    Args:
        touches: rows of `TOUCHES`.
        actuals: store_id, product_id, date, units.
        lag_days: days from the origin to the date that the first two measures look at.

    Returns:
        touch, `mae_lag` and `bias_lag` (mean absolute and mean error per unit sold, shares), `mae_sum` and `bias_sum`
        (the same of sums per origin and series), `score_lag` and `score_sum` (mae + |bias|), `rows`. Every touch is
        measured on all rows: where nobody overrode, an override is the engine's forecast.
    """
    complete = _with_untouched(touches)
    return _measured(complete.join(actuals, on=_ROW[1:], how="inner"), ["touch"], lag_days)


def added_value_by_user(touches: pl.DataFrame, actuals: pl.DataFrame, lag_days: int = 1) -> pl.DataFrame:
    """One row per user x touch (engine, override), on the rows that the user overrode; columns as `added_value`."""
    changed = touches.filter(pl.col("touch") == OVERRIDE)
    engine = touches.filter(pl.col("touch") == ENGINE).drop("user", "reason")
    before = changed.select(*_ROW, "user", "reason").join(engine, on=_ROW, how="inner").select(list(TOUCHES))
    both = pl.concat([before, changed.select(list(TOUCHES))])
    return _measured(both.join(actuals, on=_ROW[1:], how="inner"), ["user", "touch"], lag_days)


def _with_untouched(touches: pl.DataFrame) -> pl.DataFrame:
    """Adds the engine's forecast as the override of rows that nobody overrode, if anybody overrode any."""
    changed = touches.filter(pl.col("touch") == OVERRIDE)
    if changed.is_empty():
        return touches
    rest = touches.filter(pl.col("touch") == ENGINE).join(changed, on=_ROW, how="anti")
    return pl.concat([touches, rest.with_columns(pl.lit(OVERRIDE).alias("touch"))])


def _measured(rows: pl.DataFrame, by: Sequence[str], lag_days: int) -> pl.DataFrame:
    at_lag = rows.filter((pl.col("date") - pl.col("origin")).dt.total_days() == lag_days)
    summed = rows.group_by(*by, *_ROW[:3]).agg(pl.col("forecast", "units").sum())
    found = (
        rows.group_by(by)
        .agg(pl.len().alias("rows"))
        .join(_errors(at_lag, by, "lag"), on=by, how="left")
        .join(_errors(summed, by, "sum"), on=by, how="left")
    )
    order = [name for name in found.columns if name != "rows"]
    return found.select(*order, "rows").sort("score_sum", *by)


def _errors(rows: pl.DataFrame, by: Sequence[str], name: str) -> pl.DataFrame:
    error, units = pl.col("forecast") - pl.col("units"), pl.col("units").sum()
    mae, bias = error.abs().sum() / units, error.sum() / units
    return rows.group_by(by).agg(
        mae.alias(f"mae_{name}"), bias.alias(f"bias_{name}"), (mae + bias.abs()).alias(f"score_{name}")
    )
