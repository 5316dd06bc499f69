"""Simulates stock of every store x product: arrivals, sales, waste, shrinkage and reordering with biased rules."""

from dataclasses import dataclass

import numpy as np

from retail_brain.sample_chain.chain import Bools, Floats, Ints, Layout
from retail_brain.sample_chain.prices import Pricing
from retail_brain.sample_chain.seasons import Days

LIVES = 22
"""Classes of remaining shelf life in days; non-perishable goods are in the last one and never age."""
_PIPELINE = 24
"""Days ahead that deliveries are booked; the longest lead time of the chain is shorter."""


@dataclass(frozen=True)
class Terms:
    """Supply terms of each store x product; the warehouse is the last store.

    Attributes:
        from_centre: whether the warehouse supplies it.
        weekdays: store x product x 7, days on which orders are placed.
        capacity: units that fit on the shelf (the warehouse: units it may hold).
        z: safety factor that the store uses, drawn around 1.1.
        life: shelf life in days; LIVES for non-perishable goods.
    """

    from_centre: Bools
    lead: Floats
    lead_sd: Floats
    review: Floats
    weekdays: Bools
    pack: Floats
    minimum: Floats
    capacity: Floats
    z: Floats
    bias: Floats
    life: Ints
    service_level: Floats
    supplier: Ints


def build_terms(chain: Layout, expected: Floats, rng: np.random.Generator) -> Terms:
    """Draws supply terms; `expected` is the mean demand per day of each store x product, the warehouse included."""
    shape = expected.shape
    life = np.nan_to_num(chain.per_product("shelf_life_days"), nan=9999.0)
    fresh = life < LIVES
    centre = np.arange(shape[0])[:, None] == shape[0] - 1
    from_centre = (chain.per_product("from_centre") > 0)[None, :] & ~centre
    review = np.where(centre, 7.0, np.where(life < 7, 1.0, np.where(fresh, 2.0, np.where(from_centre, 3.5, 7.0))))
    lead = np.where(
        centre,
        rng.integers(5, 10, (1, shape[1])),
        np.where(from_centre, 2.0, np.where(fresh, 1.0, rng.integers(2, 6, (1, shape[1])))),
    )
    pack = np.broadcast_to(chain.per_product("case_pack"), shape).copy()
    pack = np.where(fresh & (life < 7), np.minimum(pack, 4), pack)
    pack = np.where(centre, pack * 2, np.where(expected < 0.25, np.ceil(pack / 2), pack))
    capacity = np.ceil(np.maximum(expected * (lead + review) * 5 + 8, 3 * pack))
    return Terms(
        from_centre=from_centre,
        lead=np.broadcast_to(lead, shape),
        lead_sd=np.where(from_centre, 0.3, np.where(fresh, 0.2, np.where(centre, 1.5, 1.0))) * np.ones(shape),
        review=np.broadcast_to(review, shape),
        weekdays=_weekdays(review, shape, rng),
        pack=pack,
        minimum=np.where(centre, pack * 2, pack),
        capacity=capacity,
        z=rng.normal(1.1, 0.35, shape),
        bias=rng.lognormal(-0.02, 0.16, shape),
        life=np.where(fresh, life, LIVES).astype(np.int64),
        service_level=np.where(fresh, 0.92, np.where(centre, 0.97, 0.95)) * np.ones(shape),
        supplier=np.array([int(rng.integers(0, 3)) for _ in chain.subs])[chain.sub],
    )


def _weekdays(review: Floats, shape: tuple[int, ...], rng: np.random.Generator) -> Bools:
    """Order days per week: all, every second, two or one; weekly ones differ between stores."""
    days = np.zeros((*shape, 7), dtype=bool)
    kinds = {1.0: range(7), 2.0: (0, 2, 4, 5), 3.5: (0, 3)}
    for value, which in kinds.items():
        days[np.broadcast_to(review, shape) == value] = np.isin(np.arange(7), list(which))
    weekly = np.broadcast_to(review, shape) == 7.0
    days[weekly] = np.arange(7)[None, :] == rng.integers(0, 5, weekly.sum())[:, None]
    return days


