"""Computes order quantities from targets (service level, fill rate, profit) and rounds them to whole lots."""

from dataclasses import dataclass, replace

import numpy as np

from retail_brain.decisions.arrays import ROUNDING, Bools, Floats, Ints
from retail_brain.decisions.order_calendar import Cycle
from retail_brain.decisions.required_orders import RequiredOrders
from retail_brain.decisions.shared_levels import Steps as SharedSteps
from retail_brain.decisions.shared_levels import shared_price
from retail_brain.decisions.supply_terms import Terms
from retail_brain.settings import ReplenishmentSettings

SERVICE, FILL_RATE, ECONOMIC, DEFAULT, NEWSVENDOR, REORDER, OUTSIDE, SHARED = range(8)
"""Kinds of target: an asked service level, an asked fill rate, most profit, the settings' service level, the
newsvendor's ratio (profit without ageing), nothing until a reorder point is reached and then a whole lot, what a
policy of another package says, or an asked level that the goods decided together meet as a whole."""

OFTEN_OUT = 0.2
"""Chance of a stock-out from which on orders are up to a level over the mean stock alone. Best of 0, .25, .5, .75 and 1
was a weight of 1 at a chance of .2, .5 at .1 and .25 at .05 (docs/benchmarks.md, Orders by money)."""
BY_PROFIT = (ECONOMIC, NEWSVENDOR, REORDER, SHARED)


@dataclass(frozen=True)
class Economics:
    """Underage, overage and waste cost of one unit in the cycle, money, one element per series.

    Attributes:
        short: underage: lost with each unit of unmet demand (margin and stock-out cost).
        over: overage: spent on each unit left when the following order arrives (holding).
        waste: lost with each unit that expires (cost).
    """

    short: Floats
    over: Floats
    waste: Floats

    def take(self, rows: Ints) -> "Economics":
        """The money of some series."""
        return Economics(self.short[rows], self.over[rows], self.waste[rows])

    @property
    def critical_ratio(self) -> Floats:
        """Newsvendor ratio `cu / (cu + co)` of non-perishable goods; NaN where both are 0."""
        total = self.short + self.over
        return np.divide(self.short, total, out=np.full_like(total, np.nan), where=total > 0)


def economics(terms: Terms, cycle: Cycle, lost_unit_cost: float = 0.0) -> Economics:
    """Underage, overage and waste cost of a unit from the terms and the days of the cycle.

    Where demand ends before the following order arrives, nobody buys what is left then: its cost is lost.
    """
    days = np.maximum(cycle.review_days, 1)
    lost = np.where(ends_within(terms, cycle), terms.cost_guess, 0.0)
    return Economics(terms.margin + terms.stockout + lost_unit_cost, terms.holding * days + lost, terms.cost_guess)


def ends_within(terms: Terms, cycle: Cycle) -> Bools:
    """Series whose demand ends before the following order arrives."""
    within: Bools = terms.ends_on < cycle.next_arrives_on
    return within


@dataclass(frozen=True)
class Target:
    """Target of each order, one element per series.

    Attributes:
        kind: SERVICE, FILL_RATE, ECONOMIC, DEFAULT, NEWSVENDOR, REORDER or OUTSIDE.
        level: the probability of no stock-out in the cycle (the share of demand served for FILL_RATE).
        raw: units that meet it exactly, before lots; negative where there is too much already.
        lost_unit: money that a lost unit counts for beyond what it costs, so that agreed levels are met as a whole; 0
            where it does not.
        reason: sentence of a policy of another package, in English and Chinese.
    """

    kind: Ints
    level: Floats
    raw: Floats
    lost_unit: Floats
    reason: tuple[str, str] = ("", "")


