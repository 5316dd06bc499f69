"""Finds stock by values: goods that stand once in each of several places, with counts that no name explains."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import WHERE, Proposal, both_conditions, number_key, one_of, whole
from retail_brain.ingest.look.numbers_of import free_numbers, values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.state_columns import column_of, listed
from retail_brain.ingest.look.words import role_scores

_SOLD = {"units", "amount", "price", "receipt", "customer", "time", "on_hand", "list_price", "unit_cost"}
"""Roles of files that are no plain stock, or whose stock has a name."""
_PLACES = 2
"""Places that goods stand in on average at least: a list has each once."""
_LEAST_ROWS = 10
"""Rows below which nothing is concluded."""
_LEAST_COUNTS = 4
"""Different counts of a stock at least; fewer are flags. By judgement."""
_ONCE = 0.99
"""Share of the rows whose goods, place and day are of no other row. By judgement."""


def stock_by_values(rows: pl.DataFrame, found: Columns) -> dict[str, str]:
    """`on_hand`, for the column of counts that is the largest of those beside goods and places; none in other files.

    What is reserved, ordered or on its way is in further columns. The look asks which one is the stock.

    Args:
        rows: the first rows.
        found: roles of the columns.
    """
    roles = found.roles
    if "product" not in roles or _SOLD & roles.keys() or rows.height < _LEAST_ROWS or not _is_of_places(rows, found):
        return {}
    counts = _counts_of_stock(rows, found)
    return {"on_hand": counts[0]} if counts else {}


def _counts_of_stock(rows: pl.DataFrame, found: Columns) -> list[str]:
    """Columns of whole numbers that may be stock, the largest sum first.

    Args:
        rows: the rows.
        found: roles of the columns.
    """
    numbers = {name: values(rows, found, name) for name in free_numbers(found) if not role_scores(name)}
    counts = {
        name: float(of_name.sum())
        for name, of_name in numbers.items()
        if of_name.n_unique() >= _LEAST_COUNTS and (of_name == of_name.round()).all() and not of_name.null_count()
    }
    return sorted(counts, key=lambda name: -counts[name])


def ask_which_stock(made: Proposal, rows: pl.DataFrame, found: Columns) -> None:
    """Writes the stock that only its values say, with a reading for each other column of counts that may be it.

    Args:
        made: the proposal of `inventory`; gets the question.
        rows: the rows.
        found: roles of the columns.
    """
    first = found.roles["on_hand"]
    names = [first, *_counts_of_stock(rows, found)]
    question = f"is {first!r} the stock on hand (its values: {', '.join(found.seen[first].examples)})" + (
        f", or is it one of {names[1:]}?" if names[1:] else ", as written below? Else leave the table out"
    )
    made.columns["on_hand"] = one_of(
        made, [whole(number_key(made, found, name, "on_hand")) for name in names], question
    )
    if not names[1:]:
        made.questions.append(question)


def leave_out_without_stock(made: Proposal, rows: pl.DataFrame, found: Columns) -> None:
    """Leaves out goods that a place does not stock: a word stands there in the place of a count.

    Args:
        made: the proposal of `inventory`, changed in place.
        rows: the rows.
        found: roles of the columns.
    """
    name = found.roles["on_hand"]
    if words := found.seen[name].blanks:
        condition = f"'''{column_of(name)} NOT IN ({listed(list(words))})'''"
        made.keys[WHERE] = both_conditions(made.keys.get(WHERE, ""), condition)
        count = int(rows[name].cast(pl.String).str.strip_chars().is_in(words).sum())
        made.remarks.append(f"{count:,} rows have {list(words)} in {name!r}: they are no stock and are left out")


def _is_of_places(rows: pl.DataFrame, found: Columns) -> bool:
    """Whether goods come again, and the place (and day) of each row tells it from the others of its product."""
    goods = found.roles["product"]
    if rows[goods].n_unique() * _PLACES > rows.height:
        return False
    places = [name for name in found.seen if not found.seen[name].numbers or _is_code(rows, name)]
    days = [found.roles["moment"]] if "moment" in found.roles else []
    return any(
        rows[name].n_unique() * _PLACES <= rows.height
        and share(~rows.select(goods, name, *(day for day in days if day != name)).is_duplicated()) >= _ONCE
        for name in places
        if name != goods and name not in days and rows[name].n_unique() > 1
    )


def _is_code(rows: pl.DataFrame, name: str) -> bool:
    """Whether numbers are written as codes, such as 001 and 002."""
    text = rows[name].cast(pl.String).drop_nulls()
    return bool(text.str.contains(r"^0\d+$").any()) and text.str.len_chars().n_unique() == 1
