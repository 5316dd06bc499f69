"""Tells names of people from names of goods where a column is called `Name` alone, as in lines of an ERP system."""

from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import role_scores

_HOLDS: Final = 0.98
"""Share of the receipts of several lines, or of the goods, that have one value. By judgement."""
_SEVERAL: Final = 2
"""Names that a product has on average from which they are not its own. By judgement."""
_LEAST: Final = 5
"""Receipts of several goods below which nothing is concluded."""


def with_names_of_people(rows: pl.DataFrame, found: Columns) -> Columns:
    """The columns with the name of who bought as the customer, where it was taken for that of the goods; says so.

    Such a name is the same on all lines of a receipt, whatever the goods, and another on others; the goods then have a
    name of their own, or their code alone.

    Args:
        rows: the first rows.
        found: roles of the columns.
    """
    roles = found.roles
    name, code, receipt = (roles.get(role) for role in ("product_name", "product", "receipt"))
    if "customer" not in roles and code is not None and receipt is not None:
        freed = next((one for one in found.seen if _is_freed_name(rows, found, one)), None)
        if freed is not None:
            says = f"{freed!r} is the same on all goods of a receipt: it is taken for the customer"
            return replace(found, roles={**roles, "customer": freed}, remarks=(*found.remarks, says))
    if name is None or code is None or receipt is None or "customer" not in role_scores(name):
        return found
    if not _differs(rows, name, code):
        return found
    own = next((one for one in found.seen if one not in roles.values() and _is_name_of(rows, found, one, code)), None)
    # receipts of a line each say nothing, but goods that have a name of their own need no other
    if not _is_of_receipts(rows, name, receipt, 0 if own is not None else _LEAST):
        return found
    kept = {role: held for role, held in roles.items() if role != "product_name"}
    kept |= {"product_name": own} if own is not None else {}
    says = f"{name!r} is the same on all goods of a receipt: it is no name of goods"
    if "customer" not in kept:
        kept["customer"] = name
        says += ", and taken for the customer"
    return replace(found, roles=kept, remarks=(*found.remarks, says))


def _is_freed_name(rows: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether a free column called `Name` is of who bought: goods have another one, and shops and sellers too."""
    roles, seen = found.roles, found.seen[name]
    if (
        name in roles.values()
        or seen.numbers
        or seen.dates
        or not {"customer", "product_name"} <= role_scores(name).keys()
    ):
        return False
    if rows[name].n_unique() < _LEAST or not _differs(rows, name, roles["product"]):
        return False
    others = (roles[role] for role in ("store", "guide") if role in roles)
    pairs = [rows.select(name, other).drop_nulls().unique() for other in others]
    is_apart = all(
        pair.is_empty() or pair[column].is_duplicated().any() for pair in pairs for column in pair.columns[1:]
    )
    return is_apart and _is_of_receipts(rows, name, roles["receipt"], _LEAST)


def _is_of_receipts(rows: pl.DataFrame, name: str, receipt: str, least: int) -> bool:
    """Whether receipts of several lines have one name each, and there are at least so many."""
    receipts = rows.group_by(receipt).agg(
        pl.col(name).drop_nulls().n_unique().alias("_names"), pl.len().alias("_lines")
    )
    several = receipts.filter((pl.col("_lines") > 1) & (pl.col("_names") > 0))
    return several.height >= least and (not several.height or share(several["_names"] == 1) >= _HOLDS)


def _differs(rows: pl.DataFrame, name: str, code: str) -> bool:
    """Whether goods stand beside several names each."""
    pairs = rows.select(name, code).drop_nulls().unique()
    return pairs.height >= _SEVERAL * max(1, pairs[code].n_unique())


def _is_name_of(rows: pl.DataFrame, found: Columns, name: str, code: str) -> bool:
    """Whether a free column of words has one value for each good, and nearly as many as there are goods."""
    seen = found.seen[name]
    if seen.numbers or seen.dates or seen.filled < 1 / 2 or "product_name" not in role_scores(name):
        return False
    pairs = rows.select(name, code).drop_nulls().unique()
    return bool(pairs.height) and share(~pairs[code].is_duplicated()) >= _HOLDS
