"""Reports that name a shop or a day on the first of its rows alone: the rows below are filled from it."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import FILL_DOWN, Proposal
from retail_brain.ingest.look.validity import validity_of

_MOST_FILLED: Final = 0.8
"""Share of the rows up to which a day may stand on the first row of its group alone. By judgement: a broken export
lacks a few days, and is no report."""
_GOODS: Final = ("product", "product_name")


def columns_to_fill(sample: pl.DataFrame, found: Columns) -> list[str]:
    """Columns that stand on the first row of a group alone, outermost first; none where rows are of receipts or people.

    Of receipts those do whose day stands on the first receipt of it alone, and what stands on less rows yet (the shop).
    A day that most rows lack does, and so does what stands on some of the rows with a day alone (its shop), and goods
    that stand on more of them than the day. A shop without such a day does where it is named once and never again.

    Args:
        sample: the first rows.
        found: roles of its columns.
    """
    if not sample.height:
        return []
    filled = sample.select(pl.all().is_not_null())
    if "receipt" in found.roles:
        return _of_receipts_in_groups(sample, filled, found)
    if {"customer", "time"} & found.roles.keys():
        return []
    anchor = _anchor(sample, found)
    if anchor is None or anchor in (validity_of(sample, found) or ()):
        return []
    outer = [name for name in sample.columns if _is_within(filled[name], filled[anchor])]
    goods = [found.roles[role] for role in _GOODS if role in found.roles]
    inner = [name for name in goods if not filled[name].all() and _is_within(filled[anchor], filled[name])]
    found_blank = [name for name in sample.columns if name in (*outer, *inner) and filled[name][0]]
    return sorted(found_blank, key=lambda name: int(filled[name].sum()))


def name_receipts_of_groups(made: Proposal, keys: Mapping[str, str]) -> None:
    """Writes the number of a receipt that is filled down as a list of columns: then all is filled from the row above.

    Args:
        made: the proposal, changed in place.
        keys: how the file is opened.
    """
    number = made.columns.get("transaction_id", "")
    if number.startswith('"') and number in keys.get(FILL_DOWN, ""):
        made.columns["transaction_id"] = f"{{ columns = [{number}] }}"


def alike_with(sample: pl.DataFrame, is_sum: pl.Series, names: list[str]) -> list[str]:
    """The columns that lines get the same values in whether sums are left out before or after blanks are filled.

    Loading leaves them out after: the words of a sum must not become the shop of the lines below it.

    Args:
        sample: the first rows, with sums.
        is_sum: whether each row is one.
        names: the columns to fill.
    """
    if not names:
        return []
    after = sample.select(pl.col(names).forward_fill()).filter(~is_sum)
    before = sample.select(names).filter(~is_sum).select(pl.all().forward_fill())
    return [name for name in names if after[name].equals(before[name])]


def _of_receipts_in_groups(sample: pl.DataFrame, filled: pl.DataFrame, found: Columns) -> list[str]:
    """The number of receipts, their day and what that stands below, where each of them begins a group; none elsewhere.

    A day that stands on the first line of every receipt is of the receipt, and is filled within it alone.
    """
    receipt, day = found.roles["receipt"], found.roles.get("moment")
    if day is None or found.seen[receipt].filled >= _MOST_FILLED or not _is_within(filled[day], filled[receipt]):
        return []
    if filled[day].sum() == filled[receipt].sum() or found.seen[day].distinct == 0:
        return []
    outer = [name for name in sample.columns if _is_within(filled[name], filled[day]) and _changes(sample[name])]
    names = dict.fromkeys((*sorted(outer, key=lambda name: int(filled[name].sum())), receipt))
    return list(names) if day in names else []


def _changes(values: pl.Series) -> bool:
    """Whether a column that begins groups says another thing each time."""
    said = values.drop_nulls()
    return not (said == said.shift()).any()


def _anchor(sample: pl.DataFrame, found: Columns) -> str | None:
    """The column of days, or else of shops, that stands on first rows alone; None without one."""
    day, shop = found.roles.get("moment"), found.roles.get("store")
    if day is not None and sample[day][0] is not None and found.seen[day].filled < _MOST_FILLED:
        return day
    once = shop is not None and found.seen[shop].distinct == 1 and sample[shop].drop_nulls().len() > 1
    return shop if once and found.seen[str(shop)].filled < _MOST_FILLED and sample[str(shop)][0] is not None else None


def _is_within(inner: pl.Series, outer: pl.Series) -> bool:
    """Whether a column is filled on rows alone on which another one is, the first among them."""
    return bool(inner[0] and not (inner & ~outer).any())
