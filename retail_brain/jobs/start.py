"""Starts jobs: each in a process of its own that outlives whoever started it."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from retail_brain.errors import ConflictError, NotFoundError, RetailBrainError
from retail_brain.jobs.kinds import check_arguments
from retail_brain.jobs.uploads import forget_old_uploads, uploads_alone
from retail_brain.locks import file_lock, inheritable_lock, is_held
from retail_brain.operational.database import Database
from retail_brain.operational.jobs import (
    Job,
    add_job,
    end_job,
    find_job,
    forget_old_jobs,
    new_job_id,
    open_jobs,
    take_waiting,
)
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace

_SILENT_SECONDS = 60
"""Seconds without a word after which a job of another machine counts as gone; it writes every ten. By judgement."""
_OF_SERVICE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")
"""Variables that keep a worker of the service to one thread, which a job must not inherit."""
_CALL = "from retail_brain.cli import main; main()"
"""Our own command, as Python code."""
_DETACHED = f"import os; os.fork() and os._exit(0); {_CALL}"
"""The same as nobody's child: a stopped service ends the children of its workers, whatever session they are in."""


@dataclass(frozen=True)
class JobPlace:
    """Where jobs of a tenant run.

    Attributes:
        workspace: the tenant's files.
        settings: the tenant's settings.
        database: the operational database.
    """

    workspace: Workspace
    settings: Settings
    database: Database

    @property
    def tenant(self) -> str:
        """Name of the tenant."""
        return self.workspace.tenant

    def lock(self, job_id: str) -> Path:
        """File whose lock the processes of a job hold."""
        return self.workspace.root / "jobs" / f"{job_id}.lock"


def this_host() -> str:
    """Name of this machine."""
    return socket.gethostname()[:200]


def is_gone(job: Job, place: JobPlace, now: datetime) -> bool:
    """Whether no process runs an open job any more.

    On its own machine the lock of its processes says so, and the verb ends with the process that watches over it; from
    elsewhere, that it has not written for a minute.
    """
    if job.state != "running":
        return False
    if job.host == this_host():
        return not is_held(place.lock(job.job_id))
    return now - job.seen_at > timedelta(seconds=_SILENT_SECONDS)


def note_gone(place: JobPlace, now: datetime) -> None:
    """Stores jobs whose process is gone as stopped: after a restart nothing is shown as running that is not.

    Raises:
        UnavailableError: the database does not answer.
    """
    for job in open_jobs(place.tenant, place.database):
        # it may have ended between the two looks; one that has ended stays as it is
        if is_gone(job, place, now):
            end_job(place.tenant, place.database, job.job_id, "stopped", now=now)


def start_job(
    place: JobPlace, kind: str, arguments: Mapping[str, str], *, by: str, now: datetime, job_id: str | None = None
) -> Job:
    """Starts a job in a process of its own, or leaves it to a worker where the settings say so.

    Args:
        place: the tenant.
        kind: what it does.
        arguments: what it does it with.
        by: who starts it.
        now: the instant.
        job_id: made by whoever starts it; sent again with the same job it starts nothing, and the job is returned as it
            stands. None: a new one.

    Raises:
        UsageError: there is no such kind, or it does not take these arguments.
        NotFoundError: what it loads is not there.
        ImpossibleError: files that were sent must be looked at first.
        ConflictError: another job of the tenant waits or runs, or the id was used for another.
        UnavailableError: the database does not answer.
    """
    if job_id is None:
        return _start(place, new_job_id(), kind, arguments, by=by, now=now)
    # the second of two at once waits for the first, and finds its job
    with file_lock(place.workspace.root / "jobs" / "starting.lock"):
        begun = _begun(place, job_id, kind, arguments, by=by)
        return begun or _start(place, job_id, kind, arguments, by=by, now=now)


def _begun(place: JobPlace, job_id: str, kind: str, arguments: Mapping[str, str], *, by: str) -> Job | None:
    """The job that the same person began under this id before, as it stands; None where the id is new."""
    try:
        job = find_job(place.tenant, place.database, job_id)
    except NotFoundError:
        return None
    if (job.kind, dict(job.arguments), job.started_by) == (kind, dict(arguments), by):
        return job
    raise ConflictError(
        f"job_id {job_id!r} was used for another job. Start this one under a new id, or without one.",
        {"problem": "job_id_taken", "job_id": job_id},
    )


