"""Verbs of jobs: work that runs in a process of its own and is watched here or on the page."""

import time
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.json_result import reported

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retail_brain.jobs import JobPlace
    from retail_brain.operational.database import Database
    from retail_brain.operational.jobs import Job
    from retail_brain.workspace import Workspace

jobs = typer.Typer(help="Work that runs by itself: start, watch and cancel it.", no_args_is_help=True)

_LOOK_SECONDS = 1.0
"""Seconds between two looks at a job that is waited for, or for one that waits. By judgement."""
_JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="Id of the job, such as job_1f3a5c7e9b0d.")]


@jobs.command("list")
def list_(limit: Annotated[int, typer.Option(min=1, help="Jobs to list, the newest first.")] = 20) -> None:
    """List jobs, the newest first."""
    from retail_brain.jobs import note_gone
    from retail_brain.operational.jobs import list_jobs

    with _opened() as place:
        note_gone(place, datetime.now(UTC))
        found, total = list_jobs(place.tenant, place.database, limit=limit)
    reported().counts["jobs"] = total
    for job in found:
        reported().rows.append(asdict(job))
        typer.echo(_as_line(job))
    if not found:
        typer.echo("no job was started yet. Run `retail-brain jobs start --help`.")


@jobs.command()
def show(
    job_id: _JobArgument,
    lines: Annotated[int, typer.Option(min=0, help="Lines of the log to show, the last ones.")] = 40,
) -> None:
    """Show a job: how far it is, how it ended, and the end of its log."""
    from retail_brain.jobs import note_gone
    from retail_brain.operational.jobs import find_job, lines_of

    with _opened() as place:
        note_gone(place, datetime.now(UTC))
        job = find_job(place.tenant, place.database, job_id)
        log = lines_of(place.tenant, place.database, job_id, limit=lines) if lines else []
    reported().rows.append(asdict(job))
    typer.echo(_as_line(job))
    for step in job.steps:
        rows = f"{step['rows']:,} rows" if step["rows"] is not None else ""
        typer.echo(f"  {step['name']:<38} {rows:>18} {step['seconds']:>7.1f} s  {step['note']}".rstrip())
    if job.step is not None:
        part = f"  {job.step_done:,} of {job.step_total:,}" if job.step_done is not None and job.step_total else ""
        typer.echo(f"  now: {job.step}{part}")
    for line in log:
        typer.echo(f"  | {line.text}")
    if job.error is not None:
        typer.echo(f"  {job.error['message']}")
    if advice := _advice(job):
        typer.echo(f"  {advice}")


@jobs.command()
def start(
    kind: Annotated[
        str,
        typer.Argument(
            help="check, ingest, collect_events, features, train_demand, train_recommender, promote_demand, "
            "promote_recommender, publish, measure_orders.",
            show_default=False,
        ),
    ],
    source: Annotated[
        str | None, typer.Option(help="What to load: a name of jobs.sources in the settings.", show_default=False)
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="What to load: folder, URI, mapping or connector.", show_default=False)
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Last visible day, YYYY-MM-DD.", show_default="last sale")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Of training: fast or full.", show_default="fast")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Show its log until it ends; 1 where it did not end well.")] = (
        False
    ),
) -> None:
    """Start a verb as a job: it goes on when this command, the shell or the service ends. One runs at a time."""
    from retail_brain.jobs import start_job

    given = {"source": source, "dataset": dataset, "as_of": as_of, "preset": preset}
    arguments = {name: value for name, value in given.items() if value is not None}
    with _opened() as place:
        job = start_job(place, kind, arguments, by="command line", now=datetime.now(UTC))
        reported().ids |= {"job_id": job.job_id, "kind": kind}
        typer.echo(job.job_id)
        if not wait:
            return
        job = _followed(place, job)
    reported().rows.append(asdict(job))
    if job.state != "done":
        typer.echo(f"Error: {job.error['message'] if job.error else _as_line(job)}", err=True)
        raise typer.Exit(1)


@jobs.command()
def cancel(job_id: _JobArgument) -> None:
    """Cancel a job: its process ends within seconds, and nothing half done is left."""
    from retail_brain.jobs import note_gone
    from retail_brain.operational.jobs import ask_cancel

    with _opened() as place:
        note_gone(place, datetime.now(UTC))
        job = ask_cancel(place.tenant, place.database, job_id, by="command line", now=datetime.now(UTC))
    reported().ids |= {"job_id": job.job_id, "state": job.state}
    typer.echo(f"{job_id} is cancelled" if job.state == "cancelled" else f"{job_id} ends within seconds")


