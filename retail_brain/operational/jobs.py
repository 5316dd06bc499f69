"""Jobs in the operational database: what was started, how far it is, what it printed, and how it ended."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from retail_brain.errors import ConflictError, ImpossibleError, NotFoundError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database, lock_tenant
from retail_brain.operational.tables import JOB_LINES, JOBS

State = Literal["waiting", "running", "done", "failed", "cancelled", "stopped"]
OPEN: tuple[State, State] = ("waiting", "running")
"""States of a job that has not ended; at most one job of a tenant is in one of them."""
_DETAILS: Mapping[str, Any] = {"steps": [], "result": None}
"""Columns that are most of a job, with what stands for them where they are not read."""


@dataclass(frozen=True)
class Job:
    """A job and how far it is.

    Attributes:
        kind: one of `retail_brain.jobs.KINDS`.
        arguments: what it was started with, such as `{"as_of": "2025-02-28"}`.
        state: `waiting` until a worker takes it, `running`, then `done`, `failed`, `cancelled`, or `stopped` where its
            process went away before it ended.
        seen_at: when its process last wrote.
        cancel_at: when somebody asked it to stop; None where nobody did.
        host: machine of its process.
        step: what it does now; `step_done` of `step_total` parts of that are done, where it counts them.
        steps: what it has done: name, rows, seconds and note of each step.
        result: ids, counts and warnings of the verb, once it ended.
        error: code, message and details of what made it fail.
    """

    job_id: str
    kind: str
    arguments: Mapping[str, str]
    state: State
    started_by: str
    started_at: datetime
    seen_at: datetime
    finished_at: datetime | None
    cancel_by: str | None
    cancel_at: datetime | None
    host: str | None
    step: str | None
    step_done: int | None
    step_total: int | None
    steps: Sequence[Mapping[str, Any]]
    exit_code: int | None
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in OPEN


@dataclass(frozen=True)
class Line:
    """A line that a job printed; `number` counts from 1."""

    number: int
    at: datetime
    text: str


def new_job_id() -> str:
    """An id that no other job has."""
    return f"job_{secrets.token_hex(6)}"


def add_job(
    tenant: str,
    database: Database,
    job_id: str,
    kind: str,
    arguments: Mapping[str, str],
    *,
    by: str,
    now: datetime,
    host: str | None,
    is_gone: Callable[[Job], bool],
) -> Job:
    """Stores a new job, unless another of the tenant is open.

    Args:
        tenant: whose.
        database: where.
        job_id: from `new_job_id`.
        kind: what it does.
        arguments: what it does it with.
        by: who starts it.
        now: the instant.
        host: machine whose process runs it; None: it waits for a worker.
        is_gone: whether the process of an open job is no more; such a job is stored as stopped.

    Raises:
        ConflictError: another job waits or runs; `details` name it and who started it.
        UnavailableError: the database does not answer.
    """
    state: State = "waiting" if host is None else "running"
    row: dict[str, Any] = {
        "tenant_id": tenant,
        "job_id": job_id,
        "kind": kind,
        "arguments": dict(arguments),
        "state": state,
    }
    row |= {"started_by": by, "started_at": now, "seen_at": now, "host": host, "steps": []}
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        lock_tenant(tenant, connection)
        for other in _open_jobs(tenant, connection):
            if not is_gone(other):
                raise _busy(other)
            _end(tenant, connection, other.job_id, "stopped", now)
        connection.execute(insert(JOBS).values(**row))
        about = {"kind": kind, **arguments}
        append_audit(tenant, connection, AuditEntry(now, by, "job.started", job_id, about))
        return _job(connection.execute(select(JOBS).where(_own(tenant, job_id))).one())


def _busy(other: Job) -> ConflictError:
    return ConflictError(
        f"{other.kind} ({other.job_id}) is {other.state}: {other.started_by} started it at "
        f"{other.started_at:%Y-%m-%d %H:%M} UTC. Got another job, wanted one at a time: wait until it ends, or "
        "cancel it.",
        {
            "problem": "job_running",
            "job_id": other.job_id,
            "job_kind": other.kind,
            "who": other.started_by,
            "started_at": other.started_at.isoformat(),
        },
    )


def take_waiting(tenant: str, database: Database, job_id: str, *, host: str, now: datetime) -> bool:
    """Gives a waiting job to a machine's worker; returns whether it was still waiting.

    Raises:
        UnavailableError: the database does not answer.
    """
    waiting = _own(tenant, job_id) & (JOBS.c.state == "waiting")
    with database.writing() as connection:
        taken = update(JOBS).where(waiting).values(state="running", host=host, seen_at=now)
        return connection.execute(taken).rowcount == 1


def find_job(tenant: str, database: Database, job_id: str) -> Job:
    """One job.

    Raises:
        NotFoundError: there is none of that id.
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        return _found(tenant, connection, job_id)