def order_target(
    required: RequiredOrders,
    terms: Terms,
    money: Economics,
    settings: ReplenishmentSettings,
    cycle: Cycle,
    *,
    before: Target | None = None,
) -> Target:
    """Target of every series, by the policy of the settings.

    `before` is the target of the same series when the whole shop was decided: what a lost unit counts stays.

    `asked` takes an asked service level, else an asked fill rate, else economics, else the settings' service level.
    Economics (and the newsvendor, and the reorder point) count only where the terms are costed. There asked levels are
    met as a whole (`decisions.shared_levels`) if any of them makes goods expire, unless the settings want each by
    itself.
    """
    ratio = money.critical_ratio
    kind, level = _aims(terms, ratio, terms.costed & ~np.isnan(ratio) & (ratio > 0), settings)
    raw = required.on_mean_stock(_levelled(kind, level, required)).quantile(level)
    if np.any(kind == FILL_RATE):
        raw = np.where(kind == FILL_RATE, _fill_rate_order(required, level), raw)
    dating = (kind == ECONOMIC) & np.isfinite(required.sold_before_expiry[:, 0])
    if np.any(dating):
        raw[dating] = _perishable_order(required, money, dating)
    if np.any(kind == REORDER):
        raw = np.where(kind == REORDER, _reorder_order(required, money, settings.order_cost), raw)
    shares = terms.costed & np.isin(kind, (SERVICE, FILL_RATE)) & (settings.policy == "asked")
    if before is None:
        is_shared = bool(np.any((required.sold_before_expiry[:, 0] < raw) & shares))
    else:
        shares = shares & (before.kind == SHARED)
        is_shared = bool(shares.any())
    if settings.service_levels == "each" or not is_shared:
        return Target(kind, level, raw + terms.presentation, np.zeros(len(raw)))
    rows = np.flatnonzero(shares)
    some, paid = required.take(rows), money.take(rows)
    steps = SharedSteps.of(some, paid.short, paid.over, paid.waste)
    if before is None:
        price = shared_price(steps, some, _in_packs(raw[rows], terms.case_pack[rows]), cycle.review_days[rows])
    else:
        price = float(before.lost_unit[rows].max())
    raw[rows] = steps.order(price)
    lost_unit = np.where(shares, price, 0.0)
    return Target(np.where(shares, SHARED, kind), level, raw + terms.presentation, lost_unit)


def _levelled(kind: Ints, ratio: Floats, required: RequiredOrders) -> Floats:
    """How far orders by money are up to a level over the mean projected stock, from 0 (not at all) to 1, per series.

    The need of one cycle alone says too much: what is left over stays for the cycles after it, while lost sales are
    gone (projected inventory level policy, van Jaarsveld & Arts, arXiv 2101.07519). The rarer stock-outs may be, the
    less is lost before an order arrives, and the more the need of each path counts, as with backorders.
    """
    by_money = np.isin(kind, (ECONOMIC, NEWSVENDOR)) & np.isinf(required.sold_before_expiry[:, 0])
    weight: Floats = np.where(by_money, np.minimum((1 - ratio) / OFTEN_OUT, 1.0), 0.0)
    return weight


def _in_packs(units: Floats, pack: Floats) -> Floats:
    """Units rounded up to whole packs, as asked levels are."""
    packs: Floats = np.ceil(np.maximum(units, 0) / pack - ROUNDING) * pack
    return packs


def _aims(terms: Terms, ratio: Floats, priced: Bools, settings: ReplenishmentSettings) -> tuple[Ints, Floats]:
    """Kind and level of every series' target."""
    asked, filled = ~np.isnan(terms.service_level), ~np.isnan(terms.fill_rate)
    usual = np.where(asked, terms.service_level, settings.service_level)
    if settings.policy == "service_level":
        return np.where(asked, SERVICE, DEFAULT), usual
    if settings.policy == "fill_rate":
        return np.full(len(ratio), FILL_RATE), np.where(filled, terms.fill_rate, settings.fill_rate)
    if settings.policy == "asked":
        kind = np.select([asked, filled, priced], [SERVICE, FILL_RATE, ECONOMIC], DEFAULT)
        return kind, np.select([asked, filled, priced], [usual, terms.fill_rate, ratio], settings.service_level)
    money = {"economic": ECONOMIC, "newsvendor": NEWSVENDOR, "reorder": REORDER}[settings.policy]
    return np.where(priced, money, np.where(asked, SERVICE, DEFAULT)), np.where(priced, ratio, usual)