@jobs.command()
def work(
    once: Annotated[bool, typer.Option("--once", help="End when no job waits.")] = False,
) -> None:
    """Run the jobs that wait, where the setting `jobs.runner` is worker. Ends with Ctrl-C; running jobs go on.

    All tenants under the home folder are served, or the one that `--tenant` before the verb names.
    """
    from retail_brain.cli.context import chosen_place, is_tenant_named
    from retail_brain.errors import UnavailableError
    from retail_brain.operational.database import Database
    from retail_brain.workspace import Workspace, tenants_of

    tenant, home = chosen_place()
    with closing(Database(Workspace(home, tenant).database_url)) as database:
        served = [tenant] if is_tenant_named() else tenants_of(home)
        if not any(_is_worker(Workspace(home, name)) for name in served):
            typer.echo(
                f"warning: jobs.runner is not worker in the settings of {', '.join(served) or 'any tenant'}, so the "
                "service runs jobs itself.",
                err=True,
            )
        told: dict[str, str] = {}
        while True:
            try:
                waited_for = _waited_for(database)
                if is_tenant_named():
                    waited_for &= {tenant}
                there = set(tenants_of(home))
                faults = {
                    name: _start_waiting(Workspace(home, name), database) if name in there else _no_folder(home, name)
                    for name in sorted(waited_for)
                }
            # the database may answer again, as the service waits for it too, and a home be mounted again
            except (UnavailableError, OSError) as error:
                if once:
                    raise
                faults = {"any tenant": str(error)}
            for name, fault in faults.items():
                if fault and told.get(name) != fault:
                    typer.echo(f"warning: no job of {name} can be started: {fault}", err=True)
            told = {name: fault for name, fault in faults.items() if fault}
            if once and waited_for == set(told):
                return
            time.sleep(_LOOK_SECONDS)


def _waited_for(database: "Database") -> set[str]:
    """Tenants of whom a job waits or runs.

    Raises:
        UnavailableError: the database does not answer.
        RetailBrainError: it was made by a newer version.
    """
    from retail_brain.operational.jobs import tenants_with_open_jobs
    from retail_brain.operational.upgrade import upgrade

    upgrade(database)  # every time: one query where there is nothing to do, and it may have been away at the start
    return set(tenants_with_open_jobs(database))


def _no_folder(home: "Path", tenant: str) -> str:
    """What is wrong where jobs of a tenant wait whose files are not here: a home of another machine may have them."""
    return (
        f"there is no folder {home / 'var' / tenant}. Bring it back, or run `jobs work` with the home that has it; "
        f"`jobs cancel` with --tenant {tenant} ends what waits."
    )


def _is_worker(workspace: "Workspace") -> bool:
    from retail_brain.errors import UsageError
    from retail_brain.settings import load_settings

    try:
        return load_settings(workspace).jobs.runner == "worker"
    except UsageError:
        return False  # told of when one of its jobs waits


def _start_waiting(workspace: "Workspace", database: "Database") -> str:
    """Starts the job of a tenant that waits; returns what is wrong with it, which stops no other tenant."""
    from retail_brain.errors import RetailBrainError, UnavailableError
    from retail_brain.jobs import JobPlace, start_waiting
    from retail_brain.settings import load_settings

    try:
        job = start_waiting(JobPlace(workspace, load_settings(workspace), database), now=datetime.now(UTC))
    except UnavailableError:
        raise
    except RetailBrainError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  # whatever it is, such as files of another user
        return f"{type(error).__name__}: {error}"
    if job is not None:
        typer.echo(f"{job.job_id}  {job.kind}  of {job.started_by}, tenant {workspace.tenant}")
    return ""


@jobs.command(hidden=True)
def run(job_id: _JobArgument, lock: Annotated[int, typer.Option(help="Descriptor of the lock that is held.")]) -> None:
    """Run a job that was started: what `start` calls in a process of its own."""
    import os
    import signal

    from retail_brain.jobs import supervise

    told: list[int] = []
    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, lambda number, _frame: told.append(number))
    with _opened() as place:
        os.nice(place.settings.jobs.niceness)
        supervise(place, job_id, now=_now, is_told=lambda: bool(told), inherited=[lock])


def _followed(place: "JobPlace", job: "Job") -> "Job":
    """Says the lines of a job until it has ended; returns it as it is then."""
    from retail_brain.jobs import note_gone
    from retail_brain.operational.jobs import find_job, lines_of

    after = 0
    while True:
        note_gone(place, _now())
        job = find_job(place.tenant, place.database, job.job_id)
        for line in lines_of(place.tenant, place.database, job.job_id, after=after, limit=1000):
            current().progress.say(line.text)
            after = line.number
        if not job.is_open:
            return job
        time.sleep(_LOOK_SECONDS)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _opened() -> "Iterator[JobPlace]":
    """The chosen tenant with its database open."""
    from retail_brain.jobs import JobPlace

    with closing(open_database()) as database:
        yield JobPlace(current().workspace, current().settings, database)


def _as_line(job: "Job") -> str:
    seconds = ((job.finished_at or _now()) - job.started_at).total_seconds()
    about = " ".join(f"{name}={value}" for name, value in sorted(job.arguments.items()))
    started = f"{job.started_at:%Y-%m-%d %H:%M}"
    return f"{job.job_id}  {job.state:<9}  {started}  {seconds:>7,.0f} s  {job.kind} {about}  ({job.started_by})"


def _advice(job: "Job") -> str:
    """What to do about a job that did not end well."""
    if job.state == "stopped":
        return (
            "Its process went away before it ended, as when the machine starts anew. Nothing half done is left: start "
            "it again; what was finished is taken over."
        )
    if job.state == "failed":
        return "Mend what the message says, then start it again; what was finished is taken over."
    return ""
