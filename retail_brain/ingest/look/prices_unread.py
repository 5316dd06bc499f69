"""Says which columns of a list of goods may be prices and are not read."""

import re
from typing import Final

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.word_parts import is_beside
from retail_brain.ingest.look.words import bare_name

_MEASURES: Final = (
    r"weight|length|width|height|depth|volume|size|rating|score|lat(?:itude)?$|lon(?:gitude)?$|gewicht|poids|peso|waga|vaha"
    r"|hmotnost|вес|重量|长|宽|高|%|vat|tax|ddv|dph|mwst|rate"
)
"""Words in the names of columns of numbers that are no prices."""
_SHOWN: Final = 8
"""Columns that are named at most."""


def say_prices_unread(made: Proposal, found: Columns) -> None:
    """Says which free columns of numbers with parts of one a list of goods has, where it has no price.

    Args:
        made: the proposal of `products`, changed in place.
        found: roles of the columns.
    """
    if made.table != "products" or {"list_price", "unit_cost"} & made.columns.keys() or "price" in found.roles:
        return
    taken = set(found.roles.values())
    names = [
        name
        for name, seen in found.seen.items()
        if name not in taken
        and seen.numbers
        and seen.whole is None
        and not (seen.is_clock or seen.dates or is_beside(bare_name(name)))
        and not re.search(_MEASURES, f"{name.lower()} {bare_name(name)}")
    ]
    if names:
        further = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        made.remarks.append(
            f"{names[:_SHOWN]}{further} may be prices and are not read: write the one of the shop as list_price of "
            "products, or with the day from which it holds as the table prices"
        )
