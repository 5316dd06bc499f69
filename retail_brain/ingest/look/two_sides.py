"""Amounts of lines in two columns, such as debit and credit: each line has one, and the rarer side came back."""

import re
from dataclasses import dataclass
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, number_key, quoted, whole
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.state_columns import MOST_KINDS
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_kinds import KIND_NAME

_DEBIT: Final = r"(?:^|[_/\s])(?:debit|debito|debet|debe|soll|dare|winien|ma_dati|дебет|borc|借方)"
_CREDIT: Final = r"(?:^|[_/\s])(?:credit|credito|kredit|haber|haben|avere|кредит|alacak|貸方|贷方)"
"""Words in names of the two sides of a ledger."""
_ONE_SIDE: Final = 0.99
"""Share of the lines with an amount on one side alone. By judgement: a few may have none."""
_MOST_BACK: Final = 0.4
"""Share of the lines that come back at most. By judgement: of parcels of fashion a third does."""


@dataclass(frozen=True)
class Sides:
    """The column of what was sold and the column of what came back, and the rows that have the second."""

    sold: str
    back: str
    is_back: pl.Series
    amounts: pl.Series


def two_sides(sample: pl.DataFrame, found: Columns) -> Sides | None:
    """The two columns; None where there is no such pair, or where neither side is rare.

    Args:
        sample: the lines.
        found: roles of the columns.
    """
    columns = [name for name, seen in found.seen.items() if seen.numbers and not seen.is_clock]
    lefts, rights = ([name for name in columns if re.search(word, bare_name(name))] for word in (_DEBIT, _CREDIT))
    pairs = [(left, right) for left in lefts for right in rights if left != right]
    for left, right in pairs:
        sides = [values(sample, found, name).fill_null(0) for name in (left, right)]
        has = [side != 0 for side in sides]
        if share(has[0] != has[1]) < _ONE_SIDE or not all(one.any() for one in has):
            continue
        names = (right, left) if share(has[0]) <= share(has[1]) else (left, right)
        is_back = has[0] if names[1] == left else has[1]
        if share(is_back) <= _MOST_BACK:
            return Sides(*names, is_back, sides[0] + sides[1])
    return None


def pay_by_sides(made: Proposal, sample: pl.DataFrame, found: Columns) -> bool:
    """Writes `unit_price` as the one of the two columns that a line has.

    Returns:
        Whether it was written: not where there are no such columns, or where a line has both, one of which is 0.
    """
    sides = two_sides(sample, found) if "units" in found.roles and made.table == "transactions" else None
    if sides is None or (sample[sides.sold].is_null() == sample[sides.back].is_null()).any():
        return False
    key = whole(number_key(made, found, sides.sold, "unit_price", ", total = true"))
    both = f"first_of = [{quoted(sides.sold)}, {quoted(sides.back)}]"
    made.columns["unit_price"] = key.replace(f"column = {quoted(sides.sold)}", both)
    made.remarks.append(f"each line has its amount in one of {sides.sold!r} and {sides.back!r}")
    return True


def write_returns_by_side(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Writes `returns` for the kind of rows whose amounts stand on the rarer side; asks where no column names it.

    Rows with units or amounts below 0 say themselves that they came back.
    """
    sides = two_sides(sample, found) if {"units", "unit_price"} <= made.columns.keys() else None
    if sides is None or "returns" in made.keys or "units" not in found.roles:
        return
    back = values(sample, found, found.roles["units"]).filter(sides.is_back)
    if (back < 0).any() or (sides.amounts < 0).any():
        return
    for name in sorted(found.seen, key=lambda one: not re.search(KIND_NAME, bare_name(one))):
        if kinds := _kinds_of_side(sample[name], sides.is_back):
            made.keys["returns"] = f"{{ column = {quoted(name)}, values = [{', '.join(map(quoted, kinds))}] }}"
            made.remarks.append(
                f"{sides.is_back.sum():,} rows whose {name!r} is one of {kinds} have {sides.back!r} in the place of "
                f"{sides.sold!r}: they are returns"
            )
            return
    made.questions.append(
        f"{sides.is_back.sum():,} rows have {sides.back!r} in the place of {sides.sold!r} and units without a minus, "
        "and no column names their kind: they are kept as sales. Leave them out (a `where`), or name them (`returns`)?"
    )


def _kinds_of_side(kinds: pl.Series, is_back: pl.Series) -> list[str]:
    """The values that are on the rows of one side alone; none where another row has one of them, or one has none."""
    if kinds.null_count() or not 2 <= kinds.n_unique() <= MOST_KINDS:
        return []
    texts = kinds.cast(pl.String)
    back, sold = texts.filter(is_back).unique().sort(), texts.filter(~is_back).unique()
    return [] if back.is_in(sold.implode()).any() else back.to_list()