def list_jobs(
    tenant: str, database: Database, *, limit: int = 50, offset: int = 0, detail: bool = True
) -> tuple[list[Job], int]:
    """Jobs, the newest first, and the number of all.

    Args:
        tenant: whose.
        database: where they are.
        limit: jobs at most.
        offset: newer jobs that are left out.
        detail: whether steps and results are read, which are most of a job; without it they are empty.

    Raises:
        UnavailableError: the database does not answer.
    """
    own = JOBS.c.tenant_id == tenant
    with database.reading() as connection:
        columns = [column for column in JOBS.c if detail or column.name not in _DETAILS]
        rows = connection.execute(select(*columns).where(own).order_by(JOBS.c.id.desc()).limit(limit).offset(offset))
        jobs = [_job(row) for row in rows]
        return jobs, connection.execute(select(func.count()).select_from(JOBS).where(own)).scalar_one()


def open_jobs(tenant: str, database: Database) -> list[Job]:
    """Jobs that wait or run.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        return _open_jobs(tenant, connection)


def tenants_with_open_jobs(database: Database) -> list[str]:
    """Tenants of whom a job waits or runs, by name.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(JOBS.c.tenant_id).where(JOBS.c.state.in_(OPEN)).distinct().order_by(JOBS.c.tenant_id)
    with database.reading() as connection:
        return list(connection.execute(query).scalars())


def is_cancel_asked(tenant: str, database: Database, job_id: str) -> bool:
    """Whether somebody asked a job to stop.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        query = select(JOBS.c.cancel_at).where(_own(tenant, job_id))
        return connection.execute(query).scalar_one_or_none() is not None


def last_seconds(tenant: str, database: Database, kind: str, arguments: Mapping[str, str]) -> float | None:
    """Seconds that the newest job of the same kind and preset took that ended well; None where none did.

    Raises:
        UnavailableError: the database does not answer.
    """
    own = (JOBS.c.tenant_id == tenant) & (JOBS.c.kind == kind) & (JOBS.c.state == "done")
    with database.reading() as connection:
        for row in connection.execute(select(JOBS).where(own).order_by(JOBS.c.id.desc())):
            job = _job(row)
            if job.finished_at and job.arguments.get("preset") == arguments.get("preset"):
                return (job.finished_at - job.started_at).total_seconds()
    return None


def lines_of(tenant: str, database: Database, job_id: str, *, after: int | None = None, limit: int = 200) -> list[Line]:
    """Lines of a job in their order: those after a number, or the last ones.

    Raises:
        UnavailableError: the database does not answer.
    """
    own = (JOB_LINES.c.tenant_id == tenant) & (JOB_LINES.c.job_id == job_id)
    query = select(JOB_LINES).where(own).limit(limit)
    with database.reading() as connection:
        if after is not None:
            rows = connection.execute(query.where(JOB_LINES.c.number > after).order_by(JOB_LINES.c.number)).all()
        else:
            rows = connection.execute(query.order_by(JOB_LINES.c.number.desc())).all()[::-1]
        return [Line(row.number, row.at, row.text) for row in rows]


def note_progress(
    tenant: str, database: Database, job_id: str, values: Mapping[str, Any], lines: Sequence[Line], *, kept: int
) -> None:
    """Stores how far a job is and what it printed.

    Args:
        tenant: whose.
        database: where.
        job_id: of the job.
        values: `seen_at` and whatever changed of `step`, `step_done`, `step_total` and `steps`.
        lines: new lines.
        kept: lines of a job that are kept, the newest.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        connection.execute(update(JOBS).where(_own(tenant, job_id)).values(**values))
        if lines:
            named = {"tenant_id": tenant, "job_id": job_id}
            rows = [named | {"number": line.number, "at": line.at, "text": line.text} for line in lines]
            # again where the answer to the first try was lost: a line that is stored stays as it is
            database.insert_new(connection, JOB_LINES, rows, ["tenant_id", "job_id", "number"])
            own = (JOB_LINES.c.tenant_id == tenant) & (JOB_LINES.c.job_id == job_id)
            connection.execute(delete(JOB_LINES).where(own, JOB_LINES.c.number <= lines[-1].number - kept))


