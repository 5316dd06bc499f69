"""Verbs of customer segments: count, save, list, show, members, history, remove, columns."""

import json
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import LakeOption, OutOption
from retail_brain.cli.table_files import write_table

if TYPE_CHECKING:
    from features.segments.expression import Expression
    from features.segments.selection import SegmentCount
    from features.segments.sources import SegmentSources

segments = typer.Typer(help="People by what they are and did, under a name.", no_args_is_help=True)

_ExpressionArgument = Annotated[
    str, typer.Argument(help="Such as 'stage = friend and not bought(last 60 days)', or @FILE with text or JSON.")
]
_NameArgument = Annotated[str, typer.Argument(help="Name of the segment.")]


@segments.command()
def count(expression: _ExpressionArgument, lake: LakeOption = None) -> None:
    """How many people an expression selects, and by which channels they may be reached; stores nothing."""
    from features.segments.selection import count_people

    sources = _sources(lake)
    _say(count_people(_expression(expression), sources), sources)


@segments.command()
def save(
    name: _NameArgument,
    expression: _ExpressionArgument,
    static: Annotated[bool, typer.Option("--static", help="Keep today's people; else they are selected anew.")] = False,
    owner: Annotated[str, typer.Option("--owner", help="Whose segment it is.")] = "command line",
    note: Annotated[str, typer.Option("--note", help="What it is for.")] = "",
    version: Annotated[int | None, typer.Option(min=0, help="That you changed; another one refuses. 0: new.")] = None,
    lake: LakeOption = None,
) -> None:
    """Count the people of an expression and save it under a name, as its next version."""
    from retail_brain.operational.segments import save_segment
    from serving.planning.people.segment_book import draft_segment

    sources = _sources(lake)
    draft, counted = draft_segment(name, _expression(expression), sources, owner=owner, note=note, is_static=static)
    tenant, now = current().workspace.tenant, datetime.now(UTC)
    with closing(open_database()) as database:
        stored = save_segment(tenant, database, draft, saved_by=owner, now=now, version=version)
    _say(counted, sources)
    if static and counted.people > counted.customers:
        typer.echo(
            f"left out {counted.people - counted.customers:,} without an account: a static segment keeps accounts"
        )
    reported().ids |= {"segment": stored.name, "version": stored.version}
    typer.echo(f"segment {stored.name!r} is version {stored.version}")


@segments.command("list")
def list_() -> None:
    """The segments in use: people when saved, owner, expression."""
    from retail_brain.operational.segments import list_segments
    from serving.planning.people.segment_book import plain_segment

    with closing(open_database()) as database:
        stored = list_segments(current().workspace.tenant, database)
    for segment in stored:
        reported().rows.append(plain_segment(segment))
        kind = "static" if segment.is_static else "living"
        typer.echo(
            f"{segment.name:<24} {kind:<7} {segment.people:>9,} on {segment.as_of}  v{segment.version} "
            f"{segment.owner}  {plain_segment(segment)['text']}"
        )
    typer.echo(f"{len(stored)} segments")


@segments.command()
def show(
    name: _NameArgument,
    as_json: Annotated[bool, typer.Option("--as-json", help="The JSON form, for other programs.")] = False,
    lake: LakeOption = None,
) -> None:
    """A segment's expression, who saved it, and how many people it has now."""
    from retail_brain.operational.segments import find_segment
    from serving.planning.people.segment_book import people_of_segment, plain_segment

    with closing(open_database()) as database:
        segment = find_segment(current().workspace.tenant, database, name)
        plain = plain_segment(segment)
        reported().rows.append(plain)
        if as_json:
            typer.echo(json.dumps(plain, ensure_ascii=False, indent=1))
            return
        sources = _sources(lake)
        people = people_of_segment(segment, database, sources)
    reported().counts |= {"people_when_saved": segment.people, "people": people.height}
    typer.echo(plain["text"])
    typer.echo(f"version {segment.version}, {segment.saved_at:%Y-%m-%d %H:%M} UTC, {segment.owner}. {segment.note}")
    typer.echo(f"{segment.people:,} people on {segment.as_of}; {people.height:,} on {sources.as_of}")


