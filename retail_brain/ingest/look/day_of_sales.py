"""Proposes sales whose rows have no day: that in the name of the file or above its header is theirs."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.days_in_names import DayInName, day_in_names
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.proposal import propose
from retail_brain.ingest.look.stock_day import day_of_file
from retail_brain.ingest.look.totals_of_goods import totals_of_goods

_SALES: Final = (
    r"(?i)sale|sold|receipt|umsatz|verk[aä]uf|absatz|vent[ae]|vendit|vendas|verkoop|omzet|sprzeda|prodej|prodaj"
    r"|продаж|выручк|реализац|myynti|salg|försälj|satış|satis|penjualan|doanh thu|bán hàng|销售|营业|銷售|销量"
    r"|売上|販売|판매|매출|ขาย|مبيعات|מכירות"
)
"""Words for sales in the name of a file or above its header."""
_DAY = "day of the file"
"""Name of the column that stands for the day while a mapping is proposed."""
_SOME_DAYS = ("2026-01-01", "2026-01-01")


def sales_of_a_day(one: LookedAt) -> Proposal | None:
    """The mapping of sales without a column of days, by the day of their file; None for any other file.

    Args:
        one: a file that feeds nothing that is recognised, or looks like a list of goods.
    """
    if "moment" in one.columns.roles or not _is_sold(one):
        return None
    day = day_of_file(one.path.name, one.title)
    if day is None or not re.search(_SALES, f"{one.path.stem} {one.title}") or _is_of_several(one.path.name):
        return None
    key, says = day
    named = day_in_names([one.path.name]) if "file_name" in key else None
    return _of_days(one, pl.Series(_SOME_DAYS[:1] * one.sample.height), key, named, says)


def sales_of_days(all_files: LookedAt, days: pl.Series, day: DayInName) -> Proposal | None:
    """The mapping of sales without a column of days, of files with a day each in their names; None for other files.

    Args:
        all_files: the files as one, with the rows of all.
        days: of each row, by its file.
        day: where the names say it.
    """
    if "moment" in all_files.columns.roles or not _is_sold(all_files):
        return None
    said = f"the days in the names of the files, {days[0]} to {days[-1]}"
    return _of_days(all_files, days, f"{{ {day.key} }}", day, said)


def _is_of_several(name: str) -> bool:
    """Whether a name says from which day to which other one."""
    days = {re.sub(r"\D", "", day) for day in re.findall(r"(?:19|20)\d{2}[-_.]?[01]\d[-_.]?[0-3]\d", name)}
    return len(days) > 1


def _is_sold(one: LookedAt) -> bool:
    """Whether rows have goods and what is of sales: units with money, or the number of a receipt; and no stock."""
    roles = one.columns.roles
    sold = {"units", "amount"} <= roles.keys() or {"units", "price"} <= roles.keys() or "receipt" in roles
    return sold and "on_hand" not in roles and bool({"product", "product_name"} & roles.keys())


def _of_days(one: LookedAt, days: pl.Series, key: str, named: DayInName | None, says: str) -> Proposal | None:
    """The mapping of sales with the days of their rows in the place of a column of them.

    Args:
        one: the file, or several as one.
        days: of each row.
        key: that says the day in a mapping.
        named: where the name of the file says it; None where the text above the header does.
        says: what the day is, for a remark.
    """
    roles = one.columns.roles
    dated = one.sample.with_columns(days.alias(_DAY))
    seen = {**one.columns.seen, _DAY: evidence(pl.Series([days[0], days[-1]]))}
    found = replace(one.columns, roles={**roles, "moment": _DAY}, seen=seen)
    told = None if {"receipt", "time", "customer"} & roles.keys() else totals_of_goods(dated, found)
    made = propose(*(told.rows, told.columns) if told is not None else (dated, found))
    if made.table not in ("transactions", "daily_sales"):
        return None
    if told is not None:
        told.write(made)
    for ours, value in made.columns.items():
        if quoted(_DAY) in value:
            changed = _with_day(value, key, named, is_moment=ours == "sold_at")
            if changed is None:
                return None
            made.columns[ours] = changed
    if any(_DAY in value for value in (*made.columns.values(), *made.keys.values())):
        return None
    return replace(made, remarks=[*made.remarks, f"the sales are of {says}"])


def _with_day(value: str, key: str, named: DayInName | None, *, is_moment: bool) -> str | None:
    """A key of a mapping with the day of the file in the place of its column; None where no mapping says it."""
    if value in (quoted(_DAY), f"{{ column = {quoted(_DAY)} }}"):
        return key
    begins = f"{{ columns = [{quoted(_DAY)}, "
    if named is None or not value.startswith(begins):
        return None  # a receipt that only the moment names
    rest = value.removeprefix(begins)
    names, _, further = rest.partition("]")
    one_alone = not re.search(r'", "', names)
    source = f"column = {names}" if one_alone else f"columns = [{names}]"
    if is_moment:
        clock = re.sub(r'^, format = "%Y-%m-%d', f', format = "{named.day_form}', further)
        return f'{{ {source}, file_name = {quoted(named.pattern)}, join = " "{clock}'
    return f"{{ {source}, file_name = {quoted(named.pattern)}{further}"


def with_one_day(first: LookedAt, members: Sequence[LookedAt]) -> LookedAt:
    """The file; asks where several files of a table say each its own day above the header, which no mapping reads."""
    days = {one.proposal.columns.get(ours) for one in members for ours in ("date", "sold_at")} - {None}
    constants = [day for day in days if day is not None and day.startswith("{ constant")]
    if len(days) < 2 or not constants:
        return first
    names = ", ".join(one.path.name for one in members)
    question = f"{names} say each its day above the header: put the days into the names of the files, which are read"
    return replace(first, proposal=replace(first.proposal, questions=[*first.proposal.questions, question]))