@dataclass
class Movements:
    """Stock movements of one day in units, store x product."""

    received: Floats
    sold: Floats
    returned: Floats
    wasted: Floats
    shipped: Floats
    adjusted: Floats


class Stock:
    """Stock of every store x product through the days.

    `on_hand` is the true stock; `recorded` the one of the stock records, which is higher after unnoticed losses.
    """

    def __init__(self, chain: Layout, terms: Terms, expected: Floats, plan: Floats, rng: np.random.Generator) -> None:
        self._chain, self._terms, self._plan, self._rng = chain, terms, plan, rng
        shape = terms.pack.shape
        self._lots = np.zeros((LIVES, *shape))
        self._coming = np.zeros((_PIPELINE, *shape))
        self._mean = expected * terms.bias
        self._expected = expected
        self._shipped = expected[-1].copy()
        self._unseen = np.zeros(shape)
        self._keeps = terms.life >= LIVES
        start = np.ceil(expected * (terms.lead + terms.review) * 1.3 / terms.pack) * terms.pack
        self._add(np.where(self._orderable(0), start, 0.0))

    @property
    def on_hand(self) -> Floats:
        """True stock in units."""
        units: Floats = self._lots.sum(axis=0)
        return units

    @property
    def recorded(self) -> Floats:
        """Recorded stock in units."""
        units: Floats = self.on_hand + self._unseen
        return units

    @property
    def on_order(self) -> Floats:
        """Units on order."""
        units: Floats = self._coming.sum(axis=0)
        return units

    def receive(self) -> Floats:
        """Adds the deliveries of this morning to the stock; returns their units."""
        arrived: Floats = self._coming[0].copy()
        self._coming[:-1] = self._coming[1:]
        self._coming[-1] = 0
        self._add(arrived)
        return arrived

    def vanish(self, store: int, product: int, units: float) -> float:
        """Removes goods without a record (theft, breakage); returns the units that were there to be lost."""
        lost = min(units, float(self.on_hand[store, product]))
        taken = np.zeros_like(self._unseen)
        taken[store, product] = lost
        self._take(taken)
        self._unseen[store, product] += lost
        return lost

    def count(self, store: int, product: int) -> float:
        """Corrects the record by a stocktake; returns the correction in units."""
        excess = float(self._unseen[store, product])
        self._unseen[store, product] = 0
        return -excess

    def close(self, day: int, sold: Floats, returned: Floats) -> tuple[Floats, Floats]:
        """Books the day's sales and returns, discards expired goods and places orders; returns (wasted, shipped)."""
        self._take(sold)
        self._lots[-1] += returned  # only non-perishable goods are taken back
        wasted = np.where(self._keeps, 0.0, self._lots[0])
        self._lots[:-1] = np.where(self._keeps, self._lots[:-1], self._lots[1:])
        self._lots[-1] = np.where(self._keeps, self._lots[-1], 0.0)
        ended = self._ended(day)
        wasted = wasted + np.where(ended, self._lots.sum(axis=0), 0.0)
        self._lots[:, ended] = 0
        # an empty shelf hides no losses: its record is right again
        self._unseen[ended] = 0
        shipped = self._order(day, sold)
        return wasted, shipped

    def _add(self, units: Floats) -> None:
        fresh = np.minimum(self._terms.life, LIVES) - 1
        self._lots[fresh, :, np.arange(len(fresh))] += units.T

    def _take(self, units: Floats) -> None:
        # first in, first out: each lot gives what the older ones could not
        before = np.cumsum(self._lots, axis=0) - self._lots
        self._lots -= np.clip(units - before, 0, self._lots)

    def _orderable(self, day: int) -> Bools:
        """Whether it is listed when an order of today would arrive; in the warehouse, whether any shop lists it."""
        last = self._chain.size.days - 1
        ahead = np.minimum(day + np.ceil(self._terms.lead + 1), last).astype(np.int64)
        stores, products = np.indices(ahead.shape)
        active: Bools = self._chain.active[ahead, stores, products]
        centre = self._terms.from_centre[0] & self._chain.active[ahead[-1], :, np.arange(ahead.shape[1])].any(axis=1)
        active[-1] = centre
        return active

    def _ended(self, day: int) -> Bools:
        """Whether today is the last day of the listing."""
        active = self._chain.active
        if day + 1 >= len(active):
            return np.zeros(active.shape[1:], dtype=bool)
        ended: Bools = active[day] & ~active[day + 1]
        return ended

    def _order(self, day: int, sold: Floats) -> Floats:
        """Order-up-to policy: smoothed sales over lead time and review period, plus safety stock by rule of thumb."""
        terms, rng = self._terms, self._rng
        sold = sold.copy()
        open_today = self._chain.active[day]
        # smoothed over sales, not demand: stores do not see what they could not sell
        self._mean = np.where(open_today, self._mean + (sold - self._mean) / 18, self._mean)
        # the warehouse plans by what shops ordered, not by what customers bought
        self._mean[-1] += (self._shipped - self._mean[-1]) / 18
        span = terms.lead + terms.review
        mean = np.maximum(self._mean, 0.25 * self._expected) * self._plan[day] * terms.bias
        target = mean * span + terms.z * np.sqrt(1.6 * mean * span + (mean * terms.lead_sd) ** 2)
        # no more than is sold before it expires
        target = np.where(self._keeps, target, np.minimum(target, mean * (terms.life + 1)))
        missing = target - self.recorded - self.on_order
        today = terms.weekdays[:, :, self._chain.size.date(day).weekday()]
        # now and then an order is forgotten
        asked = (missing > 0) & today & self._orderable(day) & (rng.random(missing.shape) > 0.03)
        # a further pack only where nearly a third of one is missing
        packs = np.ceil(missing / terms.pack - 0.3) * terms.pack
        room = np.maximum(np.floor((terms.capacity - self.recorded - self.on_order) / terms.pack), 0) * terms.pack
        units = np.where(asked, np.minimum(np.maximum(packs, terms.minimum), np.maximum(room, 0)), 0.0)
        return self._dispatch(units)

    def _dispatch(self, units: Floats) -> Floats:
        """Places orders; the warehouse serves the shops in their order until its stock is used up."""
        terms = self._terms
        ordered = np.where(terms.from_centre, units, 0.0)
        have = self.on_hand[-1]
        before = np.cumsum(ordered, axis=0) - ordered
        sent = np.floor(np.clip(have[None, :] - before, 0, ordered) / terms.pack) * terms.pack
        units = np.where(terms.from_centre, sent, units)
        days = np.maximum(np.rint(self._rng.normal(terms.lead, terms.lead_sd)), 1).astype(np.int64)
        days = np.minimum(days, _PIPELINE) - 1
        stores, products = np.indices(days.shape)
        np.add.at(self._coming, (days, stores, products), units)
        shipped = np.zeros_like(units)
        shipped[-1] = sent.sum(axis=0)
        self._take(shipped)
        self._shipped = ordered.sum(axis=0)
        return shipped


def planned_lift(pricing: Pricing, days: Days) -> Floats:
    """Demand lift that stores plan for, day x store x product: damped ratio of the coming week to the last 18 days."""
    planned = pricing.own * days.season[:, None, :] * days.traffic[:, :, None]
    total = np.concatenate([np.zeros((1, *planned.shape[1:])), np.cumsum(planned, axis=0)])
    index = np.arange(len(planned))
    ahead = np.minimum(index + 8, len(planned))
    behind = np.maximum(index - 17, 0)
    future = (total[ahead] - total[np.minimum(index + 1, len(planned) - 1)]) / np.maximum(ahead - index - 1, 1)[
        :, None, None
    ]
    past = (total[index + 1] - total[behind]) / (index + 1 - behind)[:, None, None]
    lift = np.where(future > 0, future, past) / past
    result: Floats = np.clip(lift, 0.3, 6.0) ** 0.85
    return result
