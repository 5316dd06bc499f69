"""Files that say the same sales once more: totals beside lines, and heads of receipts whose lines another file has."""

from collections.abc import Sequence

import polars as pl

from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.offers import promotions_of_offers
from retail_brain.ingest.look.shares import share_known

_SAME_RECEIPTS = 0.8
"""Share of the receipts of a file that another must have, to be its lines. By judgement: both are first rows."""


def is_said_elsewhere(members: Sequence[LookedAt], looked: Sequence[LookedAt]) -> bool:
    """Whether files hold totals, whose lines of goods are in another file."""
    return members[0].proposal.is_totals and any(sells(one) for one in looked)


def repeats(members: Sequence[LookedAt], lines: LookedAt) -> bool:
    """Whether files have a row for each receipt whose lines another file has: they say the same sales once more."""
    receipt = lines.columns.roles.get("receipt")
    for one in members:
        theirs = one.columns.roles.get("receipt")
        if receipt is None or theirs is None:
            return False
        numbers = one.sample[theirs].cast(pl.String).drop_nulls()
        if numbers.is_duplicated().any() or share_known(numbers, lines.sample[receipt]) < _SAME_RECEIPTS:
            return False
    return True


def are_offers_of_listed(members: Sequence[LookedAt], looked: Sequence[LookedAt]) -> bool:
    """Whether files are offers whose goods another list has all: they add no goods to it, and feed `promotions`."""
    if any(promotions_of_offers(one) is None or "product" not in one.columns.roles for one in members):
        return False
    columns = members[0].sample.columns
    lists = [one for one in looked if one.proposal.table == "products" and one.sample.columns != columns]
    goods = pl.concat([one.sample[one.columns.roles["product"]].cast(pl.String).drop_nulls() for one in members])
    named = (one.sample[one.columns.roles["product"]] for one in lists if "product" in one.columns.roles)
    return any(share_known(goods, codes) == 1 for codes in named)


def sells(one: LookedAt) -> bool:
    return one.proposal.table in ("transactions", "daily_sales") and not one.proposal.is_totals
