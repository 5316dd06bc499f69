"""Access to the operational database: connections, transactions and the revision of its tables."""

import math
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from retail_brain.addresses import shown_database
from retail_brain.errors import NoRoomError, RetailBrainError, UnavailableError, UsageError
from retail_brain.operational.revision import is_later, told_later
from retail_brain.operational.sqlite_file import UPGRADE_LOCK, SqliteFile
from retail_brain.operational.tables import TENANTS
from retail_brain.operational.without_room import LoneReaders

TRIES = 5
"""Times that plans are worked out again because others changed meanwhile what they rest on. By judgement, not measured.
"""
_NAMED_AT_ONCE = 500
"""Rows named in one statement: older SQLite takes 999 values at most."""
_WAIT_SECONDS = 10.0
"""Seconds that SQLite waits for another writer. Chosen by judgement, not measured."""

_CONNECTIONS, _MORE_CONNECTIONS = 5, 10
"""Connections of a process to a server that stay open, and more that are made when these are in use: SQLAlchemy's own
defaults."""
SPARED_CONNECTIONS = (_CONNECTIONS + _MORE_CONNECTIONS) // 2
"""Connections that writes which hang may take from the others of a process: half of them. By judgement, not measured.
"""
_OF_A_SERVER: dict[str, Any] = {
    "pool_size": _CONNECTIONS,
    "max_overflow": _MORE_CONNECTIONS,
    "pool_timeout": 5,
    "connect_args": {"connect_timeout": 5, "tcp_user_timeout": 10_000},
}
"""Seconds that a free connection and a new one are waited for, and milliseconds for a silent network: a server that
hangs must not hold every thread. Chosen by judgement, not measured."""

_DOES_NOT_ANSWER = {"OperationalError", "DatabaseError", "ConnectionTimeout"}
"""Errors of the database itself; others are subclasses that say what is wrong with a statement."""
_STATES_OF_A_SERVER = ("08", "53", "57P", "25006")
"""Beginnings of PostgreSQL's codes for a lost connection, a server without room, one that starts or stops, one that
takes no writes."""

_DISK_FULL = "53100"
"""PostgreSQL's code for a disk that is full."""
_FAILED_FILES = ("SQLITE_IOERR", "SQLITE_CANTOPEN")
"""What SQLite also says where it cannot make or lengthen its files beside the database."""
_NO_ROOM_BYTES = 1 << 20
"""Bytes free below which such a failure is one of room: SQLite lengthens its files by tens of kilobytes. By judgement.
"""

Named = TypeVar("Named")


def in_parts(named: Sequence[Named]) -> Iterator[Sequence[Named]]:
    """What names rows, in parts that one statement may hold."""
    for start in range(0, len(named), _NAMED_AT_ONCE):
        yield named[start : start + _NAMED_AT_ONCE]


