"""Routes a customer order to shops: least cost of lost sales and parcels, within picking capacity."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import coo_array

from retail_brain.decisions.arrays import Bools, Floats, Ints
from retail_brain.decisions.solver import solve_milp

_SECONDS = 2.0
"""Seconds that the solver may take for one request. Chosen by judgement, not measured."""
_NEVER = 1e9
"""Money; the cost of sending from a store that does not have the product."""


@dataclass(frozen=True)
class Sources:
    """Cost and feasibility of each shop for each line of an order.

    Attributes:
        can_send: shape (lines, shops): the shop has the units and may give them.
        cost: shape (lines, shops), money: expected sales that the shop gives up with the units (negative where they
            would not have sold).
        parcel_cost: money per parcel, one element per shop.
        free_orders: parcels that the shop can still pick today; infinite where nothing limits it.
    """

    can_send: Bools
    cost: Floats
    parcel_cost: Floats
    free_orders: Floats


@dataclass(frozen=True)
class Route:
    """The shop that sends each line, and the cost.

    Attributes:
        shop: shop of each line, -1 where nobody can send it.
        cost: money: expected sales given up and parcels.
    """

    shop: Ints
    cost: float

    @property
    def parcels(self) -> int:
        """Shops that send something."""
        return len(np.unique(self.shop[self.shop >= 0]))


def route_order(sources: Sources, unserved_cost: Floats) -> Route:
    """The cheapest way to serve an order; each line comes from one shop.

    Exact: one shop is taken where splitting cannot be cheaper, otherwise HiGHS decides which shops to use.

    Args:
        sources: cost and feasibility per line and shop.
        unserved_cost: money lost with each line that nobody sends; a line that costs more than that stays unserved.
    """
    may = sources.can_send & (sources.free_orders >= 1)[None, :]
    usable = np.flatnonzero(may.any(axis=0))
    if not len(usable):
        return Route(np.full(len(may), -1, dtype=np.int64), float(unserved_cost.sum()))
    cost = np.where(may, sources.cost, _NEVER)[:, usable]
    parcels = sources.parcel_cost[usable]
    single = _from_one(cost, parcels, unserved_cost)
    least = float(np.minimum(cost.min(axis=1), unserved_cost).sum())
    # Lower bound of any split: every line at its cheapest, and the two cheapest parcels. It saves most calls of HiGHS.
    two = float(np.sort(parcels)[:2].sum()) if len(usable) > 1 else np.inf
    best = single if least + two >= single.cost - 1e-9 else _split(cost, parcels, unserved_cost, single)
    return Route(np.where(best.shop >= 0, usable[best.shop], -1), best.cost)


def _from_one(cost: Floats, parcels: Floats, unserved: Floats) -> Route:
    """The cheapest way that uses one shop, or none."""
    each = np.minimum(cost, unserved[:, None])
    sends = cost <= unserved[:, None]
    total = each.sum(axis=0) + np.where(sends.any(axis=0), parcels, 0.0)
    shop = int(np.argmin(total))
    if unserved.sum() <= total[shop]:
        return Route(np.full(len(cost), -1, dtype=np.int64), float(unserved.sum()))
    return Route(np.where(sends[:, shop], shop, -1).astype(np.int64), float(total[shop]))


def _split(cost: Floats, parcels: Floats, unserved: Floats, single: Route) -> Route:
    """The cheapest way over any number of shops; `single` where the solver finds nothing better.

    Variables: line x shop that can, then shop used. Each line at most once; only from shops used.
    """
    lines, shops = np.nonzero(cost < _NEVER)
    count, width = len(lines), len(lines) + len(parcels)
    saved = np.concatenate([cost[lines, shops] - unserved[lines], parcels])
    order = np.arange(count)
    once = coo_array((np.ones(count), (lines, order)), shape=(len(cost), width)).tocsr()
    rows = np.concatenate([order, order])
    shop_used = coo_array(
        (np.concatenate([np.ones(count), -np.ones(count)]), (rows, np.concatenate([order, count + shops]))),
        shape=(count, width),
    ).tocsr()
    solution = solve_milp(
        saved,
        integrality=np.ones(width),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(once, ub=1), LinearConstraint(shop_used, ub=0)],
        options={"time_limit": _SECONDS},
    )
    # The solver may stop at its time limit without a solution, or with one no better than a single shop.
    if solution.x is None or float(solution.fun) + float(unserved.sum()) >= single.cost - 1e-9:
        return single
    shop = np.full(len(cost), -1, dtype=np.int64)
    taken = solution.x[:count] > 0.5
    shop[lines[taken]] = shops[taken]
    return Route(shop, float(solution.fun) + float(unserved.sum()))


def free_orders(capacity: Floats, expected: Floats, routed: Sequence[float] | Floats) -> Floats:
    """Orders a shop can still pick today: its capacity less what it expects of its own and what it was sent.

    Infinite where no capacity is known.
    """
    left = np.maximum(capacity - np.maximum(np.nan_to_num(expected), 0) - np.asarray(routed, dtype=np.float64), 0)
    free: Floats = np.where(np.isnan(capacity), np.inf, left)
    return free
