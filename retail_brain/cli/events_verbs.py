"""Verbs for the events that the service received."""

from contextlib import closing
from typing import Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.options import LakeOption, parse_day

events = typer.Typer(help="Events that the service received.", no_args_is_help=True)


@events.command()
def collect(
    since: Annotated[
        str | None, typer.Option(help="Only events of this day or later, YYYY-MM-DD.", show_default="all")
    ] = None,
    lake: LakeOption = None,
) -> None:
    """Bring received events into the lake, so that features, training and publishing know them; safe to run again."""
    from retail_brain.cli.ingest_verbs import note_report, report_lines
    from serving.planning.people.received_events import collect_events

    here = current()
    first = None if since is None else parse_day(since, "--since")
    with closing(open_database()) as database:
        report = collect_events(
            here.workspace.tenant, database, here.lake_uri(lake), here.settings, here.progress, since=first
        )
    if report is None:
        typer.echo("no events were received")
        return
    note_report(report)
    for line in report_lines(report):
        here.progress.say(line)
    typer.echo(f"{report.tables['events'].new} new events in the lake")
