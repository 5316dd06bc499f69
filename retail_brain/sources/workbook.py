"""Reads sheets of workbooks (XLSX, XLS, XLSB, ODS) as tables of text through calamine."""

from pathlib import Path

import fastexcel
import polars as pl

from retail_brain.errors import DataError, UsageError
from retail_brain.sources.base import LEFT_OUT, FileOptions, FileTable, stacked, unreadable
from retail_brain.sources.group_rows import with_group_columns
from retail_brain.sources.levels import with_levels
from retail_brain.sources.rows_left_out import without_odd_rows
from retail_brain.sources.table_start import HEAD_LINES, header_index, unique_names
from retail_brain.sources.unpacking import check_workbook

ALL_SHEETS = "*"
_NO_DAY = r"^1899-12-3[01] (\d{2}:\d{2}:\d{2}.*)$"
"""A cell with a time alone: spreadsheets count it from the day before their first."""


def read_workbook(path: Path, options: FileOptions = FileOptions()) -> FileTable:  # noqa: B008  # frozen
    """Opens a sheet of a workbook as text: numbers without a blank decimal part, dates and times in ISO form.

    Args:
        path: the file.
        options: the sheet, needed where several hold rows, and the lines above its header.

    Raises:
        UsageError: the workbook has no such sheet.
        DataError: it cannot be read, is too large once it is unpacked, holds no rows, or several sheets do and none
            was named.
    """
    check_workbook(path)
    try:
        book = fastexcel.read_excel(path)
        sheets = _chosen(path, book, options.sheet)
        tables = [_table(path, name, rows, options) for name, rows in sheets.items()]
    except (fastexcel.FastExcelError, OSError) as error:
        raise unreadable(str(path), error, "Check that it is a whole workbook, without a password.") from error
    return stacked(tables)


def sheet_names(path: Path) -> list[str]:
    """Names of the visible sheets that hold rows.

    Raises:
        DataError: the workbook cannot be read, or is too large once it is unpacked.
    """
    check_workbook(path)
    try:
        return list(_filled(fastexcel.read_excel(path)))
    except (fastexcel.FastExcelError, OSError) as error:
        raise unreadable(str(path), error, "Check that it is a whole workbook, without a password.") from error


def _chosen(path: Path, book: fastexcel.ExcelReader, wanted: str | tuple[str, ...] | None) -> dict[str, pl.DataFrame]:
    """Sheet -> its cells, for the sheets that are to be read.

    Raises:
        UsageError: there is no sheet of that name.
        DataError: no sheet holds rows, or it is not certain which is meant.
    """
    if wanted is not None and wanted != ALL_SHEETS:
        names = (wanted,) if isinstance(wanted, str) else wanted
        for name in names:
            if name not in book.sheet_names:
                raise UsageError(
                    f"{path} has no sheet {name!r}; got {book.sheet_names}. Correct `sheet` in the mapping."
                )
        return {name: _cells(book, name) for name in names}
    filled = _filled(book)
    if not filled:
        raise DataError(f"{path} is empty: no visible sheet holds rows. Write it again or remove it.")
    if len(filled) > 1 and wanted is None:
        raise DataError(
            f"{path} has rows on {len(filled)} sheets: {list(filled)}. Say in a mapping which one is meant, such as "
            f'sheet = "{next(iter(filled))}", or sheet = "{ALL_SHEETS}" where all have the same columns.'
        )
    return filled


def _filled(book: fastexcel.ExcelReader) -> dict[str, pl.DataFrame]:
    sheets = {name: book.load_sheet(name, header_row=None, n_rows=1, dtypes="string") for name in book.sheet_names}
    visible = (name for name, sheet in sheets.items() if sheet.visible == "visible" and sheet.width)
    return {name: _cells(book, name) for name in visible}


def _cells(book: fastexcel.ExcelReader, name: str) -> pl.DataFrame:
    cells = book.load_sheet(name, header_row=None, dtypes="string").to_polars()
    return cells.with_columns(pl.all().str.replace(_NO_DAY, "$1"))


def _table(path: Path, sheet: str, cells: pl.DataFrame, options: FileOptions) -> FileTable:
    place = f"{path.name}, sheet {sheet}"
    skipped = options.skip_lines
    if skipped is None:
        skipped = header_index(cells.head(HEAD_LINES).rows(), options.expected)
    if cells.height <= skipped:
        return FileTable(pl.LazyFrame(), left_out=pl.DataFrame(schema=LEFT_OUT), notes=(f"{place}: it has no rows",))
    header = [cell or "" for cell in cells.row(skipped)]
    named = cells.slice(skipped + 1).rename(dict(zip(cells.columns, unique_names(header), strict=True)))
    frame, left_out = without_odd_rows(named.lazy(), header)
    frame, left_out = with_group_columns(frame, options.group_rows, left_out)
    frame, left_out = with_levels(frame, options.levels, left_out)
    notes = [f"{place}: line {skipped + 1} is read as the header (in a mapping: skip_lines = {skipped})"]
    return FileTable(frame, left_out=left_out, notes=tuple(notes if skipped and options.skip_lines is None else []))
