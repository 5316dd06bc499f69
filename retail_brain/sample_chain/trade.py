"""One day after the other: people come, want, take what is there, leave without the rest or with something else."""

from dataclasses import dataclass, field

import numpy as np

from retail_brain.sample_chain.chain import Bools, Floats, Ints, Layout
from retail_brain.sample_chain.clocks import Clocks
from retail_brain.sample_chain.market import anonymous_rate, complement_matrix, demand_shocks, rival_table
from retail_brain.sample_chain.outreach import Outreach
from retail_brain.sample_chain.people import Needs, People
from retail_brain.sample_chain.prices import Pricing
from retail_brain.sample_chain.seasons import Days
from retail_brain.sample_chain.shelf import LIVES, Movements, Shelf, Terms, build_terms, planned_lift

REPEAT, EXPLORE, COMPLEMENT, CAMPAIGN, PASSER_BY, SUBSTITUTE = range(6)
"""Why a line was wanted."""
SUBSTITUTION_PROBABILITY = 0.45
"""Probability that somebody takes another product where theirs ran out. Invented."""
LINE = ("day", "second", "store", "product", "customer", "basket", "units", "served", "kind")
VISIT = ("basket", "day", "second", "store", "customer")


@dataclass
class Phantom:
    """Goods that vanished on `start` and were believed to be there until `end` (-1: still)."""

    store: int
    product: int
    start: int
    end: int
    units: float


@dataclass
class Log:
    """What happened: columns of lines and of visits by known customers, returns, and stock per day."""

    lines: dict[str, list[Ints]] = field(default_factory=lambda: {name: [] for name in LINE})
    visits: dict[str, list[Ints]] = field(default_factory=lambda: {name: [] for name in VISIT})
    returns: list[tuple[int, int, Ints]] = field(default_factory=list)
    movements: list[Movements] = field(default_factory=list)
    on_hand: list[Floats] = field(default_factory=list)
    on_order: list[Floats] = field(default_factory=list)
    phantoms: list[Phantom] = field(default_factory=list)

    def add(self, columns: dict[str, Ints]) -> None:
        """Keeps the lines of one day."""
        for name, values in columns.items():
            self.lines[name].append(values)


