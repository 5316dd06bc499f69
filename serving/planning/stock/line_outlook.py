"""How the stock of each line goes on and what other quantities would mean, read from the plan of its order."""

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Floats, floats
from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.targets import expected_gain
from retail_brain.outputs import SERIES
from serving.planning.stock.settled_plan import SettledPlan

OUTLOOK: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(SERIES, pl.String),
    "order_quantity": pl.Float64,
    "arrives_on": pl.Date,
    "next_arrives_on": pl.Date,
    **dict.fromkeys(
        ("on_hand", "moved_in", "moved_out", "stock_before", "least_mean", "least_low", "least_high"), pl.Float64
    ),
    **dict.fromkeys(("quantities", "chances", "lost_units", "stock_costs", "values"), pl.List(pl.Float64)),
}
"""One row per store x product with a known stock: units on hand, moved, and expected on the morning before the order
arrives; the least stock before the following delivery (mean, 5 % and 95 % of the futures); and for each of some order
quantities the chance of no stock-out until then, units lost, money that stock costs (holding and write-offs) and the
expected gain over ordering nothing."""

ARRIVALS = {**dict.fromkeys(SERIES, pl.String), "arrives_on": pl.Date, "units": pl.Float64}
"""One row per store x product x day of arrival of units on order."""

_POINTS = 12
"""Order quantities beside none whose consequences are worked out: enough for a curve. By judgement."""
_NEARLY_SURE = 0.99
"""Chance of no stock-out up to which the quantities go: what is ordered beyond serves nobody. By judgement."""
_LOW, _HIGH = 0.05, 0.95
"""Shares of the futures below the ends of the band, as published forecasts have them."""


def line_outlook(plan: SettledPlan) -> pl.DataFrame:
    """One row per store x product with a known stock: columns OUTLOOK."""
    rows = [_of_store(decided, series) for decided, series in plan.orders]
    return pl.concat([pl.DataFrame(schema=OUTLOOK), *rows])


def arrivals(due: pl.DataFrame, plan: SettledPlan) -> pl.DataFrame:
    """Units on order of the plan's lines by day of arrival: columns ARRIVALS.

    Args:
        due: units on order by day of arrival, as the plan counts on them.
        plan: whose lines.
    """
    return due.select(*ARRIVALS).join(plan.series.select(SERIES), on=list(SERIES), how="semi", maintain_order="left")


def _of_store(plan: Plan, series: pl.DataFrame) -> pl.DataFrame:
    known = np.flatnonzero(plan.stock_known & np.isfinite(plan.required.need).all(axis=1))
    chosen, rows = plan.take(known), series[known]
    order, required = chosen.quantity, chosen.required
    least = np.maximum(order[:, None] - required.need, 0)
    # the need is sorted, so its high end is the low end of the stock
    shares = np.full(len(known), _HIGH), np.full(len(known), _LOW)
    low, high = (np.maximum(order - required.quantile(share), 0) for share in shares)
    moved = {name: pl.Series(floats(rows[name], 0)) for name in ("moved_in", "moved_out")}
    columns = {
        "order_quantity": pl.Series(order),
        "arrives_on": pl.Series(chosen.cycle.arrives_on),
        "next_arrives_on": pl.Series(chosen.cycle.next_arrives_on),
        "on_hand": pl.Series(np.maximum(chosen.on_hand, 0)),
        "stock_before": pl.Series(np.asarray(required.projected, dtype=np.float64)),
        "least_mean": pl.Series(least.mean(axis=1, dtype=np.float64)),
        "least_low": pl.Series(np.asarray(low, dtype=np.float64)),
        "least_high": pl.Series(np.asarray(high, dtype=np.float64)),
    }
    framed = rows.select(SERIES).with_columns(**columns, **moved, **_choices(chosen))
    return framed.select(pl.col(name).cast(kind) for name, kind in OUTLOOK.items())


def _choices(plan: Plan) -> dict[str, pl.Series]:
    """Lists of what each of some order quantities would mean, one per series; the plan's own is among them."""
    grid = _quantities(plan)
    required, money = plan.required, plan.money
    facts: dict[str, list[Floats]] = {name: [] for name in ("chances", "lost_units", "stock_costs", "values")}
    for units in grid.T:
        facts["chances"].append(required.in_stock_probability(units))
        facts["lost_units"].append(required.lost_in_cycle(units))
        facts["stock_costs"].append(money.over * required.left_over(units) + money.waste * required.expired(units))
        facts["values"].append(expected_gain(required, money, units))
    tables = {"quantities": grid} | {name: np.column_stack(columns) for name, columns in facts.items()}
    return {name: _lists(np.asarray(table, dtype=np.float64)) for name, table in tables.items()}


def _quantities(plan: Plan) -> Floats:
    """Order quantities in whole packs, rising, shape (series, points): none, then up to more than anybody needs.

    A line that needs few packs has some of them twice.
    """
    terms, order = plan.terms, plan.quantity
    enough = plan.required.quantile(np.full(len(order), _NEARLY_SURE))
    packs = np.ceil(np.maximum(np.maximum(enough, order), terms.min_order) / terms.case_pack)
    least = np.ceil(terms.min_order / terms.case_pack)
    share = np.linspace(0, 1, _POINTS)
    between = np.rint(least[:, None] + (np.maximum(packs, least) - least)[:, None] * share[None, :])
    grid = between * terms.case_pack[:, None]
    columns = (np.zeros((len(order), 1)), grid, order[:, None])
    return np.sort(np.concatenate(columns, axis=1), axis=1)


def _lists(table: Floats) -> pl.Series:
    return pl.Series(table).arr.to_list() if table.size else pl.Series([], dtype=pl.List(pl.Float64))
