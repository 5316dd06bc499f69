"""Finds excess and obsolete stock: units not expected to sell by their date, or the end of their season or listing."""

from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Days, days, floats
from retail_brain.decisions.reasons import number
from retail_brain.decisions.supply_terms import align
from retail_brain.outputs import SERIES, DemandPaths

LEFTOVERS = {
    "store_id": pl.String,
    "product_id": pl.String,
    "as_of": pl.Date,
    "on_hand": pl.Float64,
    "sell_by": pl.Date,
    "left_over_units": pl.Float64,
    "probability": pl.Float64,
    "value_at_risk": pl.Float64,
    "reason_code": pl.String,
    "reason": pl.String,
    "reason_zh": pl.String,
}
_FACTS = {"on_hand": pl.Float64, "sell_by": pl.Date, "unit_cost": pl.Float64, "sell_by_kind": pl.String}
_KINDS = {
    "date": ("their date", "保质期"),
    "listing": ("the end of their listing", "下架"),
    "season": ("the end of their season", "当季结束"),
    "slow": ("that day at the rate they sell", "按目前销速"),
}
"""Why goods must be sold by a day, in English and Chinese; `date` where nothing is said."""


def find_excess_stock(paths: DemandPaths, stock: pl.DataFrame, as_of: date, least_units: float = 0.5) -> pl.DataFrame:
    """Excess stock, one row per store x product, most money at risk first: columns LEFTOVERS.

    Demand beyond the forecast goes on at its mean rate.

    Args:
        paths: sample paths of demand after `as_of`.
        stock: `store_id`, `product_id`, `on_hand`, `sell_by` (last day of sale; null for non-perishable goods),
            `unit_cost` (null for 0) and perhaps `sell_by_kind`: `date`, `listing`, `season` or `slow`.
        as_of: last visible day.
        least_units: fewer expected units of excess are not listed.
    """
    facts = align(stock, paths.series, _FACTS)
    on_hand = np.maximum(floats(facts["on_hand"], 0), 0)
    sell_by = facts["sell_by"].fill_null(date(9999, 1, 1))
    left = np.maximum(on_hand[:, None] - _demand_until(paths, days(sell_by)), 0)
    frame = (
        facts.select(SERIES)
        .with_columns(
            as_of=pl.lit(as_of),
            on_hand=pl.Series(on_hand),
            sell_by=facts["sell_by"],
            reason_code=facts["sell_by_kind"].fill_null("date"),
            left_over_units=pl.Series(left.mean(axis=1)),
            probability=pl.Series((left > 0).mean(axis=1)),
            value_at_risk=pl.Series(left.mean(axis=1) * floats(facts["unit_cost"], 0)),
        )
        .filter(pl.col("sell_by").is_not_null(), pl.col("left_over_units") >= least_units)
    )
    on_hand_text, excess_text = number("on_hand"), number("left_over_units")
    until = pl.col("sell_by").dt.to_string("%Y-%m-%d")
    why = [pl.col("reason_code").replace_strict({kind: words[k] for kind, words in _KINDS.items()}) for k in (0, 1)]
    frame = frame.with_columns(
        reason=pl.format(
            "{} on hand, about {} will not sell by {} ({}): offer them to the people who want them.",
            on_hand_text, excess_text, until, why[0],
        ),
        reason_zh=pl.format(
            "现有{}件，预计约{}件在{}（{}）前卖不完：可推荐给需要的顾客。", on_hand_text, excess_text, until, why[1]
        ),
    )  # fmt: skip
    ranked = frame.sort("value_at_risk", "left_over_units", *SERIES, descending=[True, True, False, False])
    return ranked.select(pl.col(name).cast(kind) for name, kind in LEFTOVERS.items())


def _demand_until(paths: DemandPaths, sell_by: Days) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Units demanded on each path up to and including the last day, shape (series, paths)."""
    starts = days(paths.dates)
    inside = (starts[None, :] <= sell_by[:, None]).astype(np.float64)
    demand = np.einsum("npt,nt->np", paths.units.astype(np.float64), inside)
    step = float(np.median(np.diff(starts).astype(np.float64))) if len(starts) > 1 else 1.0
    # At most ten years of days: a missing date stands as the year 9999.
    beyond = np.clip((sell_by - starts[-1]).astype(np.float64) / step, 0, 3650)
    total: np.ndarray[tuple[int, int], np.dtype[np.float64]] = demand + paths.units.mean(axis=2) * beyond[:, None]
    return total
