"""Reads columns that are days by their number, such as `d_1828`, by the calendar that numbers its days so."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import polars as pl

from retail_brain.ingest.look.columns import days_of
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.looked_at import LookedAt

_NUMBERED = r"^(\D{1,6})(\d{1,5})$"
"""A name with a number of a day; a day with year, month and day has more digits."""
_OPEN = '?{ format = "days since YYYY-MM-DD" }'


_LEAST = 7
"""Columns with numbers one after the other from which they may be days. By judgement: a week."""


def numbered_columns(names: Sequence[str]) -> list[str]:
    """The names that are one word and numbers one after the other, such as `d_1` to `d_1941`; none where few are.

    >>> numbered_columns(["item", *(f"d_{n}" for n in range(98, 106))])[-1], numbered_columns(["tax_1", "tax_2"])
    ('d_105', [])
    """
    found = [(said[1], int(said[2]), name) for name in names if (said := re.match(_NUMBERED, name))]
    following = all(later[1] == one[1] + 1 for one, later in pairwise(found))
    same = len({prefix for prefix, *_ in found}) == 1
    return [name for *_, name in found] if len(found) >= _LEAST and following and same else []


def ask_for_day_zero(made: Proposal, names: Sequence[str]) -> bool:
    """Writes columns of numbered days, whose first day a person or a calendar must say; False where they are none.

    Args:
        made: the proposal of a table with a column per day.
        names: of these columns.
    """
    found = [re.match(_NUMBERED, name) for name in names]
    prefixes = {one[1] for one in found if one is not None}
    if None in found or len(prefixes) != 1:
        return False
    pattern = f"^{re.escape(prefixes.pop())}(\\d+)$"
    made.keys["wide"] = f'{{ names = "date", values = "units", columns = {quoted(pattern)} }}'
    made.columns["date"] = _OPEN
    made.questions.append(_question(names))
    return True


def _question(names: Sequence[str]) -> str:
    return f"{names[0]!r} to {names[-1]!r} are numbers of days: write the day of number 0 in the place of YYYY-MM-DD"


def with_calendar(one: LookedAt, looked: Sequence[LookedAt]) -> LookedAt:
    """The file with the day that number 0 stands for, where another file has the numbers beside their days."""
    if one.proposal.columns.get("date") != _OPEN:
        return one
    names = numbered_columns(list(one.columns.seen))
    for other in (other for other in looked if other is not one):
        for column in other.sample.columns:
            zero = _day_zero(other, column, names)
            if zero:
                made = one.proposal
                columns = {**made.columns, "date": f'{{ format = "days since {zero}" }}'}
                kept = [question for question in made.questions if question != _question(names)]
                remark = f"{column!r} of {other.path.name} says which day has which number: number 0 is {zero}"
                changed = replace(made, columns=columns, questions=kept, remarks=[*made.remarks, remark])
                return replace(one, proposal=changed)
    return one


def _day_zero(calendar: LookedAt, column: str, names: Sequence[str]) -> str:
    """The day of number 0 by a column of a calendar that holds all these names; blank where it holds or says none."""
    numbers = calendar.sample[column].cast(pl.String)
    if not set(names) <= set(numbers.drop_nulls().to_list()):
        return ""
    for dated, seen in calendar.columns.seen.items():
        if not seen.dates or dated == column:
            continue
        rows = pl.DataFrame({
            "number": numbers.str.extract(r"(\d+)$").cast(pl.Int64, strict=False),
            "day": days_of(calendar.sample[dated], seen),
        }).drop_nulls()  # fmt: skip
        zero = rows.select(pl.col("day") - pl.duration(days=pl.col("number"))).to_series().unique()
        if len(zero) == 1:
            return str(zero[0])[:10]
    return ""
