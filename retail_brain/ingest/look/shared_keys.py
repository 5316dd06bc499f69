"""Columns that several files share: goods are numbered by the one that their catalogue has in every row but once."""

from collections import Counter
from collections.abc import Sequence

from retail_brain.ingest.look.looked_at import LookedAt


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
            others = [other for other in looked if other is not one and name in other.columns.seen]
            if any({"units", "on_hand"} & other.columns.roles.keys() for other in others):
                return {name: "product"}
    return {}


def shared_people(looked: Sequence[LookedAt]) -> dict[str, str]:
    """Column -> `customer`, for the column by which files of sales know the people of a list of customers.

    A list often numbers its people in several ways, such as a member's number beside the unionid of WeChat. The one
    that files of sales have too, under its name, is the id.

    Args:
        looked: the files of a dataset.
    """
    for one in looked:
        own = one.columns.roles.get("customer")
        if one.proposal.table != "customers" or own is None:
            continue
        sales = [other for other in looked if {"units", "amount", "price", "receipt"} & other.columns.roles.keys()]
        if any(own in other.columns.seen for other in sales):
            continue
        taken = set(one.columns.roles.values())
        for name, seen in one.columns.seen.items():
            is_key = seen.filled == 1 and seen.distinct == 1 and not seen.dates and name not in taken
            if is_key and any(name in other.columns.seen for other in sales):
                return {name: "customer"}
    return {}
