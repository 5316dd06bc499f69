"""Proposes the list of goods out of the lines of sales, where no file is one."""

import polars as pl

from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.looked_at import LookedAt

_COLUMNS = {"product_name": "name", "category": "category", "department": "department", "brand": "brand"}
"""Role -> column of `products`."""


def goods_of_lines(one: LookedAt) -> Proposal | None:
    """The mapping of `products` from a file of sales; None where its lines say nothing of goods beyond their code.

    What differs between lines of one product is left out: each product is one row. A file of which only some lines are
    of goods is left to a person.

    Args:
        one: a file that feeds sales.
    """
    code = one.columns.roles.get("product")
    if code is None or one.proposal.keys or one.proposal.columns.get("product_id") != quoted(code):
        return None
    named = {ours: one.columns.roles[role] for role, ours in _COLUMNS.items() if role in one.columns.roles}
    values = one.sample.drop_nulls(code).group_by(code).agg(pl.col(list(named.values())).n_unique())
    same = {ours: name for ours, name in named.items() if values.height and values[name].eq(1).all()}
    if not same:
        return None
    return Proposal(
        "products", columns={"product_id": quoted(code), **{ours: quoted(name) for ours, name in same.items()}}
    )
