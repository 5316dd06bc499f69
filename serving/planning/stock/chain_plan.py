"""The one plan of a chain's stock: ends of demand, transfers, orders within the stock of their sources, left-overs.

What happens to a series until its horizon is decided once, on the same sample paths: transfers first, since they can
serve days that no order reaches; then the orders, which count what is moved; then the stock of warehouses, shared out
over all orders on it; what no best plan sells is left over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import polars as pl

from features.country import money_of
from retail_brain.currency import Currency
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import days, floats
from retail_brain.decisions.excess_stock import excess_need, excess_rows
from retail_brain.decisions.moved_stock import ordered_after
from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.receipts_on_order import Receipts
from retail_brain.decisions.season_ahead import SeasonAhead
from retail_brain.decisions.source_stock import (
    SOURCE_STOCK,
    SourcedOrders,
    free_stock,
    order_within_sources,
    source_stock,
)
from retail_brain.decisions.stock_value import local_stock_values, thinned, with_last_days
from retail_brain.decisions.supply_terms import NO_END, align
from retail_brain.decisions.transfers import TRANSFERS, StockValues, suggest_transfers
from retail_brain.outputs import SERIES, DemandPaths
from retail_brain.settings import NetworkSettings, Settings
from serving.planning.stock.aged_leftovers import with_date_of_most_waste
from serving.planning.stock.clearing import MONEY, Clearing, Clearings, relieved, with_money
from serving.planning.stock.picking_capacity import read_shops, spare_units
from serving.planning.stock.plan_request import PlanRequest
from serving.planning.stock.price_estimates import PriceEstimates
from serving.planning.stock.sell_by import sell_by
from serving.planning.stock.settled_plan import SettledPlan, StorePart, moved_units, with_orders_named
from serving.planning.stock.stock_ages import PAST
from serving.planning.stock.supply_side import EndingDemand, SupplySide, store_forecasts
from serving.planning.stock.warehouse_orders import Echelons

_KEYS = list(SERIES)
_LEFT = {
    **dict.fromkeys(SERIES, pl.String),
    "on_hand": pl.Float64,
    "unit_cost": pl.Float64,
    "cost_basis": pl.String,
    "sell_by": pl.Date,
    "sell_by_kind": pl.String,
    **dict.fromkeys(("left_over_units", "probability", "moved_in", "moved_out", "waste_units"), pl.Float64),
}
"""Columns of what a store leaves over, as `excess_rows` takes them."""
_FACTS = {
    **dict.fromkeys(("sell_by", "planned_by"), pl.Date),
    **dict.fromkeys(("sell_by_kind", "planned_kind"), pl.String),
    "is_end": pl.Boolean,
    **MONEY,
}


@dataclass
class ChainPlan:
    """Collects the demand and orders of each store, then settles the plan of the chain.

    Attributes:
        dataset: as known on the day of the supply side.
        side: supply terms, stock and ends of demand.
        settings: how to order, costs of moving, and defaults.
        seed: for uncertain lead times and elasticities.
        prices: what the forecasts tell of prices; without any, nothing is known of what a lower price does.
    """

    dataset: Dataset
    side: SupplySide
    settings: Settings
    seed: int = 0
    prices: PriceEstimates = field(default_factory=PriceEstimates)
    _parts: list[StorePart] = field(default_factory=list)
    _silent: list[pl.DataFrame] = field(default_factory=list)
    _echelons: Echelons = field(default_factory=Echelons)
    _clearing: list[Clearing] = field(default_factory=list)
    _cleared: Clearings | None = None

    @classmethod
    def read(
        cls, dataset: Dataset, settings: Settings, stores: Sequence[str] | None = None, seed: int = 0
    ) -> "ChainPlan":
        """A plan without stores yet, with the supply side of some stores; None for all.

        Raises:
            MissingTableError: no sales table is there.
        """
        return cls(dataset, SupplySide.read(dataset, settings, stores), settings, seed)

    @cached_property
    def shops(self) -> pl.DataFrame:
        """Picking capacity of each shop: columns `picking_capacity.SHOPS`."""
        return read_shops(self.dataset, self.side.as_of, self.settings.network.usual_order_units)

    @cached_property
    def currency(self) -> Currency:
        """How reasons write money."""
        return money_of(self.dataset, self.settings)

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of the stores that have one, by id."""
        stores = self.dataset.scan_or_empty("stores")
        if "name" not in stores.collect_schema():
            return {}
        named = stores.filter(pl.col("name").is_not_null()).select("store_id", "name").collect()
        return dict(named.iter_rows())

    def add(self, paths: DemandPaths) -> None:
        """Adds a store's forecast; goods that are no longer listed, or have no forecast, count as not selling."""
        demand = self.side.demand(paths)
        plan = self.side.plan(demand, self.settings, self.seed)
        stores = paths.series["store_id"].unique().to_list()
        stock = self._last_days(demand, self.side.stock.filter(pl.col("store_id").is_in(stores)))
        self._parts.append(self._part(demand, plan, stock))
        self._echelons.add(demand, plan)
        silent = stock.filter(pl.col("on_hand") > 0).join(demand.paths.series, on=_KEYS, how="anti")
        self._silent.append(silent.with_columns(left_over_units=pl.col("on_hand"), probability=pl.lit(1.0)))
        dated = self._parts[-1].series.with_columns(on_hand="dated_units")
        self._clearing += [Clearing.of(demand.paths, dated, self._ahead(demand)), Clearing.unwanted(paths, silent)]
        self._cleared = None

    def _last_days(self, demand: EndingDemand, stock: pl.DataFrame) -> pl.DataFrame:
        """Stock of a store with its last day of sale and money (`clearing.MONEY`), one row per store x product."""
        side = self.side
        known = demand.ends.filter(pl.col("ends_on").is_not_null())
        others = side.ends.join(demand.ends, on=_KEYS, how="anti")
        ends = pl.concat([known.select(side.ends.columns), others])
        # What is told goes by known ages. What is moved and ordered goes by goods that came half a review period ago:
        # with the dates of the newest, replays moved twice as much and cost 13 % more (docs/benchmarks.md).
        told = sell_by(stock, side.terms, ends, side.as_of, self.settings, side.ages)
        usual = sell_by(stock, side.terms, ends, side.as_of, self.settings)
        planned = usual.select(*_KEYS, planned_by="sell_by", planned_kind="sell_by_kind")
        held = stock.select(*_KEYS, "on_hand").join(told, on=_KEYS, how="left").join(planned, on=_KEYS, how="left")
        return with_money(held, side.terms, self.settings)

    def _ahead(self, demand: EndingDemand) -> SeasonAhead | None:
        return None if self.side.seasons is None else self.side.seasons.of(demand.paths)

    def _part(self, demand: EndingDemand, plan: Plan, stock: pl.DataFrame) -> StorePart:
        paths = demand.paths
        facts = align(stock, paths.series, {"on_hand": pl.Float64, **_FACTS})
        dated = facts.with_columns(pl.when(pl.col("planned_kind") != "slow").then("planned_by").alias("planned_by"))
        values = local_stock_values(
            plan,
            paths.units,
            days(paths.dates),
            dated["planned_by"],
            dated["is_end"],
            transit_days=self.settings.network.transfer_days,
        )
        # What is on order has the date of goods to come: it only adds to what an end of demand leaves over.
        is_date = (facts["planned_kind"] == "date").fill_null(value=False)
        coming = np.where(is_date.to_numpy(), 0.0, plan.on_order)
        ahead = self._ahead(demand)
        need = excess_need(paths, facts["on_hand"], facts["planned_by"], ahead)
        told, left = facts.with_columns(dated_units=pl.col("on_hand")), np.maximum(-need, 0)
        if self.side.ages is not None:
            told = with_date_of_most_waste(facts, paths, self.side.ages, self.side.as_of)
            left = np.maximum(-excess_need(paths, told["dated_units"], told["sell_by"], ahead), 0)
        need_end = thinned(np.sort(need - coming[:, None], axis=1), values.need.shape[1])
        slow = (facts["planned_kind"] == "slow").fill_null(value=False).to_numpy()
        kept = plan.terms.holding * self.settings.network.leftover_days
        # goods that are ordered again push what is moved to their shop past its date: replays save no waste by moving
        lost = np.select([slow, is_date.to_numpy()], [kept, 0.0], plan.terms.cost_guess)
        values = with_last_days(values, need_end, lost, plan.stock_known, left.mean(axis=1))
        cycle = (plan.cycle.next_arrives_on - days(paths.dates)[0]).astype(np.float64)
        series = told.select(*_KEYS, "on_hand", "dated_units", *MONEY, "sell_by", "sell_by_kind").with_columns(
            last_day=facts["planned_by"],
            past_date=self._past_date(paths.series),
            ends_on=demand.ends["ends_on"],
            end_kind=demand.ends["end_kind"],
            cycle_days=pl.Series(cycle),
            left_over_units=pl.Series(left.mean(axis=1)),
            probability=pl.Series((left > 0).mean(axis=1)),
        )
        # the arrivals of what is on order have served their purpose, and are as large as the paths
        narrow, no_receipts = plan.required.narrow(), Receipts.on_days(np.zeros((series.height, 0)))
        return StorePart(series, replace(plan, required=narrow, receipts=no_receipts), values)

    def _past_date(self, series: pl.DataFrame) -> pl.Series:
        """Units of each series that lie there beyond their date; 0 where none do."""
        past = pl.DataFrame(schema=PAST) if self.side.past is None else self.side.past
        return align(past, series, {"waste_units": pl.Float64})["waste_units"].fill_null(0.0)

    @property
    def series(self) -> pl.DataFrame:
        """Store x product of everything added, in the order of `giving`, and the days of demand behind its order."""
        empty = {**dict.fromkeys(SERIES, pl.String), "cycle_days": pl.Float64}
        return pl.concat([pl.DataFrame(schema=empty), *(part.series.select(*empty) for part in self._parts)])

    def giving(self) -> StockValues:
        """Value of stock in every series; what would be left over is worth what clearing it brings."""
        values = StockValues.joined([part.values for part in self._parts if part.values is not None])
        return relieved(values, self._clearings.relief(self.series))

    @property
    def _clearings(self) -> Clearings:
        """What may be done with the goods that nobody buys at the full price."""
        if self._cleared is None:
            self._cleared = Clearings.joined(self._clearing, self.prices.table(), self.settings.network, self.seed)
        return self._cleared

    def transfers(self, network: NetworkSettings | None = None) -> pl.DataFrame:
        """Transfers of the plan, one row per product x giving x receiving store, best first: columns TRANSFERS."""
        if not self._parts:
            return pl.DataFrame(schema=TRANSFERS)
        chosen = network or self.settings.network
        series = self.series
        cost = np.full(series.height, chosen.transfer_cost_per_unit)
        return suggest_transfers(
            series,
            self.giving(),
            cost,
            spare_units(self.shops),
            line_cost=chosen.transfer_line_cost,
            currency=self.currency,
        )

    def settled(self) -> SettledPlan:
        """The plan of everything added."""
        transfers = self.transfers()
        moved = moved_units(transfers, self.names)
        parts = [self._after_transfers(part, moved) for part in self._parts]
        sources = pl.DataFrame(schema=SOURCE_STOCK)
        if parts:
            is_limited = self.settings.network.orders_within_source_stock
            parts, sources = _within_sources(
                parts, self.side.stock if is_limited else self.side.stock.clear(), transfers
            )
        warehouses = self._echelons.parts(self.side, self.settings, self.series, self.seed)
        return SettledPlan(
            as_of=self.side.as_of,
            parts=[*parts, *(part.uncut for part in warehouses)],
            stock=self.side.stock,
            transfers=with_orders_named(transfers, parts, self.side.as_of),
            excess=self._clearings.cleared(self._left_over(parts), transfers, self.currency),
            currency=self.currency,
            sources=sources,
        )

    def _after_transfers(self, part: StorePart, moved: pl.DataFrame) -> StorePart:
        """A store with what is moved counted in its orders and left-overs."""
        series = part.series.join(moved, on=_KEYS, how="left", maintain_order="left")
        source = part.plan.terms.source.str.strip_prefix("transfer:").replace(self.names)
        series = series.with_columns(pl.col("moved_in", "moved_out").fill_null(0.0), source_name=source)
        net = floats(series["moved_in"]) - floats(series["moved_out"])
        rows = np.flatnonzero(net != 0)
        if not len(rows) or part.values is None:
            return replace(part, series=series)
        values, last = part.values.take(rows), days(series["last_day"].fill_null(NO_END))[rows]
        decided = ordered_after(part.plan.take(rows), values, net[rows], last, self.settings.replenishment)
        left = floats(series["left_over_units"])
        left[rows] = values.left_told(np.arange(len(rows)), net[rows])
        return StorePart(
            series.with_columns(left_over_units=pl.Series(left)), part.plan.put(rows, decided), part.values
        )

    def _left_over(self, parts: Sequence[StorePart]) -> pl.DataFrame:
        """What the best plan leaves over: nothing that it still orders, but for fresh goods for the days after."""
        kept = [
            part.series.filter(pl.Series((part.plan.quantity == 0) | part.is_fresh_after_expiry))
            .filter(pl.col("on_hand") > 0)
            .with_columns(waste_units=pl.lit(0.0))
            .select(*_LEFT)
            for part in parts
        ]
        none = [pl.lit(0.0).alias(name) for name in ("moved_in", "moved_out", "waste_units")]
        silent = [frame.with_columns(none).select(*_LEFT) for frame in self._silent]
        left = pl.concat([pl.DataFrame(schema=_LEFT), *kept, *silent])
        return excess_rows(self._with_waste(left), self.side.as_of, ended=self.side.ended)

    def _with_waste(self, left: pl.DataFrame) -> pl.DataFrame:
        """The rows of what is left over with what is past its date, in shops that are planned: columns _LEFT."""
        past = self.side.past
        if past is None or past.is_empty():
            return left
        planned = [part.series["store_id"] for part in self._parts] + [frame["store_id"] for frame in self._silent]
        stores = pl.concat([pl.Series("store_id", [], dtype=pl.String), *planned]).unique()
        there = past.filter(pl.col("store_id").is_in(stores.implode())).join(
            self.side.stock.select(*_KEYS, "on_hand"), on=_KEYS, how="left"
        )
        dated = there.with_columns(sell_by=pl.lit(self.side.as_of), sell_by_kind=pl.lit("date"))
        money = with_money(dated, self.side.terms, self.settings)
        both = left.drop("waste_units").join(money, on=_KEYS, how="full", coalesce=True, suffix="_past")
        # what the plan goes on selling or ordering is not left over: only the waste is told of
        usual = {"left_over_units": 0.0, "probability": 1.0, "moved_in": 0.0, "moved_out": 0.0, "waste_units": 0.0}
        names = ("on_hand", "unit_cost", "cost_basis", "sell_by", "sell_by_kind")
        return both.with_columns(
            *(pl.coalesce(name, f"{name}_past").alias(name) for name in names),
            *(pl.col(name).fill_null(value) for name, value in usual.items()),
        ).select(pl.col(name).cast(kind) for name, kind in _LEFT.items())


