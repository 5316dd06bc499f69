"""Computes one order per series from demand paths, as arrays; the service and the simulator both call it."""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.decisions.arrays import Bools, Days, Floats, Ints
from retail_brain.decisions.expiry import NON_PERISHABLE, Aging
from retail_brain.decisions.order_calendar import Cycle, order_cycle, period_of
from retail_brain.decisions.order_policies import PolicyInputs, is_outside, outside_target, policy_names
from retail_brain.decisions.required_orders import Receipts, RequiredOrders, project, spread_arrival, spread_days
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


@dataclass(frozen=True)
class Due:
    """Units on order with their day of arrival, one element per delivery.

    Attributes:
        series: index of the series.
        arrives_on: morning of arrival.
        units: units.
    """

    series: Ints
    arrives_on: Days
    units: Floats


@dataclass(frozen=True)
class Counts:
    """The newest count of each series, one element per series; NaN where there is none.

    Attributes:
        on_hand: units counted.
        age_days: days from the count to the last visible day.
        sold_since: units sold after the day of the count.
    """

    on_hand: Floats
    age_days: Floats
    sold_since: Floats

    @classmethod
    def none(cls, series: int) -> "Counts":
        """No counts."""
        return cls(*(np.full(series, np.nan) for _ in range(3)))


@dataclass(frozen=True)
class Holdings:
    """Stock at the end of the last visible day, one element per series.

    Attributes:
        on_hand: units; 0 where unknown, negative where the record is wrong.
        on_order: units ordered and not yet received.
        known: whether `on_hand` is known.
        due: units on order by day of arrival. A series on order without any takes its units to arrive at some moment of
            its lead time, each as likely as another, as orders of unknown age do.
        batches: shape (series, lives): units on hand that may be sold for so many more periods (index 0: one). None, or
            a row of NaN, takes the stock of perishable goods to have arrived half a review period ago.
        counts: the counts that `on_hand` was worked out from, for the reasons; None for none.
        receipts: when the units on order arrive, as `decide` has worked it out of `due`.
    """

    on_hand: Floats
    on_order: Floats
    known: Bools
    due: Due | None = None
    batches: Floats | None = None
    counts: Counts | None = None
    receipts: Receipts | None = None

    def take(self, rows: Ints) -> "Holdings":
        """The stock of some series."""
        due = self.due
        if due is not None:
            place = np.full(len(self.on_hand), -1, dtype=np.int64)
            place[rows] = np.arange(len(rows))
            kept = place[due.series] >= 0
            due = Due(place[due.series][kept], due.arrives_on[kept], due.units[kept])
        names = ("on_hand", "on_order", "known", "batches", "counts", "receipts")
        return Holdings(due=due, **{name: _rows_of(getattr(self, name), rows) for name in names})


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
        return replace(self, **{name: _rows_of(getattr(self, name), rows) for name in self.__dataclass_fields__})

    def put(self, rows: Ints, other: "Plan") -> "Plan":
        """The decision with that for some series replaced; sources stay."""
        names = self.__dataclass_fields__
        return replace(self, **{name: _with_rows(getattr(self, name), rows, getattr(other, name)) for name in names})


def _with_rows(part: Any, rows: Ints, other: Any) -> Any:
    """A part of a plan with some of its rows replaced; what has no rows stays."""
    if isinstance(part, np.ndarray):
        # a copy in the wider of the two shapes: one plan may have a column per path where the other has one for all
        changed = np.broadcast_to(part, (len(part), *np.broadcast_shapes(part.shape[1:], other.shape[1:]))).copy()
        changed[rows] = other
        return changed
    if is_dataclass(part) and not isinstance(part, type):
        names = [field.name for field in fields(part)]
        return replace(part, **{name: _with_rows(getattr(part, name), rows, getattr(other, name)) for name in names})
    return part


def _rows_of(part: Any, rows: Ints) -> Any:
    """Some rows of an array or column, or of every one in a dataclass; what has no rows stays."""
    if isinstance(part, np.ndarray | pl.Series):
        return part[rows]
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{field.name: _rows_of(getattr(part, field.name), rows) for field in fields(part)})
    return part


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

    Where demand ends within the forecast, no order is larger than the one that would be best if no other followed
    before the end: what the following ones could not sell either is left over then.

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
    rows = _may_be_left(plan, terms, starts)
    # a policy of another package decides by itself what it does before an end
    if is_outside(settings.policy) or not len(rows):
        return plan
    until = Cycle(cycle.order_on[rows], cycle.arrives_on[rows], terms.ends_on[rows] + _ONE_DAY, ends_demand=True)
    only = _decided(units[rows], starts, terms.take(rows), holdings.take(rows), until, settings, seed)
    less = np.flatnonzero(only.quantity < plan.quantity[rows])
    # the receipts stay: those of the shorter cycle are as long as every other series'
    kept = replace(only.take(less), receipts=plan.receipts.take(rows[less]))
    return plan.put(rows[less], kept)


