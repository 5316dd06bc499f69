"""Verbs for rows that an ingest set aside."""

from pathlib import Path
from typing import Annotated

import typer

from retail_brain.cli.context import current
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import LakeOption

quarantine = typer.Typer(help="Rows that an ingest set aside.", no_args_is_help=True)
_TableArgument = Annotated[str, typer.Argument(metavar="TABLE", help="A table, such as transactions.")]
_SHOWN = 20
"""Rows shown on the screen: one page of a terminal; a file holds all."""


@quarantine.command("list")
def list_(lake: LakeOption = None) -> None:
    """What is set aside: table, rows, reasons and dataset."""
    from retail_brain.ingest.retry import quarantine_counts

    here = current()
    counts = quarantine_counts(here.lake_uri(lake), here.settings.storage_options)
    reported().rows += counts.to_dicts()
    for row in counts.iter_rows(named=True):
        typer.echo(f"{row['table']:<14} {row['rows']:>9,}  {row['reasons']}  ({row['dataset']})")
    if not counts.height:
        typer.echo("nothing is set aside")


@quarantine.command()
def show(
    table: _TableArgument,
    out: Annotated[Path | None, typer.Option("--out", help="CSV file for all rows, to be mended.")] = None,
    lake: LakeOption = None,
) -> None:
    """Show rows with their reasons and values as they were found; --out writes them for mending."""
    from retail_brain.cli.table_files import write_table
    from retail_brain.ingest.retry import quarantined

    here = current()
    rows = quarantined(here.lake_uri(lake), table, here.settings.storage_options)
    reported().counts["rows"] = rows.height
    if out is not None:
        write_table(rows, out)
        typer.echo(f"{rows.height:,} rows -> {out}")
        return
    for row in rows.head(_SHOWN).iter_rows(named=True):
        values = ", ".join(f"{name}={value}" for name, value in list(row.items())[3:] if value is not None)
        typer.echo(f"[{row['reasons']}] {values}")
    if rows.height > _SHOWN:
        typer.echo(f"... and {rows.height - _SHOWN:,} more; --out FILE writes all")


@quarantine.command()
def retry(
    table: _TableArgument,
    file: Annotated[Path, typer.Argument(help="CSV as `show --out` wrote it, with mended values.")],
    lake: LakeOption = None,
) -> None:
    """Bring mended rows in; those that are good leave quarantine, the others stay with their new reasons."""
    from retail_brain.cli.ingest_verbs import note_report, tell_service
    from retail_brain.ingest.retry import read_mended, retry_quarantine

    here = current()
    report = retry_quarantine(table, read_mended(file), here.lake_uri(lake), here.settings, here.progress)
    done = report.tables[table]
    note_report(report)
    tell_service(here, here.lake_uri(lake))
    typer.echo(f"{done.read - done.quarantined:,} of {done.read:,} rows are good and in the lake")
