"""Writes plain workbooks (XLSX): sheets of texts, numbers, flags and days, without formulas."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from retail_brain.files import atomic_path

_SHEET_LETTERS: Final = 31
"""Longest name of a sheet that spreadsheet programs open."""
_SHEET_ROWS: Final = 1_048_576
"""Rows of a sheet, its header among them, that spreadsheet programs open."""
_MADE: Final = datetime(2000, 1, 1)
"""Said to be when every workbook was made: the same tables give the same bytes."""
_PLAIN: Final = {
    # texts stay texts: a cell that begins with `=` is not run, an id 007 keeps its zeros
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": True,
    "remove_timezone": True,
    "default_date_format": "yyyy-mm-dd",
    "constant_memory": True,
}


def write_workbook(path: Path, sheets: Mapping[str, pl.DataFrame]) -> None:
    """Writes a sheet per table, header first; more rows than a sheet holds go on in a further sheet.

    Args:
        path: the file; an interrupted run leaves no half file.
        sheets: name -> table; names are shortened and freed of what sheets cannot be called.
    """
    from xlsxwriter import Workbook  # noqa: PLC0415  # only who writes a workbook waits for it

    parts = [(name, part) for name, table in sheets.items() for part in _parts(table)]
    with atomic_path(path) as aside, Workbook(str(aside), _PLAIN) as workbook:
        workbook.set_properties({"created": _MADE})
        for name, (_, table) in zip(sheet_names([name for name, _ in parts]), parts, strict=True):
            sheet = workbook.add_worksheet(name)
            for place, row in enumerate((tuple(table.columns), *table.iter_rows())):
                sheet.write_row(place, 0, row)


def _parts(table: pl.DataFrame) -> list[pl.DataFrame]:
    return list(table.iter_slices(_SHEET_ROWS - 1)) or [table]


def sheet_names(wanted: list[str]) -> list[str]:
    """Names that sheets may have, each once.

    >>> sheet_names(["Supplier: A/S", "supplier_ a_s", ""])
    ['Supplier_ A_S', 'supplier_ a_s 2', 'Sheet']
    """
    names: list[str] = []
    for name in wanted:
        plain = re.sub(r"[\[\]:*?/\\]", "_", name).strip("'")[:_SHEET_LETTERS] or "Sheet"
        number, free = 2, plain
        while free.lower() in {given.lower() for given in names}:
            free = f"{plain[: _SHEET_LETTERS - len(str(number)) - 1]} {number}"
            number += 1
        names.append(free)
    return names
