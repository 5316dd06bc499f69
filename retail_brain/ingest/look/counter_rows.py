"""Codes of a state whose rows are written twice, once by a document and once by the one that takes it back."""

import re
from itertools import combinations
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.state_columns import MOST_KINDS, State
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_states import CANCELLED

_MOST_ROWS: Final = 0.2
"""Share of the rows that may be of such a code: most sales are not taken back. By judgement."""
_LEAST_ROWS: Final = 3
"""Rows of a code that are hardly the same as those of another by chance. By judgement."""
_SAME: Final = ("product", "customer", "store")


def counter_rows(made: Proposal, sample: pl.DataFrame, found: Columns) -> list[str]:
    """Conditions without the rows of two codes that have the same goods, units and money, none of them below 0.

    They are the cancelled documents and those that cancel them, such as Y and C beside N: neither is a sale. Where the
    units of one have a minus, the two take each other back, and both stay.

    Args:
        made: the proposal; gets remarks.
        sample: the rows.
        found: roles of the columns.
    """
    units, money = found.roles.get("units"), found.roles.get("amount") or found.roles.get("price")
    if units is None or money is None or "receipt" not in found.roles or "product" not in found.roles:
        return []
    rows = sample.select(
        *(pl.col(found.roles[role]).cast(pl.String).alias(role) for role in (*_SAME, "receipt") if role in found.roles),
        values(sample, found, units).alias("units"),
        values(sample, found, money).alias("money"),
    )
    conditions = []
    for name in _columns_of_states(found):
        kinds = sample[name].drop_nulls().cast(pl.String).unique().sort().to_list()
        if not 2 < len(kinds) <= MOST_KINDS:
            continue
        for pair in combinations(kinds, 2):
            ours, theirs = (rows.filter(sample[name].cast(pl.String) == kind) for kind in pair)
            if _are_twice(ours, theirs, sample.height):
                conditions.append(State(sample, found, name).without(list(pair)))
                made.remarks.append(
                    f"{2 * ours.height:,} rows whose {name!r} is one of {list(pair)} are the same lines twice: a "
                    "document and the one that cancels it; both are left out"
                )
    return conditions


def _columns_of_states(found: Columns) -> list[str]:
    named = (name for name in found.seen if re.search(CANCELLED, bare_name(name).replace("_", " ")))
    known = dict.fromkeys((*found.all_of("voided"), *found.all_of("status"), *named))
    return [name for name in known if not found.seen[name].dates]


def _are_twice(ours: pl.DataFrame, theirs: pl.DataFrame, rows: int) -> bool:
    """Whether two parts of the rows are the same but for their receipts, few of all, and without a minus."""
    if ours.height != theirs.height or not _LEAST_ROWS <= ours.height <= _MOST_ROWS * rows:
        return False
    if not ((ours["units"] > 0).all() and (theirs["units"] > 0).all()):
        return False
    if ours["receipt"].is_in(theirs["receipt"].implode()).any():
        return False
    same = [name for name in ours.columns if name != "receipt"]
    return ours.select(same).sort(same).equals(theirs.select(same).sort(same))
