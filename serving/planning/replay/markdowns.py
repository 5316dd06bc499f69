"""Markdowns in a replay: the plan's advice is charged, and customers answer as the chain's whole record says."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Floats, floats
from retail_brain.decisions.price_response import PriceResponse, demand_factor
from retail_brain.outputs import SERIES
from retail_brain.simulation.engine import Markdown
from serving.planning.stock.settled_plan import SettledPlan

_KEYS = list(SERIES)
_STEP = pl.List(pl.Struct({"begins_on": pl.String, "discount": pl.Float64}))
"""What is read of a price path of `excess_stock.LEFTOVERS`."""


@dataclass
class AdvisedMarkdowns:
    """Charges the lower prices that the plan advises for its left-overs, as long as they are left over.

    The plan knows the elasticities of its day (`ChainOrders.estimates`); what a price does is told by `response`, which
    may be worked out of everything that the record shows.

    Attributes:
        series: `store_id`, `product_id` of the replay.
        price: full price of each series, money; NaN where unknown.
        response: elasticity that customers of each series have; where it is unknown, the price stays.
        change_cost: money that changing the price of a series costs once.
    """

    series: pl.DataFrame
    price: Floats
    response: PriceResponse
    change_cost: float = 0.0
    _in_force: Floats = field(default_factory=lambda: np.zeros(0))

    def __call__(self, period: int, plan: SettledPlan) -> Markdown | None:
        """Prices of the next period; None where nothing is marked down."""
        before = self._in_force if period >= 0 and len(self._in_force) else np.zeros(self.series.height)
        left, advised = self._advised(plan)
        # what is on sale for less stays so while it is left over: a price that rises again sells nothing
        off = np.where(left, np.maximum(advised, before), 0.0)
        off = np.where(np.isfinite(self.price) & np.isfinite(self.response.elasticity), off, 0.0)
        self._in_force = off
        changes = np.where(off > before, self.change_cost, 0.0)
        if not off.any():
            return None
        factor = demand_factor(1 - off, np.ones(1), np.nan_to_num(self.response.elasticity))
        return Markdown(off * np.nan_to_num(self.price), factor, changes)

    def _advised(self, plan: SettledPlan) -> tuple[np.ndarray, Floats]:
        """Whether each series is left over, and the share off its price that the plan advises for the next day."""
        rows = plan.leftovers.select(*_KEYS, "action", off=_first_discount(plan.as_of))
        found = self.series.select(_KEYS).join(rows, on=_KEYS, how="left", maintain_order="left")
        is_advised = (found["action"] == "markdown").fill_null(value=False).to_numpy()
        return found["action"].is_not_null().to_numpy(), np.where(is_advised, floats(found["off"], 0), 0.0)


def _first_discount(as_of: date) -> pl.Expr:
    """Share off the full price on the day after `as_of`; null where the price path begins later."""
    path = pl.col("price_path").fill_null("[]").str.json_decode(_STEP)
    begun = pl.element().struct.field("begins_on").str.to_date() <= pl.lit(as_of) + pl.duration(days=1)
    return path.list.eval(pl.element().struct.field("discount").filter(begun)).list.max()
