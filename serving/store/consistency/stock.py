"""Contradictions among orders, transfers and left-overs."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy.stats import poisson

from retail_brain.decisions.demand_end import STILL_SOLD_DAYS, STILL_SOLD_UNITS
from retail_brain.decisions.excess_stock import sellable
from retail_brain.decisions.reasons.order_outcomes import is_losing
from retail_brain.outputs import SERIES
from serving.store.answer_set import Answers
from serving.store.consistency.report import CONTRADICTIONS, found

_KEYS = list(SERIES)
_PATH_SCATTER_UNITS = 0.3
"""Units by which the mean of a plan's sample paths may differ from the published forecast: three standard errors of 200
paths about the one unit with which goods still sell."""
_HIGH = 0.95
"""Quantile of each day's demand, and of all days together; what neither would sell is ordered beyond the end."""
_DEMAND_TOLERANCE = 1.1
"""Share by which an order's demand may exceed the forecast until the end: sample paths scatter about their mean."""


@dataclass(frozen=True)
class StockAnswers:
    """The published answers about stock, and the facts they are held against.

    Attributes:
        orders: suggestions with an order: columns of `suggestions`.
        transfers: columns of `transfers.TRANSFERS`.
        leftovers: columns of `excess_stock.LEFTOVERS`.
        plan: columns of `stock_plan.PLAN`; empty in answers of versions without a plan.
        terms: supply terms of `decisions.inputs.read_terms`.
        stock: newest stock of `decisions.inputs.read_stock`.
        ends: last day of demand: `store_id`, `product_id`, `ends_on`.
    """

    orders: pl.DataFrame
    transfers: pl.DataFrame
    leftovers: pl.DataFrame
    plan: pl.DataFrame
    terms: pl.DataFrame
    stock: pl.DataFrame
    ends: pl.DataFrame


def stock_contradictions(answers: Answers, told: StockAnswers) -> pl.DataFrame:
    """Contradictions among orders, transfers and left-overs: columns CONTRADICTIONS."""
    noted = told.plan.select(*_KEYS, "notes", "moved_in", "moved_out")
    orders = told.orders.join(noted, on=_KEYS, how="left").join(told.ends, on=_KEYS, how="left")
    parts = [
        pl.DataFrame(schema=CONTRADICTIONS),
        _ordered_and_left_over(orders, told),
        _ordered_beyond_end(answers, orders, told),
        _left_over_in_demand(answers, told),
        _beyond_source(orders, told),
        *_transfers(orders, told),
        _losing(orders, told),
    ]
    return pl.concat(parts)


def _has_note(*codes: str) -> pl.Expr:
    noted = [pl.col("notes").list.contains(code) for code in codes]
    return pl.any_horizontal(noted).fill_null(value=False)


def _ordered_and_left_over(orders: pl.DataFrame, told: StockAnswers) -> pl.DataFrame:
    both = orders.join(sellable(told.leftovers).select(_KEYS), on=_KEYS, how="semi")
    return found(
        "ordered_and_left_over", both, units=pl.col("order_quantity"), money=pl.col("order_cost"),
        is_explained=_has_note("fresh_after_expiry"),
    )  # fmt: skip


def _ordered_beyond_end(answers: Answers, orders: pl.DataFrame, told: StockAnswers) -> pl.DataFrame:
    lives = told.terms.select(*_KEYS, life="shelf_life_days")
    rows = orders.join(lives, on=_KEYS, how="left").with_columns(
        last=pl.min_horizontal("ends_on", pl.col("arrives_on") + pl.duration(days=pl.col("life").floor() - 1))
    )
    rows = rows.filter(pl.col("last").is_not_null())
    demand = _high_demand_until(answers, rows, rows["last"])
    mean = _demand_until(answers, rows, rows["ends_on"], quantile=None)
    moved = pl.col("moved_in").fill_null(0) - pl.col("moved_out").fill_null(0)
    held = pl.col("on_hand").fill_null(0).clip(0) + pl.col("on_order").fill_null(0) + moved
    position = held + pl.col("order_quantity")
    counted = pl.col("demand_until_next_arrival") - _DEMAND_TOLERANCE * pl.col("mean")
    beyond = (
        pl.when(pl.col("arrives_on") > pl.col("last")).then(pl.col("order_quantity"))
        .otherwise(pl.max_horizontal(position - pl.col("most"), pl.when(pl.col("ends_on").is_not_null()).then(counted)))
    )  # fmt: skip
    judged = rows.with_columns(most=pl.Series(demand), mean=pl.Series(mean)).with_columns(beyond=beyond)
    units = pl.min_horizontal("beyond", "order_quantity")
    return found(
        "ordered_beyond_end", judged.filter(pl.col("beyond") >= 1), units=units,
        money=units / pl.col("order_quantity") * pl.col("order_cost"),
    )  # fmt: skip


def _high_demand_until(answers: Answers, rows: pl.DataFrame, last: pl.Series) -> list[float | None]:
    """Units that are hardly exceeded until a day; null where unknown.

    The sum of each day's high quantile is more than the days together sell, but 0 for goods that sell once a month:
    for these the quantile of a Poisson count of all days counts.
    """
    daily = _demand_until(answers, rows, last, quantile=_HIGH)
    means = _demand_until(answers, rows, last, quantile=None)
    return [
        None if days is None or mean is None else max(days, float(poisson.ppf(_HIGH, max(mean, 0.0))))
        for days, mean in zip(daily, means, strict=True)
    ]


