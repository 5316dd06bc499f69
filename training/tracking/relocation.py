"""Makes a tenant's MLflow database usable after its folder was moved: rewrites the absolute artifact locations.

MLflow stores where artifacts are as absolute paths. The experiments of this project lie at `FOLDER/artifacts/NAME`, so
that the folder which the database was written in can be told from them.
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
    """Prefixes of artifact locations that were written while the database lay in another folder.

    Empty where nothing was moved: also where the other path leads to this same file, as through a link.
    """
    with closing(_connect(database)) as connection:
        return list(dict.fromkeys(_old_folders(connection, database)))


def relocate(database: Path) -> int:
    """Rewrites the locations to the database's present folder, in one transaction.

    Returns:
        How many were rewritten.
    """
    changed = 0
    with closing(_connect(database)) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        for old in dict.fromkeys(_old_folders(connection, database)):
            for table, columns in _LOCATIONS.items():
                present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
                for column in (name for name in columns if name in present):
                    changed += _replace_prefix(connection, table, column, old, str(database.parent))
        place_default_experiment(connection, database.parent)
    return changed


def place_default_experiment(connection: sqlite3.Connection, folder: Path) -> None:
    """Puts later artifacts of MLflow's own experiment `Default` beside the others; MLflow takes the current folder."""
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
        old = str(location or "").removesuffix(f"/artifacts/{name}")
        if old == location or old == str(database.parent) or _is_same_file(Path(_path(old)) / database.name, database):
            continue
        yield old


def _replace_prefix(connection: sqlite3.Connection, table: str, column: str, old: str, new: str) -> int:
    begin = f"{old}/"
    cursor = connection.execute(
        f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",  # noqa: S608
        (f"{new}/", len(begin) + 1, len(begin), begin),
    )
    return cursor.rowcount


def _path(location: str) -> str:
    return unquote(urlsplit(location).path) if location.startswith("file:") else location


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
