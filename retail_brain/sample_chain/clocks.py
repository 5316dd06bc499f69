"""Simulates when members visit, which store they choose and which of their needs are due."""

import numpy as np

from retail_brain.sample_chain.chain import Bools, Floats, Ints, Layout
from retail_brain.sample_chain.outreach import Outreach
from retail_brain.sample_chain.people import Needs, People


class Clocks:
    """Renewal process per need: its clock advances with time and today's multiplier; at its threshold units are bought.

    Thresholds are gamma with mean 1, so that intervals are regular but not exact.
    """

    def __init__(self, chain: Layout, people: People, needs: Needs, rng: np.random.Generator) -> None:
        self._chain, self._people, self._needs, self._rng = chain, people, needs, rng
        self._threshold = rng.gamma(needs.regularity) / needs.regularity
        self._clock = np.where(needs.explored, -1.0, rng.random(len(needs.product)) * self._threshold)
        # members from before the data last came some days ago, or all their needs would be due on the first day
        self._seen = np.where(people.joined < 0, -rng.integers(0, 25, len(people.person)), people.joined)
        self._online = [i for i, store in enumerate(chain.stores) if store.is_online]
        self._shops = [i for i, store in enumerate(chain.stores) if not store.is_online and store.size]

    def visitors(self, day: int, traffic: Floats, outreach: Outreach) -> tuple[Ints, Ints]:
        """Customers of today and, for visits that a campaign caused, the product of the campaign (-1 otherwise)."""
        people, rng = self._people, self._rng
        weekday = self._chain.size.date(day).weekday()
        shop, online = self._store_weights(traffic, np.arange(len(people.rate)))
        chance = people.rate * people.weekdays[:, weekday] * (shop + online)
        comes = (rng.random(len(chance)) < chance) & (people.joined <= day) & (day <= people.left)
        comes |= people.joined == day  # a card is made at a till
        wants = np.full(len(chance), -1)
        caused = outreach.responds_on == day
        wants[outreach.customer[caused]] = outreach.wants[caused]
        customer = np.flatnonzero(comes | (wants >= 0))
        return customer, wants[customer]

    def stores_visited(self, customer: Ints, traffic: Floats) -> Ints:
        """Draws the store of each visit: home store, an online store, or in 7 % of the visits to shops another one."""
        rng = self._rng
        store = self._people.home[customer].copy()
        shop, net = self._store_weights(traffic, customer)
        online = rng.random(len(customer)) * (shop + net) < net
        store[online] = rng.choice(self._online, online.sum())
        away = ~online & (rng.random(len(customer)) < 0.07)
        store[away] = rng.choice(self._shops, away.sum())
        return store

    def _store_weights(self, traffic: Floats, customer: Ints) -> tuple[Floats, Floats]:
        """Weights of the home store and of the online stores for each customer today."""
        online = self._people.online[customer]
        return (1 - online) * traffic[self._people.home[customer]], online * traffic[self._online].mean()

    def store_with(self, day: int, product: Ints) -> Ints:
        """A store that lists the product: the first of the online ones, else of the shops."""
        order = np.array([*self._online, *self._shops])
        chosen: Ints = order[np.argmax(self._chain.active[day][order][:, product], axis=0)]
        return chosen

    def due_purchases(
        self, day: int, customer: Ints, store: Ints, effect: Floats, active: Bools
    ) -> tuple[Ints, Ints, Ints, Bools]:
        """(visit index, product, units, whether it is a first purchase) of the due needs of today's visitors."""
        needs = self._needs
        count = needs.first[customer + 1] - needs.first[customer]
        visit = np.repeat(np.arange(len(customer)), count)
        # index of every need of every visitor: the needs of a record are adjacent, from `first` on
        at = np.arange(len(visit)) - np.repeat(np.cumsum(count) - count, count) + needs.first[customer][visit]
        product, where = needs.product[at], store[visit]
        alive = (needs.since[at] <= day) & (day <= needs.until[at]) & active[where, product]
        # capped, so that a long absence does not add up to a whole trolley of one product
        elapsed = np.minimum(np.minimum(day - self._seen[customer], 60)[visit], 2.5 * needs.cycle[at])
        curious = self._rng.random(len(at)) < 0.35 * effect[where, product]
        first = alive & (self._clock[at] < 0) & curious
        alive &= (self._clock[at] >= 0) | curious
        grown = self._clock[at] + elapsed * effect[where, product] / needs.cycle[at]
        clock = np.where(first, self._threshold[at], np.where(alive, grown, self._clock[at]))
        excess = clock - self._threshold[at]
        units = np.where(alive & (excess >= 0), np.minimum(1 + np.floor(np.maximum(excess, 0)), 8), 0).astype(np.int64)
        # what a clock has beyond its threshold is carried over: a late visit does not lose time
        self._clock[at] = np.where(units > 0, excess - (units - 1), clock)
        fired = at[units > 0]
        self._threshold[fired] = self._rng.gamma(needs.regularity[fired]) / needs.regularity[fired]
        self._seen[customer] = day
        bought = units > 0
        return visit[bought], product[bought], units[bought], first[bought]
