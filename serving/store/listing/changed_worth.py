"""What lines are worth with the quantity that was decided: read from the published plan of each line."""

import numpy as np
import polars as pl

from serving.store.arrays import Array

_KEYS = ["store_id", "product_id"]
_ROUNDED_UNITS = 1e-6
"""Units by which a quantity may pass the end of a plan: numbers in files are rounded."""


def changed_worth(lines: pl.DataFrame, outlook: pl.DataFrame | None) -> pl.DataFrame:
    """The lines with `value` (money) and `lost_sales` (units) of what arrives of their `quantity`: `sent_quantity`.

    Of a line that gets what was suggested they are `expected_value` and `expected_lost_sales`. Of another they are
    these and the difference that the line's plan makes between the two quantities; null where no plan is published or
    the quantity is more than any that it was worked out for.

    Args:
        lines: `store_id`, `product_id`, `order_quantity`, `sent_quantity`, `expected_value`, `expected_lost_sales`.
        outlook: columns of `line_outlook.OUTLOOK`; None in answers of older versions.
    """
    as_suggested = lines.with_columns(value="expected_value", lost_sales="expected_lost_sales")
    changed = lines.select(
        *_KEYS, "order_quantity", "sent_quantity", "expected_value", "expected_lost_sales", place=pl.int_range(pl.len())
    ).filter(pl.col("sent_quantity") != pl.col("order_quantity"))
    if changed.is_empty():
        return as_suggested
    value = as_suggested["value"].scatter(changed["place"], None)
    lost = as_suggested["lost_sales"].scatter(changed["place"], None)
    if outlook is None:
        return lines.with_columns(value=value, lost_sales=lost)
    # the few stores that were changed first: a join with the plans of a whole chain costs every decision a moment
    plans = outlook.filter(pl.col("store_id").is_in(changed["store_id"].unique().to_list()))
    plans = plans.select(*_KEYS, "quantities", "values", "lost_units")
    known = changed.join(plans, on=_KEYS, how="inner").filter(pl.col("quantities").list.len() > 0)
    for name, curve, suggested, column in (
        ("value", "values", "expected_value", value),
        ("lost_sales", "lost_units", "expected_lost_sales", lost),
    ):
        worth = known[suggested].to_numpy() + _difference(known, curve)
        worth = np.maximum(worth, 0.0) if name == "lost_sales" else worth
        told = column.scatter(known["place"], pl.Series(worth, dtype=pl.Float64).fill_nan(None))
        lines = lines.with_columns(told.alias(name))
    return lines


def _difference(known: pl.DataFrame, curve: str) -> Array:
    """What `sent_quantity` brings more than `order_quantity`, by the line's curve; NaN beyond its end."""
    grid, height = _table(known["quantities"]), _table(known[curve])
    return _at(grid, height, known["sent_quantity"].to_numpy()) - _at(grid, height, known["order_quantity"].to_numpy())


def _table(lists: pl.Series) -> Array:
    """Lists as rows; shorter ones go on with their last value."""
    width = int(lists.list.len().max() or 0)  # type: ignore[arg-type]
    if not width:
        return np.zeros((len(lists), 1))
    columns = [lists.list.get(place, null_on_oob=True).fill_null(lists.list.last()) for place in range(width)]
    return np.column_stack([column.to_numpy() for column in columns]).astype(np.float64)


def _at(grid: Array, height: Array, units: Array) -> Array:
    """Each row's curve at its own number of units, straight between its points."""
    rows = np.arange(len(units))
    last = grid.shape[1] - 1
    low = np.clip((grid <= units[:, None]).sum(axis=1) - 1, 0, last)
    high = np.minimum(low + 1, last)
    width = grid[rows, high] - grid[rows, low]
    share = np.divide(units - grid[rows, low], width, out=np.zeros(len(units)), where=width > 0)
    found = height[rows, low] + share * (height[rows, high] - height[rows, low])
    return np.where(units > grid[:, last] + _ROUNDED_UNITS, np.nan, found)
