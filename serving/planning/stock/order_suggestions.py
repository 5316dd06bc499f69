"""Suggests orders for a chain, store by store, from forecasts, supply terms and stock."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.inputs import delisted, horizon_days, read_stock, read_terms
from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.replenishment import ADDED, apply_budget, apply_limits, plan_orders, suggestion_rows
from retail_brain.errors import NotFoundError
from retail_brain.outputs import ALL_SERIES, SERIES, SUGGESTIONS, DemandPaths, SeriesFilter
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from serving.planning.stock.limits_file import PRICES, capacity_limits, line_facts, price_rows, read_limits

_PERIOD_DAYS = {"day": 1, "week": 7, "month": 28}
"""Days of a period; the shortest month, so that no order falls short of its horizon."""


class StorePaths(Protocol):
    """A store's part of a forecast."""

    @property
    def paths(self) -> DemandPaths:
        """Sample paths of the store's series."""


class Forecaster(Protocol):
    """A demand model that forecasts one store at a time."""

    def forecast(
        self,
        dataset: Dataset,
        horizon: int,
        only: SeriesFilter = ALL_SERIES,
        *,
        seed: int = 0,
        progress: Progress = SILENT,
    ) -> Iterator[StorePaths]:
        """Sample paths of the periods after the dataset's last visible day, one item per store."""


@dataclass(frozen=True)
class SupplySide:
    """Supply terms and stock of a day, read once for all stores of a run.

    Attributes:
        terms: supply terms and prices, one row per store x product.
        stock: newest stock, one row per store x product.
        gone: store x product no longer listed.
        as_of: last visible day.
    """

    terms: pl.DataFrame
    stock: pl.DataFrame
    gone: pl.DataFrame
    as_of: date

    @classmethod
    def read(cls, dataset: Dataset, stores: Sequence[str] | None = None) -> "SupplySide":
        """Reads the dataset as of its day.

        Raises:
            MissingTableError: no sales table is there.
        """
        as_of = dataset.as_of or dataset.last_day()
        terms = read_terms(dataset, as_of, stores)
        return cls(terms, read_stock(dataset, stores), delisted(dataset, as_of + timedelta(days=1)), as_of)

    def horizon(self, settings: Settings) -> int:
        """Periods that a forecast must reach for every order decision."""
        return math.ceil(horizon_days(self.terms, settings.replenishment) / _PERIOD_DAYS[settings.data.period])

    def plan(self, paths: DemandPaths, settings: Settings, seed: int = 0) -> tuple[Plan, pl.DataFrame]:
        """The order decision for the listed series of `paths`, and those series."""
        paths = self.listed(paths)
        in_stores = pl.col("store_id").is_in(paths.series["store_id"].unique().to_list())
        plan = plan_orders(
            paths,
            self.terms.filter(in_stores),
            self.stock.filter(in_stores),
            self.as_of,
            settings=settings.replenishment,
            seed=seed,
        )
        return plan, paths.series

    def listed(self, paths: DemandPaths) -> DemandPaths:
        """The paths without those of goods no longer listed."""
        kept = paths.series.with_row_index("row").join(self.gone, on=list(SERIES), how="anti", maintain_order="left")
        if kept.height == paths.series.height:
            return paths
        return DemandPaths(kept.drop("row"), paths.dates, paths.units[kept["row"].to_numpy()])


def suggest_for_paths(paths: DemandPaths, side: SupplySide, settings: Settings, seed: int = 0) -> pl.DataFrame:
    """One row per listed store x product of `paths`: the columns of `suggestions` and of `replenishment.ADDED`."""
    plan, series = side.plan(paths, settings, seed)
    return suggestion_rows(plan, series, side.as_of)


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
    side = SupplySide.read(dataset, only.stores)
    tables, plans = [], []
    for paths in store_paths(dataset, model, side.horizon(settings), only, seed, progress):
        if budget is None:
            tables.append(suggest_for_paths(paths, side, settings, seed))
        else:
            plans.append(side.plan(paths, settings, seed))
    if plans and budget is not None:
        return apply_budget(plans, budget, side.as_of)
    return pl.concat(tables) if tables else pl.DataFrame(schema=SUGGESTIONS | ADDED)


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
    side = SupplySide.read(dataset, only.stores)
    demand_paths = store_paths(dataset, model, side.horizon(settings), only, seed, progress)
    plans = [side.plan(paths, settings, seed) for paths in demand_paths]
    if not plans:
        return pl.DataFrame(schema=SUGGESTIONS | ADDED), pl.DataFrame(schema=PRICES)
    facts = line_facts(dataset, pl.concat([series for _, series in plans]))
    per_unit = {
        "money": np.concatenate([plan.terms.cost_guess for plan, _ in plans]),
        "packs": np.concatenate([1 / plan.terms.case_pack for plan, _ in plans]),
    }
    scarce = capacity_limits(rows, facts, per_unit, side.stock)
    orders, shared = apply_limits(plans, [limit for limit, _ in scarce], side.as_of)
    return orders, price_rows(scarce, shared)


def store_paths(
    dataset: Dataset,
    model: Forecaster,
    horizon: int,
    only: SeriesFilter,
    seed: int,
    progress: Progress,
) -> Iterator[DemandPaths]:
    """Sample paths store by store.

    Raises:
        NotFoundError: none of the named stores and products has a forecast.
    """
    forecasts = model.forecast(dataset, horizon, only, seed=seed, progress=SILENT)
    n_stores = 0
    for forecast in progress.track(forecasts, "orders per store"):
        n_stores += 1
        yield forecast.paths
    if not n_stores and (only.stores is not None or only.products is not None):
        raise NotFoundError(
            f"no series to order for was found among stores {only.stores or 'all'} and products "
            f"{only.products or 'all'}. Check the ids against the stores and products of the lake."
        )
