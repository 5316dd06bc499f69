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
from retail_brain.ingest.look.state_columns import plain_kind, says
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_kinds import KIND_NAME
from retail_brain.ingest.look.words_of_states import GIVEN_BACK, STATE_NAME
from retail_brain.ingest.numbers import parse_numbers

_SOLD_BEFORE = 0.9
"""Share of the lines to known people, sold to them before, from which a file may be of returns. By judgement."""
_LEAST_LINES = 5
"""Lines to known people below which they may have been sold before by chance. By judgement."""
_MOST = 0.3
"""Share of all lines that come back at most. By judgement: 1 to 30 of 100 do."""
_OF_KINDS = ("status", "voided")
"""Roles of columns that may hold kinds of documents; those of shops, goods and people hold names."""


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
    if (kinds := kinds_of_files(members)) is not None:
        column, words = kinds
        key = _key_of(kinds)
        remark = f"files are of one {column!r} each; those of {words} have units without a minus: they are returns"
        keys = {**made.keys, "returns": key}
        return replace(first, proposal=replace(made, keys=keys, remarks=[*made.remarks, remark]))
    named = [one for one in members if is_called_returns(one.path.stem)]
    named = named if len(named) < len(members) else []
    rows = {one.path: _lines(one) for one in members}
    given_back = [one for one in members if _was_sold_before(one, members, rows)]
    names = ", ".join(one.path.name for one in named or given_back)
    if named and all(one in given_back for one in named):
        remark = f"{names}: by its name it is of returns, whose units have no minus, and its lines were sold before"
        return replace(first, proposal=_with(made, named, remark))
    if not named and len(given_back) != 1:
        return _with_asked_kinds(first, members)
    why = (
        "Its name alone says so, and may as well say that returns are in it or taken off"
        if named
        else "Nearly each of its lines was sold before to the same person in the same shop at the same price"
    )
    question = f"is {names} of returns without a minus (then uncomment `returns`), or of further sales? {why}"
    asked = _with(made, named or given_back, "")
    keys = {**asked.keys, "returns": f"?{asked.keys['returns']}"}
    return replace(first, proposal=replace(asked, keys=keys, questions=[*made.questions, question]))


def is_called_returns(name: str) -> bool:
    """Whether the name of a file says that it is of what came back.

    >>> is_called_returns("CreditNoteRegister"), is_called_returns("devoluções_2026"), is_called_returns("North")
    (True, True, False)
    """
    return any(re.search(GIVEN_BACK, text.lower()) for text in (_spaced(bare_name(name)), _spaced(name)))


def _spaced(name: str) -> str:
    return plain_kind(name.replace("_", " "))


def _key_of(kinds: tuple[str, list[str]]) -> str:
    column, words = kinds
    return f"{{ column = {quoted(column)}, values = [{', '.join(map(quoted, words))}] }}"


def _with_asked_kinds(first: LookedAt, members: Sequence[LookedAt]) -> LookedAt:
    """The file with a question where a column without a role has a word of returns on each row of some files."""
    if (kinds := kinds_of_files(members, is_named=False)) is None:
        return first
    made, (column, words) = first.proposal, kinds
    question = (
        f"files are of one {column!r} each: are the rows of {words}, whose units have no minus, returns (then "
        "uncomment `returns`), or further sales?"
    )
    keys = {**made.keys, "returns": f"?{_key_of(kinds)}"}
    return replace(first, proposal=replace(made, keys=keys, questions=[*made.questions, question]))


def kinds_of_files(members: Sequence[LookedAt], *, is_named: bool = True) -> tuple[str, list[str]] | None:
    """A column with one kind of documents in each file, and its words that say that they came back.

    A shop, a good or a person may be called `Retour` as well.

    Args:
        members: files with the same columns, that feed one table.
        is_named: whether the name of the column must say that it holds kinds.
    """
    taken = {name for role, name in members[0].columns.roles.items() if role not in _OF_KINDS}
    for name in members[0].columns.seen:
        if name in taken or (is_named and not re.search(f"{KIND_NAME}|^{STATE_NAME}$", bare_name(name))):
            continue
        found = [_kind(one, name) for one in members]
        back = sorted({kind for kind in found if kind and says(GIVEN_BACK, plain_kind(kind))})
        if all(found) and back and not set(found) <= set(back):
            return name, back
    return None


def _kind(one: LookedAt, name: str) -> str:
    """The one text on all rows of a file in a column; blank where there is none."""
    seen = one.columns.seen[name]
    if seen.filled < 1 or seen.numbers or seen.dates:
        return ""
    kinds = one.sample[name].cast(pl.String).unique()
    return str(kinds[0]) if len(kinds) == 1 else ""


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
