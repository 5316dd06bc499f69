"""Reads an SQLite database whose disk is full.

Whoever opens the file first makes an index of its log beside it (`-shm`), some tens of kilobytes: a disk without them
would refuse every read. Who holds the file alone keeps that index in memory, so each read does that for its moment.
"""

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

_NO_INDEX = "SQLITE_IOERR_SHM"
"""Beginning of what SQLite says where it cannot make or lengthen the index."""


def lacks_index(error: BaseException | None) -> bool:
    """Whether a database could not be read since there was no room for the index of its log."""
    return (getattr(error, "sqlite_errorname", None) or "").startswith(_NO_INDEX)


def lone_engine(url: URL, wait_ms: int) -> Engine:
    """An engine whose connections read, each while no other has the file, and are closed after use.

    Args:
        url: of an SQLite file.
        wait_ms: that a connection waits for the others, milliseconds.
    """
    engine = create_engine(url, poolclass=NullPool)

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        # the wait and the lock before all that opens the file; sorting needs no room either
        for pragma in (f"busy_timeout={wait_ms}", "locking_mode=EXCLUSIVE", "temp_store=MEMORY", "query_only=ON"):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", prepare)
    return engine
