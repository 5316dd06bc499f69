"""Orders of warehouses on their suppliers, from what the customers of all shops they supply will want.

A warehouse that sells nothing itself has no forecast. What it must order is decided on its echelon (Clark and Scarf
1960): the demand of all its shops on the same sample paths, against its stock and theirs together. An order then must
last until the delivery after it has reached the shelves: the supplier's lead time, and on top of it the shops' own lead
time and the days between their orders.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Floats
from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.replenishment import plan_orders
from retail_brain.decisions.supply_terms import NO_END
from retail_brain.outputs import SERIES, DemandPaths
from retail_brain.settings import Settings
from serving.planning.stock.settled_plan import StorePart
from serving.planning.stock.supply_side import EndingDemand, SupplySide

_KEYS = list(SERIES)
_PREFIX = "transfer:"


@dataclass
class _Echelon:
    """Demand and stock of the shops that one warehouse supplies with one product.

    Attributes:
        units: demand on each path, shape (paths, periods).
        held: units that the shops have on hand and on order.
        delays: days of each shop from its order to the end of the cycle that follows.
        ends_on: last day of demand in any shop; NO_END where it goes on in one.
    """

    units: Floats
    held: float = 0.0
    delays: list[float] = field(default_factory=list)
    ends_on: "np.datetime64" = field(default_factory=lambda: np.datetime64("0001-01-01"))


@dataclass
class Echelons:
    """Collects what warehouses must supply, store by store."""

    _of: dict[tuple[str, str], _Echelon] = field(default_factory=dict)
    _dates: pl.Series | None = None

    def add(self, demand: EndingDemand, plan: Plan) -> None:
        """Adds the series of a store that are supplied by another store; those of unknown stock are left out."""
        source = plan.terms.source
        rows = np.flatnonzero(source.str.starts_with(_PREFIX).to_numpy() & plan.stock_known)
        self._dates = demand.paths.dates
        products = demand.paths.series["product_id"]
        delays = plan.terms.lead_days + plan.terms.review_days
        for row in rows.tolist():
            key = (source[row].removeprefix(_PREFIX), products[row])
            echelon = self._of.get(key)
            if echelon is None:
                echelon = self._of[key] = _Echelon(np.zeros(demand.paths.units.shape[1:], dtype=np.float32))
            echelon.units += demand.paths.units[row]
            echelon.held += max(float(plan.on_hand[row]), 0.0) + float(plan.on_order[row])
            echelon.delays.append(float(delays[row]))
            echelon.ends_on = max(echelon.ends_on, plan.terms.ends_on[row])

    def parts(self, side: SupplySide, settings: Settings, sold: pl.DataFrame, seed: int = 0) -> list[StorePart]:
        """The order decisions of the warehouses that have supply terms and no forecast of their own.

        Args:
            side: supply terms and stock.
            settings: how orders are decided.
            sold: `store_id`, `product_id` that have a forecast.
            seed: for uncertain lead times.
        """
        if self._dates is None or not self._of:
            return []
        named = pl.DataFrame(list(self._of), schema=dict.fromkeys(_KEYS, pl.String), orient="row")
        facts = named.with_columns(
            place=pl.int_range(pl.len()),
            held=pl.Series([echelon.held for echelon in self._of.values()], dtype=pl.Float64),
            delay=pl.Series([float(np.mean(echelon.delays)) for echelon in self._of.values()], dtype=pl.Float64),
            ends_on=pl.Series(np.array([echelon.ends_on for echelon in self._of.values()], dtype="datetime64[D]")),
        )
        supplied = facts.join(side.terms.filter("known").select(_KEYS), on=_KEYS, how="semi").join(
            sold, on=_KEYS, how="anti"
        )
        stores = supplied.sort(_KEYS).partition_by("store_id", maintain_order=True) if supplied.height else []
        return [self._part(of_store, side, settings, seed) for of_store in stores]

    def _part(self, facts: pl.DataFrame, side: SupplySide, settings: Settings, seed: int) -> StorePart:
        assert self._dates is not None
        every = list(self._of.values())
        units = np.stack([every[place].units for place in facts["place"]])
        paths = DemandPaths(facts.select(_KEYS), self._dates, units)
        terms = side.terms.join(facts.select(*_KEYS, "delay", "ends_on"), on=_KEYS, how="inner")
        usual = settings.replenishment.lead_time_days
        echelon_terms = terms.with_columns(lead_time_days=pl.col("lead_time_days").fill_null(usual) + pl.col("delay"))
        own = facts.join(side.stock.select(*_KEYS, "on_hand", "on_order"), on=_KEYS, how="left", maintain_order="left")
        stock = own.with_columns(on_hand=pl.col("on_hand").clip(0) + pl.col("held"))
        plan = plan_orders(paths, echelon_terms, stock, side.as_of, settings=settings.replenishment, seed=seed)
        return _shown(plan, own)


def _shown(plan: Plan, own: pl.DataFrame) -> StorePart:
    """The decision with the warehouse's own stock and day of arrival, and what its shops hold in the context."""
    delay = np.rint(np.ceil(plan.terms.lead_days) - np.ceil(plan.terms.lead_days - own["delay"].to_numpy()))
    cycle = replace(plan.cycle, arrives_on=plan.cycle.arrives_on - delay.astype("timedelta64[D]"))
    lasting = (plan.cycle.next_arrives_on - plan.cycle.order_on).astype(np.float64)
    on_hand = own["on_hand"].fill_null(0).to_numpy()
    ends = pl.when(pl.col("ends_on") < pl.lit(NO_END)).then("ends_on")
    none = {"sell_by": pl.Date, "sell_by_kind": pl.String, "end_kind": pl.String, "unit_cost": pl.Float64}
    series = own.select(
        *_KEYS,
        "on_hand",
        shops_hold="held",
        ends_on=ends,
        cycle_days=pl.Series(lasting),
        left_over_units=pl.lit(0.0),
        probability=pl.lit(0.0),
        moved_in=pl.lit(0.0),
        moved_out=pl.lit(0.0),
        **{name: pl.lit(None, kind) for name, kind in none.items()},
    )
    return StorePart(series, replace(plan, cycle=cycle, on_hand=on_hand), None)
