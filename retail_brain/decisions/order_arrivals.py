"""When stock on order and the next orders arrive, path by path, and when the stock expires."""

import numpy as np

from retail_brain.decisions.arrays import Days, Floats, Ints
from retail_brain.decisions.expiry import NON_PERISHABLE, Aging
from retail_brain.decisions.holdings import Holdings
from retail_brain.decisions.lead_times import spread_arrival, spread_days
from retail_brain.decisions.order_calendar import period_of
from retail_brain.decisions.receipts_on_order import Receipts
from retail_brain.decisions.supply_terms import Terms


def period_days(starts: Days) -> float:
    """Days of a period: the median distance of their starts; 1 for a single one."""
    return float(np.median(np.diff(starts).astype(np.float64))) if len(starts) > 1 else 1.0


def continued_periods(starts: Days, until: np.datetime64, lead_sd: Floats, step: float) -> Days:
    """Starts of periods continued past the last arrival that counts, late ones included."""
    # Four standard deviations cover the latest of the normal scores at any usual number of paths.
    late = np.timedelta64(int(np.ceil(4 * lead_sd.max(initial=0) + step)), "D")
    missing = int(np.ceil(max(float((until + late - starts[-1]).astype(np.float64)), 0) / step))
    more = starts[-1] + np.rint(step * np.arange(1, missing + 1)).astype("timedelta64[D]")
    return np.concatenate([starts, more])


def arrivals_by_path(
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


def days_to_arrival(terms: Terms, paths: int, seed: int) -> Floats:
    """Days until an order of unknown age arrives, shape (series, paths): a share of a lead time drawn per path."""
    # evenly spread shares, not draws, so that few paths cover the whole lead time
    shares = np.random.default_rng(seed + 2).permutation((np.arange(paths) + 0.5) / paths)
    late = spread_days(terms.lead_sd_days, paths, seed + 3)
    remaining: Floats = np.maximum(terms.lead_days[:, None] + late, 0.0) * shares[None, :]
    return remaining


def receipts_by_period(
    holdings: Holdings, terms: Terms, starts: Days, periods: int, step: float, remaining: Floats
) -> Receipts:
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


def stock_aging(holdings: Holdings, terms: Terms, receipts: Floats, step: float, *, newest_first: bool) -> Aging | None:
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
