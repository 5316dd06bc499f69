"""Several scarce things at once: which of them meet, what they buy together, and what one more of each is worth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from retail_brain.decisions.allocation import Limit, allocate
from retail_brain.decisions.arrays import Bools, Floats, Ints
from retail_brain.decisions.marginal_value import Steps

_ROOM = 1e-9
"""Units of a limit below which a difference is arithmetic noise."""


@dataclass(frozen=True)
class Scarce:
    """Something that orders use up in proportion to their units.

    Attributes:
        name: what it is; told in reasons.
        capacity: how much there is.
        series: the series that use it.
        per_unit: how much each of these uses per unit.
    """

    name: str
    capacity: float
    series: Ints
    per_unit: Floats


@dataclass(frozen=True)
class Shared:
    """What the limits buy.

    Attributes:
        units: units per series.
        used: how much of each limit is used, in their order.
        prices: expected money from one more of each limit, in their order.
        cut_by: per series the limit that costs it most, -1 where none has a price.
    """

    units: Floats
    used: Floats
    prices: Floats
    cut_by: Ints


def share_out(steps: Steps, limits: Sequence[Scarce], series: int) -> Shared:
    """Shares limits out over wanted orders for most expected money.

    Limits that no series has in common are shared out each for itself, which is quick however many there are; those
    that meet are priced together. What then is left goes to steps that the targets ask for at a loss.

    Args:
        steps: wanted orders cut into steps, see `marginal.order_steps`.
        limits: what is scarce.
        series: number of series.
    """
    usage = _usage(limits, series)
    group, groups = _groups(usage, limits)
    taken = np.ones(len(steps.series), dtype=np.bool_)
    prices = np.zeros(len(limits))
    of_step = _group_of_series(usage, group)[steps.series]
    for number in range(groups):
        rows, mine = np.flatnonzero(of_step == number), np.flatnonzero(group == number)
        if len(rows):
            part = Steps(steps.series[rows], steps.units[rows], steps.value[rows], steps.cost[rows])
            parts = [_limit(limits[k], usage, k, part) for k in mine.tolist()]
            done = allocate(part, parts, series)
            taken[rows] = done.taken
            prices[mine] = [done.prices[limit.name] for limit in parts]
    taken = _with_losing(steps, taken, limits, usage)
    units = np.zeros(series)
    np.add.at(units, steps.series[taken], steps.units[taken])
    return Shared(units, usage @ units, prices, _dearest(usage, prices))


def _usage(limits: Sequence[Scarce], series: int) -> "coo_array":
    """Use per unit, shape (limits, series), as a CSR matrix."""
    rows = np.repeat(np.arange(len(limits)), [len(limit.series) for limit in limits])
    columns = np.concatenate([np.zeros(0, dtype=np.int64), *(limit.series for limit in limits)])
    values = np.concatenate([np.zeros(0), *(limit.per_unit for limit in limits)])
    return coo_array((values, (rows, columns)), shape=(len(limits), series)).tocsr()


def _groups(usage: "coo_array", limits: Sequence[Scarce]) -> tuple[Ints, int]:
    """Number of the group of each limit; limits that share a series are in one group."""
    if not limits:
        return np.zeros(0, dtype=np.int64), 0
    meets = abs(usage) @ abs(usage).T
    count, labels = connected_components(meets, directed=False)
    return labels.astype(np.int64), int(count)


def _group_of_series(usage: "coo_array", group: Ints) -> Ints:
    """The group whose limits a series uses, -1 where none."""
    found = np.full(usage.shape[1], -1, dtype=np.int64)
    by_row = usage.tocoo()
    found[by_row.col[by_row.data > 0]] = group[by_row.row[by_row.data > 0]]
    return found


def _limit(limit: Scarce, usage: "coo_array", row: int, steps: Steps) -> Limit:
    per_unit = usage[[row]].toarray()[0]
    return Limit(f"{row}:{limit.name}", limit.capacity, per_unit[steps.series] * steps.units)


def _with_losing(steps: Steps, taken: Bools, limits: Sequence[Scarce], usage: "coo_array") -> Bools:
    """Adds steps that targets ask for at a loss, least loss first, where every limit still has room.

    A series that is still waiting for a step that earns gets none of them: the limit, not the loss, holds it back.
    """
    series = int(usage.shape[1])
    waiting = np.zeros(series, dtype=np.bool_)
    waiting[steps.series[(steps.value > 0) & ~taken]] = True
    rest = np.flatnonzero(~taken & ~waiting[steps.series])
    units = np.zeros(series)
    np.add.at(units, steps.series[taken], steps.units[taken])
    left = np.array([limit.capacity for limit in limits]) - usage @ units
    by_series = usage.tocsc()
    done, closed = taken.copy(), np.zeros(series, dtype=np.bool_)
    for step in rest[np.lexsort((rest, -steps.density[rest]))]:
        one = int(steps.series[step])
        at = slice(by_series.indptr[one], by_series.indptr[one + 1])
        needed = by_series.data[at] * steps.units[step]
        if closed[one] or np.any(needed > left[by_series.indices[at]] + _ROOM):
            closed[one] = True
            continue
        left[by_series.indices[at]] -= needed
        done[step] = True
    return done


def _dearest(usage: "coo_array", prices: Floats) -> Ints:
    """Per series the limit whose use costs it most, -1 where no limit it uses has a price."""
    if not len(prices):
        return np.full(usage.shape[1], -1, dtype=np.int64)
    cost = (usage.multiply(prices[:, None])).tocsc()
    best = np.full(usage.shape[1], -1, dtype=np.int64)
    for one in np.flatnonzero(np.diff(cost.indptr)):
        at = slice(cost.indptr[one], cost.indptr[one + 1])
        if cost.data[at].max() > 0:
            best[one] = cost.indices[at][np.argmax(cost.data[at])]
    return best
