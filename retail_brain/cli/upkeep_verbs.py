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
    from serving.upkeep import Finding, RestoreReport


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
    """Restore the tenant from a backup, into a home and a database that do not hold it.

    Run again with the same backup it goes on where it was killed, and changes nothing where it had come to its end.
    """
    from retail_brain.operational.database import Database
    from retail_brain.workspace import Workspace
    from serving.upkeep import restore as restore_backup

    tenant, home = chosen_place()
    with closing(Database(Workspace(home, tenant).database_url)) as database:
        report = restore_backup(
            file, home, database, tenant, datetime.now(UTC), lambda text: typer.echo(f"warning: {text}", err=True)
        )
    manifest = report.manifest
    files, rows = len(manifest.files), sum(manifest.rows.values())
    if report.is_repeated:
        typer.echo(_told_repeated(report, file))
    else:
        typer.echo(f"tenant {tenant} as of {manifest.made_at}: {files:,} files, {rows:,} rows")
    reported().counts |= {"files": 0, "rows": 0} if report.is_repeated else {"files": files, "rows": rows}
    if not manifest.has_lake:
        typer.echo(f"The lake is not in the backup: wanted at {manifest.lake}, versions {manifest.lake_versions}.")
    if not Workspace(home, tenant).features.is_dir():
        typer.echo(
            "No feature tables are in the backup: segments and drift are answered once `retail-brain features` has "
            "built them."
        )


def _told_repeated(report: "RestoreReport", file: Path) -> str:
    """That nothing was done, so that nobody takes it for a way back: English and Chinese, a line each."""
    tenant, made_at, at = report.manifest.tenant, report.manifest.made_at, f"{report.restored_at:%Y-%m-%d %H:%M:%S} UTC"
    back = f"retail-brain --home OTHER --tenant {tenant} restore {file}"
    return (
        f"note: this backup (tenant {tenant} as of {made_at}) was restored here already, at {at}. It was not restored "
        "again: whatever has changed here since stays as it is. To have the state of the backup back, restore it into "
        f"another home, `{back}` (where RETAIL_BRAIN_DATABASE_URL is set, let it name another database), and run the "
        "service there.\n"
        f"提示：此备份（租户 {tenant}，备份时间 {made_at}）已于 {at} 恢复到这里，这次没有再次恢复，此后的更改都保留。"
        f"若要回到备份时的状态，请恢复到另一个主目录：`{back}`（若设置了 RETAIL_BRAIN_DATABASE_URL，"
        "请让它指向另一个数据库），并在那里运行服务。"
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