def spread_factors(terms: Terms, settings: ReplenishmentSettings) -> Floats:
    """Factor on the uncertainty of each series: the setting for fresh goods, or the general one."""
    fresh = settings.fresh_spread_factor
    expires = np.isfinite(terms.shelf_life_days) & (terms.shelf_life_days <= settings.fresh_days)
    return np.where(expires & (fresh is not None), fresh or 0.0, settings.spread_factor)


def _perishable_order(required: RequiredOrders, money: Economics, rows: Bools) -> Floats:
    """The most profitable orders of perishable goods.

    The next unit earns `short * P(need > q) - over * P(need <= q) - waste * P(sold_before_expiry <= q)`, which falls
    with q: the order is the sorted need at which its sign changes.
    """
    need, sold_before_expiry = required.need[rows], required.sold_before_expiry[rows]
    short, over, waste = money.short[rows], money.over[rows], money.waste[rows]
    paths = need.shape[1]
    low, high = np.zeros(len(need), dtype=np.int64), np.full(len(need), paths - 1)
    # Bisection over the paths of all series at once: the gain changes its sign only once.
    while np.any(low < high):
        middle = (low + high) // 2
        level = np.take_along_axis(need, middle[:, None], axis=1)
        enough = (need <= level).mean(axis=1)
        gain = short * (1 - enough) - over * enough - waste * (sold_before_expiry <= level).mean(axis=1)
        low, high = np.where(gain > 0, np.minimum(middle + 1, high), low), np.where(gain > 0, high, middle)
    return np.take_along_axis(need, low[:, None], axis=1)[:, 0]


def _reorder_order(required: RequiredOrders, money: Economics, order_cost: float) -> Floats:
    """Orders of an (s,S) policy: up to S once the stock to come has fallen to s, nothing before.

    S is the newsvendor's level and the rest of a lot, sqrt(2 x order cost x demand / holding) units (economic order
    quantity, never less than a cycle's demand). s is where waiting one more cycle is expected to lose more money than
    the order line costs per cycle that the lot lasts. Both are read off the paths, so they move with season and
    promotions, unlike the stationary levels of the power approximation (Ehrhardt and Mosier 1984). Without a
    cost per order line it is an order-up-to policy.
    """
    level = required.quantile(np.nan_to_num(money.critical_ratio))
    rate = np.maximum(required.cycle_demand, 1e-9)
    lot = np.maximum(np.sqrt(2 * order_cost * rate / np.maximum(money.over, 1e-9)), rate)
    waiting = money.short * required.lost_in_cycle(np.zeros_like(level))
    return np.where(waiting > order_cost * rate / lot, level + lot - rate, np.minimum(level, 0.0))


def _fill_rate_order(required: RequiredOrders, fill_rate: Floats) -> Floats:
    """The least order whose expected lost units in the cycle are at most `(1 - fill_rate)` of its demand.

    `E[(need - q)+]` is linear between the sorted needs, so it is solved exactly (Silver, Pyke & Thomas, ch. 6).
    """
    need = required.need
    paths = need.shape[1]
    allowed = (1 - fill_rate) * required.cycle_demand
    above = np.cumsum(need[:, ::-1], axis=1)[:, ::-1]
    count = np.arange(paths, 0, -1)
    # the expected loss at each sorted need, from the sum of the needs above it: no loop over quantities
    lost = (above - count * need) / paths
    first = (lost <= allowed[:, None] + 1e-12).argmax(axis=1)
    need_above = np.take_along_axis(need, first[:, None], axis=1)[:, 0]
    reached = np.take_along_axis(lost, first[:, None], axis=1)[:, 0]
    solved: Floats = need_above - (allowed - reached) * paths / count[first]
    return solved


