"""Command-line options that several verbs share, and parsers of their values."""

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from retail_brain.errors import UsageError
from retail_brain.past_days import check_past_day

LakeOption = Annotated[str | None, typer.Option("--lake", help="Lake folder or object-store URI.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="Last visible day, YYYY-MM-DD.", show_default="last sale")
]
StoresOption = Annotated[list[str] | None, typer.Option("--stores", help="Only this store; may be repeated.")]
ProductsOption = Annotated[list[str] | None, typer.Option("--products", help="Only this product; may be repeated.")]
SeedOption = Annotated[int, typer.Option(help="Seed of the sample paths.")]
VersionOption = Annotated[
    int | None, typer.Option("--version", min=1, help="The version that you saw.", show_default="the present one")
]


def writable_table(path: Path | None) -> Path | None:
    """Checks before the work begins that a table can be written to a file; returns its path.

    Raises:
        UsageError: the ending names no format, the path is a folder, or its folder cannot be written to.
    """
    if path is None:
        return None
    if path.suffix not in {".parquet", ".csv"}:
        raise UsageError(f"--out {path} has no ending that says what to write; wanted .parquet or .csv.")
    if path.is_dir():
        raise UsageError(f"--out {path} is a folder; wanted a file. Name a file in it.")
    above = next(parent for parent in path.absolute().parents if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise UsageError(f"--out {path} cannot be written: {above} is no folder that you may write to. Choose another.")
    return path


OutOption = Annotated[
    Path, typer.Option("--out", callback=writable_table, help="File to write (Parquet, or CSV by its ending).")
]


def parse_day(text: str, option: str) -> date:
    """Parses a day of the command line.

    >>> parse_day("2025-02-28", "--as-of")
    datetime.date(2025, 2, 28)

    Raises:
        UsageError: not a date of the form YYYY-MM-DD.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # business days have no zone
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is not a day; wanted YYYY-MM-DD, for example 2025-02-28.") from error


def parse_past_day(text: str, option: str) -> date:
    """Parses a day that has come, in whatever zone.

    Raises:
        UsageError: not a date of the form YYYY-MM-DD, or a day in the future.
    """
    day = parse_day(text, option)
    check_past_day(day, option)
    return day


def parse_instant(text: str, option: str) -> datetime:
    """Parses an instant of the command line, in the zone of the machine; returns it in UTC.

    Raises:
        UsageError: not an instant of the form YYYY-MM-DDTHH:MM.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M").astimezone(UTC)  # the machine's own zone
    except ValueError as error:
        raise UsageError(
            f"{option} {text!r} is no instant; wanted YYYY-MM-DDTHH:MM, such as 2025-02-28T10:15."
        ) from error
