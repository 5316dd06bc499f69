"""Keeps columns that are named after suppliers from being goods, shops or people, whatever their values look like."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.purchases import SUPPLIER
from retail_brain.ingest.look.words import bare_name, role_scores

_OTHERS: Final = frozenset({"product", "product_name", "store", "customer", "receipt"})
"""Roles that a supplier has not."""


def is_other_than_supplier(name: str, role: str) -> bool:
    """Whether a column may have a role, as far as it is not named after suppliers.

    A name that says the role itself, such as `Supplier SKU`, may.

    >>> is_other_than_supplier("Supplier ID", "product"), is_other_than_supplier("Supplier SKU", "product")
    (False, True)
    """
    return role not in _OTHERS or role in role_scores(name) or re.search(SUPPLIER, bare_name(name)) is None


def without_suppliers(known: Mapping[str, str]) -> dict[str, str]:
    """Column -> role that other files give it, without those of suppliers."""
    return {name: role for name, role in known.items() if is_other_than_supplier(name, role)}


def with_suppliers_apart(found: Columns) -> Columns:
    """The columns without roles that values gave to those of suppliers."""
    kept = {role: name for role, name in found.roles.items() if is_other_than_supplier(name, role)}
    return found if len(kept) == len(found.roles) else replace(found, roles=kept)
