"""The day of stock whose rows have none: that in the name of its file, or one that a person must write."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl

from retail_brain.ingest.look.columns import days_of
from retail_brain.ingest.look.days_in_names import day_in_names
from retail_brain.ingest.look.draft import Proposal, number_key, quoted
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.look.looked_at import LookedAt

_DAY = r"(?:^|\D)((?:19|20)\d{2}[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01]))"
"""A day in the name of a file."""
_DAY_FIRST = r"(?:^|\D)(\d{1,2}[-_.]\d{1,2}[-_.](?:19|20)\d{2})"
"""A day in the name of a file with the year last."""
_INSTANT = r"(?:^|\D)(1\d{9})(?:\d{3})?(?:\D|$)"
"""Seconds or thousandths of them since 1970 in the name of a file."""
_NEAR = 1
"""Days that an instant in UTC may be off the day of its shop."""
_YEAR_IN_TEXT = r"(?:(?:19|20|25)\d{2})"
"""A year in the lines above the header; that of Thailand is 543 ahead."""
_IN_TEXT = (
    rf"{_YEAR_IN_TEXT}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]{_YEAR_IN_TEXT}"
    rf"|\d{{1,2}} [\p{{L}}\p{{M}}.]{{3,12}},? {_YEAR_IN_TEXT}|\p{{L}}{{3,9}} \d{{1,2}}, {_YEAR_IN_TEXT}"
    rf"|{_YEAR_IN_TEXT}年\d{{1,2}}月\d{{1,2}}日|{_YEAR_IN_TEXT}년 ?\d{{1,2}}월 ?\d{{1,2}}일"
    r"|(?:令和|平成|民國|民国)(?:\d{1,3}|元)年\d{1,2}月\d{1,2}日"
)
"""A day in the lines above the header."""
_MONTHS = 12
"""Months of a year: a greater number is a day."""
_OPEN = '?{ constant = "YYYY-MM-DD" }'


def ask_for_day_of_stock(made: Proposal) -> None:
    """Asks for the day of stock, which no column names."""
    made.columns["date"] = _OPEN
    made.questions.append(_question("these files"))


def _question(name: str) -> str:
    return f"of which day is the stock in {name}? Write it in the place of YYYY-MM-DD, or leave the table out"


def with_day_of_file(made: Proposal, one: LookedAt) -> Proposal:
    """The proposal with the day that its file says of the stock, where that is asked for.

    Args:
        made: of any table.
        one: the file.
    """
    if made.columns.get("date") != _OPEN:
        return made
    questions = [question for question in made.questions if not question.startswith("of which day is the stock")]
    key, says = _day_of_stock(one) or ("", "")
    if not key:
        return replace(made, questions=[*questions, _question(one.path.name)])
    columns = {**made.columns, "date": key}
    return replace(made, columns=columns, questions=questions, remarks=[*made.remarks, f"the stock is of {says}"])


def _day_of_stock(one: LookedAt) -> tuple[str, str] | None:
    """The key for the day in the name of the column of stock, of the sheet, of the file or above its header."""
    stock = one.columns.roles.get("on_hand", "")
    for name, what in ((stock, "the column"), (sheet_of(one.keys), "the sheet")):
        if (found := _day_in_title(name)) is not None:
            return found[0], f"the day in the name of {what}, {name!r}"
    return day_of_file(one.path.name, one.title) or _day_as_written(one.path.name)


def _day_as_written(name: str) -> tuple[str, str] | None:
    """The key for a day in the name of a file that is written with the month as a word, or as digits alone."""
    found = day_in_names([name])
    return None if found is None else (f"{{ {found.key} }}", f"the day in the name of the file, {found.text(name)}")


def sheet_of(keys: Mapping[str, str]) -> str:
    """The name of the sheet that is read; blank where there is none, or one of several."""
    sheet = keys.get("sheet", "")
    return str(json.loads(sheet)) if sheet.startswith('"') else ""


def day_of_file(name: str, title: str) -> tuple[str, str] | None:
    """The key for the day in the name of a file, or else above its header, and what it says; None for none."""
    return _day_in_name(name) or _day_in_title(title)


def _day_in_name(name: str) -> tuple[str, str] | None:
    """The key for a day in the name of a file, and what it says; None where there is none, or two readings of it."""
    if found := re.search(_DAY, name):
        mark = re.sub(r"\d", "", found[1])[:1]
        form = f', format = "%Y{mark}%m{mark}%d"' if mark in ("_", ".") else ""
        return f"{{ file_name = {quoted(_DAY)}{form} }}", f"the day in the name of the file, {found[1]}"
    if found := re.search(_DAY_FIRST, name):
        mark = re.sub(r"\d", "", found[1])[:1]
        day, month, year = map(int, found[1].split(mark))
        month_first = month > _MONTHS
        if mark != "." and max(day, month) <= _MONTHS and day != month:
            proved = _proved_by_instant(name, date(year, month, day), date(year, day, month))
            if proved is None:
                return None
            month_first = proved == date(year, day, month)
        form = f"%m{mark}%d{mark}%Y" if month_first else f"%d{mark}%m{mark}%Y"
        says = f"the day in the name of the file, {found[1]}"
        return f"{{ file_name = {quoted(_DAY_FIRST)}, format = {quoted(form)} }}", says
    return None


def _proved_by_instant(name: str, *readings: date) -> date | None:
    """The one reading of a day that an instant in the name of the file is of; None where none or several are."""
    if (found := re.search(_INSTANT, name)) is None:
        return None
    day = datetime.fromtimestamp(int(found[1]), UTC).date()
    near = [one for one in readings if abs((one - day).days) <= _NEAR]
    return near[0] if len(near) == 1 else None


def _day_in_title(title: str) -> tuple[str, str] | None:
    """The key for the last day in the lines above a header, and what it says; None where none is certain."""
    found = pl.Series([title]).str.extract_all(_IN_TEXT)[0].to_list()
    if not found:
        return None
    seen = evidence(pl.Series([found[-1]]))
    days = days_of(pl.Series([found[-1]]), seen) if len(seen.dates) == 1 else pl.Series([None])
    return None if days.null_count() else (f'{{ constant = "{days[0]}" }}', f"the day above the header, {found[-1]}")


def stock_of_list(one: LookedAt) -> Proposal | None:
    """The mapping of `inventory` from a list of goods with one column of stock; None for any other file.

    Goods without a code are known by their names, as in the list.
    """
    own = one.proposal.columns.get("product_id", "")
    if one.proposal.table != "products" or "on_hand" not in one.columns.roles or not own:
        return None
    return _stock(one, own)


def is_undated(made: Proposal) -> bool:
    """Whether a proposal lacks the day of its stock, which only a person can write."""
    return made.columns.get("date") == _OPEN


def _stock(one: LookedAt, goods: str) -> Proposal:
    roles = one.columns.roles
    made = Proposal(table="inventory")
    made.columns["product_id"] = goods
    made.columns["store_id"] = quoted(roles["store"]) if "store" in roles else '{ constant = "1" }'
    made.columns["on_hand"] = number_key(made, one.columns, roles["on_hand"], "on_hand")
    if one.columns.seen[roles["on_hand"]].filled < 1:
        stock = '"' + roles["on_hand"].replace('"', '""') + '"'
        made.keys["where"] = f"'''length({stock}) > 0'''"
        blank = one.sample[roles["on_hand"]].null_count()
        made.remarks.append(f"{blank:,} rows have no {roles['on_hand']!r}: they are no stock and are left out")
    ask_for_day_of_stock(made)
    return with_day_of_file(made, one)


def shops_of_stock(one: LookedAt) -> Proposal | None:
    """The mapping of `stores` from lines of stock by shop or warehouse, where no sales say which there are.

    Args:
        one: a file that feeds stock.

    Returns:
        The mapping; None where no column names shops, or a part of the lines alone is of stock.
    """
    store = one.columns.roles.get("store")
    key = one.proposal.columns.get("store_id", "")
    if store is None or one.proposal.takes_lines_out or not (key == quoted(store) or key.startswith("{ columns = [")):
        return None
    return Proposal("stores", columns={"store_id": key})
