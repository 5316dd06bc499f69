"""Creates and checks a tenant's own MLflow database, and rewrites its artifact locations after its folder was moved.

MLflow stores them as absolute paths. The experiments of this project lie at `FOLDER/artifacts/NAME`, so the folder
that the database was written in can be read from them.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlflow.tracking import MlflowClient

from retail_brain.errors import ModelError
from training.bundle import KINDS

_LOCATIONS = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}
_DEFAULT_EXPERIMENT = 0
"""Id that MLflow gives the experiment which it makes by itself."""


def open_database(database: Path, lock: Callable[[str], AbstractContextManager[None]]) -> None:
    """Makes the database where it is missing, and rewrites its artifact locations where its folder was moved.

    Args:
        database: the tenant's own SQLite file.
        lock: lock of a name, held against other processes of this home.

    Raises:
        ModelError: the file is damaged.
    """
    with lock("setup"):
        if not database.exists():
            _create_database(database)
        _check_database(database)
        if moved_from(database):
            with ExitStack() as stack:
                # not beneath a run that is being logged to the locations found before
                for kind in KINDS:
                    stack.enter_context(lock(kind))
                relocate(database)


def moved_from(database: Path) -> list[str]:
    """Folders that artifact locations were written in, other than the database's own.

    Empty where nothing was moved, and where the other path leads to this same file, as through a link.
    """
    with closing(_connect(database)) as connection:
        return list(dict.fromkeys(_old_folders(connection, database)))


def relocate(database: Path) -> int:
    """Rewrites the artifact locations to the database's present folder, in one transaction.

    Returns:
        Number of locations rewritten.
    """
    rewritten = 0
    with closing(_connect(database)) as connection, connection:
        # takes the write lock before reading: a second process waits here and then finds nothing left to rewrite
        connection.execute("BEGIN IMMEDIATE")
        for old_folder in dict.fromkeys(_old_folders(connection, database)):
            for table, columns in _LOCATIONS.items():
                # MLflow's tables differ between its versions
                existing = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
                for column in (name for name in columns if name in existing):
                    rewritten += _replace_prefix(connection, table, column, old_folder, str(database.parent))
        _place_default_experiment(connection, database.parent)
    return rewritten


def _place_default_experiment(connection: sqlite3.Connection, folder: Path) -> None:
    """Puts later artifacts of MLflow's own experiment `Default` beside the others.

    MLflow would put them into the folder that the process happens to run in.
    """
    connection.execute(
        "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?",
        (str(folder / "artifacts" / "Default"), _DEFAULT_EXPERIMENT),
    )


def _create_database(path: Path) -> None:
    """Makes the schema in a file beside and renames it, so that a kill half way leaves no half-made database behind."""
    staging = path.with_suffix(".new")
    staging.unlink(missing_ok=True)
    uri = f"sqlite:///{staging}"
    MlflowClient(uri, uri).search_experiments(max_results=1)
    with closing(sqlite3.connect(staging)) as connection, connection:
        _place_default_experiment(connection, path.parent)
    staging.replace(path)


def _check_database(path: Path) -> None:
    """Checks the first bytes of the file, because SQLAlchemy's error for a foreign file does not say what to do.

    Raises:
        ModelError: it is damaged.
    """
    with path.open("rb") as file:
        header = file.read(16)
    if header != b"SQLite format 3\0":
        raise ModelError(
            f"{path} is not an SQLite database: it begins with {header!r}. Restore it, or move it away: runs and "
            "versions are then lost, while the champions' bundles go on serving."
        )


def _connect(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(database, timeout=60, isolation_level=None)


def _old_folders(connection: sqlite3.Connection, database: Path) -> Iterator[str]:
    rows = connection.execute(
        "SELECT name, artifact_location FROM experiments WHERE experiment_id != ?", (_DEFAULT_EXPERIMENT,)
    )
    for name, location in rows.fetchall():
        old_folder = str(location or "").removesuffix(f"/artifacts/{name}")
        is_foreign = old_folder == location  # it does not end in our layout: a location that somebody chose stays
        if is_foreign or old_folder == str(database.parent):
            continue
        if not _is_same_file(Path(_path(old_folder)) / database.name, database):
            yield old_folder


def _replace_prefix(connection: sqlite3.Connection, table: str, column: str, old_folder: str, new_folder: str) -> int:
    old_prefix = f"{old_folder}/"
    # substr and not LIKE: folder names may hold `%` and `_`, and LIKE ignores case
    cursor = connection.execute(
        f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",  # noqa: S608
        (f"{new_folder}/", len(old_prefix) + 1, len(old_prefix), old_prefix),
    )
    return cursor.rowcount


def _path(location: str) -> str:
    return unquote(urlsplit(location).path) if location.startswith("file:") else location


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
