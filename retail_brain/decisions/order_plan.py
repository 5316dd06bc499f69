"""Computes one order per series from demand paths, as arrays; the service and the simulator both call it."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from retail_brain.decisions.arrays import Bools, Days, Floats, Ints
from retail_brain.decisions.holdings import Counts, Holdings
from retail_brain.decisions.nested_rows import rows_of, with_rows
from retail_brain.decisions.order_arrivals import (
    arrivals_by_path,
    continued_periods,
    days_to_arrival,
    period_days,
    receipts_by_period,
    stock_aging,
)
from retail_brain.decisions.order_calendar import Cycle, order_cycle, period_of
from retail_brain.decisions.order_policies import PolicyInputs, is_outside, outside_target, policy_names
from retail_brain.decisions.receipts_on_order import Receipts
from retail_brain.decisions.required_orders import RequiredOrders, project
from retail_brain.decisions.supply_terms import Terms
from retail_brain.decisions.targets import (
    Economics,
    Lots,
    Target,
    economics,
    ends_within,
    order_target,
    spread_factors,
    whole_lots,
)
from retail_brain.settings import ReplenishmentSettings

_DEFAULTS = ReplenishmentSettings()
_ONE_DAY = np.timedelta64(1, "D")
_LONGEST_PERIODS = 364
"""Periods after the forecast within which an end of demand still counts for an order that may outlast it: a year in
days, since seasons end up to half a year ahead and listings later. Some systems write an open end as 2099. Chosen by
judgement, not measured."""


@dataclass(frozen=True)
class Plan:
    """The order decision of every series with all intermediate results, one element per series.

    Attributes:
        terms: supply terms.
        cycle: days of the order; those of an order `to_end` end with the last day of demand.
        required: required orders of the cycle.
        money: underage, overage and waste cost.
        target: target of the order.
        lots: the order in whole packs.
        on_hand, on_order, stock_known, receipts, counts: the stock it was decided on, as in `Holdings`.
        to_end: decided as if no order followed before demand ends, because less is ordered then.
    """

    terms: Terms
    cycle: Cycle
    required: RequiredOrders
    money: Economics
    target: Target
    lots: Lots
    on_hand: Floats
    on_order: Floats
    stock_known: Bools
    receipts: Receipts
    counts: Counts
    to_end: Bools

    @property
    def quantity(self) -> Floats:
        """Units to order."""
        return self.lots.quantity

    def take(self, rows: Ints) -> "Plan":
        """The decision for some series."""
        return replace(self, **{name: rows_of(getattr(self, name), rows) for name in self.__dataclass_fields__})

    def put(self, rows: Ints, other: "Plan") -> "Plan":
        """The decision with that for some series replaced; sources stay."""
        names = self.__dataclass_fields__
        return replace(self, **{name: with_rows(getattr(self, name), rows, getattr(other, name)) for name in names})


def decide(
    units: npt.NDArray[np.float32],
    starts: Days,
    terms: Terms,
    holdings: Holdings,
    first_day: np.datetime64,
    *,
    settings: ReplenishmentSettings = _DEFAULTS,
    seed: int = 0,
) -> Plan:
    """Computes the order of every series from sample paths of demand.

    Where demand ends within the forecast, or before what is held with the order would be sold, no order is larger than
    the one that would be best if no other followed before the end: what the following ones could not sell either is
    left over then.

    Args:
        units: demand, shape (series, paths, periods).
        starts: first day of each period.
        terms: supply terms.
        holdings: stock on hand and on order.
        first_day: the first day whose demand is forecast; orders are placed before its opening, or on the evening
            before where the settings place them after closing.
        settings: how to decide, and the targets where nothing else gives one.
        seed: for uncertain lead times.

    Raises:
        NotFoundError: the settings name a policy that no installed package declares.
        ExtensionError: the policy of an installed package is unusable, or gives no number of units per series.
    """
    after_closing = settings.orders_placed == "after_closing"
    cycle = order_cycle(first_day, terms.lead_days, terms.review_days, terms.open_weekdays, after_closing=after_closing)
    plan = _decided(units, starts, terms, holdings, cycle, settings, seed)
    rows = _may_be_left(plan, terms, units, starts)
    # a policy of another package decides by itself what it does before an end
    if is_outside(settings.policy) or not len(rows):
        return plan
    until = Cycle(cycle.order_on[rows], cycle.arrives_on[rows], terms.ends_on[rows] + _ONE_DAY, ends_demand=True)
    only = _decided(units[rows], starts, terms.take(rows), holdings.take(rows), until, settings, seed)
    less = np.flatnonzero(only.quantity < plan.quantity[rows])
    # the receipts stay: those of the shorter cycle are as long as every other series'
    kept = replace(only.take(less), receipts=plan.receipts.take(rows[less]))
    return plan.put(rows[less], kept)


def _may_be_left(plan: Plan, terms: Terms, units: npt.NDArray[np.float32], starts: Days) -> Ints:
    """Orders with a known cost, followed by others before demand ends, of goods that keep so long.

    Of ends after the forecast those of the next `_LONGEST_PERIODS` count of goods of which more would be held, with the
    order, than would be sold until then if the mean of the forecast went on: a pack may last for longer than it.
    What expires before the end is wasted by its date, whenever demand ends.
    """
    step = period_days(starts)
    forecast_until = starts[-1] + np.timedelta64(int(np.rint(step)), "D")
    periods = (terms.ends_on - starts[0]).astype(np.float64) / step
    is_long = (periods <= len(starts) + _LONGEST_PERIODS) & (plan.quantity > 0) & (terms.ends_on >= forecast_until)
    mean = np.zeros(len(periods))
    if is_long.any():
        mean[is_long] = units[is_long].mean(axis=(1, 2), dtype=np.float64)
    held = np.maximum(plan.on_hand, 0) + plan.on_order
    lasts = is_long & (held + plan.quantity > mean * periods)
    later = ~ends_within(terms, plan.cycle) & ((terms.ends_on < forecast_until) | lasts)
    keeps = (terms.ends_on - plan.cycle.arrives_on).astype(np.float64) < terms.shelf_life_days
    return np.flatnonzero(later & keeps & terms.costed & plan.stock_known & (plan.quantity > 0))


def _decided(
    units: npt.NDArray[np.float32],
    starts: Days,
    terms: Terms,
    holdings: Holdings,
    cycle: Cycle,
    settings: ReplenishmentSettings,
    seed: int,
) -> Plan:
    """The order of every series for its cycle; arguments as of `decide`."""
    step = period_days(starts)
    starts = continued_periods(starts, cycle.next_arrives_on.max(initial=starts[0]), terms.lead_sd_days, step)
    arrival, following = period_of(cycle.arrives_on, starts), period_of(cycle.next_arrives_on, starts)
    last = cycle.ends_demand
    spread, spread_following = arrivals_by_path(
        arrival, following, terms, step, paths=units.shape[1], seed=seed, to_end=last
    )
    periods = max(int(spread_following.max(initial=1)), units.shape[2])
    receipts = receipts_by_period(holdings, terms, starts, periods, step, days_to_arrival(terms, units.shape[1], seed))
    aging = stock_aging(holdings, terms, receipts.dated, step, newest_first=settings.withdrawal == "lifo")
    # negative stock is a wrong record, no debt; daily periods repeat their week, longer ones have no shorter season
    on_hand, season = np.maximum(holdings.on_hand, 0), 7 if step < 7 else 1
    required = project(units, on_hand, receipts, spread, spread_following, aging=aging, season=season)
    required = required.spread(spread_factors(terms, settings))
    terms = _shown_until_end(terms, units, starts, arrival)
    terms = _last_orders(terms, ends_within(terms, cycle))
    money = economics(terms, cycle, settings.lost_unit_cost)
    plan = ordered(required, terms, cycle, money, replace(holdings, receipts=receipts), settings)
    return replace(plan, to_end=np.full(len(units), cycle.ends_demand))


def _shown_until_end(terms: Terms, units: npt.NDArray[np.float32], starts: Days, arrival: Ints) -> Terms:
    """The terms with nothing kept on show, where demand ends, beyond what is still sold from the arrival on.

    A display is left over when its listing or season ends; what sells until then may as well stand on show.
    """
    periods = units.shape[2]
    ending = (terms.presentation > 0) & (terms.ends_on < starts[periods - 1])
    shown = terms.presentation.copy()
    for row in np.flatnonzero(ending):
        wanted = units[row, :, arrival[row] :].sum(axis=1, dtype=np.float64).mean()
        shown[row] = min(shown[row], np.floor(wanted))
    return replace(terms, presentation=shown)


def _last_orders(terms: Terms, last: Bools) -> Terms:
    """The terms with the last orders before demand ends decided by money, as far as prices and costs are known.

    A service level is agreed for goods that go on: what it leaves over is sold later. After the last order nothing is,
    and what stands on show is left over.
    """
    by_money = last & terms.costed
    return replace(
        terms,
        presentation=np.where(last, 0.0, terms.presentation),
        service_level=np.where(by_money, np.nan, terms.service_level),
        fill_rate=np.where(by_money, np.nan, terms.fill_rate),
    )


def ordered(
    required: RequiredOrders,
    terms: Terms,
    cycle: Cycle,
    money: Economics,
    holdings: Holdings,
    settings: ReplenishmentSettings,
    *,
    before: Target | None = None,
) -> Plan:
    """The order of every series from its required orders: the policy's target in whole lots.

    `before` is the target of the same series when the whole shop was decided; None where this is the whole.

    Raises:
        NotFoundError: the settings name a policy that no installed package declares.
        ExtensionError: the policy of an installed package is unusable, or gives no number of units per series.
    """
    policy_names()  # refuses a package that declares the name of a built-in policy
    if is_outside(settings.policy):
        on_hand = np.maximum(holdings.on_hand, 0)
        inputs = PolicyInputs(
            required, terms, cycle, money, on_hand, holdings.on_order, stock_known=holdings.known, settings=settings
        )
        target = outside_target(settings.policy, inputs)
    else:
        target = order_target(required, terms, money, settings, cycle, before=before)
    # Without a stock record there is nothing to order up from: replace one cycle of sales.
    target = replace(target, raw=np.where(holdings.known, target.raw, required.cycle_demand))
    lots = whole_lots(target, required, terms, money, ~holdings.known)
    stock = (holdings.on_hand, holdings.on_order, holdings.known)
    counts = holdings.counts or Counts.none(len(lots.quantity))
    receipts = holdings.receipts or Receipts.on_days(np.zeros((len(lots.quantity), 1)))
    to_end = np.zeros(len(lots.quantity), dtype=np.bool_)
    return Plan(terms, cycle, required, money, target, lots, *stock, receipts, counts, to_end)
