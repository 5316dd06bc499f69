"""Runs the simulation day by day: demand, sales from the stock that is left, substitution, returns and reordering."""

from dataclasses import dataclass, field

import numpy as np

from retail_brain.sample_chain.chain import Bools, Floats, Ints, Layout
from retail_brain.sample_chain.clocks import Clocks
from retail_brain.sample_chain.market import anonymous_rate, complement_matrix, demand_shocks, substitute_table
from retail_brain.sample_chain.outreach import Outreach
from retail_brain.sample_chain.people import Needs, People
from retail_brain.sample_chain.prices import Pricing
from retail_brain.sample_chain.seasons import Days
from retail_brain.sample_chain.shelf import LIVES, Movements, Stock, Terms, build_terms, planned_lift

REPEAT, EXPLORE, COMPLEMENT, CAMPAIGN, PASSER_BY, SUBSTITUTE = range(6)
"""Cause of the demand of a line."""
SUBSTITUTION_PROBABILITY = 0.45
"""Probability that a customer takes a substitute for a product that is out of stock. Invented."""
LINE = ("day", "second", "store", "product", "customer", "basket", "units", "served", "kind")
VISIT = ("basket", "day", "second", "store", "customer")


@dataclass
class Phantom:
    """Phantom stock: units lost on day `start` whose record is corrected on day `end` (-1: never)."""

    store: int
    product: int
    start: int
    end: int
    units: float


@dataclass
class Log:
    """Record of the simulation: columns of lines and of members' visits, returns, and stock per day."""

    lines: dict[str, list[Ints]] = field(default_factory=lambda: {name: [] for name in LINE})
    visits: dict[str, list[Ints]] = field(default_factory=lambda: {name: [] for name in VISIT})
    returns: list[tuple[int, int, Ints]] = field(default_factory=list)
    movements: list[Movements] = field(default_factory=list)
    on_hand: list[Floats] = field(default_factory=list)
    on_order: list[Floats] = field(default_factory=list)
    phantoms: list[Phantom] = field(default_factory=list)

    def add(self, columns: dict[str, Ints]) -> None:
        """Appends the lines of one day."""
        for name, values in columns.items():
            self.lines[name].append(values)


