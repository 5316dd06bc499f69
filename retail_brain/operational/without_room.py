"""Reads an SQLite database whose disk is full.

Whoever opens the file first makes an index of its log beside it (`-shm`), some tens of kilobytes: a disk without them
would refuse every read. Who holds the file alone keeps that index in memory, so each read does that for its moment.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from retail_brain.locks import try_file_lock

_NO_INDEX = "SQLITE_IOERR_SHM"
"""Beginning of what SQLite says where it cannot make or lengthen the index."""
_ALONE_SECONDS = 1.0
"""Seconds until it is tried again whether there is room: each try keeps the others out for a moment. By judgement."""
_TURN_SECONDS = 0.005
"""Seconds between two looks whether it is our turn: a read takes milliseconds. By judgement."""
_BUSY_MS = 250
"""Milliseconds that a reader whose turn it is waits for those that try whether there is room. By judgement."""


class LoneReaders:
    """Connections that read, one at a time among all processes of the machine."""

    def __init__(self, url: URL, turns: Path, wait_seconds: float) -> None:
        """Opens nothing.

        Args:
            url: of an SQLite file.
            turns: file whose lock gives the turn; there already, since there may be no room to make one.
            wait_seconds: that a reader waits for its turn.
        """
        self._turns, self._wait_seconds = turns, wait_seconds
        self._until = 0.0
        self._engine = _lone_engine(url)

    @contextmanager
    def connected(self, usual: Engine) -> Iterator[Connection]:
        """A connection to read with: of the usual engine where the index can be made, else one that is alone.

        Raises:
            DBAPIError: the database cannot be read, or others kept it for longer than the wait.
        """
        with ExitStack() as stack:
            yield stack.enter_context(self._connect(usual, stack))

    def _connect(self, usual: Engine, stack: ExitStack) -> Connection:
        ends = time.monotonic() + self._wait_seconds
        while True:
            if time.monotonic() >= self._until:
                try:
                    return usual.connect()
                except DBAPIError as error:
                    if not _error_name(error).startswith(_NO_INDEX):
                        raise
                self._until = time.monotonic() + _ALONE_SECONDS
            with ExitStack() as turn:
                self._wait_for_turn(turn, ends)
                try:
                    connection = self._engine.connect()
                except DBAPIError as error:
                    if not _error_name(error).startswith("SQLITE_BUSY") or time.monotonic() > ends:
                        raise
                    self._until = 0.0  # somebody has it open: there was room for the index
                    continue
                stack.push(turn.pop_all())
                return connection

    def _wait_for_turn(self, stack: ExitStack, ends: float) -> None:
        """Waits for the lock; whoever never gets it goes on, and SQLite's own locks decide."""
        while time.monotonic() < ends:
            with ExitStack() as tried:
                try:
                    is_ours = tried.enter_context(try_file_lock(self._turns))
                except OSError:  # no such file, and no room to make one
                    return
                if is_ours:
                    stack.push(tried.pop_all())
                    return
            time.sleep(_TURN_SECONDS)


def _error_name(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlite_errorname", None) or ""


def _lone_engine(url: URL) -> Engine:
    engine = create_engine(url, poolclass=NullPool)

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        # the wait and the lock before all that opens the file; sorting needs no room either
        for pragma in (f"busy_timeout={_BUSY_MS}", "locking_mode=EXCLUSIVE", "temp_store=MEMORY", "query_only=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA user_version").fetchone()  # opens it

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine
