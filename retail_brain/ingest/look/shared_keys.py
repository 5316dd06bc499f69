"""Columns that several files share: goods are numbered by the one that their catalogue has in every row but once."""

from collections import Counter
from collections.abc import Sequence

import polars as pl

from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.shares import share_known
from retail_brain.ingest.look.words import role_scores

_KNOWN = 0.7
"""Share of the ids of sales that a list must hold under another name of the column. By judgement: lists lag behind."""

_SOME = 0.2
"""Share of the ids of a file that a column of the same name in another must hold, to be of the same things."""


def shared_goods(looked: Sequence[LookedAt]) -> dict[str, str]:
    """Column -> `product`, for a column that nobody recognised by its name, such as the PZN of pharmacies.

    A catalogue has a column with names of goods and none with their codes; where another of its columns is filled and
    different in every row, and files with units or stock have a column of that name too, it is the code.

    Args:
        looked: the files of a dataset.
    """
    files = Counter(name for one in looked for name in one.columns.seen)
    for one in looked:
        roles = one.columns.roles
        if "product_name" not in roles or {"product", "units", "receipt", "on_hand", "store"} & roles.keys():
            continue
        for name, seen in one.columns.seen.items():
            if name in roles.values() or files[name] < 2 or seen.filled < 1 or seen.distinct < 1 or seen.dates:
                continue
            if "customer" in role_scores(name):  # numbers of phones beside the names of people
                continue
            others = [other for other in looked if other is not one and name in other.columns.seen]
            sold = [other for other in others if {"units", "on_hand"} & other.columns.roles.keys()]
            if any(share_known(_ids(other, name), one.sample[name]) > _SOME for other in sold):
                return {name: "product"}
    return {}


def shared_ids(looked: Sequence[LookedAt]) -> dict[str, str]:
    """Column -> `customer` or `product`, for the column by which sales know the rows of a list of people or goods.

    A list often numbers its rows in several ways, such as a member's number beside the unionid of WeChat, or an EAN
    beside the number of the article. The one that files of sales have too, under its name, is the id.

    Args:
        looked: the files of a dataset.
    """
    return {**_shared_id(looked, "customers", "customer"), **_shared_id(looked, "products", "product")}


def _shared_id(looked: Sequence[LookedAt], table: str, role: str) -> dict[str, str]:
    lists = ("products", "customers", "stores")
    sales = [one for one in looked if {"units", "amount", "price", "receipt"} & one.columns.roles.keys()]
    sales = [one for one in sales if one.proposal.table not in lists]
    for one in looked:
        own = one.columns.roles.get(role)
        others = [other for other in sales if other is not one and other.proposal.table != table]
        if one.proposal.table != table or own is None or any(own in other.columns.seen for other in others):
            continue
        for name, seen in one.columns.seen.items():
            is_free = name not in one.columns.roles.values() and not seen.dates
            is_key = seen.filled == 1 and seen.distinct == 1
            if is_free and is_key and any(_is_free_for(role, other, name, one) for other in others):
                return {name: role}
    return {}


def _is_free_for(role: str, other: LookedAt, name: str, one: LookedAt) -> bool:
    """Whether a file of sales has the column, for that role or without one, and ids of the list in it."""
    roles = {column: held for held, column in other.columns.roles.items()}
    if name not in other.columns.seen or roles.get(name, role) != role:
        return False
    return share_known(_ids(other, name), one.sample[name]) > _SOME


def _ids(one: LookedAt, name: str) -> pl.Series:
    return one.sample[name].cast(pl.String).drop_nulls().unique()


def equal_ids(looked: Sequence[LookedAt]) -> dict[int, dict[str, str]]:
    """Place of a list -> its column whose values are the ids of sales, whatever its name -> `customer` or `product`.

    Only where the column that its name makes the id holds few of them. Other files may have a column of the same name
    for ids of other things, as many lists call theirs `id`.
    """
    listed = {**_equal_id(looked, "customers", "customer"), **_equal_id(looked, "products", "product")}
    return {**_sold_by_key(looked), **listed}


def _sold_by_key(looked: Sequence[LookedAt]) -> dict[int, dict[str, str]]:
    """Place of sales -> their column that holds the key of the list of goods, where they have another code as well.

    The list does not hold the other one, such as a barcode, which says the same goods.
    """
    listed = [one for one in looked if _lists(one, "products") and "product" in one.columns.roles]
    if len(listed) != 1:
        return {}
    goods = listed[0].sample
    keys_listed = goods[listed[0].columns.roles["product"]]
    found: dict[int, dict[str, str]] = {}
    for place, one in enumerate(looked):
        code = one.columns.roles.get("product")
        if code is None or not {"units", "receipt"} <= one.columns.roles.keys():
            continue
        if any(share_known(_ids(one, code), goods[name]) > 0 for name in goods.columns):
            continue
        free = [name for name in one.columns.seen if name not in one.columns.roles.values()]
        keys = [name for name in free if len(_ids(one, name)) and share_known(_ids(one, name), keys_listed) >= _KNOWN]
        keys = [name for name in keys if _says_the_same(one.sample, code, name)]
        if len(keys) == 1:
            found[place] = {keys[0]: "product"}
    return found


def _says_the_same(sample: pl.DataFrame, code: str, name: str) -> bool:
    """Whether two columns name the same goods, each with one of the other."""
    pairs = sample.select(code, name).drop_nulls().unique()
    return pairs.height > 1 and not (pairs[code].is_duplicated().any() or pairs[name].is_duplicated().any())


def _lists(one: LookedAt, table: str) -> bool:
    """Whether a file feeds a table, or is a list of goods that says their stock as well."""
    goods = one.columns.roles.get("product")
    has_stock = table == "products" and one.proposal.table == "inventory" and goods is not None
    return one.proposal.table == table or (has_stock and one.columns.seen[str(goods)].distinct == 1)


def _equal_id(looked: Sequence[LookedAt], table: str, role: str) -> dict[int, dict[str, str]]:
    sales = [one for one in looked if {"units", "receipt"} <= one.columns.roles.keys() and role in one.columns.roles]
    for place, one in enumerate(looked):
        own = one.columns.roles.get(role)
        for other in (other for other in sales if other is not one and _lists(one, table)):
            ids = other.sample[other.columns.roles[role]].cast(pl.String).drop_nulls().unique()
            if own is None or not len(ids) or share_known(ids, one.sample[own]) >= _KNOWN:
                continue
            shares = {name: share_known(ids, one.sample[name]) for name in one.columns.seen if name != own}
            best = max(shares, key=lambda name: shares[name], default="")
            if shares.get(best, 0) >= _KNOWN:
                return {place: {best: role}}
    return {}
