"""Erases people from a table of a local lake, with its history: older versions, their files and their log.

The versions of a table go on counting, so that a version named by a model never comes to mean other rows.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable

from retail_brain.erased_ids import Subjects
from retail_brain.errors import UsageError
from retail_brain.lake.layout import checked_uri, is_remote, join_uri
from retail_brain.lake.people import count_people, without_people
from retail_brain.lake.reading import open_table, scan_table
from retail_brain.lake.side_lists import read_list, write_list
from retail_brain.lake.writing import rewrite_table

_LIST = "erased_versions"
ORIGIN = "erasure by request"
"""Origin of the versions that an erasure makes; it names nobody."""


def check_erasable(uri: str) -> None:
    """Refuses a lake in an object store, whose copies and versions this program does not see.

    Raises:
        UsageError: it is one.
    """
    if is_remote(uri):
        raise UsageError(
            f"people cannot be erased from {uri}: an object store keeps versions and copies that only its own rules "
            "delete. Copy the lake to a folder, erase there with --lake, and put it back into an empty bucket."
        )


def erase_rows(uri: str, name: str, subjects: Subjects, options: Mapping[str, str]) -> int:
    """Takes people out of a table's newest version, in one new version; returns how many rows named them.

    Raises:
        DataError: the table's log is damaged.
    """
    table = open_table(uri, name, options)
    if table is None:
        return 0
    rows = scan_table(table, name, options)
    named = count_people(name, rows, subjects)
    if named:
        rewrite_table(table, without_people(name, rows, subjects), dict(options), ORIGIN)
    return named


def drop_history(uri: str, name: str, day: date, options: Mapping[str, str]) -> int:
    """Removes every older version of a table with its files, and notes the day; returns the number of files removed.

    Running it again removes what a killed run left. Readers of an older version fail from then on.

    Raises:
        DataError: the table's log is damaged.
    """
    table = open_table(uri, name, options)
    if table is None:
        return 0
    version, folder = table.version(), Path(join_uri(checked_uri(uri), name))
    log = folder / "_delta_log"
    current = {unquote(path) for path in pl.DataFrame(table.get_add_actions(flatten=True))["path"]}
    data = [path for path in folder.rglob("*.parquet") if "_delta_log" not in path.parts]
    old = [path for path in data if path.relative_to(folder).as_posix() not in current]
    commits = [path for path in log.iterdir() if path.name[:20].isdigit() and int(path.name[:20]) < version]
    if old or commits:
        note_erased(uri, name, version, day, options)
        # the newest version must be readable without the commits before it
        DeltaTable(table.table_uri, storage_options=dict(options)).create_checkpoint()
    for path in (*old, *commits):
        path.unlink(missing_ok=True)
    return len(old) + len(commits)


def note_erased(uri: str, name: str, first_kept: int, day: date, options: Mapping[str, str]) -> None:
    """Notes that versions of a table before one were erased on a day."""
    row = pl.DataFrame({"table": [name], "first_kept": [first_kept], "erased_on": [day]})
    before = read_list(uri, _LIST, options)
    rows = row if before is None else pl.concat([before.filter(pl.col("table") != name), row], how="vertical_relaxed")
    write_list(uri, _LIST, rows.sort("table"), options)
