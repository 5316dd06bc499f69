"""Finds how the files of a dataset belong together by their values: heads and lines, sales and lists.

A column that numbers the rows of one file, and whose values another file has, links the two, whatever both columns are
called. The file with moments has the heads of receipts, and the other their lines; a file without moments and units is
a list of what the sales name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.evidence import is_dated
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.shares import share_known
from retail_brain.ingest.look.words import bare_name, role_scores

_LEAST = 5
"""Different ids below which two columns share them by chance."""
_LEAST_NAMED, _FEW = 2, 60
"""Ids of letters of which so few are enough where a short list has them all: shops. By judgement."""
_SHARED = 0.8
"""Share of the ids of one file that the other must have. By judgement: lists lag behind, samples are first rows."""
_LONG = 4
"""Letters from which ids of two files are not the same by chance; shorter ones need the same name of the column."""
_MANY, _EQUAL, _COUNTED = 30, 0.97, 3
"""Short ids from which two columns may be linked by them, the share that both must have, and numbers that mean that
rows were counted through. By judgement."""
_MOST_FILES, _MOST_COLUMNS = 12, 60
"""Files and columns beyond which links are not tried: each pair of columns is compared."""
_LISTED = ("product", "customer", "store")
_MANY_LINES = 1.05
"""Lines that a receipt has on average at least. By judgement."""


@dataclass(frozen=True)
class _Key:
    """A column that numbers the rows of a file, with its ids."""

    file: int
    name: str
    ids: pl.Series


def roles_by_links(looked: Sequence[LookedAt]) -> Mapping[int, Mapping[str, str]]:
    """Place of a file -> column -> role, for columns whose role a link to another file says and no name does.

    Args:
        looked: the files of a dataset.
    """
    if not 2 <= len(looked) <= _MOST_FILES or any(len(one.columns.seen) > _MOST_COLUMNS for one in looked):
        return {}
    found: dict[int, dict[str, str]] = {}
    for key, other, name in _links(looked):
        for place, column, role in _roles(looked, key, other, name):
            roles, given = looked[place].columns.roles, found.get(place, {})
            ids = _ids(looked[other].sample[name])
            is_held = role in roles and (place != key.file or not _is_stranger(looked[place], role, ids))
            taken = {held_by for held, held_by in roles.items() if not _is_name_of_other(roles, held, role)}
            if column not in taken and not is_held and role not in given.values():
                found.setdefault(place, {})[column] = role
    for place, column in _goods_elsewhere(looked):
        if not found.get(place):
            found.setdefault(place, {})[column] = "product"
    return found


def _is_name_of_other(roles: Mapping[str, str], held: str, role: str) -> bool:
    """Whether what looks like names of goods, without their codes, are names of shops or people, or codes after all."""
    if held != "product_name" or "product" in roles:
        return False
    return role in ("store", "customer") or (role == "product" and not role_scores(roles[held]))


def _is_stranger(one: LookedAt, role: str, ids: pl.Series) -> bool:
    """Whether the column that a list has for a role holds few of the ids that the sales have."""
    return role in _LISTED and share_known(ids, _ids(one.sample[one.columns.roles[role]])) < _SHARED


def _goods_elsewhere(looked: Sequence[LookedAt]) -> Iterator[tuple[int, str]]:
    """Files with no code of goods, and their column that holds the codes of another file."""
    codes = [_ids(one.sample[one.columns.roles["product"]]) for one in looked if "product" in one.columns.roles]
    for place, one in enumerate(looked):
        if "product" in one.columns.roles:
            continue
        for name in one.columns.seen:
            if name in one.columns.roles.values() or not _may_be_id(one.columns, name):
                continue
            ids = _ids(one.sample[name])
            is_long = len(ids) >= _LEAST and bool((ids.str.len_chars() >= _LONG).all())
            if is_long and any(share_known(ids, known) >= _SHARED for known in codes):
                yield place, name
                break


def _links(looked: Sequence[LookedAt]) -> Iterator[tuple[_Key, int, str]]:
    keys = [key for place, one in enumerate(looked) for key in _keys(place, one)]
    for other, one in enumerate(looked):
        for name, seen in one.columns.seen.items():
            if not _may_be_id(one.columns, name) or seen.distinct * seen.filled == 1:
                continue
            ids = _ids(one.sample[name])
            for key in keys:
                if key.file == other:
                    continue
                if _is_shared(key, ids, name) or _are_named_alike(looked[key.file], key, one, name):
                    yield key, other, name


def _keys(place: int, one: LookedAt) -> Iterator[_Key]:
    for name, seen in one.columns.seen.items():
        if seen.distinct == seen.filled == 1 and _may_be_id(one.columns, name):
            yield _Key(place, name, _ids(one.sample[name]))


def _may_be_id(found: Columns, name: str) -> bool:
    seen = found.seen[name]
    is_number = bool(seen.numbers) and seen.whole is None and not all(example.isalnum() for example in seen.examples)
    return not (is_dated(seen) or seen.is_clock or is_number)


def _ids(column: pl.Series) -> pl.Series:
    return column.cast(pl.String).drop_nulls().unique()


def _is_shared(key: _Key, ids: pl.Series, name: str) -> bool:
    both = ids.is_in(key.ids.implode()).sum()
    is_named = bare_name(name) == bare_name(key.name) and bool((ids.str.len_chars() >= _LONG).all())
    if _LEAST_NAMED <= len(ids) < _LEAST and (is_named or ids.str.contains(r"\p{L}").all()):
        return both == len(ids) and len(key.ids) <= _FEW  # codes of shops, such as DT and BV, or their tax numbers
    if len(ids) < _LEAST or len(key.ids) < _LEAST:
        return False
    is_long = bool((ids.str.len_chars() >= _LONG).all())
    if not is_long and bare_name(name) != bare_name(key.name) and not _are_same(key.ids, ids):
        return False
    return both >= _LEAST and both >= _SHARED * min(len(ids), len(key.ids))


def _are_named_alike(ours: LookedAt, key: _Key, theirs: LookedAt, name: str) -> bool:
    """Whether ids stand beside the same names in both files, such as goods and people: then short ones are the same."""
    ids = _ids(theirs.sample[name])
    if len(ids) < _LEAST_NAMED or share_known(ids, key.ids) < _SHARED:
        return False
    listed = [ours.sample.select(_text(key.name, "id"), _text(other, "name")) for other in _words(ours, key.name)]
    for other in _words(theirs, name) if listed else ():
        pairs = theirs.sample.select(_text(name, "id"), _text(other, "name")).drop_nulls().unique()
        if pairs["id"].is_duplicated().any() or pairs["name"].n_unique() < _LEAST_NAMED:
            continue
        if any(pairs.join(rows, on=["id", "name"], how="semi").height >= _SHARED * pairs.height for rows in listed):
            return True
    return False


def _text(name: str, alias: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).alias(alias)


def _words(one: LookedAt, beside: str) -> list[str]:
    """Columns that may be names of what another column has the ids of."""
    return [
        name
        for name, seen in one.columns.seen.items()
        if name != beside and seen.filled and not (seen.numbers or seen.dates or seen.is_clock)
    ]


def _are_same(ids: pl.Series, others: pl.Series) -> bool:
    """Whether two columns have nearly the same ids, many and not from 1 on: then it is not by chance."""
    both = ids.is_in(others.implode()).sum()
    from_one = ids.is_in(pl.Series(["1", "2", "3"]).implode()).sum() == _COUNTED
    return not from_one and both >= _MANY and both >= _EQUAL * max(len(ids), len(others))


def _roles(looked: Sequence[LookedAt], key: _Key, other: int, name: str) -> Iterator[tuple[int, str, str]]:
    """Place, column and role that a link says: both of heads and lines, or the one of list and sales that lacks it."""
    ours, theirs = looked[key.file].columns, looked[other].columns
    our_role = next((role for role, column in ours.roles.items() if column == key.name), "")
    role = next((role for role, column in theirs.roles.items() if column == name), "")
    listed = _listed(ours)
    if listed or (role in _LISTED and not {"units", "amount", "receipt"} & ours.roles.keys()):
        what = role if role in _LISTED else listed
        if what and listed in ("", what) and theirs.roles.get(what, name) == name:
            yield key.file, key.name, what
            yield other, name, what
    elif "moment" in ours.roles and "on_hand" not in ours.roles and our_role in ("", "receipt"):
        lines = looked[other].sample.height / max(1, looked[other].sample[name].n_unique())
        has_goods = bool({"product", "product_name"} & ours.roles.keys())
        if has_goods and not _has_several_goods(looked[other], name):
            return
        sells = any(seen.numbers for seen in theirs.seen.values())
        if sells and lines >= _MANY_LINES and role in ("", "receipt"):
            yield key.file, key.name, "receipt"
            yield other, name, "receipt"
    elif our_role in _LISTED and not {"units", "amount", "receipt"} & ours.roles.keys():
        yield other, name, our_role


def _has_several_goods(one: LookedAt, name: str) -> bool:
    """Whether a file without moments has lines of several goods with one number, as orders have."""
    goods = one.columns.roles.get("product") or one.columns.roles.get("product_name")
    if goods is None or "moment" in one.columns.roles:
        return False
    kinds = one.sample.group_by(name).agg(goods_of_it=pl.col(goods).n_unique())["goods_of_it"]
    return int((kinds > 1).sum()) >= _LEAST


def _listed(found: Columns) -> str:
    """What a file lists: people, shops or goods, one on each row; blank for any other."""
    if {"units", "amount", "receipt"} & found.roles.keys():
        return ""
    unique = (role for role in ("customer", "store", "product") if role in found.roles)
    return next(
        (role for role in unique if found.seen[found.roles[role]].distinct * found.seen[found.roles[role]].filled == 1),
        "",
    )
