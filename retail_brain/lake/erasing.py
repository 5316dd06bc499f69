"""Erases people from a table of a lake, with its history: older versions, their files and their log.

The versions of a table go on counting, so that a version named by a model never comes to mean other rows.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable

from retail_brain.erased_ids import Subjects
from retail_brain.lake.lake_files import LakeFiles, path_of
from retail_brain.lake.layout import checked_uri, join_uri
from retail_brain.lake.people import count_people, without_people
from retail_brain.lake.reading import open_table, scan_table
from retail_brain.lake.side_lists import read_list, write_list
from retail_brain.lake.writing import begin_version, rewrite_table, until_written
from retail_brain.tables import TABLES

_LIST = "erased_versions"
_ORIGIN = "erasure by request"
"""Origin of the versions that an erasure makes; it names nobody."""
_RETENTION = "retention"
"""Origin of the versions that take out rows which are older than they may be kept."""


def erase_rows(uri: str, name: str, subjects: Subjects, options: Mapping[str, str]) -> int:
    """Takes people out of a table's newest version, in one new version; returns how many rows named them.

    A table that names none of them gets a version without a change: a writer that read its rows before these people
    were noted as erased then begins anew, and leaves them out.

    Raises:
        DataError: the table's log is damaged, or the table cannot be written.
    """

    def attempt() -> int:
        table = open_table(uri, name, options)
        if table is None:
            return 0
        rows = scan_table(table, name, options)
        named = count_people(name, rows, subjects)
        if named:
            rewrite_table(table, without_people(name, rows, subjects), dict(options), _ORIGIN)
        else:
            begin_version(table, dict(options), _ORIGIN)
        return named

    return until_written(uri, name, attempt)


def count_older(uri: str, name: str, day: date, options: Mapping[str, str]) -> int:
    """Rows of a table from before a day by its own time column (`observed_at`); 0 where the lake has no such table.

    Raises:
        DataError: the table's log is damaged.
    """
    table = open_table(uri, name, options)
    if table is None:
        return 0
    found: int = scan_table(table, name, options).filter(_is_older(name, day)).select(pl.len()).collect().item()
    return found


def drop_older(uri: str, name: str, day: date, today: date, options: Mapping[str, str]) -> int:
    """Takes rows from before a day out of a table, and every older version of it; returns how many rows went.

    Running it again finishes what a killed run left.

    Raises:
        DataError: the table's log is damaged, or the table cannot be written.
        OSError: the object store does not answer.
    """

    def attempt() -> int:
        table = open_table(uri, name, options)
        rows = count_older(uri, name, day, options)
        if table is not None and rows:
            kept = scan_table(table, name, options).filter(~_is_older(name, day))
            rewrite_table(table, kept, dict(options), _RETENTION)
        return rows

    rows = until_written(uri, name, attempt)
    # the first version that is left needs no further look: what it took out went with those before it
    if rows or any(entry.get("origin") == _RETENTION for entry in _later_commits(uri, name, options)):
        drop_history(uri, name, today, options, _RETENTION)
    return rows


def _later_commits(uri: str, name: str, options: Mapping[str, str]) -> list[dict[str, Any]]:
    """Commits of a table but the first that is left."""
    table = open_table(uri, name, options)
    commits = [] if table is None else sorted(table.history(), key=lambda entry: entry["version"])
    return commits[1:]


def _is_older(name: str, day: date) -> pl.Expr:
    column = TABLES[name].observed_at
    assert column is not None
    return (pl.col(column).cast(pl.Date) < day).fill_null(value=False)


def drop_history(uri: str, name: str, day: date, options: Mapping[str, str], origin: str = _ORIGIN) -> int:
    """Removes every older version of a table with its files, and notes the day; returns the number of files removed.

    Running it again removes what a killed run left. Readers of an older version fail from then on; writers that are
    under way begin anew.

    Args:
        uri: the lake.
        name: of the table.
        day: that is noted.
        options: credentials of an object store.
        origin: of the version that is left.

    Raises:
        DataError: the table's log is damaged, or the table cannot be written.
        OSError: the object store does not answer.
    """
    files = LakeFiles(join_uri(checked_uri(uri), name), options)

    def attempt() -> list[str]:
        # listed before the commit: what is listed and not committed by then can never be
        listed = [path_of(file) for file in files.listed()]
        table = open_table(uri, name, options)
        removable = [] if table is None else _removable(table, listed)
        if table is not None and removable:
            begun = begin_version(table, dict(options), origin)
            _note_erased(uri, name, begun.version(), day, options)
            # that version must be readable without the commits before it
            begun.create_checkpoint()
        return removable

    removable = until_written(uri, name, attempt)
    for path in removable:
        files.remove(path)
    return len(removable)


def _removable(table: DeltaTable, paths: list[str]) -> list[str]:
    """Those of a table's files that no later version than the opened one needs: data first, then log.

    None where the opened version is the only one that is left, and has no file beside its own.
    """
    log, version = "_delta_log/", table.version()
    named = pl.DataFrame(table.get_add_actions(flatten=True))["path"].to_list()
    # the log percent-encodes paths, and a folder may have a literal % in its name: both forms are kept
    current = {*named, *(unquote(path) for path in named)}
    old = [path for path in paths if path.endswith(".parquet") and not path.startswith(log) and path not in current]
    numbers = {path: path.removeprefix(log)[:20] for path in paths if path.startswith(log)}
    commits = {path: int(number) for path, number in numbers.items() if number.isdigit()}
    is_alone = not old and all(number >= version for number in commits.values())
    return [] if is_alone else [*old, *(path for path, number in commits.items() if number <= version)]


def _note_erased(uri: str, name: str, first_kept: int, day: date, options: Mapping[str, str]) -> None:
    """Notes that versions of a table before one were erased on a day."""
    row = pl.DataFrame({"table": [name], "first_kept": [first_kept], "erased_on": [day]})
    before = read_list(uri, _LIST, options)
    rows = row if before is None else pl.concat([before.filter(pl.col("table") != name), row], how="vertical_relaxed")
    write_list(uri, _LIST, rows.sort("table"), options)
