"""Opens a lake whose files hold the bytes that were written: most changed bytes of a Parquet file read well."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from retail_brain.dataset import Dataset
from retail_brain.errors import DataError
from retail_brain.files import sha256
from retail_brain.lake.checksums import read_checksums
from retail_brain.lake.reading import open_lake

_NAMED = 3
"""Files named in the message: enough to know the kind, and the count says how many there are."""


def open_whole_lake(
    uri: str, storage_options: Mapping[str, str] | None = None, versions: Mapping[str, int] | None = None
) -> Dataset:
    """The lake as `open_lake` opens it, once its local files are known to hold what was written.

    For whoever learns from it, publishes or decides. A file is read once in a process, as long as its size and time of
    change stay; one without a checksum, of a lake from an earlier version, is taken as it is, which `doctor` counts.

    Complexity: reads every byte of the files that are looked at for the first time.

    Raises:
        NotFoundError: there is no lake at the URI, or a pinned table or version is gone.
        DataError: a table's log is damaged, or a file is missing or holds other bytes than were written.
    """
    dataset = open_lake(uri, storage_options, versions)
    damaged = [problem for files in dataset.files.values() for problem in _damaged(files)]
    if damaged:
        rest = f" and {len(damaged) - _NAMED} more" if len(damaged) > _NAMED else ""
        raise DataError(
            f"the lake {uri} is damaged, so nothing was worked out from it: {'; '.join(damaged[:_NAMED])}{rest}. "
            "`retail-brain doctor --deep` looks at every file. Restore a backup, or ingest the dataset into a new lake "
            "(--lake).",
            {"problem": "lake_damaged", "files": len(damaged)},
        )
    return dataset


def _damaged(files: tuple[str, ...]) -> list[str]:
    """What is wrong with data files of one table."""
    paths = [Path(file) for file in files]
    checksums = {path.parent: read_checksums(path.parent) for path in paths[:1]}
    problems = []
    for path in paths:
        noted = checksums.get(path.parent, {}).get(path.name)
        if not path.is_file():
            problems.append(f"{path.parent.name}/{path.name} is missing")
        elif noted is not None and _checksum(path, path.stat().st_size, path.stat().st_mtime_ns) != noted:
            problems.append(f"{path.parent.name}/{path.name} holds other bytes than were written")
    return problems


@lru_cache(maxsize=100_000)
def _checksum(path: Path, _size: int, _changed: int) -> str:
    """Checksum of a file, read once until its size or its time of change are others."""
    return sha256(path)