def end_job(
    tenant: str,
    database: Database,
    job_id: str,
    state: State,
    *,
    now: datetime,
    exit_code: int | None = None,
    result: Mapping[str, Any] | None = None,
    error: Mapping[str, Any] | None = None,
) -> None:
    """Stores how an open job ended; one that has ended stays as it is.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        _end(tenant, connection, job_id, state, now, exit_code=exit_code, result=result, error=error)


def ask_cancel(tenant: str, database: Database, job_id: str, *, by: str, now: datetime) -> Job:
    """Asks a running job to stop, which its process sees within seconds; a waiting one is cancelled at once.

    Raises:
        NotFoundError: there is no such job.
        ImpossibleError: it has ended.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        job = _found(tenant, connection, job_id)
        if not job.is_open:
            raise ImpossibleError(
                f"{job_id} is {job.state} and cannot be cancelled. Look at it with `retail-brain jobs show {job_id}`.",
                {"problem": "job_ended", "job_id": job_id, "job_state": job.state},
            )
        if job.cancel_at is None:
            connection.execute(update(JOBS).where(_own(tenant, job_id)).values(cancel_by=by, cancel_at=now))
            append_audit(tenant, connection, AuditEntry(now, by, "job.cancelled", job_id, {"kind": job.kind}))
        if job.state == "waiting":
            _end(tenant, connection, job_id, "cancelled", now)
        return _found(tenant, connection, job_id)


def forget_old_jobs(tenant: str, database: Database, *, kept: int) -> int:
    """Deletes ended jobs and their lines but the newest; returns how many went.

    Raises:
        UnavailableError: the database does not answer.
    """
    own = (JOBS.c.tenant_id == tenant) & JOBS.c.state.not_in(OPEN)
    with database.writing() as connection:
        old = connection.execute(select(JOBS.c.job_id).where(own).order_by(JOBS.c.id.desc()).offset(kept)).scalars()
        ids = list(old)
        for job_id in ids:
            of_job = (JOB_LINES.c.tenant_id == tenant) & (JOB_LINES.c.job_id == job_id)
            connection.execute(delete(JOB_LINES).where(of_job))
            connection.execute(delete(JOBS).where(_own(tenant, job_id)))
        return len(ids)


def _own(tenant: str, job_id: str) -> Any:
    return (JOBS.c.tenant_id == tenant) & (JOBS.c.job_id == job_id)


def _found(tenant: str, connection: Connection, job_id: str) -> Job:
    row = connection.execute(select(JOBS).where(_own(tenant, job_id))).one_or_none()
    if row is None:
        raise NotFoundError(
            f"there is no job {job_id!r}. `retail-brain jobs list` shows them.",
            {"problem": "job_unknown", "job_id": job_id},
        )
    return _job(row)


def _open_jobs(tenant: str, connection: Connection) -> list[Job]:
    own = (JOBS.c.tenant_id == tenant) & JOBS.c.state.in_(OPEN)
    return [_job(row) for row in connection.execute(select(JOBS).where(own).order_by(JOBS.c.id))]


def _end(tenant: str, connection: Connection, job_id: str, state: State, now: datetime, **facts: Any) -> None:
    values = {"state": state, "finished_at": now, "step": None, "step_done": None, "step_total": None, **facts}
    connection.execute(update(JOBS).where(_own(tenant, job_id), JOBS.c.state.in_(OPEN)).values(**values))


def _job(row: Row[Any]) -> Job:
    read = {**_DETAILS, **row._mapping}
    return Job(**{name: read[name] for name in Job.__dataclass_fields__})
