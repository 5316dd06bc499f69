"""Proposes sales whose rows have no day: that in the name of the file or above its header is theirs."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.proposal import propose
from retail_brain.ingest.look.stock_day import day_of_file

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
    roles = one.columns.roles
    is_sold = {"units", "amount"} <= roles.keys() or {"units", "price"} <= roles.keys() or "receipt" in roles
    if "moment" in roles or "on_hand" in roles or not is_sold or not {"product", "product_name"} & roles.keys():
        return None
    day = day_of_file(one.path.name, one.title)
    if day is None or not re.search(_SALES, f"{one.path.stem} {one.title}"):
        return None
    dated = one.sample.with_columns(pl.lit(_SOME_DAYS[0]).alias(_DAY))
    seen = {**one.columns.seen, _DAY: evidence(pl.Series(_SOME_DAYS))}
    made = propose(dated, replace(one.columns, roles={**roles, "moment": _DAY}, seen=seen))
    ours = next((ours for ours, value in made.columns.items() if value == f"{{ column = {quoted(_DAY)} }}"), "")
    ours = ours or next((ours for ours, value in made.columns.items() if value == quoted(_DAY)), "")
    if made.table not in ("transactions", "daily_sales") or not ours:
        return None
    key, says = day
    parts = f"columns = [{quoted(_DAY)}"
    if any(parts in value for value in made.columns.values()):
        return None  # a receipt that only the moment names
    return replace(made, columns={**made.columns, ours: key}, remarks=[*made.remarks, f"the sales are of {says}"])


def with_one_day(first: LookedAt, members: Sequence[LookedAt]) -> LookedAt:
    """The file; asks where several files of a table say each its own day above the header, which no mapping reads."""
    days = {one.proposal.columns.get(ours) for one in members for ours in ("date", "sold_at")} - {None}
    constants = [day for day in days if day is not None and day.startswith("{ constant")]
    if len(days) < 2 or not constants:
        return first
    names = ", ".join(one.path.name for one in members)
    question = f"{names} say each its day above the header: put the days into the names of the files, which are read"
    return replace(first, proposal=replace(first.proposal, questions=[*first.proposal.questions, question]))