class Trade:
    """Simulation of the chain."""

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
        self.stock = Stock(chain, self.terms, expected, planned_lift(pricing, days), rng)
        self.log = Log()
        self._clocks = Clocks(chain, people, needs, rng)
        self.complements = complement_matrix(chain)
        self.substitutes = substitute_table(chain)
        self._baskets = 0
        self._due: dict[int, list[Ints]] = {}

    def run(self) -> Log:
        """Simulates every day from the first to the last."""
        self._plan_phantoms()
        for day in range(self.chain.size.days):
            self._day(day)
        return self.log

    def _day(self, day: int) -> None:
        stock, shape = self.stock, self.terms.pack.shape
        adjusted = np.zeros(shape)
        for phantom in self.log.phantoms:
            if phantom.start == day:
                phantom.units = stock.vanish(phantom.store, phantom.product, phantom.units)
            if phantom.end == day:
                adjusted[phantom.store, phantom.product] += stock.count(phantom.store, phantom.product)
        received = stock.receive()
        lines = self._wanted(day)
        left = np.floor(stock.on_hand).ravel()
        lines["served"] = serve(left, lines["store"] * shape[1] + lines["product"], lines["second"], lines["units"])
        self.log.add(lines)
        # substitutes are taken from what first choices have left over
        swapped = self._substitute(day, lines, left)
        self.log.add(swapped)
        sold = np.zeros(shape)
        for part in (lines, swapped):
            np.add.at(sold, (part["store"], part["product"]), part["served"])
            self._schedule_returns(day, part)
        returned = self._take_back(day)
        wasted, shipped = stock.close(day, sold, returned)
        self.log.movements.append(Movements(received, sold, returned, wasted, shipped, adjusted))
        self.log.on_hand.append(stock.recorded.copy())
        self.log.on_order.append(stock.on_order.copy())

    def _wanted(self, day: int) -> dict[str, Ints]:
        parts = [self._passers_by(day), *self._members(day)]
        lines = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        extra = self._goes_with(day, lines)
        return {name: np.concatenate([lines[name], extra[name]]) for name in lines}

    def _passers_by(self, day: int) -> dict[str, Ints]:
        """Demand of anonymous customers: negative binomial units, put into baskets at random."""
        chain, rng = self.chain, self.rng
        mean = self.anonymous_rate * self.days.traffic[day][:, None] * self.effect[day] * chain.active[day]
        # a gamma-mixed Poisson is negative binomial; with shape 4 the variance is mean + mean^2 / 4
        units = rng.poisson(mean * rng.gamma(4.0, 1 / 4.0, mean.shape))
        store, product = np.nonzero(units)
        count = units[store, product]
        store, product = np.repeat(store, count), np.repeat(product, count)
        # about 2.3 units a basket
        people = np.maximum(np.rint(np.bincount(store, minlength=len(chain.stores)) / 2.3), 1).astype(np.int64)
        basket = np.floor(rng.random(len(store)) * people[store]).astype(np.int64) + (np.cumsum(people) - people)[store]
        seconds = _purchase_times(rng, int(people.sum()), np.repeat([s.is_online for s in chain.stores], people))
        first = self._number(int(people.sum()))
        return _lines(
            day,
            PASSER_BY,
            second=seconds[basket],
            store=store,
            product=product,
            customer=np.full(len(store), -1),
            basket=first + basket,
            units=np.ones_like(store),
        )

    def _members(self, day: int) -> list[dict[str, Ints]]:
        """Demand of members who come today: their due needs, and purchases that a campaign caused."""
        customer, wants = self._clocks.visitors(day, self.days.traffic[day], self.outreach)
        store = self._clocks.stores_visited(customer, self.days.traffic[day])
        asks = np.flatnonzero(wants >= 0)
        # somebody who comes for a campaign goes where its product is listed
        elsewhere = asks[~self.chain.active[day, store[asks], wants[asks]]]
        store[elsewhere] = self._clocks.store_with(day, wants[elsewhere])
        second = _purchase_times(self.rng, len(customer), np.array([s.is_online for s in self.chain.stores])[store])
        basket = self._number(len(customer)) + np.arange(len(customer))
        for name, values in zip(VISIT, (basket, np.full(len(customer), day), second, store, customer), strict=True):
            self.log.visits[name].append(values)
        visit, product, units, fresh = self._clocks.due_purchases(
            day, customer, store, self.effect[day], self.chain.active[day]
        )
        bought = _lines(
            day,
            np.where(fresh, EXPLORE, REPEAT),
            second=second[visit],
            store=store[visit],
            product=product,
            customer=customer[visit],
            basket=basket[visit],
            units=units,
        )
        responding = np.flatnonzero((wants >= 0) & self.chain.active[day, store, wants])
        caused = _lines(
            day,
            CAMPAIGN,
            second=second[responding],
            store=store[responding],
            product=wants[responding],
            customer=customer[responding],
            basket=basket[responding],
            units=np.ones(len(responding), dtype=np.int64),
        )
        return [bought, caused]

    def _goes_with(self, day: int, lines: dict[str, Ints]) -> dict[str, Ints]:
        """Complements of the demanded goods, more often when they are cheap today."""
        rng, (partner, chance) = self.rng, self.complements
        # one of the partners at random with its chance times their number: one draw per line instead of one per pair
        pick = rng.integers(0, partner.shape[1], len(lines["product"]))
        other, likely = partner[lines["product"], pick], chance[lines["product"], pick] * partner.shape[1]
        pull = np.where(other >= 0, self.pricing.effect[day, lines["store"], other], 0.0)
        taken = (rng.random(len(other)) < likely * pull) & self.chain.active[day, lines["store"], other]
        added = np.flatnonzero(taken & (other >= 0))
        return (
            lines
            | _pick(lines, added)
            | {
                "product": other[added],
                "units": np.ones(len(added), dtype=np.int64),
                "kind": np.full(len(added), COMPLEMENT),
            }
        )

    def _substitute(self, day: int, lines: dict[str, Ints], left: Floats) -> dict[str, Ints]:
        """Substitution: some customers whose product is out of stock take another of its subcategory."""
        rng, products = self.rng, len(self.chain.names)
        short = np.flatnonzero(
            (lines["served"] < lines["units"]) & (rng.random(len(lines["units"])) < SUBSTITUTION_PROBABILITY)
        )
        options = self.substitutes[lines["product"][short]]
        at = lines["store"][short][:, None] * products + options
        available = (options >= 0) & (left[at] > 0) & self.chain.active[day][lines["store"][short][:, None], options]
        # the greatest of random numbers is a fair draw among the options in stock
        best = np.argmax(available * rng.random(available.shape), axis=1)
        has_substitute = available.any(axis=1)
        swapped = _pick(lines, short[has_substitute])
        swapped["product"] = options[np.arange(len(short)), best][has_substitute]
        swapped["units"] = (lines["units"] - lines["served"])[short[has_substitute]]
        swapped["kind"] = np.full(has_substitute.sum(), SUBSTITUTE)
        swapped["served"] = serve(
            left, swapped["store"] * products + swapped["product"], swapped["second"], swapped["units"]
        )
        return swapped

    def _schedule_returns(self, day: int, lines: dict[str, Ints]) -> None:
        rate = self.chain.per_product("return_rate")[lines["product"]]
        non_perishable = self.terms.life[lines["product"]] >= LIVES
        # goods bought unseen come back more often
        online = np.array([store.is_online for store in self.chain.stores])[lines["store"]]
        back = np.flatnonzero(
            non_perishable & (lines["served"] > 0) & (self.rng.random(len(rate)) < rate * np.where(online, 1.6, 1.0))
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
        """Mean units a day per store x product without season; for the warehouse, what the shops order from it."""
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
        candidates = self.chain.active[[0, -1]].all(axis=0) & (self.terms.life >= LIVES)[None, :]
        stores, products = np.nonzero(candidates)
        for index, which in enumerate(rng.choice(len(stores), 8, replace=False).tolist()):
            start = int(rng.integers(days // 4, days - 40)) if index % 2 else days - 30 - index
            end = min(start + 60, days - 12) if index % 2 else -1
            self.log.phantoms.append(
                Phantom(int(stores[which]), int(products[which]), start, end, float(rng.integers(5, 12)))
            )


def serve(left: Floats, place: Ints, second: Ints, units: Ints) -> Ints:
    """Serves demand from the stock that is left, in order of time, and reduces `left` in place; returns units served.

    >>> left = np.array([3.0])
    >>> serve(left, np.array([0, 0]), np.array([20, 10]), np.array([2, 2])).tolist()  # the second one comes first
    [1, 2]
    """
    order = np.lexsort((second, place))
    # a running total within each place, by subtracting the total at its first line: no loop over places
    place, demand = place[order], units[order]
    total = np.cumsum(demand)
    starts = np.r_[True, place[1:] != place[:-1]] if len(place) else np.zeros(0, dtype=bool)
    base = np.repeat((total - demand)[starts], np.diff(np.r_[np.flatnonzero(starts), len(place)]))
    sold = np.clip(left[place] - (total - demand - base), 0, demand).astype(np.int64)
    np.subtract.at(left, place, sold)
    served = np.zeros_like(units)
    served[order] = sold
    return served


def _purchase_times(rng: np.random.Generator, count: int, online: Bools) -> Ints:
    """Draws seconds of the day: shops peak in the morning and evening, online shops at noon and late in the evening."""
    peak = rng.random(count) < np.where(online, 0.3, 0.45)
    hours = np.where(peak, rng.normal(np.where(online, 12.5, 10.3), 1.5), rng.normal(np.where(online, 20.3, 18.0), 1.9))
    return (np.clip(hours, np.where(online, 6.0, 8.05), np.where(online, 23.9, 21.9)) * 3600).astype(np.int64)


def _lines(day: int, kind: Ints | int, **columns: Ints) -> dict[str, Ints]:
    """Lines of a day from their columns: second, store, product, customer, basket, units."""
    shape = columns["store"].shape
    return {
        "day": np.full(shape, day),
        **columns,
        "kind": np.broadcast_to(np.asarray(kind), shape).astype(np.int64),
    }


def _pick(lines: dict[str, Ints], rows: Ints) -> dict[str, Ints]:
    return {name: values[rows] for name, values in lines.items()}
