"""Suggests orders for a chain from forecasts, supply terms and stock: the orders of its one plan."""

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.replenishment import ADDED, apply_budget, apply_limits
from retail_brain.outputs import ALL_SERIES, SUGGESTIONS, SeriesFilter
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from serving.planning.stock.chain_plan import plan_chain
from serving.planning.stock.limits_file import PRICES, capacity_limits, line_facts, price_rows, read_limits
from serving.planning.stock.supply_side import Forecaster


def suggest(
    dataset: Dataset,
    model: Forecaster,
    settings: Settings,
    *,
    only: SeriesFilter = ALL_SERIES,
    budget: float | None = None,
    seed: int = 0,
    progress: Progress = SILENT,
) -> pl.DataFrame:
    """One row per store x product: the columns of `suggestions` and of `replenishment.ADDED`.

    Args:
        dataset: as known on the day after which orders are placed.
        model: gives the sample paths.
        settings: defaults where `supply` has no value.
        only: series to order for.
        budget: money that all orders together may cost; None for no limit.
        seed: for the sample paths and uncertain lead times.
        progress: told per store.

    Raises:
        MissingTableError: no sales table is there.
        NotFoundError: none of the named stores and products has a forecast.
        UsageError: the budget is negative.
    """
    plan = plan_chain(dataset, model, settings, only=only, seed=seed, progress=progress)
    if budget is not None and plan.parts:
        return apply_budget(plan.orders, budget, plan.as_of)
    return plan.suggestions()


def suggest_within(
    dataset: Dataset,
    model: Forecaster,
    settings: Settings,
    limits: pl.DataFrame,
    *,
    only: SeriesFilter = ALL_SERIES,
    seed: int = 0,
    progress: Progress = SILENT,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of `suggest` under several limits at once, and the shadow price of each limit (`limits_file.PRICES`).

    Args:
        dataset: as known on the day after which orders are placed.
        model: gives the sample paths.
        settings: defaults for what `supply` does not say.
        limits: rows of a limits file, see `limits_file.read_limits`.
        only: series to order for.
        seed: for the sample paths and uncertain lead times.
        progress: told per store.

    Raises:
        DataError: the limits cannot be used.
        NotFoundError: none of the named stores and products has a forecast.
    """
    rows = read_limits(limits)
    plan = plan_chain(dataset, model, settings, only=only, seed=seed, progress=progress)
    if not plan.parts:
        return pl.DataFrame(schema=SUGGESTIONS | ADDED), pl.DataFrame(schema=PRICES)
    orders = plan.orders
    facts = line_facts(dataset, plan.series)
    per_unit = {
        "money": np.concatenate([part.terms.cost_guess for part, _ in orders]),
        "packs": np.concatenate([1 / part.terms.case_pack for part, _ in orders]),
    }
    scarce = capacity_limits(rows, facts, per_unit, plan.stock)
    table, shared = apply_limits(orders, [limit for limit, _ in scarce], plan.as_of)
    return table, price_rows(scarce, shared)
