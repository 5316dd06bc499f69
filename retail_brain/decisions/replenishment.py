"""Suggests orders per store x product: reads demand paths, terms and stock, and decides with `order_plan`."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Floats, days, floats
from retail_brain.decisions.demand_end import until_end
from retail_brain.decisions.holdings import Counts, Due, Holdings
from retail_brain.decisions.order_plan import Plan, decide
from retail_brain.decisions.suggestion_rows import COUNT_COLUMNS, suggestion_rows
from retail_brain.decisions.supply_terms import align, complete_terms
from retail_brain.errors import ImpossibleError
from retail_brain.outputs import SERIES, DemandPaths
from retail_brain.settings import ReplenishmentSettings
from retail_brain.which_day import data_day

_DEFAULTS = ReplenishmentSettings()


@dataclass(frozen=True)
class DatedStock:
    """Days of units on order and on hand; None where they are not known.

    Attributes:
        pipeline: units on order by their day of arrival: `store_id`, `product_id`, `arrives_on`, `units`. Without it
            the units on order of a series are taken to arrive at any moment of its lead time.
        ages: `store_id`, `product_id`, `days_left` (1: until the end of the next day) and `units` on hand of goods that
            expire; a series without a row has stock of unknown age. Only days are counted, so periods must be days.
    """

    pipeline: pl.DataFrame | None = None
    ages: pl.DataFrame | None = None


_UNDATED = DatedStock()


def suggest_orders(
    paths: DemandPaths,
    terms: pl.DataFrame,
    stock: pl.DataFrame,
    as_of: date,
    *,
    pipeline: pl.DataFrame | None = None,
    settings: ReplenishmentSettings = _DEFAULTS,
    seed: int = 0,
) -> pl.DataFrame:
    """One row per store x product of `paths`, in its order: the columns of `suggestions`, then those of ADDED.

    Args:
        paths: sample paths of demand from the day after `as_of` on. Shorter ones are continued by repeating their end.
        terms: one row per store x product: `store_id`, `product_id` and any of `supply_terms.TERMS`. What is missing is
            taken from the settings, and the reason says so.
        stock: one row per store x product: `store_id`, `product_id`, `on_hand` (end of `as_of`) and perhaps `on_order`
            and the other columns of `inputs.read_stock`.
            A series without a row or with a null has unknown stock: it gets the mean demand of one cycle, and a
            reason that asks for a count.
        as_of: last visible day; the order is placed on the first order day after it.
        pipeline: units on order by their day of arrival; see `DatedStock`.
        settings: defaults.
        seed: for uncertain lead times.

    Raises:
        ImpossibleError: the paths end at or before `as_of`.
        NotFoundError: the settings name a policy that no installed package declares.
        ExtensionError: the policy of an installed package is unusable.
    """
    plan = plan_orders(paths, terms, stock, as_of, dated=DatedStock(pipeline), settings=settings, seed=seed)
    return suggestion_rows(plan, paths.series, as_of)


def plan_orders(
    paths: DemandPaths,
    terms: pl.DataFrame,
    stock: pl.DataFrame,
    as_of: date,
    *,
    dated: DatedStock = _UNDATED,
    settings: ReplenishmentSettings = _DEFAULTS,
    seed: int = 0,
) -> Plan:
    """The order decision of `suggest_orders` before a budget; arguments as there.

    Args:
        paths: sample paths of demand.
        terms: supply terms.
        stock: on hand and on order.
        as_of: last visible day.
        dated: days of the units on order and on hand.
        settings: defaults.
        seed: for uncertain lead times.

    Raises:
        ImpossibleError: the paths end at or before `as_of`.
        NotFoundError: the settings name a policy that no installed package declares.
        ExtensionError: the policy of an installed package is unusable.
    """
    paths = _after(paths, as_of)
    complete = complete_terms(terms, paths.series, settings)
    paths = until_end(paths, complete.ends_on)
    starts = days(paths.dates)
    # a weekly period under way began before `as_of`, but no order is placed in the past
    first_day = max(np.datetime64(data_day(as_of), "D"), starts[0])
    due = None if dated.pipeline is None else _due(dated.pipeline, paths.series)
    holdings = _holdings(stock, paths.series, due, dated.ages)
    return decide(paths.units, starts, complete, holdings, first_day, settings=settings, seed=seed)


def _after(paths: DemandPaths, as_of: date) -> DemandPaths:
    """The paths' periods after `as_of`; a weekly period under way counts until its week is over."""
    keep = (paths.dates > as_of).to_numpy()
    if not keep.any():
        raise ImpossibleError(
            f"orders after {as_of} were asked for, but the forecast has no period after that day. "
            "Forecast from that day on, or choose an earlier --as-of."
        )
    return paths if keep.all() else DemandPaths(paths.series, paths.dates.filter(keep), paths.units[:, :, keep])


def _holdings(stock: pl.DataFrame, series: pl.DataFrame, due: Due | None, ages: pl.DataFrame | None) -> Holdings:
    """Units on hand and on order (0 where unknown), whether the stock is known, its ages, and the counts behind it."""
    aligned = align(stock, series, dict.fromkeys(("on_hand", "on_order", *COUNT_COLUMNS), pl.Float64))
    on_hand = floats(aligned["on_hand"])
    stock_known = np.isfinite(on_hand)
    counts = Counts(*(floats(aligned[name]) for name in COUNT_COLUMNS))
    on_order = np.maximum(floats(aligned["on_order"], 0), 0)
    batches = None if ages is None or ages.is_empty() else _batches(ages, series)
    return Holdings(np.where(stock_known, on_hand, 0.0), on_order, stock_known, due, batches, counts)


def _batches(ages: pl.DataFrame, series: pl.DataFrame) -> Floats:
    """Units by remaining days of life, shape (series, most days left); NaN for series of unknown age."""
    index = series.select(pl.col(SERIES).cast(pl.String)).with_row_index("row")
    placed = ages.join(index, on=list(SERIES), how="inner")
    out = np.full((series.height, int(placed["days_left"].to_numpy().max(initial=1))), np.nan)
    row = placed["row"].to_numpy()
    out[row] = 0.0
    np.add.at(out, (row, placed["days_left"].to_numpy() - 1), floats(placed["units"]))
    return out


def _due(pipeline: pl.DataFrame, series: pl.DataFrame) -> Due:
    """Units on order by series and day of arrival."""
    index = series.select(pl.col(SERIES).cast(pl.String)).with_row_index("row")
    due = pipeline.join(index, on=list(SERIES), how="inner").filter(pl.col("arrives_on").is_not_null())
    return Due(due["row"].to_numpy().astype(np.int64), days(due["arrives_on"]), floats(due["units"], 0))
