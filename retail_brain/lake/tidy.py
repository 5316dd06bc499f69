"""Data files that no version of a table names: what a killed writer left in a local lake."""

import json
import time
from pathlib import Path
from urllib.parse import unquote

from retail_brain.files import ORPHAN_SECONDS
from retail_brain.lake.layout import checked_uri, is_remote, join_uri


def remove_unnamed_files(uri: str, name: str) -> int:
    """Removes a table's Parquet files that no commit of its history names and that are a day old; returns how many.

    A younger file may belong to a writer at work. Delta's own vacuum is not used: it would make a version of its own,
    and models name the versions that they were trained on. Nothing is removed where the history is not whole or the
    lake is in an object store.

    Args:
        uri: the lake.
        name: canonical table.
    """
    folder = Path(join_uri(checked_uri(uri), name))
    if is_remote(uri) or not folder.is_dir():
        return 0
    before = time.time() - ORPHAN_SECONDS
    old = [path for path in folder.rglob("*.parquet") if path.is_file() and path.stat().st_mtime < before]
    old = [path for path in old if "_delta_log" not in path.parts]
    named = _named(folder / "_delta_log") if old else None
    if named is None:
        return 0
    unnamed = [path for path in old if path.relative_to(folder).as_posix() not in named]
    for path in unnamed:
        path.unlink(missing_ok=True)
    return len(unnamed)


def _named(log: Path) -> set[str] | None:
    """Every data file that the commits name, ever; None where the commits are not all there or cannot be read."""
    commits = sorted(path for path in log.glob("*.json") if path.stem.isdigit())
    if not commits or [int(path.stem) for path in commits] != list(range(len(commits))):
        return None
    named = set()
    for commit in commits:
        for line in commit.read_text(encoding="utf-8").splitlines():
            for action in json.loads(line).values():
                if isinstance(action, dict) and isinstance(action.get("path"), str):
                    named.add(unquote(action["path"]))
                    named.add(action["path"])
    return named
