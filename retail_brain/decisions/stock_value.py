"""Computes the marginal value of stock in each shop until its own supply can arrive, for transfers and routing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.decisions.arrays import Bools, Days, Floats, Ints, days
from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.required_orders import project
from retail_brain.decisions.transfers import StockValues

_POINTS = 40
"""Points of stock at which a curve of value is computed. Chosen by judgement, not measured."""
_LONGEST_PERIODS = 91
"""Periods of the forecast that stock may be sold in: a quarter of a year in days. Chosen by judgement, not measured."""
_NOBODY_KNOWS = 1e9
"""Money per unit left over in a shop of unknown stock: nothing is sent where nobody knows what lies there."""


def local_stock_values(
    plan: Plan,
    units: npt.NDArray[np.float32],
    starts: Days,
    sell_by: pl.Series,
    is_end: pl.Series,
    *,
    transit_days: float = 1.0,
    points: int = _POINTS,
) -> StockValues:
    """The value of stock in every series of a plan.

    The days that count end when an order placed now would arrive, when the shop can be supplied otherwise.
    Goods that expire before that, and goods that are not supplied again (the end of a listing or season), count
    until their last day, and what is left then is lost at cost. Series of unknown stock neither give nor take.

    Args:
        plan: the order decision: terms, dates, stock.
        units: demand on each path, shape (series, paths, periods).
        starts: first day of each period.
        sell_by: last day on which the goods of a series can be sold, null for non-perishable goods.
        is_end: whether there is no supply after that day, null for no.
        transit_days: days until goods that are moved can be sold in the receiving shop.
        points: averages of neighbouring paths that are kept of each series.
    """
    first, step = starts[0], _period_days(starts)
    last = days(sell_by.fill_null(date(9999, 1, 1)))
    ends = is_end.fill_null(value=False).to_numpy()
    dated = sell_by.is_not_null().to_numpy() & (ends | (last < plan.cycle.arrives_on))
    until = np.where(dated, last + np.timedelta64(1, "D"), plan.cycle.arrives_on)
    periods = np.ceil((until - first).astype(np.float64) / step).astype(np.int64)
    end = np.clip(periods, 1, _LONGEST_PERIODS)
    transit = np.full(len(end), int(np.ceil(transit_days / step)))
    receipts = plan.receipts.within(int(end.max(initial=1)))
    on_hand = np.maximum(plan.on_hand, 0)
    season = 7 if step < 7 else 1

    def needs(rows: Ints, until: Ints) -> tuple[Floats, Floats]:
        """Need of some series until a period, from now on and from the arrival of what is moved on."""
        stock, due = on_hand[rows], receipts.take(rows)
        now, later = (
            project(units[rows], stock, due, begin[:, None], until[:, None], season=season).need
            for begin in (np.zeros_like(until), np.minimum(transit[rows], until - 1))
        )
        # goods that are on their way until the own supply comes save no sale before it
        return now, np.where((transit[rows] < until)[:, None], later, np.minimum(now, 0.0))

    now, later = needs(np.arange(len(end)), end)
    stock_known, length = plan.stock_known, end * step
    hold = plan.terms.holding * length + np.where(dated, plan.terms.cost_guess, 0.0)
    sale_value = plan.terms.margin + plan.terms.stockout
    return StockValues(
        need=thinned(now, points),
        worth=np.where(stock_known, sale_value, 0.0),
        hold=np.where(stock_known, hold, _NOBODY_KNOWS),
        on_hand=np.where(stock_known, on_hand, 0.0),
        keep=plan.terms.presentation,
        need_later=np.where(stock_known[:, None], thinned(later, points), 0.0),
        before=_until_supply(plan, needs, (thinned(now, points), thinned(later, points)), end, first, step),
    )


def _until_supply(
    plan: Plan,
    needs: Callable[[Ints, Ints], tuple[Floats, Floats]],
    until_last: tuple[Floats, Floats],
    end: Ints,
    first: np.datetime64,
    step: float,
) -> tuple[Floats, Floats] | None:
    """The needs until the own supply can arrive, where others count until a later last day; None where none does."""
    own = np.ceil((plan.cycle.arrives_on - first).astype(np.float64) / step).astype(np.int64)
    own = np.clip(own, 1, _LONGEST_PERIODS)
    rows = np.flatnonzero(end > own)
    if not len(rows):
        return None
    points = until_last[0].shape[1]
    # in single precision: they are read for the series that something is moved to or from
    now, later = (cast("Floats", whole.astype(np.float32)) for whole in until_last)
    for part, some in zip((now, later), needs(rows, own[rows]), strict=True):
        part[rows] = thinned(some, points)
    return now, later


def with_last_days(
    values: StockValues, need_end: Floats, cost: Floats, stock_known: Bools, told_left: Floats | None = None
) -> StockValues:
    """The values with what is lost when goods are left over after their last day.

    Args:
        values: of `local_stock_values`.
        need_end: units wanted until the last day of the goods less the stock, sorted per row.
        cost: money lost with each unit left over then.
        stock_known: whether the stock of each series is known.
        told_left: mean units that people are told are left over with nothing moved.
    """
    # Goods whose last day comes before the own supply have that cost in `hold` already.
    lost = np.where(stock_known & (values.hold < cost), cost, 0.0)
    return replace(values, need_end=need_end, scrap=lost, told_left=told_left)


def thinned(sorted_rows: Floats, points: int) -> Floats:
    """Averages of neighbouring values, about `points` per row: the mean stays, the shape hardly changes.

    >>> thinned(np.array([[1.0, 3.0, 5.0, 7.0]]), 2).tolist()
    [[2.0, 6.0]]
    """
    paths = sorted_rows.shape[1]
    if paths <= points:
        return sorted_rows
    edges = np.linspace(0, paths, points + 1).round().astype(np.int64)
    sums = np.add.reduceat(sorted_rows, edges[:-1], axis=1)
    return sums / np.diff(edges)


def _period_days(starts: Days) -> float:
    return float(np.median(np.diff(starts).astype(np.float64))) if len(starts) > 1 else 1.0
