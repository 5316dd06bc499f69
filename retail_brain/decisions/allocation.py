"""Allocates limited money, truck space or stock to order steps by marginal value, with shadow prices of the limits.

One limit is a knapsack: greedy by density (Dantzig 1957), exact but for the step that no longer fits; where that
matters (short lists), HiGHS decides the steps around it anew. Several limits are priced by the linear programme first,
and finished in the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog
from scipy.sparse import coo_array, csr_array, vstack

from retail_brain.decisions.arrays import Bools, Floats, Ints
from retail_brain.decisions.marginal_value import Steps, spend
from retail_brain.decisions.solver import solve_milp

_GAP_WORTH_CLOSING = 1e-4
"""Share of the best possible value; a smaller gap to the bound is left as it is. Chosen by judgement, not measured."""
_CORE_STEPS = 1_500
"""Steps that the solver chooses among: those nearest to the margin. Chosen by judgement, not measured."""
_SECONDS = 5.0
"""Seconds that the solver may take; the greedy answer stands after them. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Limit:
    """A limited resource and how much each step uses of it.

    Attributes:
        name: what it is, for example `budget`, `truck:S01` or `stock:P001`.
        capacity: how much there is.
        usage: how much each step takes of it, one element per step.
    """

    name: str
    capacity: float
    usage: Floats


@dataclass(frozen=True)
class Allocation:
    """The steps taken under the limits, their value, an upper bound and the shadow prices.

    Attributes:
        units: units per series.
        taken: which steps are taken.
        value: expected money of the steps taken.
        bound: upper bound on the value of any allocation.
        prices: name of a limit -> shadow price: expected money from one more unit of it.
    """

    units: Floats
    taken: Bools
    value: float
    bound: float
    prices: dict[str, float]


def allocate(steps: Steps, limits: Sequence[Limit], series: int) -> Allocation:
    """Chooses the steps of greatest total value within the limits; steps of a series are taken in their order.

    Steps that are expected to lose money are left out.

    Args:
        steps: wanted orders cut into steps, see `marginal_value.order_steps`.
        limits: at least one.
        series: number of series.
    """
    useful = _worth_taking(steps)
    if len(limits) == 1:
        prices, bound = _greedy_bound(steps, limits[0], useful)
        taken = _greedy(steps, limits[0], useful, series)
        if bound > 0 and (bound - _value(steps, taken)) / bound > _GAP_WORTH_CLOSING:
            taken = _finish(steps, limits, taken, useful, prices)
    else:
        prices, bound, taken = _priced(steps, limits, useful)
        if bound > 0 and (bound - _value(steps, taken)) / bound > _GAP_WORTH_CLOSING:
            taken = _finish(steps, limits, taken, useful, prices)
    units = np.zeros(series)
    np.add.at(units, steps.series[taken], steps.units[taken])
    value = _value(steps, taken)
    # sums in another order may leave the bound a last digit below the value
    return Allocation(units, taken, value, max(bound, value), prices)


def _value(steps: Steps, taken: Bools) -> float:
    return float(steps.value[taken].sum())


def _worth_taking(steps: Steps) -> Bools:
    """Steps up to which their series still gains."""
    opens = np.flatnonzero(np.diff(steps.series, prepend=-1))
    if not len(opens):
        return np.zeros(0, dtype=np.bool_)
    losing = steps.value <= 0
    lost_before = np.cumsum(losing)
    base: Ints = np.repeat(lost_before[opens] - losing[opens], np.diff([*opens, len(losing)]))
    useful: Bools = lost_before - base == 0
    return useful


def _part(steps: Steps, rows: Ints | Bools) -> Steps:
    return Steps(steps.series[rows], steps.units[rows], steps.value[rows], steps.cost[rows])


def _greedy(steps: Steps, limit: Limit, useful: Bools, series: int) -> Bools:
    """The steps a greedy list takes."""
    part = Steps(steps.series[useful], steps.units[useful], steps.value[useful], limit.usage[useful])
    bought = spend(part, limit.capacity, series)
    reach = _reach(steps)
    # Sums of units differ in the last digits by the order of summation.
    taken: Bools = useful & (reach <= bought[steps.series] * (1 + 1e-12) + 1e-9)
    return taken


def _reach(steps: Steps) -> Floats:
    """Units of its series up to and including each step."""
    opens = np.flatnonzero(np.diff(steps.series, prepend=-1))
    total = np.concatenate([[0.0], np.cumsum(steps.units)])
    reach: Floats = total[1:] - np.repeat(total[opens], np.diff([*opens, len(steps.series)]))
    return reach


def _greedy_bound(steps: Steps, limit: Limit, useful: Bools) -> tuple[dict[str, float], float]:
    """Price of the limit and value of the list whose last step may be cut (Dantzig's bound)."""
    value, usage = _hull(steps, limit, useful)
    # stable, so that steps of equal density are always taken in the same order
    order = np.argsort(-value / np.maximum(usage, 1e-12), kind="stable")
    spent = np.cumsum(usage[order])
    fitting = int(np.searchsorted(spent, limit.capacity, side="right"))
    bound = float(value[order[:fitting]].sum())
    if fitting == len(order):
        return {limit.name: 0.0}, bound
    last = order[fitting]
    price = float(value[last] / max(usage[last], 1e-12))
    left = limit.capacity - (float(spent[fitting - 1]) if fitting else 0.0)
    return {limit.name: price}, bound + price * left


