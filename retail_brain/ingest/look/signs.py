"""Finds returns by a sum that is below 0 on their rows, where units have no minus, and the kind that goes with it."""

import re

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.not_goods import says_no_goods
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.state_columns import plain_kind, says
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_states import CANCELLED, GIVEN_BACK, STATE_NAME

_MOST_KINDS = 6
"""Values up to which a column may be of kinds. By judgement."""
_LEAST_BELOW = 3
"""Rows with a sum below 0 from which a kind may go with it. By judgement."""
_MOST_BACK = 0.4
"""Share of the rows that come back at most. By judgement: of parcels of fashion a third does."""
_TAKEN_BACK = 0.5
"""Share of the rows below 0 of a kind that have a row above 0 of the same receipt, goods and sum. By judgement: what
was sold before the first day of a file may be cancelled in it."""
_ALL, _NONE = 0.98, 0.02
"""Shares of the rows of a kind with a sum below 0: of returns, and of sales."""
_NO_SUMS = ("discount", "units", "receipt", "customer", "store", "product")
"""Roles whose numbers are no sums of goods; a discount below 0 is none that came back."""
_KIND = (
    rf"{STATE_NAME}|(?:^|_)(?:type|kind|typ|tipo|art|doc)|类型|区分|種別|类别|구분|유형|тип|вид|tur|loai|rodzaj|druh"
)
"""Words in names of columns of kinds."""


def kind_below_zero(sample: pl.DataFrame, found: Columns) -> tuple[str, list[str], str] | None:
    """The column of kinds, its kinds of returns, and the column of the sums that are below 0 there; None for none.

    Args:
        sample: the rows.
        found: roles of the columns; rows with units below 0 say so themselves, and count for nothing.
    """
    units = found.roles.get("units")
    below = (values(sample, found, units) < 0).fill_null(value=False) if units is not None else pl.Series([False])
    sums_of = list(found.seen)
    if below.any():
        # rows that take others back have a minus themselves; a kind of returns may have none beside them
        sample = sample.filter(~below)
        sums_of = found.all_of("amount")  # not a margin, which may be below 0 on what was sold off
    kinds = [
        name for name in found.seen if 2 <= sample[name].n_unique() <= _MOST_KINDS and _is_kind(sample, found, name)
    ]
    # what is called a kind before what counts pieces that came back, of which other rows may have another number
    kinds.sort(key=lambda name: (not re.search(_KIND, bare_name(name)), sample[name].n_unique()))
    for name in sums_of:
        seen = found.seen[name]
        if not seen.numbers or seen.is_clock or name in {found.roles.get(role) for role in _NO_SUMS}:
            continue
        sums = values(sample, found, name)
        if (sums < 0).sum() < _LEAST_BELOW:
            continue
        for kind in kinds:
            if returned := _below(sample[kind], sums):
                return kind, returned, name
    return None


def rows_that_take_back(sample: pl.DataFrame, found: Columns) -> pl.Series:
    """Which rows stay whatever word their kind has: a cancellation whose sum is below 0 takes a row of its sale back.

    So does, the other way, the cancellation of a return. None where the file has no such rows, or where they have no
    row of a sale beside them.

    Args:
        sample: the rows.
        found: roles of the columns.
    """
    nothing = pl.repeat(value=False, n=sample.height, eager=True)
    goods = [found.roles[role] for role in ("product", "product_name") if role in found.roles][:1]
    said = kind_below_zero(sample, found)
    if said is None or not goods or "receipt" not in found.roles:
        return nothing
    name, kinds, total = said
    sums = values(sample, found, total)
    rows = sample.select(found.roles["receipt"], *goods, pl.col(name).cast(pl.String).alias("_kind"))
    rows = rows.with_columns(sums.abs().alias("_sum"), (sums < 0).alias("_below"))
    keys = [found.roles["receipt"], *goods, "_sum"]
    sold = rows.filter(~pl.col("_below"), pl.col("_sum") > 0).select(keys).unique().with_columns(_is_sold=True)
    told = rows.join(sold, on=keys, how="left", maintain_order="left").filter(pl.col("_kind").is_in(kinds))
    shares = told.group_by("_kind").agg(pl.col("_is_sold").count() / pl.len())
    backs = shares.filter(pl.col("_is_sold") >= _TAKEN_BACK)["_kind"].to_list()
    again = [
        kind
        for kind in rows["_kind"].unique().drop_nulls().to_list()
        if backs and kind not in kinds and says(CANCELLED, plain_kind(kind)) and says(GIVEN_BACK, plain_kind(kind))
    ]
    return rows["_kind"].is_in([*backs, *again]).fill_null(value=False)


def write_returns_by_sign(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Writes `returns` for the kind of rows that a sum below 0 goes with, whatever kind and sum are called."""
    said = kind_below_zero(sample, found) if {"units", "unit_price"} <= made.columns.keys() else None
    if said is not None:
        name, kinds, total = said
        made.keys["returns"] = f"{{ column = {quoted(name)}, values = [{', '.join(map(quoted, kinds))}] }}"
        made.remarks.append(f"rows whose {name!r} is one of {kinds} have {total!r} below 0: they are returns")


def _is_kind(sample: pl.DataFrame, found: Columns, name: str) -> bool:
    taken = {column for role, column in found.roles.items() if role != "status"}
    is_free = name not in taken and not sample[name].null_count() and not found.seen[name].dates
    return is_free and 2 <= sample[name].n_unique() <= _MOST_KINDS


def _below(kinds: pl.Series, sums: pl.Series) -> list[str]:
    """The kinds of rows with sums below 0, where all others are above; none where kinds and signs do not agree."""
    rows = pl.DataFrame({"kind": kinds.cast(pl.String), "sum": sums}).filter(pl.col("sum") != 0)
    shares = rows.group_by("kind").agg((pl.col("sum") < 0).mean().alias("below"))
    back = shares.filter(pl.col("below") >= _ALL)["kind"].sort().to_list()
    sold = shares.filter(pl.col("below") <= _NONE).height
    if any(map(says_no_goods, back)):
        return []  # a voucher or discount in a row of its own
    given = rows.filter(pl.col("kind").is_in(back))
    if given.height > _MOST_BACK * rows.height or given["sum"].n_unique() < 2 * shares.height:
        return []  # a change of stock is below 0 on sales, and a place on earth is the same on all rows of a shop
    return back if back and sold and len(back) + sold == shares.height else []
