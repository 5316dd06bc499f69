"""Suggests transfers, cycle counts and clearance of excess stock for the stock of a whole chain."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import days
from retail_brain.decisions.excess_stock import LEFTOVERS, find_excess_stock
from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.phantom_stock import suggest_cycle_counts
from retail_brain.decisions.stock_value import local_stock_values
from retail_brain.decisions.transfers import TRANSFERS, StockValues, suggest_transfers
from retail_brain.errors import ImpossibleError
from retail_brain.outputs import ALL_SERIES, SERIES, DemandPaths, SeriesFilter
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import NetworkSettings, Settings
from serving.planning.stock.order_suggestions import Forecaster, SupplySide, store_paths
from serving.planning.stock.picking_capacity import read_shops, spare_units
from serving.planning.stock.sell_by import sell_by
from serving.planning.stock.silent_shelves import read_silent


@dataclass
class Network:
    """Collects the stock values and excess stock of each store, then computes chain-wide suggestions.

    Attributes:
        dataset: as known on the day of the supply side.
        side: supply terms and stock.
        settings: costs of moving, and defaults.
    """

    dataset: Dataset
    side: SupplySide
    settings: Settings
    _series: list[pl.DataFrame] = field(default_factory=list)
    _parts: list[StockValues] = field(default_factory=list)
    _left: list[pl.DataFrame] = field(default_factory=list)

    @classmethod
    def read(cls, dataset: Dataset, settings: Settings, stores: Sequence[str] | None = None) -> "Network":
        """A network without stores yet, with the supply side of some stores; None for all.

        Raises:
            MissingTableError: no sales table is there.
        """
        return cls(dataset, SupplySide.read(dataset, stores), settings)

    @cached_property
    def stock(self) -> pl.DataFrame:
        """Newest stock with its last day of sale and unit cost, one row per store x product."""
        side = self.side
        ends = sell_by(self.dataset, side.stock, side.terms, side.as_of, self.settings)
        guessed = pl.col("unit_price") * (1 - self.settings.replenishment.assumed_margin_share)
        cost = side.terms.select(*SERIES, unit_cost=pl.coalesce("unit_cost", guessed))
        keys = list(SERIES)
        return side.stock.select(*keys, "on_hand").join(ends, on=keys, how="left").join(cost, on=keys, how="left")

    @cached_property
    def shops(self) -> pl.DataFrame:
        """Picking capacity of each shop: columns `picking_capacity.SHOPS`."""
        return read_shops(self.dataset, self.side.as_of, self.settings.network.usual_order_units)

    def add(self, paths: DemandPaths, plan: Plan) -> None:
        """Adds a store's listed series with their order decision."""
        ends = self.stock.filter(pl.col("sell_by_kind") != "slow").select(*SERIES, "sell_by", "is_end")
        series_ends = paths.series.join(ends, on=list(SERIES), how="left", maintain_order="left")
        transit = self.settings.network.transfer_days
        first = days(paths.dates)[0]
        cycle = (plan.cycle.next_arrives_on - first).astype(np.float64)
        self._series.append(paths.series.select(*SERIES, cycle_days=pl.Series(cycle)))
        self._parts.append(
            local_stock_values(
                plan,
                paths.units,
                days(paths.dates),
                series_ends["sell_by"],
                series_ends["is_end"],
                transit_days=transit,
            )
        )

    def add_leftovers(self, paths: DemandPaths) -> None:
        """Adds a store's series, listed or not; goods with stock and without a forecast count as not selling."""
        stores = paths.series["store_id"].unique().to_list()
        stock = self.stock.filter(pl.col("store_id").is_in(stores), pl.col("on_hand") > 0)
        self._left.append(find_excess_stock(paths, stock, self.side.as_of))
        silent = stock.join(paths.series, on=list(SERIES), how="anti").select(SERIES)
        if silent.height:
            none = np.zeros((silent.height, 1, len(paths.dates)), dtype=np.float32)
            self._left.append(find_excess_stock(DemandPaths(silent, paths.dates, none), stock, self.side.as_of))

    @property
    def series(self) -> pl.DataFrame:
        """Store x product of everything added, in the order of `giving`, and the days of demand behind its order."""
        empty = {**dict.fromkeys(SERIES, pl.String), "cycle_days": pl.Float64}
        return pl.concat([pl.DataFrame(schema=empty), *self._series])

    def giving(self) -> StockValues:
        """Value of stock in every series."""
        parts = self._parts
        names = ("need", "worth", "hold", "on_hand", "keep", "need_later")
        return StockValues(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def transfers(self, network: NetworkSettings | None = None) -> pl.DataFrame:
        """Suggested transfers, one row per product x giving x receiving store, best first: columns TRANSFERS."""
        if not self._parts:
            return pl.DataFrame(schema=TRANSFERS)
        chosen = network or self.settings.network
        series = self.series
        cost = np.full(series.height, chosen.transfer_cost_per_unit)
        return suggest_transfers(
            series, self.giving(), cost, spare_units(self.shops), line_cost=chosen.transfer_line_cost
        )

    def leftovers(self) -> pl.DataFrame:
        """Excess stock, most money at risk first: columns LEFTOVERS."""
        excess = pl.concat([pl.DataFrame(schema=LEFTOVERS), *self._left])
        return excess.sort("value_at_risk", "left_over_units", *SERIES, descending=[True, True, False, False])

    def counts(self, least_probability: float | None = None) -> pl.DataFrame:
        """Suggested cycle counts, most valuable first: columns `phantom_stock.CYCLE_COUNTS`.

        Args:
            least_probability: of phantom stock; None = that of the settings.
        """
        side = self.side
        silent = read_silent(self.dataset, side.stock, side.terms, side.as_of)
        network = self.settings.network
        least = network.phantom_least_probability if least_probability is None else least_probability
        return suggest_cycle_counts(silent, side.as_of, prior=network.phantom_prior, least_probability=least)


def transfers(
    dataset: Dataset,
    model: Forecaster,
    settings: Settings,
    *,
    only: SeriesFilter = ALL_SERIES,
    seed: int = 0,
    progress: Progress = SILENT,
) -> pl.DataFrame:
    """Suggested transfers between shops; see `Network.transfers`.

    Raises:
        NotFoundError: none of the named stores and products has a forecast.
    """
    network = Network.read(dataset, settings, only.stores)
    side = network.side
    for paths in store_paths(dataset, model, side.horizon(settings), only, seed, progress):
        listed = side.listed(paths)
        network.add(listed, side.plan(listed, settings, seed)[0])
    return network.transfers()


def leftovers(
    dataset: Dataset,
    model: Forecaster,
    settings: Settings,
    *,
    only: SeriesFilter = ALL_SERIES,
    seed: int = 0,
    progress: Progress = SILENT,
) -> pl.DataFrame:
    """Excess stock by expiry, listing or season; see `Network.leftovers`.

    Raises:
        NotFoundError: none of the named stores and products has a forecast.
    """
    network = Network.read(dataset, settings, only.stores)
    for paths in store_paths(dataset, model, settings.demand.horizon_periods, only, seed, progress):
        network.add_leftovers(paths)
    excess = network.leftovers()
    return excess if only.products is None else excess.filter(pl.col("product_id").is_in(list(only.products)))


def counts(
    dataset: Dataset, settings: Settings, *, stores: Sequence[str] | None = None, least_probability: float | None = None
) -> pl.DataFrame:
    """Suggested cycle counts; see `Network.counts`. Needs no demand model.

    Raises:
        MissingTableError: no sales table is there.
    """
    cycle_counts = Network.read(dataset, settings).counts(least_probability)
    return cycle_counts if stores is None else cycle_counts.filter(pl.col("store_id").is_in(list(stores)))


def goods_to_clear(excess: pl.DataFrame, store_id: str | None, most: int = 20) -> list[str]:
    """Products with most money in excess stock, dearest first.

    Args:
        excess: columns of LEFTOVERS.
        store_id: only what lies in this shop; None for all.
        most: products named.

    Raises:
        ImpossibleError: nothing is left over there.
    """
    in_store = excess if store_id is None else excess.filter(pl.col("store_id") == store_id)
    goods = in_store.group_by("product_id").agg(pl.col("value_at_risk").sum())
    ranked = goods.sort("value_at_risk", "product_id", descending=[True, False])["product_id"].head(most).to_list()
    if not ranked:
        raise ImpossibleError(
            f"nothing is expected to be left over in {store_id or 'any shop'}, so there are no goods to find people "
            "for. Name goods or a campaign instead."
        )
    return ranked
