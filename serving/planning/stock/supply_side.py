"""Reads supply terms, stock and ends of demand of a chain, and asks a demand model for its paths store by store."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import days
from retail_brain.decisions.demand_end import forecast_ends, until_end
from retail_brain.decisions.inputs import (
    delisted,
    horizon_days,
    read_open_orders,
    read_stock,
    read_terms,
    with_open_orders,
)
from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.replenishment import DatedStock, plan_orders
from retail_brain.decisions.supply_terms import NO_END
from retail_brain.errors import NotFoundError
from retail_brain.outputs import ALL_SERIES, SERIES, DemandPaths, SeriesFilter
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from retail_brain.which_day import data_day
from serving.planning.stock.season_ahead import Seasons
from serving.planning.stock.sell_by import demand_ends, past_ends
from serving.planning.stock.stock_ages import read_ages, split_past

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
        stock: stock of `decisions.inputs.read_stock`, one row per store x product; `on_order` is what `due` holds where
            it holds something.
        gone: store x product no longer listed.
        ends: last day of demand where it ends: columns of `sell_by.demand_ends`.
        due: units on order by day of arrival, of `decisions.inputs.read_open_orders`.
        lost: the same of orders that are so long overdue that nobody counts on them.
        as_of: last visible day.
        ended: the recorded last day of demand that ended before: columns of `sell_by.past_ends`; None where nobody
            looked.
        seasons: what seasons brought a year ago; None where nobody looked.
        ages: ages of goods on hand that expire, columns of `stock_ages.AGES`; None where nobody looked.
        past: units on hand beyond their shelf life, columns of `stock_ages.PAST`, which `stock` does not hold; None for
            none.
    """

    terms: pl.DataFrame
    stock: pl.DataFrame
    gone: pl.DataFrame
    ends: pl.DataFrame
    due: pl.DataFrame
    lost: pl.DataFrame
    as_of: date
    ages: pl.DataFrame | None = None
    past: pl.DataFrame | None = None
    ended: pl.DataFrame | None = None
    seasons: Seasons | None = None

    @classmethod
    def read(cls, dataset: Dataset, settings: Settings, stores: Sequence[str] | None = None) -> "SupplySide":
        """Reads the dataset as of its day.

        Raises:
            MissingTableError: no sales table is there.
        """
        as_of = dataset.as_of or dataset.last_day()
        usual = settings.replenishment
        terms = read_terms(dataset, as_of, stores)
        due = read_open_orders(dataset, stores, most_late_days=usual.open_order_most_late_days)
        counted = read_stock(dataset, stores, most_age_days=usual.stock_most_age_days)
        stock = with_open_orders(counted, due)
        series = pl.concat([terms.select(SERIES), stock.select(SERIES)]).unique(maintain_order=True)
        ends = demand_ends(dataset, series, as_of, settings)
        gone, lost = delisted(dataset, data_day(as_of)), pl.col("is_lost")
        # remaining lives are whole days, which longer periods cannot tell apart
        ages = read_ages(dataset, terms, stock, as_of) if settings.data.period == "day" else None
        stock, ages, past = split_past(stock, ages)
        ended = past_ends(dataset, series, as_of, settings)
        seasons = Seasons.read(dataset, as_of, settings)
        return cls(terms, stock, gone, ends, due.filter(~lost), due.filter(lost), as_of, ages, past, ended, seasons)

    def horizon(self, settings: Settings) -> int:
        """Periods that a forecast must reach for every order decision, and for the published forecasts.

        Sample paths depend on their length: whoever asks for orders, transfers or excess stock asks for the same paths.
        """
        reach = math.ceil(horizon_days(self.terms, settings.replenishment) / _PERIOD_DAYS[settings.data.period])
        return max(reach, settings.demand.horizon_periods)

    def demand(self, paths: DemandPaths) -> "EndingDemand":
        """The paths of the listed series of a store, with no demand after its end."""
        kept = paths.series.with_row_index("row").join(self.gone, on=list(SERIES), how="anti", maintain_order="left")
        if kept.height < paths.series.height:
            paths = DemandPaths(kept.drop("row"), paths.dates, paths.units[kept["row"].to_numpy()])
        known = paths.series.select(SERIES).join(self.ends, on=list(SERIES), how="left", maintain_order="left")
        ends = forecast_ends(paths, known)
        return EndingDemand(until_end(paths, days(ends["ends_on"].fill_null(NO_END))), ends)

    def plan(self, demand: "EndingDemand", settings: Settings, seed: int = 0) -> Plan:
        """The order decision for the series of a store."""
        in_stores = pl.col("store_id").is_in(demand.paths.series["store_id"].unique().to_list())
        ends = demand.ends.select(*SERIES, "ends_on")
        return plan_orders(
            demand.paths,
            self.terms.filter(in_stores).join(ends, on=list(SERIES), how="full", coalesce=True),
            self.stock.filter(in_stores),
            self.as_of,
            dated=DatedStock(self.due.filter(in_stores), None if self.ages is None else self.ages.filter(in_stores)),
            settings=settings.replenishment,
            seed=seed,
        )


@dataclass(frozen=True)
class EndingDemand:
    """Demand of the listed series of a store until it ends.

    Attributes:
        paths: sample paths, with nothing after the end of each series.
        ends: one row per series: `store_id`, `product_id`, `ends_on`, `end_kind` (`listing`, `season`; null: no end).
    """

    paths: DemandPaths
    ends: pl.DataFrame


def store_forecasts(
    dataset: Dataset,
    model: Forecaster,
    horizon: int,
    only: SeriesFilter,
    seed: int,
    progress: Progress,
) -> Iterator[StorePaths]:
    """The model's forecast store by store, of series that a plan of the whole chain has too.

    A product that is named gets no forecast where it never sold: a warehouse would be planned as a shop.

    Raises:
        NotFoundError: none of the named stores and products has a forecast.
    """
    forecasts = model.forecast(dataset, horizon, replace(only, unsold=False), seed=seed, progress=SILENT)
    n_series = 0
    for forecast in progress.track(forecasts, "orders per store"):
        n_series += forecast.paths.series.height
        yield forecast
    if not n_series and (only.stores is not None or only.products is not None):
        raise NotFoundError(
            f"no series to order for was found among stores {only.stores or 'all'} and products "
            f"{only.products or 'all'}. Check the ids against the stores and products of the lake."
        )
