"""Proposes the list of goods out of the lines of sales or of stock, where no file is one."""

import polars as pl

from retail_brain.ingest.look.draft import Proposal, number_key, quoted
from retail_brain.ingest.look.looked_at import LookedAt

_COLUMNS = {"product_name": "name", "category": "category", "department": "department", "brand": "brand"}
"""Role -> column of `products`."""
_MONEY_OF_STOCK = {"unit_cost": "unit_cost", "list_price": "list_price"}
"""Role -> column of `products` that lines of stock hold: what is to be paid, as nothing was sold."""


def goods_of_lines(one: LookedAt) -> Proposal | None:
    """The mapping of `products` from a file of sales or stock; None where its lines have the code of goods alone.

    What differs between lines of one product is left out: each product is one row. A file of which only some lines are
    of goods is left to a person.

    Args:
        one: a file that feeds sales or stock.
    """
    code = one.columns.roles.get("product")
    if (
        code is None
        or (one.proposal.takes_lines_out and one.proposal.table not in ("prices", "promotions"))
        or one.proposal.columns.get("product_id") != quoted(code)
    ):
        return None
    money = _MONEY_OF_STOCK if one.proposal.table == "inventory" else {}
    if money and "list_price" not in one.columns.roles:
        money = {**money, "price": "list_price"}
    wanted = {**_COLUMNS, **money}
    named = {ours: one.columns.roles[role] for role, ours in wanted.items() if role in one.columns.roles}
    values = one.sample.drop_nulls(code).group_by(code).agg(pl.col(list(named.values())).n_unique())
    same = {ours: name for ours, name in named.items() if values.height and values[name].eq(1).all()}
    if not same:
        return None
    made = Proposal("products", columns={"product_id": quoted(code)})
    for ours, name in same.items():
        made.columns[ours] = number_key(made, one.columns, name, ours) if ours in money.values() else quoted(name)
    return made
