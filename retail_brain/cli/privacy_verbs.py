"""Verbs about one person: everything that is known of them, and erasing them everywhere."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import LakeOption

if TYPE_CHECKING:
    from serving.privacy.erase import Place, Report

privacy = typer.Typer(help="A person's data: export, erase, search; retention.", no_args_is_help=True)

_Person = Annotated[str, typer.Argument(help="Customer id, person id, or identifier such as phone:13800000000.")]


@privacy.command()
def export(
    person: _Person,
    out: Annotated[Path, typer.Option(help="JSON file, which only you may read.")],
    lake: LakeOption = None,
) -> None:
    """Write everything that is known of one person."""
    from retail_brain.files import write_json
    from serving.privacy.export import export_person

    with _place(lake) as place:
        known = export_person(person, place, now=datetime.now(UTC))
    write_json(out, known)
    out.chmod(0o600)
    rows = sum(
        len(listed) for part in ("tables", "features", "set_aside", "service") for listed in known[part].values()
    )
    reported().wrote(out, rows)
    typer.echo(f"{rows:,} rows about {len(known['customer_ids'])} accounts in {out}")


@privacy.command()
def erase(
    person: Annotated[str | None, typer.Argument(help="As for `export`; none finishes what is pending.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase; without it only what would go is said.")] = False,
    lake: LakeOption = None,
) -> None:
    """Erase one person everywhere, with a search of every file as proof; or finish erasures that were killed."""
    from retail_brain.locks import file_lock
    from retail_brain.operational.erasures import pending_erasures
    from serving.privacy import erase as erasing

    def now() -> datetime:
        return datetime.now(UTC)

    with _place(lake) as place, file_lock(place.workspace.root / ".privacy.lock"):
        if person is None:
            pending = pending_erasures(place.workspace.tenant, place.database)
            done = [(one, erasing.finish(one, place, current().progress, now=now)) for one in pending]
            if not done:
                typer.echo("no erasure is pending")
        elif not yes and erasing.pending_of(person, place) is None:
            _preview(person, place)
            return
        else:
            done = [erasing.erase(person, place, current().progress, by="command line", now=now)]
    for erasure, report in done:
        _say(erasure.erasure_id, report)
    if any(report.traces for _, report in done):
        raise typer.Exit(1)


@privacy.command("list")
def list_() -> None:
    """List erasures: when, and whether each is finished; nobody is named."""
    from contextlib import closing

    from retail_brain.operational.erasures import list_erasures

    with closing(open_database()) as database:
        listed = list_erasures(current().workspace.tenant, database)
    for one in listed:
        state = (
            "PENDING: run `retail-brain privacy erase`"
            if one.finished_at is None
            else f"done {one.finished_at:%Y-%m-%d %H:%M}"
        )
        reported().rows.append(
            {"erasure_id": one.erasure_id, "requested_at": one.requested_at, "finished_at": one.finished_at}
        )
        typer.echo(f"{one.erasure_id}  {one.requested_at:%Y-%m-%d %H:%M}  {one.requested_by:<20}  {state}")


@privacy.command()
def search(
    ids: Annotated[list[str], typer.Argument(help="Ids to look for in every file of the tenant.")],
    lake: LakeOption = None,
) -> None:
    """Look for ids in every file of the tenant and in the database; exit code 1 where one is found."""
    from serving.privacy import erase as erasing

    with _place(lake) as place:
        found, is_others = erasing.search(ids, place)
    for name in found:
        reported().rows.append({"file": name})
        typer.echo(name)
    if is_others:
        typer.echo(f"note: {erasing.OF_OTHERS}")
    if found:
        raise typer.Exit(1)
    typer.echo("nothing was found")


@privacy.command()
def retention(
    yes: Annotated[bool, typer.Option("--yes", help="Remove; without it only what would go is said.")] = False,
    lake: LakeOption = None,
) -> None:
    """Remove personal data that are older than the settings allow ([retention]), from every store."""
    from retail_brain.locks import file_lock
    from serving.privacy.retention import limits, overdue, remove_overdue

    now = datetime.now(UTC)
    with _place(lake) as place, file_lock(place.workspace.root / ".privacy.lock"):
        days = limits(place)
        found = remove_overdue(place, current().progress, by="command line", now=now) if yes else overdue(place, now)
    for one in found:
        reported().rows.append(
            {"kind": one.kind, "store": one.store, "name": one.name, "before": one.before, "rows": one.rows}
        )
        what = "sets" if one.store == "files" else "rows"
        typer.echo(f"{one.kind:<11}{one.rows:>12,} {what} of {one.store} {one.name} from before {one.before}")
    reported().counts |= {"rows": sum(one.rows for one in found)}
    unlimited = [kind for kind, limit in days.items() if limit is None]
    if unlimited:
        typer.echo(f"kept for good (no limit in [retention]): {', '.join(unlimited)}")
    if not found:
        typer.echo("nothing is older than it may be kept")
    elif yes:
        typer.echo("Removed. Features and answers that were worked out of it go with the next `retail-brain publish`.")
    else:
        typer.echo("Nothing was removed: add --yes. Older versions of the lake's tables go with their rows, for good.")


@contextmanager
def _place(lake: str | None) -> "Iterator[Place]":
    from contextlib import closing

    from serving.privacy.erase import Place

    context = current()
    with closing(open_database()) as database:
        yield Place(context.workspace, context.lake_uri(lake), context.settings, database)


def _preview(person: str, place: "Place") -> None:
    from serving.privacy.export import export_person

    known = export_person(person, place, now=datetime.now(UTC))
    counts = {name: len(rows) for part in ("tables", "set_aside", "service") for name, rows in known[part].items()}
    reported().counts |= counts
    typer.echo(
        f"{len(known['customer_ids'])} accounts, {len(known['identifiers'])} identifiers; rows: {json.dumps(counts)}"
    )
    if known["shared_identifiers"]:
        typer.echo(f"{len(known['shared_identifiers'])} identifiers are others' too and stay theirs")
    typer.echo("Nothing was erased: add --yes. Older versions of the lake's tables of people go with it, for good.")


def _say(erasure_id: str, report: "Report") -> None:
    reported().ids["erasure_id"] = erasure_id
    reported().counts |= {"lake": sum(report.lake.values()), "database": sum(report.database.values())}
    reported().counts |= {
        "history_files": report.history_files,
        "set_aside": report.set_aside,
        "uploads": report.uploads,
        "traces": len(report.traces),
    }
    typer.echo(
        f"{erasure_id}: {sum(report.lake.values()):,} rows of the lake, {report.history_files:,} files of older "
        "versions, "
        f"{report.set_aside:,} rows set aside, {sum(report.database.values()):,} rows of the database; "
        + (f"answers {report.answers} published anew" if report.answers else "no answers were published")
    )
    if report.uploads:
        typer.echo(f"  {report.uploads:,} loads of files sent from the page were thrown away: send them again")
    for line in report.by_hand:
        typer.echo(f"  by hand: {line}")
    for name in report.traces:
        typer.echo(f"  STILL FOUND in {name}: remove it by hand, then run `retail-brain privacy search ID`", err=True)
    if not report.traces:
        typer.echo("  proof: a search for every id over every file and row of the tenant found nothing")
