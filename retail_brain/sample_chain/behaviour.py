"""Simulates the interaction events of members: visits, views, scans, try-ons, shares and goods put in the bag."""

import numpy as np
import polars as pl

from retail_brain.sample_chain.chain import Ints
from retail_brain.sample_chain.identities import Identities
from retail_brain.sample_chain.master import customer_ids, moments_of
from retail_brain.sample_chain.trade import EXPLORE, SUBSTITUTE, VISIT, Trade

_DAY = 86400
"""Seconds of a day."""


def event_table(trade: Trade, lines: pl.DataFrame, identities: Identities, rng: np.random.Generator) -> pl.DataFrame:
    """One row per interaction of a member, with or without a purchase after it."""
    members = lines.filter(pl.col("customer") >= 0)
    parts = [
        _visits(trade, rng),
        _around_purchases(trade, members, rng),
        _days_before(members, rng),
        _missed(members, rng),
        _views_without_purchase(trade, rng),
    ]
    events = pl.concat(parts, how="diagonal").filter(
        pl.col("moment") >= 0, pl.col("moment") < trade.chain.size.days * _DAY
    )
    # ties by customer, kind and product, so that a seed gives the same file everywhere
    return _identified(trade, events.sort("moment", "customer", "event_type", "product"), identities)


def _frame(kind: str, source: pl.DataFrame, moment: Ints, *, product: bool = True) -> pl.DataFrame:
    columns = ["customer", "store", "basket"] + (["product"] if product else [])
    return source.select(columns).with_columns(moment=pl.Series(moment).cast(pl.Int64), event_type=pl.lit(kind))


def _moment(frame: pl.DataFrame) -> Ints:
    moment: Ints = frame["day"].to_numpy() * _DAY + frame["second"].to_numpy()
    return moment


def _visits(trade: Trade, rng: np.random.Generator) -> pl.DataFrame:
    visits = pl.DataFrame({name: np.concatenate(trade.log.visits[name]) for name in VISIT})
    seen = visits.filter(pl.Series(rng.random(visits.height) < 0.5))
    return _frame("visit", seen, _moment(seen) - rng.integers(600, 1500, seen.height), product=False)


def _around_purchases(trade: Trade, members: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    bought = members.filter(pl.col("served") > 0)
    online = pl.Series([store.is_online for store in trade.chain.stores]).gather(bought["store"])
    clothes = pl.Series([trade.chain.subs[i].category == "内衣袜品" for i in trade.chain.sub]).gather(bought["product"])
    draw = pl.Series(rng.random(bought.height))
    parts = []
    for kind, rows, early, late in (
        ("view", online & (draw < 0.5), 300, 590),
        ("bag_add", online & (draw < 0.38), 60, 290),
        ("scan", ~online & (draw < 0.07), 60, 590),
        ("try_on", ~online & clothes & (draw > 0.5), 120, 590),
        # a negative lead: goods are shared after they were bought
        ("share", draw > 0.992, -7200, -60),
    ):
        chosen = bought.filter(rows)
        parts.append(_frame(kind, chosen, _moment(chosen) - rng.integers(early, late, chosen.height)))
    return pl.concat(parts)


def _days_before(members: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Events some days before a purchase: before 40 % of first purchases and 5 % of repeated ones."""
    new = (members["kind"] == EXPLORE).to_numpy()
    chosen = members.filter(pl.Series(rng.random(members.height) < np.where(new, 0.4, 0.05)))
    early = (rng.gamma(2.0, 1.6, chosen.height) * _DAY).astype(np.int64) + 3600
    kinds = [("view", 0.0, 0.72), ("bag_add", 0.72, 0.9), ("share", 0.9, 0.93), ("scan", 0.93, 1.0)]
    draw = rng.random(chosen.height)
    looks = chosen.with_columns(early=pl.Series(early), draw=pl.Series(draw), basket=pl.lit(-1, dtype=pl.Int64))
    return pl.concat(
        [
            _frame(kind, part, _moment(part) - part["early"].to_numpy())
            for kind, low, high in kinds
            for part in (looks.filter(pl.col("draw") >= low, pl.col("draw") < high),)
        ]
    )


def _missed(members: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Goods put in the bag and not bought, because they were out of stock."""
    missed = members.filter(pl.col("served") < pl.col("units")).filter(pl.col("kind") != SUBSTITUTE)
    missed = missed.filter(pl.Series(rng.random(missed.height) < 0.3))
    return _frame("bag_add", missed, _moment(missed) - rng.integers(30, 300, missed.height))


def _views_without_purchase(trade: Trade, rng: np.random.Generator) -> pl.DataFrame:
    """Views of goods of the customer's taste that lead to no purchase."""
    visits = pl.DataFrame({name: np.concatenate(trade.log.visits[name]) for name in VISIT})
    looks = visits.filter(pl.Series(rng.random(visits.height) < 0.3))
    chain, people = trade.chain, trade.people
    category = np.array([people.categories.index(chain.subs[i].category) for i in chain.sub])
    day, store, customer = (looks[name].to_numpy() for name in ("day", "store", "customer"))
    # the largest of utility + Gumbel noise is a draw of the multinomial logit model
    liking = (
        np.log(people.taste[customer][:, category])
        + np.log(chain.popularity)[None, :]
        + rng.gumbel(0, 1, (len(customer), len(category)))
    )
    product = np.argmax(np.where(chain.active[day, store], liking, -99.0), axis=1)
    looks = looks.with_columns(product=pl.Series(product))
    return _frame("view", looks, _moment(looks) - rng.integers(30, 590, looks.height))


def _identified(trade: Trade, events: pl.DataFrame, identities: Identities) -> pl.DataFrame:
    """Adds customer ids and identifiers: 22 % of the events have only an identifier, 12 % both, where one exists."""
    chain, customer = trade.chain, events["customer"]
    kinds = pl.Series([handle[0] if handle else None for handle in identities.handle], dtype=pl.String).gather(customer)
    values = pl.Series([handle[1] if handle else None for handle in identities.handle], dtype=pl.String).gather(
        customer
    )
    # a hash instead of a draw: all events of a customer on one day are identified alike
    draw = pl.Series((customer.to_numpy() * 31 + events["moment"].to_numpy() // _DAY * 17) % 100)
    bare = (draw < 22) & values.is_not_null()
    both = (draw >= 22) & (draw < 34) & values.is_not_null()
    moment = events["moment"].to_numpy()
    online = pl.Series([store.is_online for store in chain.stores]).gather(events["store"])
    return events.select(
        occurred_at=moments_of(chain.size, moment // _DAY, moment % _DAY),
        customer_id=pl.Series(customer_ids(trade.people))
        .gather(customer)
        .zip_with(~bare, pl.Series([None] * len(bare), dtype=pl.String)),
        id_type=kinds.zip_with(bare | both, pl.Series([None] * len(bare), dtype=pl.String)),
        id_value=values.zip_with(bare | both, pl.Series([None] * len(bare), dtype=pl.String)),
        event_type="event_type",
        product_id=pl.Series(chain.product_ids).gather(events["product"]),
        store_id=pl.Series([store.id for store in chain.stores]).gather(events["store"]),
        channel=pl.Series(["online" if flag else "store" for flag in online]),
        session_id=pl.when(pl.col("basket") >= 0).then(pl.format("V{}", "basket")),
    )
