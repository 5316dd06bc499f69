"""Verbs around the lake: `ingest` and `tables`."""

from typing import Annotated

import typer

from retail_brain.cli import context
from retail_brain.cli.app import app


@app.command()
def ingest(
    dataset: Annotated[str, typer.Argument(help="Folder, mapping TOML, or built-in: sample, complete-journey.")],
    lake: context.LakeOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="The dataset is all there is of its tables: take other rows out.")
    ] = False,
) -> None:
    """Bring a dataset into the lake; safe to run again, adds only what is new."""
    from retail_brain.ingest import ingest as run

    here = context.current()
    report = run(dataset, here.lake_uri(lake), here.settings, here.progress, replace=replace)
    for table in report.tables.values():
        here.progress.say(
            f"{table.name:<14} {table.read:>12,} read {table.new:>12,} new {table.changed:>9,} changed "
            f"{table.unchanged:>12,} unchanged {table.quarantined:>9,} set aside {table.seconds:>7.1f} s"
        )
    if any(table.quarantined for table in report.tables.values()):
        here.progress.say(f"Rows set aside, with their reasons: {report.lake}/quarantine/")
    here.progress.say(f"Lake: {report.lake}" if report.changed_anything else f"Nothing new for the lake {report.lake}")


@app.command()
def tables(lake: context.LakeOption = None) -> None:
    """List the lake's tables: rows, version and days."""
    from retail_brain.lake import describe_lake

    here = context.current()
    for table in describe_lake(here.lake_uri(lake), here.settings.storage_options):
        days = f"{table.first_day} to {table.last_day}" if table.first_day else ""
        typer.echo(f"{table.name:<14} {table.rows:>14,} rows  version {table.version:<4} {days}".rstrip())
