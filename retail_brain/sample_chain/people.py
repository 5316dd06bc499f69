"""Draws the customers: segments, tastes, visit rates and recurring needs, and their customer records."""

from dataclasses import dataclass

import numpy as np

from retail_brain.sample_chain.chain import Bools, Floats, Ints, Layout

SEGMENTS = ("忠诚", "活跃", "价格敏感", "沉睡")
"""Latent customer segments: loyal, active, price-sensitive, dormant."""
_MAX_NEEDS = 26
"""Categories that a person buys in, at most. Invented."""


@dataclass(frozen=True)
class People:
    """Customer records as arrays; a person with two records has two rows.

    Attributes:
        person: person index per record; the second record of a person shops online only.
        home, guide: store index, and guide number within it (-1 none).
        joined, left: day index of joining (negative: before the data) and of the last visit they would make.
        rate: visits per day while active, before weekday and traffic.
        online: share of visits made online.
        segment: index into SEGMENTS.
        taste: record x category weights.
        weekdays: record x 7 multipliers of visiting.
        categories: names of the taste axis.
    """

    person: Ints
    home: Ints
    guide: Ints
    joined: Ints
    left: Ints
    rate: Floats
    online: Floats
    segment: Ints
    taste: Floats
    weekdays: Floats
    categories: list[str]


@dataclass(frozen=True)
class Needs:
    """One entry per customer record x product they come to buy again, sorted by record.

    Attributes:
        customer, product: customer record and product.
        first: offsets of each record's entries, length records + 1.
        since, until: days between which the need exists.
        cycle: mean days between purchases at a multiplier of 1.
        regularity: shape of the gamma distribution of the intervals; the higher, the more regular.
        explored: whether the need began inside the data.
    """

    customer: Ints
    product: Ints
    first: Ints
    since: Ints
    until: Ints
    cycle: Floats
    regularity: Floats
    explored: Bools


def build_people(chain: Layout, rng: np.random.Generator) -> People:
    """Draws the customers; one in twenty-five persons has a second record made by the mini-program."""
    records = chain.size.customers
    twins = round(records * 0.04)
    persons = records - twins
    shops = [i for i, store in enumerate(chain.stores) if not store.is_online and store.size]
    share = np.array([chain.stores[i].size for i in shops])
    segment = rng.choice(4, persons, p=[0.22, 0.34, 0.26, 0.18])
    rate = rng.lognormal(np.log([0.075, 0.042, 0.034, 0.014])[segment], 0.5)
    joined = np.where(
        rng.random(persons) < 0.68, -rng.integers(1, 900, persons), rng.integers(0, chain.size.days - 7, persons)
    )
    life = rng.exponential(np.array([2600, 1300, 1000, 700])[segment])
    categories = sorted({sub.category for sub in chain.subs})
    twin = rng.choice(persons, twins, replace=False)
    person = np.concatenate([np.arange(persons), twin])
    online = np.clip(rng.beta(0.6, 2.4, persons), 0, 0.95)
    second = np.arange(records) >= persons
    return People(
        person=person,
        home=rng.choice(shops, persons, p=share / share.sum())[person],
        guide=np.where(second | (rng.random(records) > 0.7), -1, rng.integers(0, 4, records)),
        joined=np.where(second, np.clip(joined[person] + 60, 0, chain.size.days - 8), joined[person]),
        left=(np.maximum(joined, 0) + life.astype(np.int64) + 20)[person],
        rate=rate[person] * np.where(second, 0.5, 1.0),
        online=np.where(second, 1.0, online[person]),
        segment=segment[person],
        taste=rng.gamma(0.7, 1.0, (persons, len(categories)))[person] + 0.03,
        weekdays=rng.gamma(3.0, 1 / 3.0, (persons, 7))[person],
        categories=categories,
    )


def build_needs(chain: Layout, people: People, rng: np.random.Generator) -> Needs:
    """Draws the products each customer buys again, by taste, popularity, brand and the listings of their store."""
    records, products = len(people.person), len(chain.names)
    category = np.array([people.categories.index(chain.subs[i].category) for i in chain.sub])
    brands = sorted(set(chain.brands))
    brand = np.array([brands.index(name) for name in chain.brands])
    liking = rng.normal(0, 0.6, (records, len(brands)))[:, brand]
    available = chain.listed[people.home] | (people.online[:, None] > 0.3)
    score = np.log(people.taste[:, category]) + 1.2 * np.log(chain.popularity)[None, :] + liking
    score = np.where(available, score + rng.gumbel(0, 0.7, (records, products)), -99.0)
    # the largest of score + Gumbel noise: sampling without replacement by softmax weights
    order = np.argsort(-score, axis=1)[:, :_MAX_NEEDS]
    count = np.clip(rng.poisson(np.array([17, 14, 13, 9])[people.segment]), 4, _MAX_NEEDS)
    customer = np.repeat(np.arange(records), count)
    rank = np.arange(len(customer)) - np.repeat(np.cumsum(count) - count, count)
    product = order[customer, rank]
    return _needs_in_time(chain, people, customer, product, rank, count, rng)


def _needs_in_time(
    chain: Layout, people: People, customer: Ints, product: Ints, rank: Ints, count: Ints, rng: np.random.Generator
) -> Needs:
    days = chain.size.days
    later = (rank > 0.62 * count[customer]) | (chain.launched[product] >= 0)
    begin = np.maximum(people.joined[customer], chain.launched[product])
    since = np.where(later, np.maximum(begin, 0) + (rng.random(len(customer)) * 0.8 * days).astype(np.int64), -9999)
    fades = rng.random(len(customer)) < 0.18
    until = np.where(fades, np.maximum(since, 0) + rng.integers(60, 400, len(customer)), 9999)
    cycle = chain.per_product("cycle_days")[product] * rng.lognormal(0.75, 0.45, len(customer))
    # needs are due more seldom for people who come seldom, but not in proportion
    pace = (0.042 / people.rate[customer]) ** 0.35
    regularity = np.where(cycle < 25, 5.0, 3.5) * rng.uniform(0.7, 1.4, len(customer))
    return Needs(
        customer=customer,
        product=product,
        first=np.concatenate([[0], np.cumsum(count)]),
        since=since,
        until=np.minimum(until, chain.ended[product] + 60),
        cycle=np.maximum(cycle * pace, 5.0),
        regularity=regularity,
        explored=later,
    )
