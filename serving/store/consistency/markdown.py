"""Contradictions among markdowns, what is left over, orders, and the other ways out of left-over goods."""

import json
from datetime import date

import polars as pl

from retail_brain.decisions.clearance import VALUES
from retail_brain.decisions.transfers import LEFT_OVER_UNITS
from retail_brain.outputs import SERIES
from serving.store.consistency.report import CONTRADICTIONS, found
from serving.store.consistency.stock import StockAnswers

_KEYS = list(SERIES)
_CENT = 0.005
"""Money below which two values of ways out are the same."""


def markdown_contradictions(told: StockAnswers) -> pl.DataFrame:
    """Contradictions of what is advised for left-over goods: columns CONTRADICTIONS."""
    left = told.leftovers
    lowered = left.filter(pl.col("action") == "markdown")
    # what is moved is counted on averages of the paths, so half a unit is no contradiction
    beyond = left.filter(pl.col("markdown_units") > pl.col("left_over_units") + LEFT_OVER_UNITS)
    wrong = [not _falls_in_time(path, last) for path, last in lowered.select("price_path", "sell_by").rows()]
    orders = told.orders.join(told.plan.select(*_KEYS, "notes"), on=_KEYS, how="left")
    both = lowered.join(orders.select(*_KEYS, "notes", "order_quantity", "order_cost"), on=_KEYS, how="inner")
    best = pl.max_horizontal(*VALUES.values()).clip(0)
    own = pl.coalesce(
        *(pl.when(pl.col("action") == action).then(value) for action, value in VALUES.items()), pl.lit(0.0)
    )
    worse = left.filter(pl.col("action").is_not_null(), own < best - _CENT)
    parts = [
        found(
            "markdown_beyond_left_over", beyond, units=pl.col("markdown_units") - pl.col("left_over_units"),
            money=pl.col("markdown_value"),
        ),
        found(
            "markdown_after_end", lowered.filter(pl.Series(wrong, dtype=pl.Boolean)), units=pl.col("markdown_units"),
            money=pl.col("markdown_value"),
        ),
        found(
            "markdown_and_order", both, units=pl.col("order_quantity"), money=pl.col("order_cost"),
            is_explained=pl.col("notes").list.contains("fresh_after_expiry").fill_null(value=False),
        ),
        found("advice_not_best", worse, units=pl.col("left_over_units"), money=best - own),
    ]  # fmt: skip
    return pl.concat([pl.DataFrame(schema=CONTRADICTIONS), *parts])


def _falls_in_time(path: str | None, last: date) -> bool:
    """Whether a published price path falls at every step, each on another day and none after the last one."""
    steps = json.loads(path or "[]")
    days, prices = [step["begins_on"] for step in steps], [step["price"] for step in steps]
    return (
        bool(steps)
        and days == sorted(set(days))
        and days[-1] <= last.isoformat()
        and prices == sorted(prices, reverse=True)
    )
