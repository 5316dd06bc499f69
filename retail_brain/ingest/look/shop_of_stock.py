"""Gives stock without a shop the one shop of the sales, under their name for it, or asks which of several."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.shops_of_files import OF_SHOPS, with_shops_of_files

_NAMED_BY_NONE: Final = '{ constant = "1" }'
"""The shop of rows that name none, as a proposal writes it."""
_SALES: Final = {"transactions", "daily_sales"}
_MOST_WAYS: Final = 12
"""Shops of the sales up to which each is written as a way to choose. By judgement: more hide the rest of a mapping."""


def with_shop_of_sales(made: Proposal, looked: Sequence[LookedAt], name: str) -> Proposal:
    """The proposal of stock or prices with the shop of the sales; where these have several, it asks whose stock it is.

    Args:
        made: of any table.
        looked: the files of a dataset, with what they feed.
        name: of the file of the proposal.
    """
    if made.table not in OF_SHOPS or made.columns.get("store_id") != _NAMED_BY_NONE:
        return made
    shops = shops_of_sales(looked) or _shops_in_names(looked)
    if len(shops) > 1 and made.table == "inventory":
        return _asking(made, shops, name)
    if len(shops) > 1:
        says = f"sales name {len(shops)} shops ({', '.join(shops[:3])}) and the {made.table} none: change the constant"
        return replace(made, remarks=[*made.remarks, says])
    if not shops:
        return made
    says = f"the {made.table} is of the one shop of the sales, {shops[0]}"
    columns = {**made.columns, "store_id": f"{{ constant = {quoted(shops[0])} }}"}
    return replace(made, columns=columns, remarks=[*made.remarks, says])


def _asking(made: Proposal, shops: Sequence[str], name: str) -> Proposal:
    """The proposal of stock with the shops of the sales to choose from, and a place of its own as the last way."""
    written = shops if len(shops) <= _MOST_WAYS else ["SHOP"]
    ways = [*(f"{{ constant = {quoted(shop)} }}" for shop in written), _NAMED_BY_NONE]
    question = (
        f"of which shop is the stock in {name}? Sales name {len(shops)} ({', '.join(shops[:3])}): choose one, or a "
        "place of its own such as a warehouse (the last way), or leave the table out"
    )
    columns = {**made.columns, "store_id": "?" + "\n".join(ways)}
    return replace(made, columns=columns, questions=[*made.questions, question])


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


def _shops_in_names(looked: Sequence[LookedAt]) -> list[str]:
    """The shops in the names of all files of sales, as these are read; none where they name none, or it is asked."""
    sales = [one for one in looked if one.proposal.table in _SALES]
    groups: dict[tuple[str, ...], list[LookedAt]] = {}
    for one in sales:
        groups.setdefault((one.proposal.table, one.place[1], *one.columns.seen), []).append(one)
    found = set[str]()
    for members in groups.values():
        first = with_shops_of_files(max(members, key=lambda one: one.sample.height), members)
        key = re.fullmatch(r'\{ file_name = (".+") \}', first.proposal.columns.get("store_id", ""))
        if key is None:
            return []
        found |= {named[1] for one in members if (named := re.search(json.loads(key[1]), one.path.name))}
    return sorted(found)
