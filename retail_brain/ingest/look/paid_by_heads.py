"""Finds what was paid for the lines of two joined files by the sums that their heads have."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, number_key
from retail_brain.ingest.look.join_keys import Keys
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.money import price_of
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.unpaid_lines import paid_of
from retail_brain.ingest.look.word_parts import is_beside
from retail_brain.ingest.look.words import bare_name

_HOLDS = 0.95
"""Share of the heads whose sum the lines must make. By judgement: some heads have a line that is charged to nobody."""
_LEAST = 5
"""Heads of several lines or units below which an equal sum may be chance. By judgement."""
_CENT = 0.011
"""Money that rounding of one line may add."""
_MOST = 10
"""Columns of money of a file that are tried at most."""
_SOLD = ("units", "receipt", "product", "customer", "store", "moment", "time")
"""Roles whose numbers are no money."""


def pay_by_heads(made: Proposal, rows: pl.DataFrame, found: Columns, order: LookedAt, keys: Keys) -> None:
    """Writes the column of the lines that adds up to the sum of their head, where the one of the proposal does not.

    Args:
        made: the proposal of the lines with their heads.
        rows: the lines.
        found: their columns.
        order: the heads.
        keys: the columns by which lines know their head; nothing is done where they are several.
    """
    total, units = order.columns.roles.get("amount"), found.roles.get("units")
    if total is None or units is None or len(keys) != 1 or "unit_price" not in made.columns:
        return
    (ours, theirs) = keys[0]
    heads = order.sample.select(
        pl.col(theirs).cast(pl.String).alias("_head"), values(order.sample, order.columns, total).alias("_total")
    ).drop_nulls()
    count = values(rows, found, units)
    money = {(name, True): values(rows, found, name) for name in _money_of(found)}
    money |= {(name, False): money[name, True] * count for name, _ in list(money)}
    written = paid_of(made, rows, found)
    lines = pl.DataFrame({"_head": rows[ours].cast(pl.String), "_units": count.abs()})
    if written is not None and _adds_up(lines, written, heads):
        return
    for (name, is_line), paid in money.items():
        if _adds_up(lines, paid, heads):
            _forget_price(made, rows, found)
            made.columns["unit_price"] = number_key(
                made, found, name, "unit_price", ", total = true" if is_line else ""
            )
            made.columns.pop("discount", None)
            of = "the lines" if is_line else "units"
            made.remarks.append(f"{name!r} of {of} adds up to {total!r} of the heads: it is what was paid")
            return


def _forget_price(made: Proposal, rows: pl.DataFrame, found: Columns) -> None:
    """Takes back what was said and asked about the price that another takes the place of."""
    before = Proposal(made.table, columns={"units": made.columns.get("units", "")})
    price_of(before, rows, found)
    made.questions = [said for said in made.questions if said not in before.questions]
    made.remarks = [said for said in made.remarks if said not in before.remarks]


def _money_of(found: Columns) -> list[str]:
    taken = {*found.untaxed, *(found.roles.get(role) for role in _SOLD)}
    names = (name for name, seen in found.seen.items() if seen.numbers and seen.mean and name not in taken)
    return sorted(names, key=lambda name: is_beside(bare_name(name)))[:_MOST]


def _adds_up(lines: pl.DataFrame, paid: pl.Series, heads: pl.DataFrame) -> bool:
    """Whether the sums of the lines are those of nearly all heads that have several lines or units."""
    sums = lines.with_columns(paid.alias("_paid")).group_by("_head").agg(
        pl.col("_paid").sum(), pl.col("_units").sum(), pl.len().alias("_lines")
    ).join(heads, on="_head").filter(pl.col("_units") > 1, pl.col("_total") != 0)  # fmt: skip
    fits = (sums["_paid"] - sums["_total"]).abs() <= _CENT * sums["_lines"]
    return sums.height >= _LEAST and share(fits) >= _HOLDS