def _within_sources(
    parts: list[StorePart], stock: pl.DataFrame, transfers: pl.DataFrame
) -> tuple[list[StorePart], pl.DataFrame]:
    """The stores with their orders cut to the stock of their source shops, and that stock: columns SOURCE_STOCK."""
    given = transfers.group_by("product_id", store_id="from_store_id").agg(given=pl.col("units").sum())
    series = pl.concat([part.series.select(_KEYS) for part in parts])
    plans = [part.plan for part in parts]
    free = free_stock(plans, series, stock, given)
    cut = order_within_sources(plans, series, free)
    out, start = [], 0
    for part in parts:
        rows = slice(start, start + part.series.height)
        of = SourcedOrders(cut.quantity[rows], cut.has[rows], cut.asked[rows])
        out.append(part.cut(of))
        start += part.series.height
    return out, source_stock([part.plan for part in out], series, free)


def plan_chain(request: PlanRequest) -> SettledPlan:
    """The plan of a chain, or of some of its stores and products as if they were all.

    Raises:
        MissingTableError: no sales table is there.
        NotFoundError: none of the named stores and products has a forecast.
    """
    dataset, settings, only = request.dataset, request.settings, request.only
    chain = ChainPlan.read(dataset, settings, only.stores, request.seed)
    horizon = chain.side.horizon(settings)
    for forecast in store_forecasts(dataset, request.model, horizon, only, request.seed, request.progress):
        chain.prices.add(forecast)
        chain.add(forecast.paths)
    return chain.settled()
