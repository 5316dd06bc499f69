"""Rewrites the artifact locations in a tenant's MLflow database after its folder was moved.

MLflow stores them as absolute paths. The experiments of this project lie at `FOLDER/artifacts/NAME`, so the folder
that the database was written in can be read from them.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOCATIONS = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}
_DEFAULT_EXPERIMENT = 0
"""Id that MLflow gives the experiment which it makes by itself."""


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
        place_default_experiment(connection, database.parent)
    return rewritten


def place_default_experiment(connection: sqlite3.Connection, folder: Path) -> None:
    """Puts later artifacts of MLflow's own experiment `Default` beside the others.

    MLflow would put them into the folder that the process happens to run in.
    """
    connection.execute(
        "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?",
        (str(folder / "artifacts" / "Default"), _DEFAULT_EXPERIMENT),
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
