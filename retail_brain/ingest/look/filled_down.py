"""Reports that name a shop or a day on the first of its rows alone: the rows below are filled from it."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from retail_brain.ingest.look.by_values import with_roles_by_values
from retail_brain.ingest.look.columns import Columns, columns_of, days_of
from retail_brain.ingest.look.draft import FILL_DOWN, Proposal
from retail_brain.ingest.look.validity import validity_of

_MOST_FILLED: Final = 0.8
"""Share of the rows up to which a day may stand on the first row of its group alone. By judgement: a broken export
lacks a few days, and is no report."""
_SURELY_OF_DAYS: Final = 0.5
"""Share of the receipts up to which those with a day surely begin days of several receipts. By judgement: more of them
may be a shop of few receipts a day, or receipts whose day is lost."""
_LEAST_WITHOUT_ROOM: Final = 3
"""Receipts without a day that no days between those of their neighbours can be of, from which days surely begin several
receipts. By judgement."""
_GOODS: Final = ("product", "product_name")


def columns_to_fill(sample: pl.DataFrame, found: Columns) -> list[list[str]]:
    """Columns that stand on the first row of a group alone, outermost first: one reading, or two that both fit.

    Of receipts the day and the shop may, where the day (never a time) begins several receipts. A second reading begins
    with the number of the receipt: day and shop are filled within receipts, and those without are left blank. Nothing
    else is filled over receipts, least of all a customer: a receipt without one is of nobody.

    A day that most rows lack does, and so does what stands on some of the rows with a day alone (its shop), and goods
    that stand on more of them than the day. A shop without such a day does where it is named once and never again.

    Args:
        sample: the first rows.
        found: roles of its columns.

    Returns:
        No reading where rows are of receipts or people, and where each has its own day.
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
    return [sorted(found_blank, key=lambda name: int(filled[name].sum()))] if found_blank else []


def filled_by(sample: pl.DataFrame, readings: list[list[str]], receipt: str | None) -> pl.DataFrame:
    """The rows with their blanks filled; of two readings by the one that fills less.

    Args:
        sample: the rows.
        readings: of `columns_to_fill`.
        receipt: the column that numbers the receipts; None where none does.
    """
    if len(readings) == 1 or receipt is None:
        return sample.with_columns(pl.col(readings[0]).forward_fill())
    start = pl.col(receipt).is_not_null().cum_sum()
    inner = [name for name in readings[-1] if name != receipt]
    return sample.with_columns(pl.col(receipt).forward_fill(), pl.col(inner).forward_fill().over(start))


def name_receipts_of_groups(made: Proposal, keys: Mapping[str, str]) -> None:
    """Writes the number of a receipt that is filled down as a list of columns: then all is filled from the row above.

    What is listed behind the number is filled within the receipt; where both readings fit, this is asked.

    Args:
        made: the proposal, changed in place.
        keys: how the file is opened.
    """
    number = made.columns.get("transaction_id", "")
    if number.startswith('"') and number in keys.get(FILL_DOWN, ""):
        made.columns["transaction_id"] = f"{{ columns = [{number}] }}"
    readings = keys.get(FILL_DOWN, "").removeprefix("?").split("\n")
    if len(readings) > 1:
        made.questions.append(
            f"rows have blanks in {readings[0]}: does a name hold for all receipts below it, up to the next one (the "
            "first way), or for its own receipt alone, so that the others have none (the second)?"
        )


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


def _of_receipts_in_groups(sample: pl.DataFrame, filled: pl.DataFrame, found: Columns) -> list[list[str]]:
    """The day and the shop, and the number of receipts below them, where a day begins several receipts.

    A day that stands on nearly every receipt is of the receipt: one whose day is blank has none.
    """
    receipt, day, shop = found.roles["receipt"], found.roles.get("moment"), found.roles.get("store")
    if day is None or found.seen[receipt].filled >= _MOST_FILLED or not _is_within(filled[day], filled[receipt]):
        return []
    days, receipts = int(filled[day].sum()), int(filled[receipt].sum())
    is_of_receipts = found.seen[day].has_time or days > _MOST_FILLED * receipts or not _changes(sample[day])
    if is_of_receipts or found.seen[day].distinct == 0:
        return []
    is_named = shop is not None
    shop = shop or _shop_by_values(sample, filled, [day, receipt])
    is_sure = days <= _SURELY_OF_DAYS * receipts or _without_room(sample, filled, found) >= _LEAST_WITHOUT_ROOM
    names = [day]
    if shop is not None and shop != receipt and _is_within(filled[shop], filled[day]) and _changes(sample[shop]):
        names = [shop, day]
        on_every_day = is_named and int(filled[shop].sum()) == days
        is_sure &= on_every_day or _begins_days_anew(sample, filled, found, shop)
    over = [*names, receipt]
    return [over] if is_sure else [over, [receipt, *names]]


def _without_room(sample: pl.DataFrame, filled: pl.DataFrame, found: Columns) -> int:
    """Receipts without a day beyond the days that lie between that above and that below them.

    Were their days lost, they would be of the same days as their neighbours, which no two with a day are.
    """
    receipt, day = found.roles["receipt"], found.roles["moment"]
    heads = pl.DataFrame({"day": days_of(sample[day], found.seen[day])}).filter(filled[receipt])
    runs = heads.group_by(pl.col("day").is_not_null().cum_sum().alias("run"), maintain_order=True).agg(
        pl.col("day").first(), (pl.len() - 1).cast(pl.Int64).alias("blank")
    )
    room = (runs["day"].shift(-1) - runs["day"]).dt.total_days().abs() - 1
    return int((runs["blank"] - room).clip(lower_bound=0).sum())


def _begins_days_anew(sample: pl.DataFrame, filled: pl.DataFrame, found: Columns, shop: str) -> bool:
    """Whether each shop is named once, and its days begin anew: else those without one may be of none."""
    day = found.roles["moment"]
    heads = pl.DataFrame({"day": days_of(sample[day], found.seen[day]), "begins": filled[shop]}).filter(filled[day])
    steps = heads.select("begins", step=pl.col("day").diff().dt.total_days()).drop_nulls("step")
    within, at = steps.filter(~pl.col("begins"))["step"], steps.filter("begins")["step"]
    if sample[shop].drop_nulls().is_duplicated().any() or within.is_empty() or at.is_empty():
        return False
    falls = (within < 0).sum() > (within > 0).sum()
    return bool((at >= 0).all() if falls else (at <= 0).all())


def _shop_by_values(sample: pl.DataFrame, filled: pl.DataFrame, names: list[str]) -> str | None:
    """The column without a role by its name that is the shop once it is filled; None without one."""
    outer = [name for name in sample.columns if name not in names and _is_within(filled[name], filled[names[0]])]
    if not outer:
        return None
    below = sample.with_columns(pl.col(*outer, *names).forward_fill())
    found = with_roles_by_values(below, columns_of(below))
    shop = found.roles.get("store")
    return shop if shop in outer and "store" not in found.asked else None


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