def _hull(steps: Steps, limit: Limit, useful: Bools) -> tuple[Floats, Floats]:
    """Value and usage of the useful steps, those that a later step of the series beats merged with it.

    A minimum order may be worth less per unit than the packs after it; the bound needs falling densities.
    """
    value, usage = steps.value[useful].copy(), limit.usage[useful].copy()
    series = steps.series[useful]
    while len(value):
        density = value / np.maximum(usage, 1e-12)
        rising = (series[1:] == series[:-1]) & (density[1:] > density[:-1] * (1 + 1e-9))
        first = np.flatnonzero(rising & ~np.concatenate([[False], rising[:-1]]))
        if not len(first):
            break
        value[first] += value[first + 1]
        usage[first] += usage[first + 1]
        value, usage = np.delete(value, first + 1), np.delete(usage, first + 1)
        series = np.delete(series, first + 1)
    return value, usage


def _finish(steps: Steps, limits: Sequence[Limit], taken: Bools, useful: Bools, prices: Mapping[str, float]) -> Bools:
    """The list with its steps nearest the prices decided anew by HiGHS; never worse than before."""
    # Steps far from the prices are the same in every near-optimal list (the "core" of a knapsack), so only the steps
    # nearest the break-even density are left to the solver.
    priced = sum((limit.usage * prices[limit.name] for limit in limits), np.zeros(len(steps.value)))
    distance = np.abs(np.log(np.maximum(steps.value, 1e-12) / np.maximum(priced, 1e-12)))
    candidates = np.flatnonzero(useful)
    core = np.sort(candidates[np.argsort(distance[candidates], kind="stable")[:_CORE_STEPS]])
    fixed = taken.copy()
    fixed[core] = False
    left = np.array([limit.capacity - float(limit.usage[fixed].sum()) for limit in limits])
    if len(core) == 0 or np.any(left < 0):
        return taken
    part = _part(steps, core)
    closed = _closed(steps, core, fixed)
    constraints = [LinearConstraint(np.stack([limit.usage[core] for limit in limits]), ub=left)]
    order = _in_order(part)
    if order.shape[0]:
        constraints.append(LinearConstraint(order, ub=0))
    solution: OptimizeResult = solve_milp(
        -part.value,
        integrality=np.ones(len(core)),
        bounds=Bounds(0, np.where(closed, 0.0, 1.0)),
        constraints=constraints,
        options={"mip_rel_gap": _GAP_WORTH_CLOSING / 10, "time_limit": _SECONDS},
    )
    if solution.x is None:  # the time limit came before any whole solution
        return taken
    better = fixed
    better[core[solution.x > 0.5]] = True
    # the solver works to a tolerance: its list counts only where it keeps the limits and earns more
    fits = all(float(limit.usage[better].sum()) <= limit.capacity * (1 + 1e-9) + 1e-9 for limit in limits)
    return better if fits and _value(steps, better) > _value(steps, taken) else taken


def _closed(steps: Steps, core: Ints, fixed: Bools) -> Bools:
    """Core steps that cannot be taken because a step before them lies outside the core and is not taken."""
    outside = ~fixed
    outside[core] = False
    opens = np.flatnonzero(np.diff(steps.series, prepend=-1))
    missed = np.cumsum(outside)
    base: Ints = np.repeat(missed[opens] - outside[opens], np.diff([*opens, len(outside)]))
    closed: Bools = (missed - base)[core] > 0
    return closed


def _in_order(steps: Steps) -> csr_array:
    """Rows `x[k] - x[k - 1] <= 0` for steps of the same series."""
    later = np.flatnonzero(steps.series[1:] == steps.series[:-1]) + 1
    rows = np.repeat(np.arange(len(later)), 2)
    columns = np.column_stack([later, later - 1]).ravel()
    values = np.tile([1.0, -1.0], len(later))
    return coo_array((values, (rows, columns)), shape=(len(later), len(steps.series))).tocsr()


def _priced(steps: Steps, limits: Sequence[Limit], useful: Bools) -> tuple[dict[str, float], float, Bools]:
    """Prices and bound of the linear programme, and a whole list near it: what it takes in full, then greedily more."""
    rows = np.flatnonzero(useful)
    part = _part(steps, rows)
    usage = vstack([csr_array(limit.usage[rows][None, :]) for limit in limits]).tocsr()
    capacity = np.array([limit.capacity for limit in limits])
    order = _in_order(part)
    solution: OptimizeResult = linprog(
        -part.value,
        A_ub=vstack([usage, order]).tocsc(),
        b_ub=np.concatenate([capacity, np.zeros(order.shape[0])]),
        bounds=(0, 1),
        method="highs",
    )
    # SciPy minimises, so a binding limit has a negative marginal; its price is the opposite.
    prices = np.maximum(-solution.ineqlin.marginals[: len(limits)], 0)
    # only what the programme takes in full: a part of a pack cannot be ordered
    chosen = solution.x > 1 - 1e-9
    left = capacity - usage @ chosen.astype(np.float64)
    net = part.value - usage.T @ prices
    previous = np.where(np.diff(part.series, prepend=-1) == 0, np.arange(len(rows)) - 1, -1)
    by_step = usage.T.tocsr()
    # by the programme's share, then by value above the prices: these are the likeliest to belong to the best list
    for step in np.lexsort((np.arange(len(rows)), -net, -solution.x))[: int(chosen.sum()) + _CORE_STEPS]:
        before = previous[step]
        if chosen[step] or (before >= 0 and not chosen[before]):
            continue
        needed = by_step[[step]].toarray()[0]
        if np.all(needed <= left + 1e-9):
            chosen[step] = True
            left = left - needed
    taken = np.zeros(len(steps.series), dtype=np.bool_)
    taken[rows[chosen]] = True
    return (
        {limit.name: float(price) for limit, price in zip(limits, prices, strict=True)},
        -float(solution.fun),
        taken,
    )
