"""Recognises orders and their lines in two files, and proposes how they are joined."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.ingest.look.by_values import with_roles_by_values
from retail_brain.ingest.look.codes_of_states import NO_UNITS_BELOW
from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.described_columns import DESCRIBED
from retail_brain.ingest.look.draft import FILL_DOWN, WHERE, Proposal, listed, quoted, toml_of
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.look.files_of_table import files_of
from retail_brain.ingest.look.join_keys import Keys, keys_of
from retail_brain.ingest.look.kinds_of_lists import KindsListed, ask_about_unlisted, kinds_listed
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.not_goods import customer_key
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.paid_by_heads import pay_by_heads
from retail_brain.ingest.look.pairs_of_files import is_of_no_sales, is_of_returns, pairs_of, write_returns_of_pairs
from retail_brain.ingest.look.posted_rows import columns_of_posting
from retail_brain.ingest.look.proposal import propose
from retail_brain.ingest.look.shares import share_known
from retail_brain.ingest.look.signs import kind_below_zero
from retail_brain.ingest.look.state_columns import is_named, may_tell_states
from retail_brain.ingest.look.sums_of_rows import SUMS
from retail_brain.ingest.look.unpaid_lines import leave_out_unpaid

_OF_THE_ORDER = ("moment", "time", "store", "customer", "channel", "status")
"""Roles that the head of an order has; a line may lack them, or hold another moment such as the day of dispatch."""
_OF_FURTHER = ("customer", "store", "channel")
"""Roles for which a further file about the orders is joined."""

_WITH_LINES = 0.8
"""Share of the receipts of a file with goods of its own that another must have lines of. By judgement."""


@dataclass(frozen=True)
class Joined:
    """Orders and lines that belong together: the table of a mapping, the files and sheets it reads, what was found."""

    toml: str
    questions: tuple[str, ...]
    places: frozenset[tuple[Path, str]]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Both:
    """Rows of lines with the columns of their order; `named` is column of the order -> its name there."""

    rows: pl.DataFrame
    columns: Columns
    named: dict[str, str]


def join_of(looked: Sequence[LookedAt], root: Path) -> Joined | None:
    """The join of a file of orders, with moments, and a file of lines, with goods; None where there is no such pair.

    Further files with one row per order, which name the person or the shop, are joined too.
    """
    looked = sorted(looked, key=lambda one: is_of_returns(one) or is_of_no_sales(one))  # what was sold first
    lines = [one for one in looked if _has_goods(one) and {"units", "amount", "price"} & one.columns.roles.keys()]
    orders = [one for one in looked if "moment" in one.columns.roles and _may_be_heads(one)]
    for line in lines:
        if {"moment", "on_hand"} & line.columns.roles.keys() and "receipt" not in line.columns.roles:
            continue
        for order in orders:
            if order is line or (_has_goods(order) and not _has_lines_of(line, order)):
                continue
            if keys := keys_of(line, order):
                others = [one for one in looked if one is not line and one is not order]
                return _joined(line, order, keys, others, root)
    return None


def _has_goods(one: LookedAt) -> bool:
    return "product" in one.columns.roles or "product_name" in one.columns.roles


def _may_be_heads(one: LookedAt) -> bool:
    """Whether a file names no goods, or has a row per receipt, in which what was bought may stand summed up."""
    number = one.columns.roles.get("receipt")
    seen = one.columns.seen[number] if number is not None else None
    return not _has_goods(one) or (seen is not None and seen.distinct == seen.filled == 1)


def _has_lines_of(line: LookedAt, order: LookedAt) -> bool:
    """Whether a file without moments has the lines of nearly every receipt of another, some with several."""
    ours, theirs = line.columns.roles.get("receipt"), order.columns.roles["receipt"]
    if ours is None or "units" not in line.columns.roles or "moment" in line.columns.roles:
        return False
    lines, heads = line.sample[ours].cast(pl.String).drop_nulls(), order.sample[theirs].cast(pl.String)
    return lines.is_duplicated().any() and share_known(heads, lines) >= _WITH_LINES


def _joined(
    line: LookedAt, order: LookedAt, keys: Keys, others: Sequence[LookedAt], root: Path, *, no_returns: bool = False
) -> Joined:
    """The join; `no_returns` leaves out further pairs that came back, as `returns` cannot be written for them."""
    without_returns = partial(_joined, line, order, keys, others, root, no_returns=True)
    pairs = pairs_of(line, order, keys, others, are_returns_left_out=no_returns)
    line, order = pairs.line, pairs.order
    places = {one.place for one in (*pairs.lines, *pairs.heads)}
    others = [one for one in others if one.place not in places]
    further = dict.fromkeys([*may_tell_states(order.sample, order.columns), *columns_of_posting(order.columns)])
    both = _with_order(line, order, keys, _OF_THE_ORDER, list(further))
    joins, heads = list[str](), [order]
    for one in others:
        if _has_goods(one):
            continue
        lacking = [role for role in _OF_FURTHER if role not in both.columns.roles and role in one.columns.roles]
        if lacking and (found := keys_of(line, one)) and found[0][0] == keys[0][0]:
            heads.append(one)
            added = _with_order(replace(line, sample=both.rows, columns=both.columns), one, found, lacking)
            joins.append(join_key(one, root, found, added.named, ", optional = true"))
            places.add(one.place)
            both = replace(added, named=both.named)
    kinds = list(kinds_listed(both.rows, both.columns, others))
    both = replace(both, **_with_words(both, kinds))
    seen = with_roles_by_values(both.rows, both.columns)
    made = propose(both.rows, seen)
    theirs = order.columns.roles.get("customer", "")
    if made.columns.get("customer_id") == quoted(both.named.get(theirs, "")):
        made.columns["customer_id"] = customer_key(made, order.sample, theirs, beside=both.named[theirs])
    if len(keys) > 1:
        parts = sorted((ours for ours, _ in keys), key=lambda name: name == both.columns.roles["receipt"])
        made.columns["transaction_id"] = f"{{ columns = [{', '.join(map(quoted, parts))}] }}"
        made.remarks.append(f"lines belong to the order with the same {parts}, which together name one receipt")
    pay_by_heads(made, both.rows, seen, order, keys)
    leave_out_unpaid(made, both.rows, both.columns, order, keys)
    used = [kind for kind in kinds if is_named(kind.name, " ".join(made.keys.values()))]
    for kind in used:
        ask_about_unlisted(made, both.rows, kind)
    if not write_returns_of_pairs(made, pairs):
        return without_returns()
    first = _with_returns(made, both, order, _needed(made, both, {kind.column for kind in used}))
    for kind in used:
        on = ((kind.column, kind.key),)
        joins.append(join_key(kind.listed, root, on, {kind.words: kind.name}, ", optional = true"))
        places.add(kind.listed.place)
    for one in (*heads, *(kind.listed for kind in used)):
        ask_for_whole_rows(made, one)
    made.keys["join"] = f"[{', '.join([join_key(order, root, keys, first, heads=pairs.heads), *joins])}]"
    files = files_of(pairs.lines, root)
    return Joined(toml_of(files, made, line.keys), tuple(made.questions), frozenset(places), tuple(made.remarks))


def _with_words(both: _Both, kinds: Sequence[KindsListed]) -> dict[str, Any]:
    """The rows and columns with the words that lists have for codes of kinds."""
    rows, seen = both.rows, dict(both.columns.seen)
    for one in kinds:
        words = one.listed.sample.select(
            pl.col(one.key).cast(pl.String).alias("_code"), pl.col(one.words).alias(one.name)
        )
        rows = rows.join(words, left_on=pl.col(one.column).cast(pl.String), right_on="_code", how="left")
        seen[one.name] = evidence(rows[one.name])
    return {"rows": rows, "columns": replace(both.columns, seen=seen)}


def _needed(made: Proposal, both: _Both, further: Collection[str]) -> dict[str, str]:
    """The columns of the order that play a role, that a key of the mapping names, or that a further join needs."""
    roles, written = set(both.columns.roles.values()), " ".join((*made.keys.values(), *made.columns.values()))
    return {name: to for name, to in both.named.items() if to in roles or to in further or is_named(to, written)}


def join_key(
    other: LookedAt, root: Path, keys: Keys, named: dict[str, str], further: str = "", heads: Sequence[LookedAt] = ()
) -> str:
    """The key of a mapping that joins another file; `named` is column there -> its name beside the lines.

    `heads` are files with the same columns, of which it is the first.
    """
    opened = "".join(f", {key} = {value}" for key, value in other.keys.items() if key not in (WHERE, FILL_DOWN))
    on = ", ".join(f"{quoted(ours)} = {quoted(theirs)}" for ours, theirs in keys)
    columns = ", ".join(f"{quoted(to)} = {quoted(name)}" for name, to in named.items())
    paths = files_of(heads or [other], root)
    files = quoted(paths) if isinstance(paths, str) else listed(paths)
    return f"{{ files = {files}{opened}, on = {{ {on} }}, columns = {{ {columns} }}{further} }}"


def ask_for_whole_rows(made: Proposal, other: LookedAt) -> None:
    """Asks for a file without sums and blanks, which a join neither leaves out nor fills.

    Args:
        made: the proposal, which gets the question.
        other: the file that is joined.
    """
    notes = " ".join(other.table.notes)
    are_sums = WHERE in other.keys and (SUMS in notes or DESCRIBED not in notes)  # no line belongs to a description
    filled = other.keys.get(FILL_DOWN, "").removeprefix("?").partition("\n")[0]
    has = [
        *(["rows that are sums"] if are_sums else []),
        *([f"blanks in {filled} below the first row of a group"] if filled else []),
    ]
    if has:
        made.questions.append(
            f"{other.path.name} has {' and '.join(has)}, which a join neither leaves out nor fills: save it without "
            "them, or are its rows to be joined as they are?"
        )


def _with_returns(made: Proposal, both: _Both, order: LookedAt, named: dict[str, str]) -> dict[str, str]:
    """Writes `returns` for lines of heads whose sum is below 0; the columns of the head that are joined then."""
    units = both.columns.roles.get("units")
    heads = replace(order.columns, roles={role: name for role, name in order.columns.roles.items() if role == "status"})
    said = kind_below_zero(order.sample, heads)
    if said is None or "returns" in made.keys or units is None or not {"units", "unit_price"} <= made.columns.keys():
        return named
    if (values(both.rows, both.columns, units) < 0).any():
        return named
    kind, kinds, total = said
    beside = named.get(kind, f"order_{kind}" if kind in both.rows.columns else kind)
    made.keys["returns"] = f"{{ column = {quoted(beside)}, values = [{', '.join(map(quoted, kinds))}] }}"
    made.questions = [question for question in made.questions if not question.startswith(NO_UNITS_BELOW)]
    made.remarks.append(f"lines of heads whose {total!r} is below 0, with {kind!r} one of {kinds}, are returns")
    return {**named, kind: beside}


def _with_order(
    line: LookedAt, order: LookedAt, keys: Keys, wanted: Sequence[str], further: Sequence[str] = ()
) -> _Both:
    """The lines with the columns of their order that play the wanted roles, and further ones that have no role."""
    theirs = {role: name for role, name in order.columns.roles.items() if role in wanted}
    own = {role: name for role, name in line.columns.roles.items() if role not in theirs or role == "store"}
    number = next((key for key, _ in keys if key == line.columns.roles.get("receipt")), _number(line, keys))
    own = {role: name for role, name in own.items() if name != number} | {"receipt": number}
    taken = {role: name for role, name in theirs.items() if role not in own}
    columns = set(line.sample.columns)
    beside = [name for name in further if name not in taken.values() and name not in {key for _, key in keys}]
    named = {name: f"order_{name}" if name in columns else name for name in (*taken.values(), *beside)}
    marks = [f"_key{place}" for place in range(len(keys))]
    rows = line.sample.join(
        order.sample.select(
            *(pl.col(theirs).cast(pl.String).alias(mark) for mark, (_, theirs) in zip(marks, keys, strict=True)),
            *(pl.col(name).alias(to) for name, to in named.items()),
        ),
        left_on=[pl.col(ours).cast(pl.String) for ours, _ in keys], right_on=marks, how="left",
    )  # fmt: skip
    seen = {**line.columns.seen, **{to: order.columns.seen[name] for name, to in named.items()}}
    roles = {**own, **{role: named[name] for role, name in taken.items()}}
    asked = (line.columns.asked & own.keys()) | (order.columns.asked & taken.keys())
    alternatives = {"status": tuple(named[name] for name in beside if name in order.columns.all_of("status"))}
    both = Columns(roles, seen, alternatives, asked=asked, untaxed=line.columns.untaxed)
    return _Both(rows.select(*line.sample.columns, *named.values()), both, named)


def _number(line: LookedAt, keys: Keys) -> str:
    """The column of the key that numbers the receipts: the one of most values that is no shop."""
    free = [ours for ours, _ in keys if ours != line.columns.roles.get("store")] or [keys[0][0]]
    return max(free, key=lambda name: line.sample[name].n_unique())
