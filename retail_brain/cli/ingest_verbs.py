"""Verbs around the lake: `ingest` and `tables`."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import LakeOption
from retail_brain.counted import agreeing

if TYPE_CHECKING:
    from retail_brain.cli.context import Context
    from retail_brain.ingest import IngestReport


def ingest(
    dataset: Annotated[
        str,
        typer.Argument(
            help="Folder, URI, mapping TOML, a connector (sample, complete-journey, NAME://ADDRESS), or env:NAME of a "
            "variable that holds one."
        ),
    ],
    lake: LakeOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="The dataset is all there is of its tables: take other rows out.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only look: what the files hold and a mapping to paste; loads nothing.")
    ] = False,
) -> None:
    """Bring a dataset into the lake; safe to run again, adds only what is new."""
    from retail_brain.addresses import named_address
    from retail_brain.ingest import ingest as run

    dataset = named_address(dataset)
    if check:
        _look(dataset)
        return
    here = current()
    report = run(dataset, here.lake_uri(lake), here.settings, here.progress, replace=replace)
    note_report(report)
    for line in report_lines(report):
        here.progress.say(line)
    if any(table.quarantined for table in report.tables.values()):
        here.progress.say(f"Rows set aside, with their reasons: {report.lake}/quarantine/")
    tell_service(here, here.lake_uri(lake))
    here.progress.say(f"Lake: {report.lake}" if report.changed_anything else f"Nothing new for the lake {report.lake}")


def tell_service(here: "Context", lake: str) -> None:
    """Lets a running service know at once of refusals that came into the lake that it answers from."""
    from serving.store.refusals import tell_refusals

    if lake != here.lake_uri(None):
        return
    told = tell_refusals(here.workspace, lake, here.settings, by="command line", now=datetime.now(UTC))
    for line in told.lines:
        here.progress.say(f"  {line}")
    if told.closed or told.taken_back or told.reopened:
        reported().counts["refusals"] = {
            "closed": told.closed,
            "taken_back": told.taken_back,
            "reopened": told.reopened,
        }


def note_report(report: "IngestReport") -> None:
    """Adds rows by table and the tables' versions to the result."""
    told = reported()
    told.ids |= {"lake": report.lake, "versions": {name: table.version for name, table in report.tables.items()}}
    told.counts |= {
        name: {
            "read": table.read,
            "new": table.new,
            "changed": table.changed,
            "unchanged": table.unchanged,
            "removed": table.removed,
            "set_aside": table.quarantined,
        }
        for name, table in report.tables.items()
    }
    told.warnings += [text for text in report.warnings if text not in told.warnings]


def _look(dataset: str) -> None:
    from retail_brain.ingest.look import look

    seen = look(dataset, current().settings.data)
    reported().ids["mapping"] = seen.mapping
    reported().counts["questions"] = len(seen.questions)
    reported().warnings += seen.questions
    for line in seen.lines:
        typer.echo(agreeing(line))
    if seen.mapping:
        typer.echo(f"\n# a mapping for these files: save it beside them and ingest it (docs/ingest.md)\n{seen.mapping}")
    for question in seen.questions:
        typer.echo(f"? {agreeing(question)}")
    if not seen.mapping:
        typer.echo("No sales, goods, shops or people were recognised. docs/ingest.md says how a mapping is written.")


def sources(
    name: Annotated[
        str, typer.Argument(help="Print this mapping as TOML, to copy and change.", show_default=False)
    ] = "",
) -> None:
    """List the ready mappings of tills, web shops and other sources."""
    from retail_brain.sources.ready import describe_ready, ready_text

    if name:
        typer.echo(ready_text(name).rstrip())
        return
    for ready, mapping in describe_ready():
        typer.echo(f"{ready:<20} {mapping.description}")
        reported().rows.append({"name": ready, "description": mapping.description})
    typer.echo("\nretail-brain ingest NAME://FILE_OR_FOLDER reads an export with one of them.")


def tables(lake: LakeOption = None) -> None:
    """List the lake's tables: rows, version and days."""
    from retail_brain.lake import describe_lake

    here = current()
    for table in describe_lake(here.lake_uri(lake), here.settings.storage_options):
        reported().rows.append(asdict(table))
        days = f"{table.first_day} to {table.last_day}" if table.first_day else ""
        typer.echo(f"{table.name:<14} {table.rows:>14,} rows  version {table.version:<4} {days}".rstrip())


def report_lines(report: "IngestReport") -> list[str]:
    """What an ingest did as a table of at most 80 columns: one line per table that changed, one for all others."""
    titles = ("read", "new", "changed", "known", "set aside")
    shown = [t for t in report.tables.values() if t.new or t.changed or t.removed or t.quarantined or t.clashes]
    lines = [f"{'table':<12}{titles[0]:>12}" + "".join(f"{title:>11}" for title in titles[1:]) + f"{'s':>7}"]
    for table in shown:
        counts = (table.new, table.changed, table.unchanged, table.quarantined)
        figures = "".join(f"{count:>11,}" for count in counts)
        removed = f"\n{'':<12}{table.removed:>12,} rows of {table.name} taken out" if table.removed else ""
        lines.append(f"{table.name:<12}{table.read:>12,}{figures}{table.seconds:>7.1f}{removed}")
    others = len(report.tables) - len(shown)
    rows = sum(table.read for table in report.tables.values()) - sum(table.read for table in shown)
    unchanged = [f"{others} {'tables' if others > 1 else 'table'} unchanged ({rows:,} rows)"] if others else []
    return [*(lines if shown else []), *unchanged]
