"""Proposes sales of files that name no goods: totals of shops by day, and receipts or visits of people with a sum."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, number_key, quoted
from retail_brain.ingest.look.moment_key import write_moment

_AGAIN = 0.95
"""Share of distinct people below which rows are what they bought, and no list of them. By judgement."""
_ALL = '{ constant = "all" }'
"""What stands in the place of goods."""


def has_totals(found: Columns) -> bool:
    """Whether rows are totals of shops by day, without goods."""
    roles = set(found.roles)
    return {"store", "moment"} <= roles and bool(roles & {"amount", "units"}) and not roles & {"receipt", "customer"}


def has_receipts_without_goods(found: Columns) -> bool:
    """Whether rows are receipts, or what a person spent on a day, as a sum without goods."""
    roles = found.roles
    if not {"moment"} <= roles.keys() or not {"amount", "price"} & roles.keys() or {"on_hand"} & roles.keys():
        return False
    if {"product", "product_name"} & roles.keys():
        return False
    return "receipt" in roles or ("customer" in roles and found.seen[roles["customer"]].distinct < _AGAIN)


def begin_receipts_without_goods(made: Proposal) -> None:
    """Writes the goods of receipts that name none: one for all, with which people and money can be learned."""
    made.table, made.is_totals = "transactions", True
    made.columns["product_id"] = _ALL
    made.remarks.append(
        "no column names goods: `all` stands in their place; people and money are known, but baskets, stock and prices "
        "need lines of goods"
    )


def totals_of_shops(sample: pl.DataFrame, found: Columns) -> Proposal:
    """Totals of shops or departments by day: a department, or the whole shop, stands in the place of goods."""
    made = Proposal(table="daily_sales", is_totals=True)
    made.remarks += found.remarks
    made.columns["store_id"] = quoted(found.roles["store"])
    group = found.roles.get("department") or found.roles.get("category")
    made.columns["product_id"] = quoted(group) if group else _ALL
    write_moment(made, found)
    counted = found.roles.get("units") or found.roles["amount"]
    made.columns["units"] = number_key(made, found, counted, "units")
    if {"units", "amount"} <= found.roles.keys():
        made.columns["unit_price"] = number_key(made, found, found.roles["amount"], "unit_price", ", total = true")
    made.remarks.append(
        f"no column names goods: {repr(group) if group else 'the whole shop'} stands in their place, and {counted!r} "
        "(units or money) is what is forecast; prices, stock and people need lines of goods"
    )
    dates = sample[found.roles["moment"]].n_unique()
    made.remarks.append(f"{dates:,} days or weeks: set data.period where a row is a week or a month")
    return made