def _start(place: JobPlace, job_id: str, kind: str, arguments: Mapping[str, str], *, by: str, now: datetime) -> Job:
    check_arguments(kind, arguments, place.settings, place.workspace)
    forget_old_jobs(place.tenant, place.database, kept=place.settings.jobs.kept)
    forget_unloaded(place, now, arguments)
    for lock in place.lock("job_*").parent.glob(place.lock("job_*").name):
        is_held(lock)  # removes that of a starter that was killed before its job was noted

    def add(host: str | None) -> Job:
        # its files are here still, and from now on nobody forgets them
        with uploads_alone(place.workspace):
            check_arguments(kind, arguments, place.settings, place.workspace)
            return add_job(
                place.tenant,
                place.database,
                job_id,
                kind,
                arguments,
                by=by,
                now=now,
                host=host,
                is_gone=lambda other: is_gone(other, place, now),
            )

    if place.settings.jobs.runner == "worker":
        return add(None)
    # the lock before the row: nobody may find the job without its lock held
    with inheritable_lock(place.lock(job_id)) as descriptor:
        try:
            job = add(this_host())
        except BaseException:
            place.lock(job_id).unlink(missing_ok=True)
            raise
        _launch(place, job_id, descriptor, now)
    return job


def forget_unloaded(place: JobPlace, now: datetime, wanted: Mapping[str, str] = MappingProxyType({})) -> int:
    """Removes files that were sent days ago and that no open job reads; returns how many loads they were of.

    Args:
        place: the tenant.
        now: the instant from which their days are counted back.
        wanted: arguments of a job that is about to begin.

    Raises:
        UnavailableError: the database does not answer.
    """
    asked = {wanted["upload"]} if "upload" in wanted else set()
    before = now - timedelta(days=place.settings.jobs.upload_days)
    return forget_old_uploads(place.workspace, before=before, needed=lambda: uploads_in_use(place) | asked)


def uploads_in_use(place: JobPlace) -> set[str]:
    """Ids of the loads of files that open jobs read.

    Raises:
        UnavailableError: the database does not answer.
    """
    begun = (job.arguments for job in open_jobs(place.tenant, place.database))
    return {arguments["upload"] for arguments in begun if "upload" in arguments}


def start_waiting(place: JobPlace, *, now: datetime) -> Job | None:
    """Starts the job that waits for a worker; None where none does.

    Raises:
        UnavailableError: the database does not answer.
    """
    note_gone(place, now)
    waiting = [job for job in open_jobs(place.tenant, place.database) if job.state == "waiting"]
    for job in waiting:
        with inheritable_lock(place.lock(job.job_id)) as descriptor:
            if take_waiting(place.tenant, place.database, job.job_id, host=this_host(), now=now):
                _launch(place, job.job_id, descriptor, now)
                return find_job(place.tenant, place.database, job.job_id)
    return None


def _launch(place: JobPlace, job_id: str, descriptor: int, now: datetime) -> None:
    """Starts the process that runs a job and watches over it, and waits until it is nobody's child.

    Raises:
        RetailBrainError: this machine starts no process.
    """
    words = ["jobs", "run", job_id, "--lock", str(descriptor)]
    try:
        # it ends at once and leaves the job to the system, which nobody of the service finds among its own processes
        subprocess.run(  # noqa: S603  # our own command
            command_line(place.workspace, words, code=_DETACHED),
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(place.settings),
            cwd=place.workspace.home,
            pass_fds=[descriptor],
            start_new_session=True,  # Ctrl-C and the end of a terminal are not meant for it
        )
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.strerror if isinstance(error, OSError) else f"Python ended with exit code {error.returncode}"
        raised = RetailBrainError(
            f"no process can be started for {job_id}: {said}. Try again later.", {"problem": "job_no_process"}
        )
        about = {"code": "failed", "message": str(raised), "details": raised.details}
        end_job(place.tenant, place.database, job_id, "failed", now=now, error=about)
        raise raised from error


def command_line(workspace: Workspace, words: list[str], *, code: str = _CALL) -> list[str]:
    """Words of a call of our own command about a tenant; `code` is what Python runs."""
    begins = [sys.executable, "-c", code]
    return [*begins, "--home", str(workspace.home), "--tenant", workspace.tenant, *words]


def environment(settings: Settings) -> dict[str, str]:
    """Environment variables of a job: the service's, without what keeps its workers to one thread."""
    threads = settings.jobs.threads
    ours = {} if threads is None else dict.fromkeys(_OF_SERVICE, str(threads))
    root = str(Path(__file__).resolve().parents[2])
    ours["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    dropped = {*_OF_SERVICE, "PROMETHEUS_MULTIPROC_DIR", "RETAIL_BRAIN_WORKERS"}
    return {name: value for name, value in os.environ.items() if name not in dropped} | ours
