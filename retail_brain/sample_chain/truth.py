"""Builds the ground-truth tables: true parameters and hidden states, read by tests, never by the product."""

import numpy as np
import polars as pl

from retail_brain.sample_chain.identities import Identities
from retail_brain.sample_chain.master import customer_ids, days_of
from retail_brain.sample_chain.outreach import WINDOW_DAYS
from retail_brain.sample_chain.people import SEGMENTS
from retail_brain.sample_chain.prices import promotion_price
from retail_brain.sample_chain.trade import SUBSTITUTE, SUBSTITUTION_PROBABILITY, Trade
from retail_brain.sample_chain.transactions import has_stock_record


def truth_tables(trade: Trade, lines: pl.DataFrame, identities: Identities) -> dict[str, pl.DataFrame]:
    """All ground-truth tables by name."""
    return {
        "demand": _demand(trade, lines),
        "movements": _movements(trade),
        "elasticities": _elasticities(trade),
        "promotion_effects": _promotion_effects(trade),
        "pairs": _pairs(trade),
        "persons": _persons(trade),
        "needs": _needs(trade),
        "identity_owners": identities.owners.select(
            "id_type", "id_value", person_id=pl.format("H{}", pl.col("person") + 1)
        ),
        "uplift": _uplift(trade),
        "phantom_stock": _phantoms(trade),
        "weather": _weather(trade),
    }


def _named(trade: Trade, frame: pl.DataFrame) -> pl.DataFrame:
    chain = trade.chain
    return frame.with_columns(
        date=days_of(chain.size, frame["day"].to_numpy()),
        store_id=pl.Series([store.id for store in chain.stores]).gather(frame["store"]),
        product_id=pl.Series(chain.product_ids).gather(frame["product"]),
    )


def _demand(trade: Trade, lines: pl.DataFrame) -> pl.DataFrame:
    """One row per date x store x product where demand and sales differ: demand, sold, and sold as a substitute."""
    units, served = pl.col("units"), pl.col("served")
    first = pl.col("kind") != SUBSTITUTE
    frame = lines.group_by("day", "store", "product").agg(
        demand=units.filter(first).sum(), sold=served.sum(), substituted_in=served.filter(~first).sum()
    )
    odd = frame.filter((pl.col("demand") != pl.col("sold")) | (pl.col("substituted_in") > 0)).sort(
        "store", "product", "day"
    )
    return _named(trade, odd).select(
        "date", "store_id", "product_id", pl.col("demand", "sold", "substituted_in").cast(pl.Int32)
    )


def _movements(trade: Trade) -> pl.DataFrame:
    """One row per date x store x product on which stock moved other than by sale: units by cause."""
    log = trade.log
    names = ("received", "returned", "wasted", "shipped", "adjusted")
    values = {name: np.array([getattr(day, name) for day in log.movements]) for name in names}
    shown = has_stock_record(trade) & np.any([value != 0 for value in values.values()], axis=0)
    store, product, day = np.nonzero(shown.transpose(1, 2, 0))
    at = (day, store, product)
    frame = pl.DataFrame(
        {"day": day, "store": store, "product": product} | {name: value[at] for name, value in values.items()}
    )
    return _named(trade, frame).select("date", "store_id", "product_id", pl.col(names).cast(pl.Int32))


def _elasticities(trade: Trade) -> pl.DataFrame:
    """One row per product: own elasticity, and that to the mean price of the others of its subcategory."""
    pricing = trade.pricing
    return pl.DataFrame(
        {"product_id": trade.chain.product_ids, "elasticity": pricing.elasticity, "cross_elasticity": pricing.cross}
    )


def _promotion_effects(trade: Trade) -> pl.DataFrame:
    """One row per promotion: multiplier of demand by its price against the first list price, by the rest, and both."""
    chain, pricing = trade.chain, trade.pricing
    price = np.array([promotion_price(chain, pricing.changes, p) for p in pricing.promotions])
    product = np.array([p.product for p in pricing.promotions])
    by_price = (price / chain.price[product]) ** pricing.elasticity[product]
    lift = np.array([p.lift for p in pricing.promotions])
    return pl.DataFrame(
        {
            "promotion_id": [p.id for p in pricing.promotions],
            "product_id": [chain.product_ids[p] for p in product],
            "price_effect": by_price,
            "support_effect": lift,
            "total_effect": by_price * lift,
        }
    )


