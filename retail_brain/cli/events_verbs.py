"""Verbs for the events that the service received."""

from contextlib import closing
from typing import Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import LakeOption, OutOption, parse_past_day
from retail_brain.cli.table_files import write_table

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
    first = None if since is None else parse_past_day(since, "--since")
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


@events.command()
def attributed(out: OutOption) -> None:
    """Write what came of which list or contact: events and people by attribution id and type of event."""
    from retail_brain.operational.events import attributed_events
    from serving.planning.people.attributed import count_attributed

    with closing(open_database()) as database:
        found = count_attributed(attributed_events(current().workspace.tenant, database))
    reported().counts |= {"events": int(found["events"].sum()), "lists": found["attribution_id"].n_unique()}
    write_table(found, out)
    typer.echo(
        f"{found['events'].sum():,} events of {found['attribution_id'].n_unique():,} lists and contacts -> {out}"
    )
