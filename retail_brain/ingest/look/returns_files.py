"""Finds returns that an export keeps in a file of their own, with units that have no minus."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_states import GIVEN_BACK
from retail_brain.ingest.numbers import parse_numbers

_SOLD_BEFORE = 0.9
"""Share of the lines to known people, sold to them before, from which a file may be of returns. By judgement."""
_LEAST_LINES = 5
"""Lines to known people below which they may have been sold before by chance. By judgement."""
_MOST = 0.3
"""Share of all lines that come back at most. By judgement: 1 to 30 of 100 do."""


def with_files_of_returns(first: LookedAt, members: Sequence[LookedAt]) -> LookedAt:
    """The file with `returns` by the names of files, where some with its columns are of returns; asks where unsure.

    Args:
        first: the file whose proposal counts for all.
        members: files with the same columns, that feed one table.
    """
    made, found = first.proposal, first.columns
    if len(members) < 2 or made.table != "transactions" or "returns" in made.keys:
        return first
    if not {"units", "unit_price"} <= made.columns.keys() or "units" not in found.roles or _has_minus(members, found):
        return first
    named = [one for one in members if re.search(GIVEN_BACK, bare_name(one.path.stem).replace("_", " "))]
    named = named if len(named) < len(members) else []
    rows = {one.path: _lines(one) for one in members}
    given_back = [one for one in members if _was_sold_before(one, members, rows)]
    names = ", ".join(one.path.name for one in named or given_back)
    if named and all(one in given_back for one in named):
        remark = f"{names}: by its name it is of returns, whose units have no minus, and its lines were sold before"
        return replace(first, proposal=_with(made, named, remark))
    if not named and len(given_back) != 1:
        return first
    why = (
        "Its name alone says so, and may as well say that returns are in it or taken off"
        if named
        else "Nearly each of its lines was sold before to the same person in the same shop at the same price"
    )
    question = f"is {names} of returns without a minus (then uncomment `returns`), or of further sales? {why}"
    asked = _with(made, named or given_back, "")
    keys = {**asked.keys, "returns": f"?{asked.keys['returns']}"}
    return replace(first, proposal=replace(asked, keys=keys, questions=[*made.questions, question]))


def _with(made: Proposal, files: Sequence[LookedAt], remark: str) -> Proposal:
    names = ", ".join(quoted(one.path.name) for one in files)
    keys = {**made.keys, "returns": f"{{ files = [{names}] }}"}
    return replace(made, keys=keys, remarks=[*made.remarks, *([remark] if remark else [])])


def _has_minus(members: Sequence[LookedAt], found: Columns) -> bool:
    name = found.roles["units"]
    form = found.seen[name].numbers[0]
    return any(bool((parse_numbers(one.sample[name].cast(pl.String), form) < 0).any()) for one in members)


def _lines(one: LookedAt) -> pl.DataFrame | None:
    """Day, person, good, shop and price of the lines to known people; None where a column of these is missing."""
    roles, seen = one.columns.roles, one.columns.seen
    if not {"customer", "product", "moment", "price"} <= roles.keys() or not seen[roles["moment"]].dates:
        return None
    keys = [roles[role] for role in ("customer", "product", "store", "price") if role in roles]
    day = days_of(one.sample[roles["moment"]], seen[roles["moment"]]).alias("_day")
    known = pl.col(roles["customer"])
    usual = one.sample[roles["customer"]].value_counts(sort=True)[roles["customer"]].head(1)
    rows = one.sample.select(day, *keys).drop_nulls()
    # the commonest may be nobody's card, whose goods were all sold before
    return rows.filter(~known.is_in(usual.implode()))


def _was_sold_before(one: LookedAt, members: Sequence[LookedAt], rows: Mapping[Path, pl.DataFrame | None]) -> bool:
    """Whether nearly each line of a small file is in the others on the same day or before."""
    own, others = rows[one.path], [rows[other.path] for other in members if other is not one]
    total = sum(other.sample.height for other in members)
    if own is None or own.height < _LEAST_LINES or one.sample.height > _MOST * total:
        return False
    sold = [other for other in others if other is not None and other.columns == own.columns]
    if not sold:
        return False
    keys = [name for name in own.columns if name != "_day"]
    first = pl.concat(sold).group_by(keys).agg(pl.col("_day").min().alias("_sold"))
    before = own.join(first, on=keys, how="left")
    return share((before["_sold"] <= before["_day"]).fill_null(value=False)) >= _SOLD_BEFORE
