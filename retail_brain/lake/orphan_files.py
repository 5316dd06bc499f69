"""Removes orphan files of a lake: data files of killed writers that no version of a table refers to."""

import json
import time
from collections.abc import Mapping
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable
from pyarrow.fs import PyFileSystem

from retail_brain.files import ORPHAN_SECONDS
from retail_brain.lake.lake_files import LakeFiles, path_of
from retail_brain.lake.layout import checked_uri, join_uri

_LOG = "_delta_log/"


def remove_orphan_files(uri: str, name: str, storage_options: Mapping[str, str] | None = None) -> int:
    """Removes Parquet files of a table that are a day old and in no commit of its history; returns how many.

    A younger file may belong to a writer at work. Delta's own vacuum is not used: it would make a version of its own,
    and models name the versions that they were trained on. Nothing is removed where the history is not whole.

    Args:
        uri: the lake, a folder or in an object store.
        name: canonical table.
        storage_options: credentials of the object store.

    Raises:
        UsageError: the lake's URI is empty.
        OSError: the object store does not answer.
    """
    place, options = join_uri(checked_uri(uri), name), dict(storage_options or {})
    if not DeltaTable.is_deltatable(place, storage_options=options):
        return 0
    files = LakeFiles(place, options)
    before = time.time() - ORPHAN_SECONDS
    found = files.listed()
    old = {path_of(one) for one in found if one.extension == "parquet" and one.mtime_ns < before * 1e9}
    # the log has Parquet files of its own, checkpoints, which no commit names
    old = {path for path in old if not path.startswith(_LOG)}
    referenced = _referenced_files(files.system, [path_of(one) for one in found]) if old else None
    if referenced is None:
        return 0
    orphans = old - referenced
    for path in orphans:
        files.remove(path)
    return len(orphans)


def _referenced_files(files: PyFileSystem, paths: list[str]) -> set[str] | None:
    """Every data file of any commit; None where the numbering of the commits has gaps or there are none.

    Where older versions were erased, the first commit that is left has a checkpoint with the files before it.
    """
    names = [path.removeprefix(_LOG).removesuffix(".json") for path in paths if path.startswith(_LOG)]
    commits = [name for name in names if name.isdigit()]
    first = int(commits[0]) if commits else 0
    if not commits or [int(name) for name in commits] != list(range(first, first + len(commits))):
        return None
    referenced = set()
    if first:
        checkpoint = f"{_LOG}{commits[0]}.checkpoint.parquet"
        if checkpoint not in paths:
            return None
        with files.open_input_stream(checkpoint) as stream:
            added = pl.read_parquet(stream.read(), columns=["add"])["add"]
        kept = added.struct.field("path").drop_nulls().to_list()
        referenced |= {unquote(path) for path in kept} | set(kept)
    for commit in commits:
        with files.open_input_stream(f"{_LOG}{commit}.json") as stream:
            text = stream.read().decode()
        for line in text.splitlines():
            for action in json.loads(line).values():
                if isinstance(action, dict) and isinstance(action.get("path"), str):
                    # the log percent-encodes paths, and a folder may have a literal % in its name: keep both forms
                    referenced.add(unquote(action["path"]))
                    referenced.add(action["path"])
    return referenced
