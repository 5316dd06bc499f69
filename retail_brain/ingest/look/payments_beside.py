"""Takes from payments beside the lines of sales what these do not say: who bought, and which rows came back."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from retail_brain.ingest.look.codes_of_states import NO_UNITS_BELOW
from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.draft import JOIN, Proposal, quoted
from retail_brain.ingest.look.files_of_table import files_of
from retail_brain.ingest.look.joined_files import join_key
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.not_goods import customer_key
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share, share_known
from retail_brain.ingest.look.signs import kind_below_zero

_KNOWN: Final = 0.8
"""Share of the receipts whose payment must be there. By judgement: samples are first rows."""
_HOLDS: Final = 0.98
"""Share of the receipts of which both files must say the same. By judgement."""
_LEAST: Final = 5
"""Receipts that both files have below which they may agree by chance."""
_RETURNS: Final = "returns"


def with_payments_beside(looked: Sequence[LookedAt], root: Path) -> list[LookedAt]:
    """The files; lines of sales get the person and the returns that a file of their payments says.

    A receipt may have several payments, all of the same person: a line is joined with the first of them.

    Args:
        looked: the files of a dataset.
        root: the folder that paths are relative to.
    """
    return [_with_payments(one, looked, root) if _are_lines(one) else one for one in looked]


def _are_lines(one: LookedAt) -> bool:
    roles, made = one.columns.roles, one.proposal
    number = made.columns.get("transaction_id")
    return (
        made.table == "transactions"
        and {"product", "units", "receipt", "moment"} <= roles.keys()
        and number == quoted(roles["receipt"])
        and JOIN not in made.keys
    )


def _with_payments(one: LookedAt, looked: Sequence[LookedAt], root: Path) -> LookedAt:
    for other in looked:
        if other is one or not _may_be_payments(other):
            continue
        files = [beside for beside in looked if beside.sample.columns == other.sample.columns]
        whole = replace(other, sample=pl.concat([beside.sample for beside in files], how="vertical_relaxed"))
        if not _are_of_same_receipts(one, whole):
            continue
        if (returns := _with_returns(one, whole)) is not None:
            one = replace(one, proposal=returns)
        if (people := _with_person(one, whole, files, root)) is not None:
            return replace(one, proposal=people)
    return one


def _may_be_payments(other: LookedAt) -> bool:
    roles = other.columns.roles
    return {"receipt", "moment"} <= roles.keys() and not {"product", "product_name"} & roles.keys()


def _are_of_same_receipts(one: LookedAt, other: LookedAt) -> bool:
    """Whether the payments are those of the lines: the same numbers, on the same days."""
    ours, theirs = _days_of_receipts(one), _days_of_receipts(other)
    if ours is None or theirs is None or share_known(ours["_receipt"], theirs["_receipt"]) < _KNOWN:
        return False
    both = ours.join(theirs, on="_receipt", suffix="_theirs")
    return both.height >= _LEAST and share(both["_day"] == both["_day_theirs"]) >= _HOLDS


def _days_of_receipts(one: LookedAt) -> pl.DataFrame | None:
    """Each receipt with its first day; None where the days cannot be read."""
    moment = one.columns.roles["moment"]
    seen = one.columns.seen[moment]
    if not seen.dates:
        return None
    rows = pl.DataFrame({"_receipt": _receipts(one), "_day": days_of(one.sample[moment], seen)})
    return rows.drop_nulls("_receipt").group_by("_receipt", maintain_order=True).agg(pl.col("_day").min())


def _receipts(one: LookedAt) -> pl.Series:
    return one.sample[one.columns.roles["receipt"]].cast(pl.String).str.strip_chars()


def _with_returns(one: LookedAt, other: LookedAt) -> Proposal | None:
    """The proposal with the returns that are payments below 0 there, by the same column of kinds in both files."""
    made, found = one.proposal, one.columns
    if _RETURNS in made.keys or not {"units", "unit_price"} <= made.columns.keys() or _has_minus(one.sample, found):
        return None
    said = kind_below_zero(other.sample, other.columns)
    if said is None or said[0] not in found.seen or said[0] in found.roles.values():
        return None
    name, kinds, total = said
    back = other.sample.filter(pl.col(name).cast(pl.String).is_in(kinds))
    known = _receipts(replace(other, sample=back)).unique()
    rows = one.sample.select(
        pl.col(name).cast(pl.String).is_in(kinds).alias("_ours"), _receipts(one).is_in(known.implode()).alias("_theirs")
    )
    if not rows["_ours"].any() or share(rows["_ours"] == rows["_theirs"]) < _HOLDS:
        return None
    listed = ", ".join(map(quoted, kinds))
    says = f"rows whose {name!r} is one of {kinds} have {total!r} below 0 in {other.path.name}: they are returns"
    return replace(
        made,
        keys={**made.keys, _RETURNS: f"{{ column = {quoted(name)}, values = [{listed}] }}"},
        questions=[question for question in made.questions if not question.startswith(NO_UNITS_BELOW)],
        remarks=[*made.remarks, says],
    )


def _has_minus(sample: pl.DataFrame, found: Columns) -> bool:
    return bool((values(sample, found, found.roles["units"]) < 0).any())


def _with_person(one: LookedAt, other: LookedAt, files: Sequence[LookedAt], root: Path) -> Proposal | None:
    """The proposal with the person of the payments, where lines name none and each receipt is of one at most."""
    name = other.columns.roles.get("customer")
    if name is None or "customer" in one.columns.roles or "customer" in other.columns.asked:
        return None
    rows = pl.DataFrame({"_receipt": _receipts(other), "_person": other.sample[name].cast(pl.String)})
    receipts = rows.drop_nulls("_receipt").group_by("_receipt").agg(
        pl.col("_person").drop_nulls().n_unique().alias("_people"), pl.col("_person").first().is_null().alias("_lacks")
    )  # fmt: skip
    if (receipts["_people"] > receipts["_lacks"].not_().cast(pl.UInt32)).any():
        return None  # of several people, or only a later payment names one: the first row of a receipt counts
    made = replace(one.proposal, columns=dict(one.proposal.columns), remarks=list(one.proposal.remarks))
    beside = name if name not in one.sample.columns else f"paid_{name}"
    made.columns["customer_id"] = customer_key(made, other.sample, name, beside=beside)
    on = ((one.columns.roles["receipt"], other.columns.roles["receipt"]),)
    join = join_key(other, root, on, {name: beside}, ", optional = true")
    read = files_of(files, root)
    if isinstance(read, list) or len(files) > 1:
        named = f"[{', '.join(map(quoted, read))}]" if isinstance(read, list) else quoted(read)
        join = join.replace(quoted(other.path.relative_to(root).as_posix()), named, 1)
    made.remarks.append(f"{name!r} of {other.path.name} says who bought: each receipt is of one person at most")
    return replace(made, keys={**made.keys, JOIN: f"[{join}]"})
