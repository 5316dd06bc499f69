"""Allocates orders under joint capacity constraints, with the shadow price of each constraint."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from retail_brain.decisions.allocation import Limit, allocate
from retail_brain.decisions.arrays import Bools, Floats, Ints
from retail_brain.decisions.marginal_value import Steps

_ROOM = 1e-9
"""Units of a limit below which a difference is arithmetic noise."""


@dataclass(frozen=True)
class CapacityLimit:
    """A capacity that orders use in proportion to their units.

    Attributes:
        name: shown in reasons.
        capacity: how much there is.
        series: the series that use it.
        per_unit: how much each of these uses per unit.
    """

    name: str
    capacity: float
    series: Ints
    per_unit: Floats


@dataclass(frozen=True)
class SharedOrders:
    """Orders under the limits, use of each limit and its shadow price.

    Attributes:
        units: units per series.
        used: how much of each limit is used, in their order.
        prices: shadow prices: expected money from one more unit of each limit, in their order.
        cut_by: per series the limit that costs it most, -1 where none has a price.
    """

    units: Floats
    used: Floats
    prices: Floats
    cut_by: Ints


def share_out(steps: Steps, limits: Sequence[CapacityLimit], series: int) -> SharedOrders:
    """Cuts wanted orders to the limits for most expected money.

    Limits without a common series are allocated separately, which is quick however many there are; limits that share
    series are priced together. What is left then goes to steps that the targets ask for at a loss.

    Args:
        steps: wanted orders cut into steps, see `marginal_value.order_steps`.
        limits: the capacities.
        series: number of series.
    """
    usage = _usage(limits, series)
    group, groups = _groups(usage, limits)
    taken = np.ones(len(steps.series), dtype=np.bool_)
    prices = np.zeros(len(limits))
    of_step = _group_of_series(usage, group)[steps.series]
    by_step, by_limit = _members(of_step, groups), _members(group, groups)
    # A connected component of limits is one independent allocation problem.
    for rows, members in zip(by_step, by_limit, strict=True):
        if len(rows):
            part = Steps(steps.series[rows], steps.units[rows], steps.value[rows], steps.cost[rows])
            parts = [_limit(limits[k], usage, k, part) for k in members.tolist()]
            allocation = allocate(part, parts, series)
            taken[rows] = allocation.taken
            prices[members] = [allocation.prices[limit.name] for limit in parts]
    taken = _with_losing(steps, taken, limits, usage)
    units = np.zeros(series)
    np.add.at(units, steps.series[taken], steps.units[taken])
    return SharedOrders(units, usage @ units, prices, _dearest(usage, prices))


def _usage(limits: Sequence[CapacityLimit], series: int) -> "coo_array":
    """Use per unit, shape (limits, series), as a CSR matrix."""
    rows = np.repeat(np.arange(len(limits)), [len(limit.series) for limit in limits])
    columns = np.concatenate([np.zeros(0, dtype=np.int64), *(limit.series for limit in limits)])
    values = np.concatenate([np.zeros(0), *(limit.per_unit for limit in limits)])
    return coo_array((values, (rows, columns)), shape=(len(limits), series)).tocsr()


def _groups(usage: "coo_array", limits: Sequence[CapacityLimit]) -> tuple[Ints, int]:
    """Number of the group of each limit; limits that share a series are in one group."""
    if not limits:
        return np.zeros(0, dtype=np.int64), 0
    meets = abs(usage) @ abs(usage).T
    count, labels = connected_components(meets, directed=False)
    return labels.astype(np.int64), int(count)


def _group_of_series(usage: "coo_array", group: Ints) -> Ints:
    """The group whose limits a series uses, -1 where none."""
    groups = np.full(usage.shape[1], -1, dtype=np.int64)
    by_row = usage.tocoo()
    groups[by_row.col[by_row.data > 0]] = group[by_row.row[by_row.data > 0]]
    return groups


def _members(group: Ints, groups: int) -> list[Ints]:
    """The positions in each group, in their order; those in none (-1) are left out."""
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(groups + 1))
    return [order[start:stop] for start, stop in pairwise(bounds.tolist())]


def _limit(limit: CapacityLimit, usage: "coo_array", row: int, steps: Steps) -> Limit:
    # The row number keeps names apart: two limits may have the same name.
    entries = slice(usage.indptr[row], usage.indptr[row + 1])
    columns, values = usage.indices[entries], usage.data[entries]
    order = np.argsort(columns, kind="stable")
    place = np.minimum(np.searchsorted(columns[order], steps.series), len(columns) - 1)
    per_unit = np.where(columns[order][place] == steps.series, values[order][place], 0.0)
    return Limit(f"{row}:{limit.name}", limit.capacity, per_unit * steps.units)


def _with_losing(steps: Steps, taken: Bools, limits: Sequence[CapacityLimit], usage: "coo_array") -> Bools:
    """Adds steps that targets ask for at a loss, least loss first, where every limit still has room.

    A series that is still waiting for a step that earns gets none of them: the limit, not the loss, holds it back.
    """
    series = int(usage.shape[1])
    waiting = np.zeros(series, dtype=np.bool_)
    waiting[steps.series[(steps.value > 0) & ~taken]] = True
    candidates = np.flatnonzero(~taken & ~waiting[steps.series])
    units = np.zeros(series)
    np.add.at(units, steps.series[taken], steps.units[taken])
    left = np.array([limit.capacity for limit in limits]) - usage @ units
    by_series = usage.tocsc()
    extended, closed = taken.copy(), np.zeros(series, dtype=np.bool_)
    for step in candidates[np.lexsort((candidates, -steps.density[candidates]))]:
        row = int(steps.series[step])
        entries = slice(by_series.indptr[row], by_series.indptr[row + 1])
        needed = by_series.data[entries] * steps.units[step]
        if closed[row] or np.any(needed > left[by_series.indices[entries]] + _ROOM):
            closed[row] = True
            continue
        left[by_series.indices[entries]] -= needed
        extended[step] = True
    return extended


def _dearest(usage: "coo_array", prices: Floats) -> Ints:
    """Per series the limit whose use costs it most, -1 where no limit it uses has a price."""
    if not len(prices):
        return np.full(usage.shape[1], -1, dtype=np.int64)
    cost = (usage.multiply(prices[:, None])).tocsc()
    best = np.full(usage.shape[1], -1, dtype=np.int64)
    for row in np.flatnonzero(np.diff(cost.indptr)):
        entries = slice(cost.indptr[row], cost.indptr[row + 1])
        if cost.data[entries].max() > 0:
            best[row] = cost.indices[entries][np.argmax(cost.data[entries])]
    return best