def _may_be_left(plan: Plan, terms: Terms, starts: Days) -> Ints:
    """Orders with a known cost, followed by others before demand ends within the forecast, of goods that keep so long.

    What expires before the end is wasted by its date, whenever demand ends.
    """
    forecast_until = starts[-1] + np.timedelta64(int(np.rint(_period_days(starts))), "D")
    later = ~ends_within(terms, plan.cycle) & (terms.ends_on < forecast_until)
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
    step = _period_days(starts)
    starts = _continue(starts, cycle.next_arrives_on.max(initial=starts[0]), terms.lead_sd_days, step)
    arrival, following = period_of(cycle.arrives_on, starts), period_of(cycle.next_arrives_on, starts)
    last = cycle.ends_demand
    spread, spread_following = _spread(arrival, following, terms, step, paths=units.shape[1], seed=seed, to_end=last)
    periods = max(int(spread_following.max(initial=1)), units.shape[2])
    receipts = _receipts(holdings, terms, starts, periods, step, _ages(terms, units.shape[1], seed))
    aging = _aging(holdings, terms, receipts.dated, step, newest_first=settings.withdrawal == "lifo")
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


def _period_days(starts: Days) -> float:
    return float(np.median(np.diff(starts).astype(np.float64))) if len(starts) > 1 else 1.0


def _continue(starts: Days, until: np.datetime64, lead_sd: Floats, step: float) -> Days:
    """Starts of periods continued past the last arrival that counts, late ones included."""
    # Four standard deviations cover the latest of the normal scores at any usual number of paths.
    late = np.timedelta64(int(np.ceil(4 * lead_sd.max(initial=0) + step)), "D")
    missing = int(np.ceil(max(float((until + late - starts[-1]).astype(np.float64)), 0) / step))
    more = starts[-1] + np.rint(step * np.arange(1, missing + 1)).astype("timedelta64[D]")
    return np.concatenate([starts, more])


def _spread(
    arrival: Ints, following: Ints, terms: Terms, step: float, *, paths: int, seed: int, to_end: bool
) -> tuple[Ints, Ints]:
    """Periods of this arrival and of the following one on every path, each with its own delay, in order.

    The end of demand (`to_end`) is no delivery and has no delay.
    """
    late = terms.lead_sd_days / step
    arrivals = spread_arrival(arrival, late, paths, seed)
    # another seed, because a late delivery does not make the following one late
    following_arrivals = following[:, None] if to_end else spread_arrival(following, late, paths, seed + 1)
    # deliveries do not overtake each other, and a cycle lasts at least one period
    return arrivals, np.maximum(following_arrivals, arrivals + 1)


def _ages(terms: Terms, paths: int, seed: int) -> Floats:
    """Days until an order of unknown age arrives, shape (series, paths): a share of a lead time drawn per path."""
    # evenly spread shares, not draws, so that few paths cover the whole lead time
    shares = np.random.default_rng(seed + 2).permutation((np.arange(paths) + 0.5) / paths)
    late = spread_days(terms.lead_sd_days, paths, seed + 3)
    remaining: Floats = np.maximum(terms.lead_days[:, None] + late, 0.0) * shares[None, :]
    return remaining


def _receipts(holdings: Holdings, terms: Terms, starts: Days, periods: int, step: float, remaining: Floats) -> Receipts:
    """Units on order by period of arrival; overdue deliveries arrive at once.

    Undated units of goods that expire are spread over their days, since ages are counted once for all paths.
    """
    dated = np.zeros((len(holdings.on_order), periods))
    undated = holdings.on_order.copy()
    if holdings.due is not None:
        due = holdings.due
        period = period_of(due.arrives_on, starts)
        near = period < periods
        np.add.at(dated, (due.series[near], period[near]), due.units[near])
        undated[due.series] = 0.0
    if not undated.any():
        return Receipts.on_days(dated)
    lands = np.minimum(np.floor(remaining / step).astype(np.int64), periods - 1)
    for row in np.flatnonzero((undated > 0) & np.isfinite(terms.shelf_life_days)):
        dated[row] += undated[row] * np.bincount(lands[row], minlength=periods) / lands.shape[1]
        undated[row] = 0.0
    return Receipts(dated, undated, lands)


def _aging(holdings: Holdings, terms: Terms, receipts: Floats, step: float, *, newest_first: bool) -> Aging | None:
    """Expiry of the stock on hand and on order; None where all goods are non-perishable."""
    expires = np.isfinite(terms.shelf_life_days)
    if not expires.any():
        return None
    life = np.full(len(expires), NON_PERISHABLE, dtype=np.int64)
    life[expires] = np.maximum(np.floor(terms.shelf_life_days[expires] / step), 1)
    periods = receipts.shape[1]
    expiring = np.zeros(receipts.shape)
    told = np.zeros(len(life), dtype=np.bool_)
    if holdings.batches is not None:
        told = expires & ~np.isnan(holdings.batches).any(axis=1)
        lives = min(holdings.batches.shape[1], periods)
        expiring[told, :lives] = holdings.batches[told, :lives]
    # half a review period on average, but no older than their shelf life
    age = np.rint(np.minimum(terms.review_days, 2 * terms.shelf_life_days) / step / 2)
    left = np.maximum(life - age, 1).astype(np.int64)
    soon = (left <= periods) & ~told
    expiring[np.flatnonzero(soon), left[soon] - 1] = np.maximum(holdings.on_hand, 0)[soon]
    for row_life in np.unique(life[expires & (life < periods)]):
        same = life == row_life
        # deliveries are fresh: they expire one shelf life after they arrive
        expiring[same, row_life - 1 :] += receipts[same, : periods - row_life + 1]
    return Aging(expiring, life, newest_first)