class Trade:
    """Runs the chain through its days."""

    def __init__(
        self,
        chain: Layout,
        days: Days,
        pricing: Pricing,
        people: People,
        needs: Needs,
        outreach: Outreach,
        rng: np.random.Generator,
    ) -> None:
        self.chain, self.days, self.pricing = chain, days, pricing
        self.people, self.needs, self.outreach, self.rng = people, needs, outreach, rng
        self.effect = pricing.effect * days.season[:, None, :] * days.weather * demand_shocks(chain, rng)
        self.anonymous_rate = anonymous_rate(chain, rng)
        expected = self._expected()
        self.terms: Terms = build_terms(chain, expected, rng)
        self.shelf = Shelf(chain, self.terms, expected, planned_lift(pricing, days), rng)
        self.log = Log()
        self._clocks = Clocks(chain, people, needs, rng)
        self.complements = complement_matrix(chain)
        self.rivals = rival_table(chain)
        self._baskets = 0
        self._due: dict[int, list[Ints]] = {}

    def run(self) -> Log:
        """Every day from the first to the last."""
        self._plan_phantoms()
        for day in range(self.chain.size.days):
            self._day(day)
        return self.log

    def _day(self, day: int) -> None:
        shelf, shape = self.shelf, self.terms.pack.shape
        adjusted = np.zeros(shape)
        for phantom in self.log.phantoms:
            if phantom.start == day:
                phantom.units = shelf.vanish(phantom.store, phantom.product, phantom.units)
            if phantom.end == day:
                adjusted[phantom.store, phantom.product] += shelf.count(phantom.store, phantom.product)
        received = shelf.receive()
        lines = self._wanted(day)
        left = np.floor(shelf.on_hand).ravel()
        lines["served"] = serve(left, lines["store"] * shape[1] + lines["product"], lines["second"], lines["units"])
        self.log.add(lines)
        swapped = self._substitute(day, lines, left)
        self.log.add(swapped)
        sold = np.zeros(shape)
        for part in (lines, swapped):
            np.add.at(sold, (part["store"], part["product"]), part["served"])
            self._schedule_returns(day, part)
        returned = self._take_back(day)
        wasted, shipped = shelf.close(day, sold, returned)
        self.log.movements.append(Movements(received, sold, returned, wasted, shipped, adjusted))
        self.log.on_hand.append(shelf.recorded.copy())
        self.log.on_order.append(shelf.on_order.copy())

    def _wanted(self, day: int) -> dict[str, Ints]:
        parts = [self._passers_by(day), *self._members(day)]
        lines = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        extra = self._goes_with(day, lines)
        return {name: np.concatenate([lines[name], extra[name]]) for name in lines}

    def _passers_by(self, day: int) -> dict[str, Ints]:
        """People without a card: units by negative binomial, put into baskets at random."""
        chain, rng = self.chain, self.rng
        mean = self.anonymous_rate * self.days.traffic[day][:, None] * self.effect[day] * chain.active[day]
        units = rng.poisson(mean * rng.gamma(4.0, 1 / 4.0, mean.shape))
        store, product = np.nonzero(units)
        count = units[store, product]
        store, product = np.repeat(store, count), np.repeat(product, count)
        people = np.maximum(np.rint(np.bincount(store, minlength=len(chain.stores)) / 2.3), 1).astype(np.int64)
        basket = np.floor(rng.random(len(store)) * people[store]).astype(np.int64) + (np.cumsum(people) - people)[store]
        seconds = opening_times(rng, int(people.sum()), np.repeat([s.is_online for s in chain.stores], people))
        first = self._number(int(people.sum()))
        return _lines(
            day,
            seconds[basket],
            store,
            product,
            np.full(len(store), -1),
            first + basket,
            np.ones_like(store),
            PASSER_BY,
        )

    def _members(self, day: int) -> list[dict[str, Ints]]:
        """Known customers who come today: what they need, and what a message made them want."""
        customer, wants = self._clocks.who_comes(day, self.days.traffic[day], self.outreach)
        store = self._clocks.where(customer, self.days.traffic[day])
        asks = np.flatnonzero(wants >= 0)
        elsewhere = asks[~self.chain.active[day, store[asks], wants[asks]]]
        store[elsewhere] = self._clocks.seller(day, wants[elsewhere])
        second = opening_times(self.rng, len(customer), np.array([s.is_online for s in self.chain.stores])[store])
        basket = self._number(len(customer)) + np.arange(len(customer))
        for name, values in zip(VISIT, (basket, np.full(len(customer), day), second, store, customer), strict=True):
            self.log.visits[name].append(values)
        visit, product, units, fresh = self._clocks.what(day, customer, store, self.effect[day], self.chain.active[day])
        kind = np.where(fresh, EXPLORE, REPEAT)
        bought = _lines(day, second[visit], store[visit], product, customer[visit], basket[visit], units, kind)
        told = np.flatnonzero((wants >= 0) & self.chain.active[day, store, wants])
        caused = _lines(
            day,
            second[told],
            store[told],
            wants[told],
            customer[told],
            basket[told],
            np.ones(len(told), dtype=np.int64),
            CAMPAIGN,
        )
        return [bought, caused]

    def _goes_with(self, day: int, lines: dict[str, Ints]) -> dict[str, Ints]:
        """What goes with the goods just chosen, more often when it is cheap today."""
        rng, (partner, chance) = self.rng, self.complements
        pick = rng.integers(0, partner.shape[1], len(lines["product"]))
        other, likely = partner[lines["product"], pick], chance[lines["product"], pick] * partner.shape[1]
        pull = np.where(other >= 0, self.pricing.effect[day, lines["store"], other], 0.0)
        taken = (rng.random(len(other)) < likely * pull) & self.chain.active[day, lines["store"], other]
        kept = np.flatnonzero(taken & (other >= 0))
        return (
            lines
            | _pick(lines, kept)
            | {
                "product": other[kept],
                "units": np.ones(len(kept), dtype=np.int64),
                "kind": np.full(len(kept), COMPLEMENT),
            }
        )

    def _substitute(self, day: int, lines: dict[str, Ints], left: Floats) -> dict[str, Ints]:
        """Some who found the shelf empty take another of the same kind that is left."""
        rng, products = self.rng, len(self.chain.names)
        short = np.flatnonzero(
            (lines["served"] < lines["units"]) & (rng.random(len(lines["units"])) < SUBSTITUTION_PROBABILITY)
        )
        options = self.rivals[lines["product"][short]]
        at = lines["store"][short][:, None] * products + options
        there = (options >= 0) & (left[at] > 0) & self.chain.active[day][lines["store"][short][:, None], options]
        best = np.argmax(there * rng.random(there.shape), axis=1)
        found = there.any(axis=1)
        swapped = _pick(lines, short[found])
        swapped["product"] = options[np.arange(len(short)), best][found]
        swapped["units"] = (lines["units"] - lines["served"])[short[found]]
        swapped["kind"] = np.full(found.sum(), SUBSTITUTE)
        swapped["served"] = serve(
            left, swapped["store"] * products + swapped["product"], swapped["second"], swapped["units"]
        )
        return swapped

    def _schedule_returns(self, day: int, lines: dict[str, Ints]) -> None:
        rate = self.chain.per_product("return_rate")[lines["product"]]
        keeps = self.terms.life[lines["product"]] >= LIVES
        online = np.array([store.is_online for store in self.chain.stores])[lines["store"]]
        back = np.flatnonzero(
            keeps & (lines["served"] > 0) & (self.rng.random(len(rate)) < rate * np.where(online, 1.6, 1.0))
        )
        for index, later in zip(back.tolist(), self.rng.integers(1, 15, len(back)).tolist(), strict=True):
            row = np.array([lines[name][index] for name in ("store", "product", "customer", "basket", "served")])
            self._due.setdefault(day + later, []).append(row)

    def _take_back(self, day: int) -> Floats:
        returned = np.zeros(self.terms.pack.shape)
        for row in self._due.pop(day, []):
            if self.chain.active[day, row[0], row[1]]:
                returned[row[0], row[1]] += row[4]
                self.log.returns.append((day, int(self.rng.integers(34000, 74000)), row))
        return returned

    def _number(self, count: int) -> int:
        self._baskets += count
        return self._baskets - count

    def _expected(self) -> Floats:
        """Mean units a day per store x product in a usual week, the warehouse's being what shops draw from it."""
        people, needs = self.people, self.needs
        rate = 0.6 / needs.cycle
        expected = self.anonymous_rate.copy()
        np.add.at(expected, (people.home[needs.customer], needs.product), rate * (1 - people.online[needs.customer]))
        for store in self._online():
            np.add.at(expected, (np.full(len(rate), store), needs.product), rate * people.online[needs.customer] / 2)
        expected *= self.chain.listed
        expected[-1] = expected[:-1].sum(axis=0) * (self.chain.per_product("from_centre") > 0)
        return expected

    def _online(self) -> list[int]:
        return [index for index, store in enumerate(self.chain.stores) if store.is_online]

    def _plan_phantoms(self) -> None:
        days, rng = self.chain.size.days, self.rng
        kept = self.chain.active[[0, -1]].all(axis=0) & (self.terms.life >= LIVES)[None, :]
        stores, products = np.nonzero(kept)
        for index, which in enumerate(rng.choice(len(stores), 8, replace=False).tolist()):
            start = int(rng.integers(days // 4, days - 40)) if index % 2 else days - 30 - index
            end = min(start + 60, days - 12) if index % 2 else -1
            self.log.phantoms.append(
                Phantom(int(stores[which]), int(products[which]), start, end, float(rng.integers(5, 12)))
            )


def serve(left: Floats, place: Ints, second: Ints, units: Ints) -> Ints:
    """Gives out what is left in the order people come; `left` is reduced in place. Returns the units served."""
    order = np.lexsort((second, place))
    place, wanted = place[order], units[order]
    total = np.cumsum(wanted)
    starts = np.r_[True, place[1:] != place[:-1]] if len(place) else np.zeros(0, dtype=bool)
    base = np.repeat((total - wanted)[starts], np.diff(np.r_[np.flatnonzero(starts), len(place)]))
    given = np.clip(left[place] - (total - wanted - base), 0, wanted).astype(np.int64)
    np.subtract.at(left, place, given)
    served = np.zeros_like(units)
    served[order] = given
    return served


def opening_times(rng: np.random.Generator, count: int, online: Bools) -> Ints:
    """Seconds of the day: shops have a morning and an evening peak, online shops a late evening one."""
    peak = rng.random(count) < np.where(online, 0.3, 0.45)
    hours = np.where(peak, rng.normal(np.where(online, 12.5, 10.3), 1.5), rng.normal(np.where(online, 20.3, 18.0), 1.9))
    return (np.clip(hours, np.where(online, 6.0, 8.05), np.where(online, 23.9, 21.9)) * 3600).astype(np.int64)


def _lines(
    day: int, second: Ints, store: Ints, product: Ints, customer: Ints, basket: Ints, units: Ints, kind: Ints | int
) -> dict[str, Ints]:
    return {
        "day": np.full(len(store), day),
        "second": second,
        "store": store,
        "product": product,
        "customer": customer,
        "basket": basket,
        "units": units,
        "kind": np.broadcast_to(np.asarray(kind), store.shape).astype(np.int64),
    }


def _pick(lines: dict[str, Ints], rows: Ints) -> dict[str, Ints]:
    return {name: values[rows] for name, values in lines.items()}
