"""Gives stock without a shop the one shop of the sales, under the name that these have for it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.shops_of_files import OF_SHOPS

_NAMED_BY_NONE: Final = '{ constant = "1" }'
"""The shop of rows that name none, as a proposal writes it."""
_SALES: Final = {"transactions", "daily_sales"}


def with_shop_of_sales(made: Proposal, looked: Sequence[LookedAt]) -> Proposal:
    """The proposal of stock or prices with the shop of the sales; says so where these have several, and it none.

    Args:
        made: of any table.
        looked: the files of a dataset, with what they feed.
    """
    if made.table not in OF_SHOPS or made.columns.get("store_id") != _NAMED_BY_NONE:
        return made
    shops = shops_of_sales(looked)
    if len(shops) > 1:
        says = f"sales name {len(shops)} shops ({', '.join(shops[:3])}) and the {made.table} none: change the constant"
        return replace(made, remarks=[*made.remarks, says])
    if not shops:
        return made
    says = f"the {made.table} is of the one shop of the sales, {shops[0]}"
    columns = {**made.columns, "store_id": f"{{ constant = {quoted(shops[0])} }}"}
    return replace(made, columns=columns, remarks=[*made.remarks, says])


def shops_of_sales(looked: Sequence[LookedAt]) -> list[str]:
    """The values of the column of shops of all files of sales; none where a file has no such column as it is."""
    found = set[str]()
    for one in looked:
        if one.proposal.table not in _SALES:
            continue
        store = one.columns.roles.get("store")
        if store is None or one.proposal.columns.get("store_id") != quoted(store):
            return []
        values = one.sample[store].cast(pl.String).str.strip_chars()
        found |= set(values.drop_nulls().unique().to_list())
    return sorted(found)
