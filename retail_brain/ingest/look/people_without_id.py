"""Says how many people of a list have no id and would be left out, and asks for the column that every one has."""

import re
from typing import Final

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, one_of, quoted, whole
from retail_brain.ingest.look.words import bare_name

_ID: Final = r"(?:^|_)(?:id|uid|uuid|guid|key|no|nr|number|code)$"
"""The end of the name of a column of ids."""


def ask_for_people_without_id(made: Proposal, found: Columns) -> None:
    """Asks which id people have where the one that was taken is blank on some rows, which would be left out.

    Args:
        made: the proposal of `customers`, changed in place.
        found: roles of the columns.
    """
    theirs = found.roles.get("customer")
    if theirs is None or made.columns.get("customer_id") != quoted(theirs) or found.seen[theirs].filled == 1:
        return
    lacking = f"{1 - found.seen[theirs].filled:.1%} of rows have no {theirs!r}"
    keys = (name for name, seen in found.seen.items() if seen.distinct == seen.filled == 1)
    key = next((name for name in keys if re.search(_ID, bare_name(name))), None)
    if key is None:
        made.remarks.append(f"{lacking}: these are left out")
        return
    question = (
        f"{lacking}, and every row has another {key!r}: is that who people are, as the first way below reads it? By "
        f"{theirs!r}, as sales may name them, the rows without one are left out"
    )
    made.columns["customer_id"] = one_of(made, [whole(quoted(key)), whole(quoted(theirs))], question)
