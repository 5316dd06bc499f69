"""Sums demand and usual demand by product, week and price, the input of elasticity estimation.

Demand of a day is Poisson with mean usual x exp(effects of price and support), so days of the same product, week, price
and support may be summed without losing anything; a chain of any size becomes a few thousand rows.
"""

import numpy as np
import polars as pl

from features.demand.arrays import Doubles, Ints, group_sums, ratio
from features.demand.demand_panel import DemandPanel
from features.demand.paid_prices import SAME, usual_half

MIN_CHANGE = SAME
"""Relative price change (log); a smaller one is rounding, planned or paid."""
_CHANGE_STEP = 0.005
"""Relative price change (log) to which cells are rounded: half a percent. Chosen by judgement, not measured."""
_DAY_TRUST_UNITS = 5.0
"""Units of the usual day that a store's own day counts against. Chosen by judgement, not measured."""
_MAX_CHANGE = 2.0
"""Relative price change (log) beyond which a price is a mistake: seven times. Chosen by judgement, not measured."""
_CELL = ["product_id", "department", "category", "block", "change", "display", "mailer"]


def price_cells(panel: DemandPanel) -> pl.DataFrame:
    """One row per product x week x price x support, over all stores of the panel.

    Returns:
        product_id, department, category, block (number of the week), change (log of price / usual price, rounded to
        `_CHANGE_STEP`), display, mailer, usual (units expected at the usual price without support), units (wanted) and
        days (series-days). Only days in stock with a known price count; a product without any has one empty cell.
    """
    count, half = panel.axis.count, usual_half(panel.axis)
    price, usual_price = panel.charged
    change = np.log(np.maximum(ratio(price, usual_price), 1e-3))
    usual = panel.plain_levels.means_around(np.arange(count), half)
    usual = usual * _day_factors(panel, usual, change)
    usable = (panel.weight > 0) & (np.abs(change) <= _MAX_CHANGE) & (usual > 0)
    series, period = np.nonzero(usable)
    rows = panel.series.select("product_id", "department", "category")[series]
    frame = rows.with_columns(
        pl.Series("block", period // max(7 // panel.axis.days_per_period, 1), dtype=pl.Int32),
        pl.Series("change", np.round(change[usable] / _CHANGE_STEP) * _CHANGE_STEP),
        pl.Series("display", panel.display[:, :count][usable]),
        pl.Series("mailer", panel.mailer[:, :count][usable]),
        pl.Series("usual", usual[usable]),
        pl.Series("units", panel.demand[usable], dtype=pl.Float64),
        pl.Series("days", np.ones(series.size, dtype=np.int64)),
    )
    empty = panel.series.select("product_id", "department", "category").with_columns(
        pl.lit(0, dtype=pl.Int32).alias("block"),
        pl.lit(0.0).alias("change"),
        pl.lit(value=False).alias("display"),
        pl.lit(value=False).alias("mailer"),
        *(pl.lit(0.0).alias(name) for name in ("usual", "units")),
        pl.lit(0, dtype=pl.Int64).alias("days"),
    )
    return joined_cells([frame, empty])


def joined_cells(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """The cells of several panels, those of the same product, week, price and support summed."""
    return pl.concat(parts).group_by(_CELL).agg(pl.col("usual", "units", "days").sum()).sort(_CELL)


def _day_factors(panel: DemandPanel, usual: Doubles, change: Doubles) -> Doubles:
    """By what factor each day went better than usual for a series' category in its store, shape (n, T).

    From the goods at their usual price, with the category's shrunk to the store's; so that a festival is not taken for
    the promotions that accompany it. Where prices are known from sales alone no table need tell of promotions: there a
    changed price counts as one (otherwise a category of one product would be its own explanation).
    """
    unplanned = np.isnan(panel.price).all(axis=1, keepdims=True)
    promoted = panel.promotion[:, : panel.axis.count] | (unplanned & (np.abs(change) >= MIN_CHANGE))
    plain = panel.weight * ~promoted * (usual > 0)
    units: Doubles = (panel.demand * plain).astype(np.float64)
    expected: Doubles = np.nan_to_num(usual) * plain
    stores = _codes(panel, ["store_id"])
    groups = _codes(panel, ["store_id", "department", "category"])
    of_store = (_sums(units, stores) + _DAY_TRUST_UNITS) / (_sums(expected, stores) + _DAY_TRUST_UNITS)
    trust = _DAY_TRUST_UNITS
    factor: Doubles = (_sums(units, groups)[groups] + trust * of_store[stores]) / (
        _sums(expected, groups)[groups] + trust
    )
    return factor


def _codes(panel: DemandPanel, columns: list[str]) -> Ints:
    return panel.series.select(pl.struct(columns).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()


def _sums(values: Doubles, groups: Ints) -> Doubles:
    """Sum of the rows of each group, shape (groups, T)."""
    size, width = int(groups.max(initial=-1)) + 1, values.shape[1]
    cells = groups[:, None] * width + np.arange(width)
    return group_sums(cells.ravel(), values.ravel(), size * width).reshape(size, width)
