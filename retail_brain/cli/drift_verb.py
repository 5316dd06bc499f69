"""The verb `drift`, and what `features` says of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import writable_table
from retail_brain.cli.table_files import write_table

if TYPE_CHECKING:
    from features.jobs import StoredDrift

_SHOWN = 5
"""Columns that `features` names; `drift` lists all. Chosen by judgement, not measured."""


def drift(
    table: Annotated[str | None, typer.Option(help="Only this table: person, goods, series or place.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Stable columns too.")] = False,
    features: Annotated[
        Path | None, typer.Option(help="Folder of the features.", show_default="var/TENANT/features")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(callback=writable_table, help="File to write instead, every column.")
    ] = None,
) -> None:
    """Drift of the features against the build before: population stability (PSI), nulls and ranges by column."""
    import polars as pl

    from features.jobs import read_drift
    from features.protocol import KEYS
    from retail_brain.errors import NotFoundError, UsageError

    if table is not None and table not in KEYS:
        raise UsageError(f"--table {table!r} is no table of features; wanted one of {', '.join(KEYS)}.")
    folder = features or current().workspace.features
    found = read_drift(folder)
    if found is None:
        raise NotFoundError(
            f"the features in {folder} were not compared with any before: they are the first there. Look again after "
            "the next `retail-brain features`."
        )
    rows = found.columns if every or out is not None else found.drifted()
    rows = rows if table is None else rows.filter(pl.col("table") == table)
    reported().rows.extend(rows.to_dicts())
    if out is not None:
        write_table(rows, out)
    typer.echo(summary(found))
    for row in rows.iter_rows(named=True) if out is None else ():
        typer.echo(_line(row))


def summary(found: "StoredDrift") -> str:
    """How many columns drifted since the build before."""
    counts = dict(found.columns.group_by("level").len().iter_rows())
    levels = ", ".join(f"{counts.get(level, 0)} {level}" for level in ("large", "moderate", "new", "gone", "stable"))
    return f"drift of the features as of {found.as_of} against those as of {found.before}: {levels}"


def notes(found: "StoredDrift") -> list[str]:
    """The summary with the columns that drifted most, for the report of `features`."""
    rows = found.drifted(("large", "moderate")).head(_SHOWN)
    return [summary(found), *(_line(row).strip() for row in rows.iter_rows(named=True))]


def _line(row: dict[str, object]) -> str:
    def number(name: str, form: str) -> str:
        return "-" if row[name] is None else format(row[name], form)

    return (
        f"  {row['level']:<9}{row['table']}.{row['column']}: "
        f"PSI {number('psi', '.3f')} (chance {number('chance', '.3f')}), "
        f"nulls {number('nulls_before', '.1%')} -> {number('nulls', '.1%')}, "
        f"range {number('low_before', '.6g')}..{number('high_before', '.6g')} -> "
        f"{number('low', '.6g')}..{number('high', '.6g')}, {number('outside', '.1%')} outside"
    )