class Database:
    """The operational database behind a SQLAlchemy URL.

    `postgresql://` is served by psycopg 3. Reads and writes are separate so that SQLite, which has one writer, takes
    its lock at the start of a write and waits for it instead of failing half way.
    """

    def __init__(self, url: str, *, wait_seconds: float = _WAIT_SECONDS) -> None:
        """Parses the URL; the database is connected to on first use.

        Args:
            url: of SQLAlchemy.
            wait_seconds: that a write to SQLite waits for another writer, who may be of another process.

        Raises:
            UsageError: the URL cannot be read or names a database other than SQLite or PostgreSQL.
        """
        try:
            self.url = make_url(url)
        except (ArgumentError, ValueError):  # of a port that is no number
            # not chained: the error repeats the address, and what is wrong with it may be a password with such signs
            raise UsageError(
                "the operational database's URL cannot be read; wanted sqlite:///FILE or "
                "postgresql://USER:PASSWORD@HOST:PORT/NAME, with signs such as @ : / in a password written as "
                "%40 %3A %2F. Correct RETAIL_BRAIN_DATABASE_URL."
            ) from None
        if self.url.drivername in {"postgresql", "postgres"}:
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if not self.is_sqlite and self.url.get_backend_name() != "postgresql":
            raise UsageError(
                f"the operational database cannot be {self.url.get_backend_name()!r}; wanted sqlite or postgresql. "
                "Correct RETAIL_BRAIN_DATABASE_URL."
            )

        self._wait_ms = round(wait_seconds * 1000)
        self._held_at = -math.inf
        in_file = self.is_sqlite and self.url.database
        self._file = SqliteFile(Path(self.url.database or "")) if in_file else None

    @cached_property
    def engine(self) -> Engine:
        """The engine with its pool, made on first use so that each worker process has its own.

        Raises:
            UsageError: the driver is not installed.
        """
        if self.is_sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        try:
            # a pooled connection to a server may be dead; SQLite's is a file and cannot be
            options = {} if self.is_sqlite else {"pool_pre_ping": True, **_OF_A_SERVER}
            engine = create_engine(self.url, **options)
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise UsageError(
                f"no driver for {self.url.drivername!r} is installed. "
                "Install it: pip install 'retail-brain[postgresql]'."
            ) from error
        if self.is_sqlite:
            event.listen(engine, "connect", self._prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads; it needs no room on the disk.

        Raises:
            UnavailableError: the database does not answer.
        """
        with self._answering(), self._reader() as connection, connection.begin():
            yield connection

    def _reader(self) -> AbstractContextManager[Connection]:
        if not self.is_sqlite or not self.url.database:
            return self.engine.connect()
        return self._lone_readers.connected(self.engine)

    @cached_property
    def _lone_readers(self) -> LoneReaders:
        return LoneReaders(self.url, Path(f"{self.url.database}{UPGRADE_LOCK}"), self._wait_ms / 1000)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed when the block ends well, otherwise rolled back.

        Raises:
            UnavailableError: the database does not answer; with the problem `maybe_stored` where that happened while a
                server was committing, so that nobody knows whether it did.
        """
        with self._answering(), self.engine.connect() as connection:
            # the lock is taken at once: a read that turns into a write would fail when another writer was faster
            connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
            is_committing = False
            try:
                with connection.begin():
                    yield connection
                    is_committing = True
            except DBAPIError as error:
                # a disk that is full takes the transaction back, and so does SQLite whatever stops it
                if not is_committing or self.is_sqlite or not _is_silent(error) or self._has_no_room(error.orig):
                    raise
                raise UnavailableError(
                    f"the operational database {shown_database(self.url)} was lost while it stored what was "
                    "written, which may be stored. Look before you do it again.",
                    {"problem": "maybe_stored"},
                ) from error

    @contextmanager
    def rebuilding(self) -> Iterator[Connection]:
        """A transaction that may put another table in the place of one to which others refer.

        SQLite refuses that while it watches foreign keys, and can only stop doing so between transactions.

        Raises:
            UnavailableError: the database does not answer.
        """
        if not self.is_sqlite:
            with self.writing() as connection:
                yield connection
            return
        with self._answering(), self.engine.connect() as connection:
            connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                driver.execute("PRAGMA foreign_keys=ON")

    def insert_new(
        self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]
    ) -> int:
        """Inserts the rows whose key is not stored yet; returns their number."""
        if not rows:
            return 0
        dialect = sqlite if self.is_sqlite else postgresql
        statement = dialect.insert(table).on_conflict_do_nothing(index_elements=list(key))
        # the rows as parameters: SQLAlchemy sends them in statements as long as the database takes
        return len(connection.execute(statement.returning(table.c.tenant_id), list(rows)).all())

    def ensure_tenant(self, tenant: str, connection: Connection, *, now: datetime) -> None:
        """Inserts the tenant if it is new, within the caller's transaction; every other row refers to it."""
        self.insert_new(connection, TENANTS, [{"tenant_id": tenant, "created_at": now}], ["tenant_id"])

    def revision(self) -> str | None:
        """The revision of the tables, or None where there are none yet.

        Raises:
            UnavailableError: the database does not answer.
        """
        with self.reading() as connection:
            return _revision(connection)

    def try_writing(self) -> None:
        """Begins a write and takes it back: says whether one would be taken now; nothing is changed.

        Raises:
            UnavailableError: the database does not answer, takes no writes, or is held by another writer.
        """
        if self.is_sqlite:
            with self._answering(), self.engine.connect() as connection:
                # takes the lock of the writer, which a file or a disk that may only be read refuses
                connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
                connection.begin().rollback()
            return
        with self.reading() as connection:
            # no write of ours: each would be news for whoever looks for changes
            if connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on":
                raise UnavailableError(
                    f"the operational database {shown_database(self.url)} takes no writes: it is read-only. Let it "
                    "take them, or correct RETAIL_BRAIN_DATABASE_URL.",
                    {"problem": "read_only"},
                )

    def was_held_within(self, seconds: float) -> bool:
        """Whether a write was refused in the last seconds since another process held the database."""
        return time.monotonic() - self._held_at <= seconds

    def change_mark(self) -> object:
        """A value that is equal to an earlier one only if nothing was committed since, by whichever process.

        It costs one short query, so that whoever looks for news several times a second asks for them only where there
        may be some.

        Raises:
            UnavailableError: the database does not answer, or its file is gone.
        """
        if not self.is_sqlite:
            with self.reading() as connection:
                # which transactions are done and which are under way decides all that a reader may see
                return connection.execute(text("SELECT pg_current_snapshot()::text")).scalar_one()
        if self._file is None:
            return object()  # in memory: nobody else can ask, so nothing is compared
        self.check_file()
        return self._file.change_mark()

    def close(self) -> None:
        """Closes the pool's connections."""
        if self._file is not None:
            self._file.close()
        if "engine" in self.__dict__:  # not yet made, the cached property would make one to close it
            self.engine.dispose()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        self.check_file()
        try:
            yield
        except PoolTimeoutError as error:
            raise UnavailableError(
                f"the operational database {shown_database(self.url)} does not answer: every "
                "connection to it is in use. Check that it runs."
            ) from error
        except StatementError as error:
            if isinstance(error.orig, RetailBrainError):  # a value that a column refuses, such as too long a text
                raise error.orig from None
            if not isinstance(error, DBAPIError):
                raise
            if self._has_no_room(error.orig):
                raise NoRoomError(
                    f"the operational database {shown_database(self.url)} cannot be written: its "
                    f"disk is full ({str(error.orig).splitlines()[0]}). Free some space there."
                ) from error
            is_silent = _is_silent(error)
            if (self.is_sqlite or not is_silent) and (later := self._later_revision()) is not None:
                raise UnavailableError(told_later(later)) from error
            # a broken statement is a bug and must be seen as such; only a silent database is "unavailable"
            if not is_silent:
                raise
            raise self._unavailable(error.orig) from error

    def _unavailable(self, error: BaseException | None) -> UnavailableError:
        """What is wrong with a database that does not answer or takes no writes, and what mends it."""
        said = str(error).splitlines()[0]
        name = getattr(error, "sqlite_errorname", None) or ""
        shown = f"the operational database {shown_database(self.url)}"
        if name.startswith("SQLITE_BUSY"):
            self._held_at = time.monotonic()
            return UnavailableError(
                f"{shown} cannot be written: another process has held it for {self._wait_ms / 1000:g} s ({said}). "
                "Wait until it ends, or end it (`fuser FILE` names who has the file open).",
                {"problem": "database_held"},
            )
        if name.startswith("SQLITE_READONLY"):
            return UnavailableError(
                f"{shown} cannot be written: {said}. Let the service's user write the file and its folder, and mount "
                "their disk so that it takes writes.",
                {"problem": "read_only"},
            )
        mended = "Check that it runs and that RETAIL_BRAIN_DATABASE_URL is right."
        if self.is_sqlite:
            mended = "Check that the file and its folder can be read and written: `retail-brain doctor` looks at them."
        return UnavailableError(f"{shown} does not answer: {said}. {mended}")

    def _later_revision(self) -> str | None:
        """The revision of tables that a newer version made, by which a statement of ours failed; None for others."""
        try:
            with self.engine.connect() as connection:
                revision = _revision(connection)
        except SQLAlchemyError:
            return None
        return revision if is_later(revision) else None

    def _has_no_room(self, error: BaseException | None) -> bool:
        """Whether a statement failed because the disk is full; SQLite does not always say so by its name."""
        name = getattr(error, "sqlite_errorname", None) or ""
        if name == "SQLITE_FULL" or getattr(error, "sqlstate", None) == _DISK_FULL:
            return True
        if not name.startswith(_FAILED_FILES) or not self.url.database:
            return False
        try:
            return shutil.disk_usage(Path(self.url.database).parent).free < _NO_ROOM_BYTES
        except OSError:
            return False

    def check_file(self) -> None:
        """Connects anew where another SQLite file was put in the place of the one in use.

        Raises:
            UnavailableError: the file that was in use, now or by another process before, is gone.
        """
        if self._file is None:
            return
        try:
            is_another = self._file.is_another()
        except UnavailableError:
            self.engine.dispose()
            raise
        if is_another:
            self.engine.dispose()

    def _prepare_sqlite(self, connection: Any, _record: object) -> None:
        # sqlite3 begins transactions by itself and too late; without it, `_begin_sqlite` says BEGIN
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", f"busy_timeout={self._wait_ms}", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def lock_tenant(tenant: str, connection: Connection) -> None:
    """Makes changes of one tenant that must not overlap wait for each other until the caller's transaction ends.

    PostgreSQL locks the tenant's row; SQLite has one writer anyway.
    """
    connection.execute(select(TENANTS.c.tenant_id).where(TENANTS.c.tenant_id == tenant).with_for_update())


def _is_silent(error: DBAPIError) -> bool:
    """Whether the database does not answer, or the server as a whole refuses, rather than this statement failing."""
    state = getattr(error.orig, "sqlstate", None) or ""
    is_of_the_server = type(error.orig).__name__ in _DOES_NOT_ANSWER or state.startswith(_STATES_OF_A_SERVER)
    return error.connection_invalidated or is_of_the_server


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))
