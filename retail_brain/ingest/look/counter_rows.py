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
from retail_brain.ingest.look.words_of_kinds import OPEN, SOLD, STATES_OF_SALES, UNDER_WAY
from retail_brain.ingest.look.words_of_states import CANCELLED, GIVEN_BACK, IN_PART, NOT_PAID

_MOST_ROWS: Final = 0.2
"""Share of the rows that may be of such a code: most sales are not taken back. By judgement."""
_LEAST_ROWS: Final = 3
"""Rows of a code that are hardly the same as those of another by chance. By judgement."""
_LEAST_GOODS: Final = 3
"""Different goods from which equal lines are hardly so by chance: a shop of one product has equal lines in every state.
By judgement."""
_OF_SALES: Final = f"{SOLD}|{STATES_OF_SALES}|{UNDER_WAY}|{OPEN}|{NOT_PAID}|{GIVEN_BACK}|{IN_PART}"
"""A word of a state that says what its rows are: they are not told by numbers."""
_SAME: Final = ("product", "customer", "store")


def counter_rows(made: Proposal, sample: pl.DataFrame, found: Columns) -> tuple[list[str], list[str]]:
    """Conditions without the rows of two codes that have the same goods, units and money, none of them below 0.

    They are the cancelled documents and those that cancel them, such as Y and C beside N: neither is a sale. Where the
    units of one have a minus, the two take each other back, and both stay. Codes with words of sales are none, unless
    the column is named after cancelled documents.

    Args:
        made: the proposal; gets remarks and questions.
        sample: the rows.
        found: roles of the columns.

    Returns:
        Conditions that are certain, by equal customers or several goods, and conditions that are asked about.
    """
    units, money = found.roles.get("units"), found.roles.get("amount") or found.roles.get("price")
    sure, asked = list[str](), list[str]()
    if units is None or money is None or "receipt" not in found.roles or "product" not in found.roles:
        return sure, asked
    rows = sample.select(
        *(pl.col(found.roles[role]).cast(pl.String).alias(role) for role in (*_SAME, "receipt") if role in found.roles),
        values(sample, found, units).alias("units"),
        values(sample, found, money).alias("money"),
    )
    for name in _columns_of_states(found):
        state, is_named = State(sample, found, name), _is_of_cancelled(found, name)
        if not 2 < len(state.kinds) <= MOST_KINDS:
            continue
        words = [] if is_named else state.which(_OF_SALES, CANCELLED)
        for pair in combinations(sorted(kind for kind in state.kinds if kind not in words), 2):
            ours, theirs = (rows.filter(sample[name].cast(pl.String) == kind) for kind in pair)
            if not _are_twice(ours, theirs, sample.height):
                continue
            said = f"{2 * ours.height:,} rows whose {name!r} is one of {list(pair)} are the same lines twice"
            condition = state.without(list(pair))
            if _has_customers(ours) or (is_named and ours["product"].n_unique() >= _LEAST_GOODS):
                sure.append(condition)
                made.remarks.append(f"{said}: a document and the one that cancels it; both are left out")
            else:
                asked.append(condition)
                made.questions.append(
                    f"{said}: are they documents and those that cancel them (leave both out), or sales that happen to "
                    "be equal (keep them)?"
                )
    return sure, asked


def _is_of_cancelled(found: Columns, name: str) -> bool:
    said = re.search(CANCELLED, bare_name(name).replace("_", " "))
    return said is not None or name in found.all_of("voided")


def _has_customers(rows: pl.DataFrame) -> bool:
    """Whether each of the rows has a customer, and not all the same one."""
    return "customer" in rows.columns and not rows["customer"].null_count() and rows["customer"].n_unique() > 1


def _columns_of_states(found: Columns) -> list[str]:
    named = (name for name in found.seen if _is_of_cancelled(found, name))
    known = dict.fromkeys((*found.all_of("status"), *named))
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
