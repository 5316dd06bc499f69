"""Verbs for the operator: health checks, backup and restore."""

import os
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import chosen_place, current, is_tenant_named, open_database
from retail_brain.cli.json_result import reported

if TYPE_CHECKING:
    from serving.upkeep import Finding


def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Decode every data file of local lakes too.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail as well.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per finding.")] = False,
) -> None:
    """Check home, settings, database, lake, models, answers, disk, permissions, clock and versions of every tenant.

    With --tenant it looks at that one, and at what all share.

    Ends with 1 where something is wrong. Each finding that is not ok names what mends it.
    """
    from serving.upkeep import examine

    tenant, home = chosen_place()
    counts = {"ok": 0, "warning": 0, "fault": 0}
    for finding in examine(
        home, datetime.now(UTC), umask=_umask(), deep=deep, tenant=tenant if is_tenant_named() else None
    ):
        counts[finding.level] += 1
        typer.echo(_as_json(finding) if json else _as_text(finding))
    if not json:
        typer.echo(f"{counts['ok']} ok, {counts['warning']} warnings, {counts['fault']} faults")
    if counts["fault"] or (strict and counts["warning"]):
        raise typer.Exit(1)


def backup(
    to: Annotated[Path, typer.Option(help="File to write; a name that ends with .gz is compressed.")],
    lake: Annotated[bool, typer.Option(help="Copy the files of a local lake too.")] = True,
) -> None:
    """Back up the tenant into one file, also while the service runs: rows, settings, models, answers, runs and lake."""
    from serving.upkeep import back_up
    from serving.upkeep.findings import listed

    context = current()
    with closing(open_database()) as database:
        report = back_up(context.workspace, context.settings, database, to, datetime.now(UTC), with_lake=lake)
    reported().counts |= {"files": report.files, "rows": report.rows, "bytes": report.size}
    left_out = "" if report.has_lake else "; the lake's files are not in it"
    typer.echo(f"{to}: {report.files:,} files, {report.rows:,} rows, {report.size / 1e6:,.1f} MB{left_out}")
    if report.damaged:
        typer.echo(
            f"warning: {listed('file', 'files', report.damaged)} of earlier models or earlier versions of the lake "
            "differ from their checksums; what is in use now is whole",
            err=True,
        )


def restore(file: Annotated[Path, typer.Argument(help="File made by `retail-brain backup`.")]) -> None:
    """Restore the tenant from a backup, into a home and a database that do not hold it."""
    from retail_brain.operational.database import Database
    from retail_brain.workspace import Workspace
    from serving.upkeep import restore as restore_backup

    tenant, home = chosen_place()
    with closing(Database(Workspace(home, tenant).database_url)) as database:
        manifest = restore_backup(file, home, database, tenant, lambda text: typer.echo(f"warning: {text}", err=True))
    typer.echo(
        f"tenant {tenant} as of {manifest.made_at}: {len(manifest.files):,} files, {sum(manifest.rows.values()):,} rows"
    )
    if not manifest.has_lake:
        typer.echo(f"The lake is not in the backup: wanted at {manifest.lake}, versions {manifest.lake_versions}.")
    if not Workspace(home, tenant).features.is_dir():
        typer.echo(
            "No feature tables are in the backup: segments and drift are answered once `retail-brain features` has "
            "built them."
        )


def _umask() -> int:
    mask = os.umask(0)  # the only way to read it is to set it
    os.umask(mask)
    return mask


def _as_text(finding: "Finding") -> str:
    remedy = f" -> {finding.remedy}" if finding.remedy else ""
    return f"{finding.level:<8} {finding.subject:<12} {finding.check:<12} {finding.text}{remedy}"


def _as_json(finding: "Finding") -> str:
    return dumps(asdict(finding), ensure_ascii=False)
