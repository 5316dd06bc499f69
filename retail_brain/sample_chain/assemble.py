"""Runs the simulation and assembles canonical tables and the tables of true parameters."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from retail_brain.sample_chain.behaviour import event_table
from retail_brain.sample_chain.chain import Size, build_chain
from retail_brain.sample_chain.identities import build_identities
from retail_brain.sample_chain.master import (
    assortment_table,
    calendar_table,
    customer_table,
    price_table,
    product_table,
    promotion_table,
    store_table,
    supply_table,
)
from retail_brain.sample_chain.named import guide_table, supplier_table
from retail_brain.sample_chain.outreach import build_outreach
from retail_brain.sample_chain.people import build_needs, build_people
from retail_brain.sample_chain.prices import build_pricing
from retail_brain.sample_chain.seasons import build_days
from retail_brain.sample_chain.trade import Trade
from retail_brain.sample_chain.transactions import (
    campaign_table,
    consent_table,
    contact_table,
    inventory_table,
    receipt_lines,
    response_table,
    transaction_table,
)
from retail_brain.sample_chain.truth import truth_tables
from retail_brain.tables import TABLES


@dataclass(frozen=True)
class Chain:
    """A generated chain.

    Attributes:
        tables: canonical tables by name, sorted, with canonical columns and types.
        truth: true parameters and hidden states by name, which only the generator knows.
    """

    tables: dict[str, pl.DataFrame]
    truth: dict[str, pl.DataFrame]


def generate(size: Size, seed: int) -> Chain:
    """Simulates a chain; the same size and seed give the same tables."""
    # a random stream per part: a change of one part leaves the draws of the others alone
    streams = iter(np.random.default_rng(seed).spawn(9))
    chain = build_chain(size, next(streams))
    days = build_days(chain, next(streams))
    pricing = build_pricing(chain, next(streams))
    people = build_people(chain, next(streams))
    needs = build_needs(chain, people, next(streams))
    outreach = build_outreach(chain, people, next(streams))
    trade = Trade(chain, days, pricing, people, needs, outreach, next(streams))
    trade.run()
    lines = receipt_lines(trade)
    identities = build_identities(chain, people, next(streams))
    transactions = transaction_table(trade, lines)
    customers, supply = customer_table(chain, people), supply_table(chain, trade.terms)
    tables = {
        "products": product_table(chain),
        "stores": store_table(chain),
        "customers": customers,
        "transactions": transactions,
        "identities": identities.table,
        "consents": consent_table(chain, outreach),
        "inventory": inventory_table(trade),
        "prices": price_table(chain, pricing),
        "promotions": promotion_table(chain, pricing),
        "calendar": calendar_table(chain, days),
        "assortment": assortment_table(chain),
        "supply": supply,
        "suppliers": supplier_table(supply, [sub.name for sub in chain.subs]),
        "guides": guide_table(customers),
        "events": event_table(trade, lines, identities, next(streams)),
        "campaigns": campaign_table(chain, outreach),
        "contacts": contact_table(chain, outreach),
        "responses": response_table(chain, outreach, transactions),
    }
    return Chain({name: _typed(name, frame) for name, frame in tables.items()}, truth_tables(trade, lines, identities))


def _typed(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    types = TABLES[name].types
    extra = [column for column in frame.columns if column not in types]
    present = {column: kind for column, kind in types.items() if column in frame.columns}
    return frame.select(*(pl.col(column).cast(kind) for column, kind in present.items()), *extra)
