"""Removes orphan files of a local lake: data files of killed writers that no version of a table refers to."""

import json
import time
from pathlib import Path
from urllib.parse import unquote

from retail_brain.files import ORPHAN_SECONDS
from retail_brain.lake.layout import checked_uri, is_remote, join_uri


def remove_orphan_files(uri: str, name: str) -> int:
    """Removes Parquet files of a table that are a day old and in no commit of its history; returns how many.

    A younger file may belong to a writer at work. Delta's own vacuum is not used: it would make a version of its own,
    and models name the versions that they were trained on. Nothing is removed where the history is not whole or the
    lake is in an object store.

    Args:
        uri: the lake.
        name: canonical table.

    Raises:
        UsageError: the lake's URI is empty.
    """
    folder = Path(join_uri(checked_uri(uri), name))
    if is_remote(uri) or not folder.is_dir():
        return 0
    before = time.time() - ORPHAN_SECONDS
    old = [path for path in folder.rglob("*.parquet") if path.is_file() and path.stat().st_mtime < before]
    # the log has Parquet files of its own, checkpoints, which no commit names
    old = [path for path in old if "_delta_log" not in path.parts]
    referenced = _referenced_files(folder / "_delta_log") if old else None
    if referenced is None:
        return 0
    orphans = [path for path in old if path.relative_to(folder).as_posix() not in referenced]
    for path in orphans:
        # another process may be tidying up as well
        path.unlink(missing_ok=True)
    return len(orphans)


def _referenced_files(log: Path) -> set[str] | None:
    """Every data file of any commit; None where the numbering of the commits has gaps or there are none."""
    commits = sorted(path for path in log.glob("*.json") if path.stem.isdigit())
    if not commits or [int(path.stem) for path in commits] != list(range(len(commits))):
        return None
    referenced = set()
    for commit in commits:
        for line in commit.read_text(encoding="utf-8").splitlines():
            for action in json.loads(line).values():
                if isinstance(action, dict) and isinstance(action.get("path"), str):
                    # the log percent-encodes paths, and a folder may have a literal % in its name: keep both forms
                    referenced.add(unquote(action["path"]))
                    referenced.add(action["path"])
    return referenced