def _demand_until(answers: Answers, rows: pl.DataFrame, last: pl.Series, quantile: float | None) -> list[float | None]:
    """Units forecast for each row until a day: the means, or the sum of a quantile of each period; null where unknown.

    Days beyond the forecast sell as much as its mean period.
    """
    forecasts = answers.forecasts
    if forecasts is None:
        return [None] * rows.height
    days = np.array(forecasts.days, dtype="datetime64[D]")
    column = 0 if quantile is None else 1 + int(np.argmin(np.abs(np.array(answers.manifest.quantiles) - quantile)))
    out: list[float | None] = []
    for store_id, product_id, until in rows.select(_KEYS).with_columns(last).rows():
        units = forecasts.get(answers.stores.find(store_id), answers.products.find(product_id), len(days))
        if units is None or until is None:
            out.append(None)
            continue
        values = np.array(units)[:, column]
        inside = days <= np.datetime64(until, "D")
        step = float((days[1] - days[0]).astype(int)) if len(days) > 1 else 1.0
        beyond = max(float((np.datetime64(until, "D") - days[-1]).astype(int)) / step, 0.0)
        out.append(float(values[inside].sum() + beyond * values.mean()))
    return out


def _left_over_in_demand(answers: Answers, told: StockAnswers) -> pl.DataFrame:
    ended = told.leftovers.filter(pl.col("reason_code").is_in(["season", "listing"]))
    if answers.forecasts is None:
        return found("season_left_over_in_demand", ended.clear(), units=pl.col("on_hand"), money=pl.col("on_hand"))
    # of a fortnight that the forecast does not reach the end of, what it has stands for the whole
    end = date.fromisoformat(str(answers.forecasts.days[-1]))
    first = ended.select(pl.min_horizontal("sell_by", pl.lit(end)))["sell_by"]
    then = pl.select(pl.min_horizontal(first + timedelta(days=STILL_SOLD_DAYS), pl.lit(end))).to_series()
    before, after = (_demand_until(answers, ended, day, quantile=None) for day in (first, then))
    seen = (then - first).dt.total_days().cast(pl.Float64)
    units = pl.Series(after, dtype=pl.Float64) - pl.Series(before, dtype=pl.Float64)
    still = ended.with_columns(still=(units * STILL_SOLD_DAYS / seen).fill_nan(0.0))
    return found(
        "season_left_over_in_demand", still.filter(pl.col("still") >= STILL_SOLD_UNITS + _PATH_SCATTER_UNITS),
        units=pl.col("left_over_units"), money=pl.col("value_at_risk"),
    )  # fmt: skip


def _beyond_source(orders: pl.DataFrame, told: StockAnswers) -> pl.DataFrame:
    source = pl.col("source").str.strip_prefix("transfer:")
    from_shops = orders.filter(pl.col("source").str.starts_with("transfer:"))
    asked = from_shops.group_by(pl.col("product_id"), store_id=source).agg(
        pl.col("order_quantity").sum(), pl.col("order_cost").sum()
    )
    # Stock that nobody has counted limits nothing: no number can be held against the orders.
    held = asked.join(told.stock.select(*_KEYS, "on_hand"), on=_KEYS, how="inner").filter(
        pl.col("on_hand").is_not_null()
    )
    given = told.transfers.group_by("product_id", store_id="from_store_id").agg(given=pl.col("units").sum())
    left = held.join(given, on=_KEYS, how="left").with_columns(
        beyond=pl.col("order_quantity") - (pl.col("on_hand").clip(0) - pl.col("given").fill_null(0))
    )
    return found(
        "ordered_beyond_source", left.filter(pl.col("beyond") > 0), units=pl.col("beyond"),
        money=pl.col("beyond") / pl.col("order_quantity") * pl.col("order_cost"),
    )  # fmt: skip


def _transfers(orders: pl.DataFrame, told: StockAnswers) -> list[pl.DataFrame]:
    into = told.transfers.with_columns(store_id="to_store_id")
    left = into.join(sellable(told.leftovers).select(_KEYS), on=_KEYS, how="semi")
    ordered = into.join(orders.select(*_KEYS, "notes"), on=_KEYS, how="inner")
    return [
        found("transfer_into_left_over", left, units=pl.col("units"), money=pl.col("expected_value")),
        found(
            "transfer_into_ordered", ordered, units=pl.col("units"), money=pl.col("expected_value"),
            is_explained=_has_note("transfer_and_order"),
        ),
    ]  # fmt: skip


def _losing(orders: pl.DataFrame, told: StockAnswers) -> pl.DataFrame:
    agreed = told.terms.select(*_KEYS, agreed=pl.col("service_level").is_not_null() | pl.col("fill_rate").is_not_null())
    losing = orders.filter(is_losing()).join(agreed, on=_KEYS, how="left")
    return found(
        "losing_order", losing, units=pl.col("order_quantity"), money=-pl.col("expected_value"),
        is_explained=(pl.col("agreed").fill_null(value=False) & _has_note("agreed_loss")) | _has_note("settings_loss"),
    )  # fmt: skip