@segments.command()
def members(name: _NameArgument, out: OutOption, lake: LakeOption = None) -> None:
    """The people of a segment, one row per account: person_id, customer_id, is_contactable, granted_channels."""
    import polars as pl

    from retail_brain.operational.segments import find_segment
    from serving.planning.people.segment_book import consent_note, people_of_segment

    chosen = current()
    sources = _sources(lake)
    with chosen.progress.step("segment") as step:
        with closing(open_database()) as database:
            segment = find_segment(chosen.workspace.tenant, database, name)
            people = people_of_segment(segment, database, sources)
        rows = people.rename({"customer_ids": "customer_id"}).explode("customer_id")
        reported().counts |= {"people": people.height, "rows": rows.height}
        write_table(rows.with_columns(pl.col("granted_channels").list.join(";")), out)
        step.rows = rows.height
        step.note = f"{people.height:,} people -> {out}"
    reported().ids["as_of"] = str(sources.as_of)
    if sources.dataset.has("consents"):
        chosen.progress.say(f"  note: {consent_note(sources.as_of, 'en')}")


@segments.command()
def history(name: _NameArgument) -> None:
    """All versions of a segment, newest first."""
    from retail_brain.operational.segments import segment_history
    from serving.planning.people.segment_book import plain_segment

    with closing(open_database()) as database:
        versions = segment_history(current().workspace.tenant, database, name)
    for segment in versions:
        reported().rows.append(plain_segment(segment))
        state = "removed" if segment.is_removed else plain_segment(segment)["text"]
        typer.echo(f"v{segment.version:<4} {segment.saved_at:%Y-%m-%d %H:%M} UTC  {segment.saved_by}  {state}")
    typer.echo(f"{len(versions)} versions")


@segments.command()
def remove(
    name: _NameArgument,
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="The version that you saw.", show_default="any")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who does it, for the audit.")] = "command line",
) -> None:
    """Take a segment out of use; its versions stay on record, and saving the name again brings it back."""
    from retail_brain.operational.segments import remove_segment

    with closing(open_database()) as database:
        remove_segment(
            current().workspace.tenant, database, name, removed_by=by, now=datetime.now(UTC), version=version
        )
    reported().ids["segment"] = name
    typer.echo(f"segment {name!r} is out of use")


@segments.command()
def columns(lake: LakeOption = None) -> None:
    """What an expression may name: columns of people, stores, and of what they bought, did, were told, answered."""
    from features.segments.expression import HISTORY_KINDS

    sources = _sources(lake)
    tables = {"people": sources.people_columns, "stores": sources.store_columns}
    tables |= {kind: sources.fact_columns(kind) for kind in HISTORY_KINDS}
    for table, listed in tables.items():
        typer.echo(table if table in ("people", "stores") else f"{table}(...)")
        for name, kind in listed.comparable().items():
            reported().rows.append({"table": table, "column": name, "kind": kind})
            typer.echo(f"  {name:<24} {kind}")


def _sources(lake: str | None) -> "SegmentSources":
    from serving.planning.people.segment_book import open_sources

    chosen = current()
    return open_sources(chosen.workspace, chosen.settings, lake)


def _expression(stated: str) -> "Expression":
    from retail_brain.errors import UsageError
    from serving.planning.people.segment_book import read_expression

    text: Any = stated
    if stated.startswith("@"):
        file = Path(stated[1:])
        if not file.is_file():
            raise UsageError(f"there is no file {file}; wanted the text or JSON of a segment. Check the path.")
        text = file.read_text(encoding="utf-8").strip()
    if text.startswith("{"):
        try:
            text = json.loads(text)
        except json.JSONDecodeError as error:
            raise UsageError(f"the segment is no JSON: {error}. Mend it, or write the expression as text.") from error
        # what `show --as-json` prints can be read back
        text = text.get("expression", text)
    return read_expression(text)


def _say(counted: "SegmentCount", sources: "SegmentSources") -> None:
    from serving.planning.people.segment_book import count_warnings

    reported().ids["as_of"] = str(sources.as_of)
    reported().counts |= asdict(counted)
    typer.echo(f"{counted.people:,} of {counted.of:,} people on {sources.as_of}")
    typer.echo(f"  {counted.customers:,} with an account, {counted.contactable:,} may be contacted")
    for channel, people in counted.channels.items():
        typer.echo(f"  {people:,} by {channel}")
    for warning in count_warnings(counted, "en"):
        typer.echo(f"warning: {warning}", err=True)
