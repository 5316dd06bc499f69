"""Recognises files that are in the canonical form already: `supply.csv` with the columns of the table `supply`."""

from collections.abc import Collection, Mapping
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, date_key, number_key, quoted
from retail_brain.ingest.look.receipt_numbers import name_receipts
from retail_brain.sources.column_names import find_column, plain_name
from retail_brain.tables import TABLES, Table

_OF_SALES: Final = frozenset({"transactions", "daily_sales", "category_sales"})
"""Tables of which the values of a file say more than its names: whose amount it is, and what numbers the receipts."""
_LEAST_COLUMNS: Final = 4
"""Columns below which names alone make no table. By judgement: two or three ids stand in many files."""


def is_of_own_form(stem: str, columns: Collection[str]) -> bool:
    """Whether a file is called like a table and has the columns that it needs under their own names.

    Every row of such a file is one of the table: none is a sum, and what is blank is blank.
    """
    table = TABLES.get(stem.strip().lower())
    return table is not None and set(table.required) <= set(columns)


def of_own_name(stem: str, sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The mapping of a file that is called like a table and has the columns it needs; None for any other.

    Args:
        stem: name of the file, or of the folder that holds the files of a table.
        sample: its first rows as text.
        found: its columns.
    """
    table = TABLES.get(stem.strip().lower())
    return None if table is None else _of_table(table, sample, found)


def of_own_columns(sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The mapping of a file of any name all of whose columns are those of one table alone, with all that it needs.

    Contacts called `lien_he.csv` are contacts by their columns; what is told of sales is left to the values.

    Args:
        sample: its first rows as text.
        found: its columns.
    """
    names = {plain_name(name) for name in found.seen}
    fitting = [
        table
        for table in TABLES.values()
        if table.name not in _OF_SALES and len(names) >= _LEAST_COLUMNS and set(table.required) <= names
        if names <= set(table.types)
    ]
    return _of_table(fitting[0], sample, found) if len(fitting) == 1 else None


def _of_table(table: Table, sample: pl.DataFrame, found: Columns) -> Proposal | None:
    one, present = table.name.removesuffix("s"), list(found.seen)  # `store_name` of stores is their name
    names = {ours: find_column(ours, present) or find_column(f"{one}_{ours}", present) for ours in table.types}
    theirs = {ours: name for ours, name in names.items() if name is not None}
    is_read = all(_is_read(found, name, table.types[ours]) for ours, name in theirs.items())
    if not is_read or not set(table.required) <= theirs.keys():
        return None
    made = Proposal(table=table.name)
    for ours, name in theirs.items():
        made.columns[ours] = _key(made, found, ours, name, table.types)
    if table.name == "transactions" and _is_named_alike(theirs, found):
        name_receipts(made, sample, found)
    if not made.remarks:
        made.remarks.append(
            "file and columns are named as the table: a folder of such files is ingested without a mapping"
        )
    others = [name for name in found.seen if name not in theirs.values()]
    if others and not table.open_attributes:
        made.remarks.append(f"{others} are no columns of {table.name} and are not taken over")
    return made


def _is_named_alike(theirs: Mapping[str, str], found: Columns) -> bool:
    """Whether receipt, shop and moment are the columns that their values say too."""
    roles = {"transaction_id": "receipt", "store_id": "store", "sold_at": "moment"}
    return all(found.roles.get(role) == theirs[ours] for ours, role in roles.items())


def _is_read(found: Columns, name: str, kind: pl.DataType) -> bool:
    """Whether the values of a column are of its type in some form; a blank column is."""
    seen = found.seen[name]
    if not seen.filled:
        return True
    return bool(seen.dates) if kind in (pl.Date, pl.Datetime) else bool(seen.numbers) or kind != pl.Float64


def _key(made: Proposal, found: Columns, ours: str, name: str, types: Mapping[str, pl.DataType]) -> str:
    """A column with its form of dates or numbers; as it is where its values say neither."""
    seen, kind = found.seen[name], types[ours]
    if kind in (pl.Date, pl.Datetime) and seen.dates:
        return date_key(made, found, name)
    if kind == pl.Float64 and seen.numbers:
        return number_key(made, found, name, ours)
    return quoted(name)
