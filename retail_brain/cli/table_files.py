"""Reads and writes table files named on the command line (Parquet or CSV)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retail_brain.cli.json_result import reported

if TYPE_CHECKING:
    import polars as pl


def read_table(path: Path, option: str, *, as_text: bool = False) -> "pl.DataFrame":
    """Reads a Parquet or CSV file.

    Args:
        path: the file.
        option: option or argument that named it, for messages.
        as_text: leave every column of a CSV file as text, so that ids keep their leading zeros.

    Raises:
        UsageError: the file does not exist or cannot be read.
    """
    import polars as pl

    from retail_brain.csv_cells import plain_cells
    from retail_brain.errors import UsageError

    if not path.is_file():
        raise UsageError(f"{option} {path} is not a file. Name a Parquet or CSV file that exists.")
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return plain_cells(pl.read_csv(path, infer_schema=not as_text, infer_schema_length=None))
    except pl.exceptions.PolarsError as error:
        raise UsageError(f"{option} {path} cannot be read as a table: {error}. Mend or convert the file.") from error


def read_ids(path: Path, option: str, column: str) -> list[str]:
    """Distinct ids of a file, as text, in their order: of the column, or of a file that holds nothing but ids.

    The first line of a CSV file of one column is an id too where it is not the column's name: whoever lists ids often
    writes no heading.

    Args:
        path: Parquet or CSV file.
        option: that named it, for messages.
        column: name of the ids' column.

    Raises:
        UsageError: the file cannot be read, or has several columns and none of that name.
    """
    import polars as pl

    from retail_brain.errors import UsageError

    table = read_table(path, option, as_text=True)
    named = [name for name in table.columns if name.strip().lower() == column]
    if not named and len(table.columns) != 1:
        raise UsageError(
            f"{option} {path} has the columns {table.columns}; wanted one named {column}, or ids alone, one a line."
        )
    ids = table[named[0] if named else table.columns[0]].cast(pl.String)
    if not named and path.suffix != ".parquet":
        ids = pl.concat([pl.Series(ids.name, table.columns, dtype=pl.String), ids])
    return ids.str.strip_chars().replace("", None).drop_nulls().unique(maintain_order=True).to_list()


def rows_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> "pl.DataFrame":
    """Rows as a table; without any row it has the columns as text, so that whoever reads its file finds a heading."""
    import polars as pl

    return pl.DataFrame(rows, schema=None if rows else dict.fromkeys(columns, pl.String), infer_schema_length=None)


def write_table(table: "pl.DataFrame", path: Path) -> None:
    """Writes Parquet, or CSV where the name ends in .csv; an interrupted run leaves no half file.

    Text that a spreadsheet would run as a formula gets an apostrophe in CSV; `read_table` takes it off again.
    """
    from retail_brain.csv_cells import safe_cells
    from retail_brain.files import atomic_path

    with atomic_path(path) as aside:
        if path.suffix == ".csv":
            safe_cells(table).write_csv(aside)
        else:
            table.write_parquet(aside)
    reported().wrote(path, table.height)