def _pairs(trade: Trade) -> pl.DataFrame:
    """One row per ordered pair: substitutes (taken when the first is out), complements (put beside it)."""
    ids = trade.chain.product_ids
    rows = [
        (ids[a], ids[b], "substitute", SUBSTITUTION_PROBABILITY)
        for a, row in enumerate(trade.substitutes)
        for b in row
        if b >= 0
    ]
    partner, chance = trade.complements
    rows += [
        (ids[a], ids[b], "complement", float(q))
        for a, (row, odds) in enumerate(zip(partner, chance, strict=True))
        for b, q in zip(row, odds, strict=True)
        if b >= 0
    ]
    return pl.DataFrame(rows, schema=["product_id", "other_product_id", "kind", "probability"], orient="row")


def _persons(trade: Trade) -> pl.DataFrame:
    """One row per customer record: its person, segment, habits, the three favourite categories, last active day."""
    people, size = trade.people, trade.chain.size
    best = np.argsort(-people.taste, axis=1)[:, :3]
    return pl.DataFrame(
        {
            "customer_id": customer_ids(people),
            "person_id": [f"H{p + 1}" for p in people.person],
            "segment": [SEGMENTS[i] for i in people.segment],
            "visits_per_day": people.rate,
            "online_share": people.online,
            "favourite_categories": [[people.categories[i] for i in row] for row in best],
            "left_on": [size.date(int(day)) if day < size.days else None for day in people.left],
        },
        schema_overrides={"left_on": pl.Date},
    )


def _needs(trade: Trade) -> pl.DataFrame:
    """One row per customer record x product of a recurring need: mean cycle in days, regularity (gamma shape)."""
    needs = trade.needs
    return pl.DataFrame(
        {
            "customer_id": pl.Series(customer_ids(trade.people)).gather(needs.customer),
            "product_id": pl.Series(trade.chain.product_ids).gather(needs.product),
            "cycle_days": needs.cycle.astype(np.float32).round(1),
            "regularity": needs.regularity.astype(np.float32).round(1),
        }
    )


def _uplift(trade: Trade) -> pl.DataFrame:
    """One row per campaign x customer contacted or withheld: probability that contact causes one more purchase."""
    outreach, people = trade.outreach, trade.people
    return pl.DataFrame(
        {
            "campaign_id": [outreach.campaigns[i].id for i in outreach.campaign],
            "customer_id": pl.Series(customer_ids(people)).gather(outreach.customer),
            "segment": [SEGMENTS[i] for i in people.segment[outreach.customer]],
            "uplift": outreach.uplift.astype(np.float32),
            "window_days": pl.Series([WINDOW_DAYS] * len(outreach.customer), dtype=pl.Int16),
        }
    ).sort("campaign_id", "customer_id")


def _phantoms(trade: Trade) -> pl.DataFrame:
    """One row per series whose recorded stock was too high: from when, until when (null: still), by how much."""
    chain = trade.chain
    rows = [
        (
            chain.stores[p.store].id,
            chain.product_ids[p.product],
            chain.size.date(p.start),
            chain.size.date(p.end) if p.end >= 0 else None,
            p.units,
        )
        for p in trade.log.phantoms
        if p.units > 0
    ]
    names = ["store_id", "product_id", "valid_from", "valid_to", "units"]
    return pl.DataFrame(rows, schema=names, orient="row", schema_overrides={"valid_to": pl.Date, "units": pl.Float64})


def _weather(trade: Trade) -> pl.DataFrame:
    """One row per date x region: departure of temperature from the usual, and rain."""
    days, size = trade.days, trade.chain.size
    index = np.repeat(np.arange(size.days), len(days.regions))
    return pl.DataFrame(
        {
            "date": days_of(size, index),
            "region": days.regions * size.days,
            "temperature_departure": days.temperature.ravel().round(2),
            "is_raining": days.rain.ravel() > 0,
        }
    )
