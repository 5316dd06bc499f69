"""Migrates the operational database to the schema of this version; safe when several processes start at once."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text

from retail_brain.errors import RetailBrainError
from retail_brain.locks import file_lock
from retail_brain.operational.database import Database
from retail_brain.operational.revision import HEAD
from retail_brain.operational.sqlite_file import UPGRADE_LOCK

__all__ = ["HEAD", "upgrade"]

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_305_443_201
"""Key of PostgreSQL's advisory lock: any fixed number that no other program takes."""


def upgrade(database: Database) -> None:
    """Creates or migrates the tables; one query when there is nothing to do.

    SQLite is guarded by a file lock beside the database, PostgreSQL by an advisory lock.

    Raises:
        UnavailableError: the database does not answer.
        RetailBrainError: the database was made by a newer version.
    """
    if database.revision() == HEAD:  # nearly every start: no lock needed
        return
    with _one_at_a_time(database), database.rebuilding() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        _migrate(connection)


def _one_at_a_time(database: Database) -> AbstractContextManager[None]:
    if database.is_sqlite and database.url.database:
        return file_lock(Path(f"{database.url.database}{UPGRADE_LOCK}"))
    return nullcontext()


def _migrate(connection: Connection) -> None:
    config = Config(attributes={"connection": connection})
    # the option is interpolated by configparser, where a percent sign must be doubled
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise RetailBrainError(
            f"the operational database cannot be brought to version {HEAD}: {error}. "
            "It was probably made by a newer retail-brain: install that version, or use another database."
        ) from error
