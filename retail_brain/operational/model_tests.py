"""Stores tests of two recommenders online: a version beside the champion for a share of the people, one at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Row, insert, select, update

from retail_brain.errors import ConflictError, NotFoundError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database, lock_tenant
from retail_brain.operational.tables import MODEL_TESTS


@dataclass(frozen=True)
class ModelTest:
    """A version of the recommender under test.

    Attributes:
        version: registry number of the challenger.
        share: of the people who get its recommendations.
        served_at: when answers with it were first published; None: not yet.
        left_out: from when to when answers without it were published since; None as an end: to this day.
        outcome: `promoted` or `dropped`; None while it runs.
    """

    name: str
    version: int
    share: float
    begun_by: str
    begun_at: datetime
    served_at: datetime | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    left_out: tuple[tuple[datetime, datetime | None], ...] = ()

    @property
    def is_served(self) -> bool:
        """Whether the newest answers hold its version."""
        return self.served_at is not None and all(end is not None for _, end in self.left_out)


def check_may_begin(tenant: str, database: Database, name: str) -> None:
    """Refuses a test that cannot begin, before anything is made for it.

    Raises:
        ConflictError: another one runs, or the name was used before.
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        _check_may_begin(tenant, connection, name)


def begin_model_test(
    tenant: str, database: Database, name: str, version: int, share: float, *, by: str, now: datetime
) -> ModelTest:
    """Begins a test.

    Raises:
        ConflictError: another one runs, or the name was used before.
        UnavailableError: the database does not answer.
    """
    made = ModelTest(name, version, share, by, now)
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        lock_tenant(tenant, connection)
        _check_may_begin(tenant, connection, name)
        row = {"tenant_id": tenant, "name": name, "version": version, "share": share, "begun_by": by, "begun_at": now}
        connection.execute(insert(MODEL_TESTS).values(**row))
        details = {"version": version, "share": share}
        append_audit(tenant, connection, AuditEntry(now, by, "model.test_begun", name, details))
    return made


def note_served(tenant: str, database: Database, name: str, *, now: datetime) -> None:
    """Notes that answers with a test's version were published: it is served from the first time on, or again.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        lock_tenant(tenant, connection)
        test = _running(tenant, connection)
        if test is None or test.name != name or test.is_served:
            return
        spans = (*test.left_out[:-1], (test.left_out[-1][0], now)) if test.left_out else ()
        _note(tenant, connection, test, served_at=test.served_at or now, left_out=_stored(spans))


def note_left_out(tenant: str, database: Database, *, now: datetime) -> None:
    """Notes that answers without the version of the running test were published: its days do not count from now on.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        lock_tenant(tenant, connection)
        test = _running(tenant, connection)
        if test is None or not test.is_served:
            return
        _note(tenant, connection, test, left_out=_stored((*test.left_out, (now, None))))
        append_audit(tenant, connection, AuditEntry(now, "publish", "model.test_left_out", test.name, {}))


def end_model_test(
    tenant: str, database: Database, name: str, outcome: Literal["promoted", "dropped"], *, by: str, now: datetime
) -> None:
    """Ends a running test: from then on everybody gets the champion's recommendations.

    Raises:
        NotFoundError: no test of that name runs.
        UnavailableError: the database does not answer.
    """
    own = (MODEL_TESTS.c.tenant_id == tenant) & (MODEL_TESTS.c.name == name) & MODEL_TESTS.c.outcome.is_(None)
    with database.writing() as connection:
        done = connection.execute(update(MODEL_TESTS).where(own).values(ended_by=by, ended_at=now, outcome=outcome))
        if not done.rowcount:
            raise no_test(name)
        append_audit(tenant, connection, AuditEntry(now, by, f"model.test_{outcome}", name, {}))


def running_test(tenant: str, database: Database) -> ModelTest | None:
    """The test that runs; None where there is none.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        return _running(tenant, connection)


def list_model_tests(tenant: str, database: Database) -> list[ModelTest]:
    """Every test of a tenant, the newest first.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(MODEL_TESTS).where(MODEL_TESTS.c.tenant_id == tenant).order_by(MODEL_TESTS.c.id.desc())
    with database.reading() as connection:
        return [_test(row) for row in connection.execute(query)]


def no_test(name: str) -> NotFoundError:
    """The error where no test of a name runs."""
    return NotFoundError(
        f"no test of models {name!r} runs. `model-tests list` shows them.",
        {"problem": "model_test_unknown", "test": name},
    )


def _running(tenant: str, connection: Connection) -> ModelTest | None:
    own = (MODEL_TESTS.c.tenant_id == tenant) & MODEL_TESTS.c.outcome.is_(None)
    row = connection.execute(select(MODEL_TESTS).where(own)).first()
    return None if row is None else _test(row)


def _check_may_begin(tenant: str, connection: Connection, name: str) -> None:
    running = _running(tenant, connection)
    if running is not None:
        raise ConflictError(
            f"the test {running.name!r} of version {running.version} runs: one version is tested at a time. "
            "Promote or drop it first.",
            {"problem": "model_test_runs", "test": running.name},
        )
    own = (MODEL_TESTS.c.tenant_id == tenant) & (MODEL_TESTS.c.name == name)
    if connection.execute(select(MODEL_TESTS.c.id).where(own)).first() is not None:
        raise ConflictError(
            f"there was a test {name!r} already, whose people and measurements are its own. Take another name.",
            {"problem": "model_test_name", "test": name},
        )


def _note(tenant: str, connection: Connection, test: ModelTest, **values: object) -> None:
    own = (MODEL_TESTS.c.tenant_id == tenant) & (MODEL_TESTS.c.name == test.name)
    connection.execute(update(MODEL_TESTS).where(own).values(**values))


def _test(row: Row[tuple[object, ...]]) -> ModelTest:
    values = {name: getattr(row, name) for name in ModelTest.__dataclass_fields__}
    moments = (
        [None if moment is None else datetime.fromisoformat(moment) for moment in span] for span in row.left_out or ()
    )
    return ModelTest(**values | {"left_out": tuple((begin, end) for begin, end in moments)})


def _stored(spans: tuple[tuple[datetime, datetime | None], ...]) -> list[list[str | None]]:
    return [[begin.isoformat(), None if end is None else end.isoformat()] for begin, end in spans]
