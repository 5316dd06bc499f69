"""Audits recovered demand: units added to sales where stock ran out."""

import numpy as np
import polars as pl

from features.demand.demand_panel import DemandPanel
from features.demand.history import DemandHistory
from features.demand.own_units import units_of
from features.demand.panel import panels

_KEY = ["store_id", "product_id"]


def recovered_days(history: DemandHistory) -> pl.DataFrame:
    """One row per series x period in which stock ran out.

    Returns:
        store_id, product_id, date, sold and demand (units of the sales, whatever the history counts in), and
        `is_masked`: the period began and ended without stock, so that it tells nothing and stays out of features and
        labels.
    """
    parts = [_of_panel(panel) for panel in panels(history)]
    empty = pl.DataFrame(
        schema={
            **dict.fromkeys(_KEY, pl.String),
            "date": pl.Date,
            "sold": pl.Float64,
            "demand": pl.Float64,
            "is_masked": pl.Boolean,
        }
    )
    return pl.concat([empty, *parts])


def recovery_audit(history: DemandHistory) -> pl.DataFrame:
    """One row per store x department x category with demand recovered, largest addition first.

    Returns:
        store_id, department, category, `days` on which stock ran out, of these `masked_days`, units `sold` and
        `demand` on them, `added` units, and `added_share` of all units sold by those series in the window.
    """
    window_units = pl.col("window_units") * pl.col("unit")
    names = history.series.select(*_KEY, "department", "category", window_units)
    by = ["store_id", "department", "category"]
    totals = names.group_by(by).agg(pl.col("window_units").sum())
    days = recovered_days(history).join(names, on=_KEY, how="left")
    audit = days.group_by(by).agg(
        pl.len().alias("days"),
        pl.col("is_masked").sum().alias("masked_days"),
        pl.col("sold", "demand").sum(),
        (pl.col("demand") - pl.col("sold")).sum().alias("added"),
    )
    share = (pl.col("added") / pl.col("window_units")).alias("added_share")
    return audit.join(totals, on=by).with_columns(share).drop("window_units").sort("added", *by, descending=True)


def _of_panel(panel: DemandPanel) -> pl.DataFrame:
    series, period = np.nonzero(panel.lost)
    unit = units_of(panel.series)[series]
    dates = pl.Series("date", panel.axis.starts(0, panel.axis.count), dtype=pl.Date)
    return panel.series.select(_KEY)[series].with_columns(
        dates.gather(period),
        pl.Series("sold", panel.sold[series, period] * unit, dtype=pl.Float64),
        pl.Series("demand", panel.demand[series, period] * unit, dtype=pl.Float64),
        pl.Series("is_masked", panel.weight[series, period] <= 0),
    )