@dataclass(frozen=True)
class Lots:
    """Orders in whole packs, and the rules that changed them.

    Attributes:
        quantity: units, a multiple of the case pack.
        minimum: raised to the minimum order.
        shelf: cut by the shelf.
        skipped: nothing ordered because a whole lot would cost more than it earns.
        losing: nothing ordered because the order would lose money and nobody agreed on a service level.
        collides: the shelf is smaller than the least lot; one lot, or nothing, whichever is the smaller loss.
        least: the least lot, units: the minimum order in whole packs, or one pack.
    """

    quantity: Floats
    minimum: Bools
    shelf: Bools
    skipped: Bools
    losing: Bools
    collides: Bools
    least: Floats


def whole_lots(target: Target, required: RequiredOrders, terms: Terms, money: Economics, nearest: Bools) -> Lots:
    """Orders in whole packs, at least the minimum order, at most the free shelf space at arrival.

    Series of unknown stock (`nearest`) only replace what sells, so they round to the nearest pack.

    Asked levels round up; economic targets round to the pack count that earns more, and skip a minimum order that
    would cost more than it earns. A shelf smaller than the least lot takes one where that earns more than it costs, or,
    where a lost unit costs nothing, where it serves more units than it leaves.
    """
    pack = terms.case_pack
    exact = np.maximum(target.raw, 0) / pack
    up = np.ceil(exact - ROUNDING) * pack
    economic = np.isin(target.kind, BY_PROFIT)
    steering = replace(money, short=money.short + target.lost_unit)
    down = np.floor(exact + ROUNDING) * pack
    level = required.on_mean_stock(_levelled(target.kind, target.level, required))
    better = expected_gain(level, steering, down) >= expected_gain(level, steering, up)
    # goods on display are agreed: rounding down would leave less than the display minimum
    rounded = np.where(economic & better & (terms.presentation == 0), down, up)
    rounded = np.where(nearest, np.floor(exact + 0.5) * pack, rounded)
    least = np.ceil(terms.min_order / pack - ROUNDING) * pack
    minimum = (rounded > 0) & (rounded < least)
    quantity = np.where(minimum, least, rounded)
    skipped = minimum & economic & (expected_gain(required, steering, least) <= 0)
    quantity = np.where(skipped, 0.0, quantity)
    lot = np.maximum(least, pack)
    collides = (quantity > 0) & (lot > terms.capacity)
    room = np.floor(np.maximum(terms.capacity - required.projected, 0) / pack + ROUNDING) * pack
    fits = np.where(room >= least, room, 0.0)
    fits = np.where(collides, np.where(_lot_pays(lot, required, money), lot, 0.0), fits)
    shelf = (quantity > fits) & ~collides
    quantity = np.where(shelf | collides, fits, quantity)
    losing = (quantity > 0) & _may_be_left_out(target, terms, nearest) & (expected_gain(required, money, quantity) < 0)
    quantity = np.where(losing, 0.0, quantity)
    # + 0.0 turns -0.0 into 0.0, which would print as "-0".
    minimum = minimum & ~skipped & ~losing & ~collides
    return Lots(quantity + 0.0, minimum, shelf & ~losing, skipped, losing, collides & ~losing, lot)


def _lot_pays(lot: Floats, required: RequiredOrders, money: Economics) -> Bools:
    """Whether a lot is expected to earn money; where a lost unit costs none, whether it serves more than it leaves."""
    served = required.lost_in_cycle(np.zeros_like(lot)) - required.lost_in_cycle(lot)
    pays: Bools = np.where(money.short > 0, expected_gain(required, money, lot) > 0, served > required.left_over(lot))
    return pays


def _may_be_left_out(target: Target, terms: Terms, nearest: Bools) -> Bools:
    """Series whose order is a matter of this cycle's money alone: no level, no display, no lot for several cycles."""
    may: Bools = np.isin(target.kind, (ECONOMIC, NEWSVENDOR)) & ~terms.agreed & (terms.presentation == 0) & ~nearest
    return may


def expected_gain(required: RequiredOrders, money: Economics, order: Floats) -> Floats:
    """Expected money of an order over ordering nothing now."""
    saved = required.lost_in_cycle(np.zeros_like(order)) - required.lost_in_cycle(order)
    return money.short * saved - money.over * required.left_over(order) - money.waste * required.expired(order)
