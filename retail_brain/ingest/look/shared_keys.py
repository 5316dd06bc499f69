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
