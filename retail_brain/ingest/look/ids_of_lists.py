"""Keys lists of goods, people and shops by the column that holds the ids of the sales, whatever its name."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.draft import Proposal, quoted, whole
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.names_as_ids import files_by_list_id, names_of_sales
from retail_brain.ingest.look.proposal import propose
from retail_brain.ingest.look.shares import share_known

_KEYS: Final = {
    "products": ("product_id", ("product", "product_name")),
    "customers": ("customer_id", ("customer",)),
    "stores": ("store_id", ("store",)),
}
"""Table -> its key, and the roles that name one of its rows in sales; the first that a file has counts."""
_KNOWN = 0.7
"""Share of the ids of sales that a list must hold under another name of the column. By judgement: lists lag behind."""
_LEAST = 5
"""Ids of goods in sales from which a list that has none of them is not of goods. By judgement."""


def with_ids_of_sales(looked: Sequence[LookedAt]) -> list[LookedAt]:
    """The files, lists keyed by the ids of the sales; one of names that no sale has is a list of something else.

    Args:
        looked: the files of a dataset, with what they feed.
    """
    return [_with_ids(one, looked) if one.proposal.table in _KEYS else one for one in looked]


def _with_ids(one: LookedAt, looked: Sequence[LookedAt]) -> LookedAt:  # noqa: PLR0911  # a way out per case
    key, roles = _KEYS[one.proposal.table]
    own = _plain(one.proposal.columns.get(key, ""))
    sold = [ids for other in looked if other is not one and (ids := _sold(other, roles)) is not None]
    if own is None or not sold:
        return one
    ids = pl.concat(sold).unique()
    shares = {name: share_known(ids, one.sample[name]) for name in one.columns.seen}
    if shares.get(own, 0.0) >= _KNOWN:
        return one
    keys = [name for name, seen in one.columns.seen.items() if seen.distinct == seen.filled == 1]
    best = max(keys, key=lambda name: shares[name], default=own)
    if shares[best] >= _KNOWN:
        says = f"{best!r} is the id, and not {own!r}: it holds {shares[best]:.0%} of the ids of the sales"
        remarks = [remark for remark in one.proposal.remarks if not remark.startswith("goods have no code")]
        plain = propose(one.sample, one.columns)  # a list named as ours, which is read by its names alone
        if plain.table == one.proposal.table and plain.columns.get(key) == quoted(best):
            return replace(one, proposal=replace(plain, remarks=[*plain.remarks, says]))
        columns = {**one.proposal.columns, key: quoted(best)}
        return replace(one, proposal=replace(one.proposal, columns=columns, remarks=[*remarks, says]))
    if one.proposal.table == "customers" and shares.get(own, 0.0) == 0:
        return _with_names(one, own, ids, looked)
    is_named = "product" not in one.columns.roles and one.proposal.table == "products"
    if is_named and len(ids) >= _LEAST and not shares.get(own) and not _has_names_sold(one, own, looked):
        says = f"none of the {len(ids):,} goods that were sold is in it: it is no list of goods and is left out"
        return replace(one, proposal=Proposal(remarks=[says]))
    return one


def _with_names(one: LookedAt, own: str, names: pl.Series, looked: Sequence[LookedAt]) -> LookedAt:
    """A list of people keyed by their names, where sales know them by these.

    It is left out where some share a name, and asked about where another file, such as one of consents, has its ids.
    """
    found = names_of_sales(one, names)
    if found is None:
        return one
    parts, mark, is_unique = found
    if not is_unique:
        says = f"sales name people by {parts}, and several people of the list share a name: the list is left out"
        return replace(one, proposal=Proposal(remarks=[says]))
    key = f"{{ columns = [{', '.join(map(quoted, parts))}], join = {quoted(mark)} }}"
    made = one.proposal
    if others := files_by_list_id(one, own, looked):
        question = (
            f"{one.path.name}: who is a person, {own!r}, which {others} name people by, or {parts}, by which sales do? "
            f"By the one nobody of the sales is known, by the other the rows of {others}, refusals too, reach nobody. "
            f"Better: write {own!r} into the sales or {parts} into {others}"
        )
        readings = f"?{whole(quoted(own))}\n{key}"
        return replace(
            one,
            proposal=replace(
                made, columns={**made.columns, "customer_id": readings}, questions=[*made.questions, question]
            ),
        )
    remarks = [
        f"{parts} together are the id: sales name people by them",
        "a buyer of the same name who is not in the list counts as the person of the list",
    ]
    columns = {**made.columns, "customer_id": key}
    return replace(one, proposal=replace(made, columns=columns, remarks=[*made.remarks, *remarks]))


def _has_names_sold(one: LookedAt, own: str, looked: Sequence[LookedAt]) -> bool:
    """Whether sales have names of a list beside their codes."""
    names = [ids for other in looked if other is not one and (ids := _sold(other, ("product_name",))) is not None]
    return any(share_known(some, one.sample[own]) > 0 for some in names)


def _plain(value: str) -> str | None:
    """The column that a key of a mapping names without any form; None for any other key."""
    return json.loads(value) if value.startswith('"') else None


def _sold(other: LookedAt, roles: Sequence[str]) -> pl.Series | None:
    """The ids that a file of sales has for the first of the roles; None for a list, and for one without ids."""
    found = other.columns.roles
    name = next((found[role] for role in roles if role in found), None)
    if name is None or other.proposal.table in _KEYS or not {"units", "amount", "receipt"} & found.keys():
        return None
    return other.sample[name].cast(pl.String).drop_nulls().unique()
