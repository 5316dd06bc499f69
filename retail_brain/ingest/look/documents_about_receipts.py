"""Documents about receipts beside them, such as an event that cancels one: its receipt is no sale."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from retail_brain.ingest.look.draft import JOIN, WHERE, Proposal, both_conditions
from retail_brain.ingest.look.joined_files import join_key
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.shares import share_known
from retail_brain.ingest.look.state_columns import MOST_KINDS, column_of, kinds_of, plain_kind, says
from retail_brain.ingest.look.state_columns import listed as sql_list
from retail_brain.ingest.look.words_of_states import CANCELLED

_KNOWN: Final = 0.5
"""Share of the documents whose receipt is in the files: others were sold before their first day. By judgement."""
_KIND: Final = "said_of_receipt"
"""The column that the join adds: what a document says of the receipt."""


def with_cancelled_receipts(looked: Sequence[LookedAt], root: Path) -> list[LookedAt]:
    """The files; sales leave out receipts that documents beside them cancel, or ask where these say nothing.

    Args:
        looked: the files of a dataset.
        root: the folder that paths are relative to.
    """
    about = [one for one in looked if _is_document(one) and not one.proposal.table]
    return [_without_cancelled(one, about, root) if one.proposal.table == "transactions" else one for one in looked]


def _is_document(one: LookedAt) -> bool:
    return one.keys.get("element", "").startswith('"/')


def _without_cancelled(one: LookedAt, about: Sequence[LookedAt], root: Path) -> LookedAt:
    receipt = one.columns.roles.get("receipt")
    if receipt is None or not _is_document(one):
        return one
    for other in about:
        key = _key(other, one.sample[receipt])
        if key is None:
            continue
        said = _cancelling(other.sample)
        named = other.path.name
        if said is None or other.sample[key].is_duplicated().any():
            question = (
                f"{named}: {other.sample.height:,} documents name receipts that are among the sales, and no word says "
                "that they cancel them, or several name one: are these receipts no sales? They are kept"
            )
            return replace(one, proposal=replace(one.proposal, questions=[*one.proposal.questions, question]))
        kind, kinds = said
        rows = other.sample.filter(pl.col(kind).is_in(kinds))
        count = one.sample.filter(pl.col(receipt).is_in(rows[key].implode()))[receipt].n_unique()
        remark = f"{count:,} receipts that {named} cancels ({kind!r} is one of {kinds}) are no sales and are left out"
        join = join_key(other, root, ((receipt, key),), {kind: _KIND}, ", optional = true")
        return replace(one, proposal=_with(one.proposal, join, kinds, remark))
    return one


def _with(made: Proposal, join: str, kinds: list[str], remark: str) -> Proposal:
    condition = f"'''{column_of(_KIND)} IS NULL OR {column_of(_KIND)} NOT IN ({sql_list(kinds)})'''"
    before = made.keys.get(WHERE)
    keys = {**made.keys, WHERE: both_conditions(condition, before) if before else condition, JOIN: f"[{join}]"}
    return replace(made, keys=keys, remarks=[*made.remarks, remark])


def _key(other: LookedAt, receipts: pl.Series) -> str | None:
    """The column of the documents that names their receipts."""
    for name in other.sample.columns:
        numbers = other.sample[name].drop_nulls()
        if len(numbers) and share_known(numbers, receipts) >= _KNOWN:
            return name
    return None


def _cancelling(sample: pl.DataFrame) -> tuple[str, list[str]] | None:
    """The column that says what the documents do, and its words for cancelling."""
    for name in sample.columns:
        kinds = kinds_of(sample, name) if sample[name].n_unique() <= MOST_KINDS else []
        if found := [kind for kind in kinds if says(CANCELLED, plain_kind(kind))]:
            return name, found
    return None
