"""The one plan of a chain as a policy of a replay: orders within the stock of their sources, transfers, prices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Bools, Days, Floats, floats
from retail_brain.outputs import SERIES, DemandPaths
from retail_brain.settings import Settings
from retail_brain.simulation.engine import Decision, Markdown
from retail_brain.simulation.policies import Forecast, listed_ahead
from retail_brain.simulation.scenario import Moves, Stock
from serving.planning.replay.inputs import ReplayFacts
from serving.planning.replay.restock import Restock
from serving.planning.stock.chain_plan import ChainPlan
from serving.planning.stock.picking_capacity import read_shops
from serving.planning.stock.price_estimates import PriceEstimates
from serving.planning.stock.sell_by import demand_ends
from serving.planning.stock.settled_plan import SettledPlan, StorePart
from serving.planning.stock.stock_ages import LONGEST_DAYS
from serving.planning.stock.supply_side import SupplySide

_KEYS = list(SERIES)

Prices = Callable[[int, SettledPlan], Markdown | None]
"""Chooses the prices of the next period from the period that has ended and the plan of the chain then."""
Estimates = Callable[[int], pl.DataFrame | None]
"""What was known of prices at the end of a period: columns of `elasticity.elasticities_of`; None for nothing."""


@dataclass
class ChainOrders:
    """Orders and transfers that the service would suggest, decided together each period by its own plan.

    Attributes:
        dataset: the whole history; ends of listings and seasons are read as of each day.
        facts: series, terms and listings of the replay.
        forecast: sample paths as of a period.
        starts: first days of the periods, and of enough of them after the last for the longest horizon.
        review: whether each series may be ordered at the end of each period, index 0 standing for before the first.
        settings: how orders and transfers are decided.
        restock: how warehouses are ordered for; None where their stock comes as it really did.
        transfers: whether goods are moved between shops.
        prices: chooses markdowns; None leaves prices as they are.
        estimates: elasticities that the plan knows; None for none.
        seed: for uncertain lead times.
    """

    dataset: Dataset
    facts: ReplayFacts
    forecast: Forecast
    starts: Days
    review: Bools
    settings: Settings
    restock: Restock | None = None
    transfers: bool = True
    prices: Prices | None = None
    estimates: Estimates | None = None
    seed: int = 0
    _ends: dict[date, pl.DataFrame] = field(default_factory=dict)
    _shops: pl.DataFrame | None = None

    def order(self, period: int, stock: Stock) -> Decision:
        """The plan of the evening after `period`: what is ordered then, moved, and sold for less."""
        settled = self.plan(period, stock).settled()
        shops = len(self._shop_rows)
        wanted = np.concatenate([part.plan.quantity for part in settled.parts[:shops]])
        order = np.where(self.review[:, period + 1], wanted, 0.0)
        moves = self._moves(settled.transfers) if settled.transfers.height else None
        markdown = None if self.prices is None else self.prices(period, settled)
        return Decision(order, moves, self._restocked(settled.parts[shops:], period), markdown)

    def plan(self, period: int, stock: Stock) -> ChainPlan:
        """The chain's plan with the demand of all series, from what is known at the end of a period."""
        as_of = (self.starts[period + 1] - np.timedelta64(1, "D")).astype(date)
        units = self.forecast(period)
        units = units * listed_ahead(self.facts.listed, period, units.shape[2])[:, None, :]
        due = self._due(stock.expected, period)
        ahead = pl.Series(self.starts[period + 1 : period + 1 + units.shape[2]]).cast(pl.Date)
        side = SupplySide(
            terms=self.facts.supply,
            stock=self._stock(stock),
            gone=self.facts.series.clear(),
            ends=self._ends_of(as_of),
            due=due,
            lost=due.clear(),
            as_of=as_of,
            ages=self._ages(stock) if self.facts.axis.period == "day" else None,
        )
        settings = self.settings
        if not self.transfers:
            # a line that costs more than any goods are worth is never moved
            network = settings.network.model_copy(update={"transfer_line_cost": float("inf")})
            settings = settings.model_copy(update={"network": network})
        known = None if self.estimates is None else self.estimates(period)
        prices = PriceEstimates() if known is None else PriceEstimates.of(known)
        chain = ChainPlan(self.dataset, side, settings, self.seed + period + 1, prices)
        chain.__dict__["shops"] = self._capacity(as_of)
        # shop by shop, as the service plans: agreed levels are met as a whole within each
        for rows in self._shop_rows:
            chain.add(DemandPaths(self.facts.series[rows], ahead, units[rows]))
        return chain

    @cached_property
    def _shop_rows(self) -> list[slice]:
        """Rows of each shop; the series are sorted by shop."""
        lengths = self.facts.series["store_id"].rle().struct.field("len").to_list()
        ends = np.cumsum(lengths).tolist()
        return [slice(end - length, end) for end, length in zip(ends, lengths, strict=True)]

    def _restocked(self, parts: Sequence[StorePart], period: int) -> Floats | None:
        """Orders of the warehouses on their suppliers, by source; None where they are not ordered for."""
        if self.restock is None or self.facts.warehouses is None:
            return None
        places = self.facts.warehouses.places
        wanted = pl.concat(
            [
                places.clear().with_columns(units=pl.lit(None, pl.Float64)),
                *(part.series.select(_KEYS).with_columns(units=pl.Series(part.plan.quantity)) for part in parts),
            ]
        )
        units = floats(places.join(wanted, on=_KEYS, how="left", maintain_order="left")["units"], 0)
        return np.where(self.restock.review[:, period + 1], units, 0.0)

    def _stock(self, stock: Stock) -> pl.DataFrame:
        """Stock of shops and warehouses, as `decisions.inputs.read_stock` gives it for stock counted that evening."""
        held = self.facts.series.with_columns(
            on_hand=pl.Series(stock.on_hand), on_order=pl.Series(stock.expected.sum(axis=1))
        )
        if stock.sources is None or self.facts.warehouses is None:
            return held
        has, coming = np.maximum(stock.sources.units, 0), stock.sources.on_order
        places = self.facts.warehouses.places
        return pl.concat([held, places.with_columns(on_hand=pl.Series(has), on_order=pl.Series(coming))])

    def _ages(self, stock: Stock) -> pl.DataFrame:
        """Ages of goods that expire, as `stock_ages.read_ages` works them out of a shop's records."""
        known = ~stock.keeps & (self.facts.life <= LONGEST_DAYS)
        row, left = np.nonzero(np.where(known[:, None], stock.batches, 0.0))
        return self.facts.series.select(_KEYS)[row].with_columns(
            days_left=pl.Series(left + 1, dtype=pl.Int64), units=pl.Series(stock.batches[row, left], dtype=pl.Float64)
        )

    def _due(self, expected: Floats, period: int) -> pl.DataFrame:
        """Open orders, as `decisions.inputs.read_open_orders` gives them."""
        rows, later = np.nonzero(expected)
        near = period + 1 + later < len(self.starts)
        rows, later = rows[near], later[near]
        return self.facts.series[rows].with_columns(
            arrives_on=pl.Series(self.starts[period + 1 + later]).cast(pl.Date), units=pl.Series(expected[rows, later])
        )

    def _ends_of(self, as_of: date) -> pl.DataFrame:
        """Ends of demand as of the newest Monday: seasons are read from years of sales, which a day hardly moves."""
        day = max(as_of - timedelta(days=as_of.weekday()), self.facts.axis.first - timedelta(days=1))
        if day not in self._ends:
            self._ends[day] = demand_ends(self.dataset.at(day), self.facts.series, day, self.settings)
        over = pl.max_horizontal("ends_on", pl.lit(as_of))
        return self._ends[day].with_columns(ends_on=over)

    def _capacity(self, as_of: date) -> pl.DataFrame:
        if self._shops is None:
            self._shops = read_shops(self.dataset.at(as_of), as_of, self.settings.network.usual_order_units)
        return self._shops

    def _moves(self, transfers: pl.DataFrame) -> Moves:
        """Transfers by row of the series."""
        index = self.facts.series.with_row_index("row")
        sides = [
            transfers.join(
                index.rename({"store_id": f"{side}_store_id"}),
                on=[f"{side}_store_id", "product_id"],
                how="left",
                maintain_order="left",
            )["row"]
            .to_numpy()
            .astype(np.int64)
            for side in ("from", "to")
        ]
        return Moves(sides[0], sides[1], transfers["units"].to_numpy().astype(np.float64))
