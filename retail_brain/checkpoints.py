"""Checkpoints of long work: finished parts of a killed process, which the next process reads instead of computing.

A piece of work has a folder, a lock so that two processes never share it, and a digest of everything its results
depend on (`retail_brain.work_digest`). Parts are plain files, written whole or not at all: tables as Parquet, arrays as
npz, the rest as JSON. They go when the work ends well or its digest differs.
"""

import json
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints
from urllib.parse import unquote
from zipfile import BadZipFile

import numpy as np
import polars as pl

from retail_brain.files import atomic_path, name_aside, sweep, write_text
from retail_brain.locks import try_file_lock
from retail_brain.progress import Step

TAKEN_OVER = "taken from a run that was cut off"
Value = TypeVar("Value")
_LOCK = "lock"
_ATTEMPT = "attempt"
_ENDING = ".part"
_INDEX, _ARRAYS = "values.json", "arrays.npz"
_WHOLE = "table"
"""Name of a table that is a part by itself."""


class Checkpoints:
    """Finished parts of one piece of work; without a folder nothing is stored.

    Attributes:
        folder: folder of the parts and of other files that the work resumes from; created with the first part.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Names of the finished parts, sorted."""
        paths = self.folder.glob(f"*{_ENDING}") if self.folder is not None and self.folder.is_dir() else ()
        return sorted(unquote(path.name.removesuffix(_ENDING)) for path in paths)

    def read(self, name: str, kind: type[Value]) -> Value | None:
        """Reads a part; None where it was not finished or cannot be read, so that the caller computes it again.

        Args:
            name: of the part.
            kind: type of the part: a Polars DataFrame, or a dataclass of tables, arrays, JSON values and dataclasses.
        """
        part = self._part(name)
        if part is None or not part.is_dir():
            return None
        try:
            value: Value = _Reader(part).value(kind, "")
        except (OSError, EOFError, KeyError, ValueError, TypeError, BadZipFile, pl.exceptions.PolarsError):
            return None
        return value

    def write(self, name: str, value: object) -> None:
        """Writes a part atomically; one of that name is replaced."""
        part = self._part(name)
        if part is None:
            return
        with atomic_path(part) as aside:
            aside.mkdir()
            writer = _Writer(aside)
            writer.add(value, "")
            writer.close()

    def read_or_compute(self, name: str, kind: type[Value], compute: Callable[[], Value], step: Step) -> Value:
        """Reads a part of an earlier run, or computes and writes it.

        Args:
            name: of the part.
            kind: type of the part, as in `read`.
            compute: computes the part.
            step: gets a note where the part was read.
        """
        value = self.read(name, kind)
        if value is not None:
            step.note = TAKEN_OVER
            return value
        value = compute()
        self.write(name, value)
        return value

    def scan(self, name: str) -> pl.LazyFrame:
        """Scans a part that is a table.

        Raises:
            OSError: there is no such part.
        """
        return pl.scan_parquet(self.table(name))

    def table(self, name: str) -> Path:
        """The file of a part that is a table.

        Raises:
            OSError: there is no such part.
        """
        part = self._part(name)
        if part is None or not (part / f"{_WHOLE}.parquet").is_file():
            raise FileNotFoundError(f"no part {name!r} in {self.folder}; there are {self.names()[:5] or 'none'}")
        return part / f"{_WHOLE}.parquet"

    def _part(self, name: str) -> Path | None:
        # only what a file name cannot have: product and window names stay readable
        escaped = re.sub(r"[/\\%\0]", lambda match: f"%{ord(match[0]):02X}", name)
        return self.folder / f"{escaped}{_ENDING}" if self.folder is not None else None


NO_CHECKPOINTS = Checkpoints(None)


@dataclass(frozen=True)
class Work:
    """A piece of long work under way.

    Attributes:
        folder: folder of its parts.
    """

    folder: Path

    def checkpoints(self, digest: str) -> Checkpoints:
        """Parts computed under a digest; parts of other settings, data or code are removed.

        Args:
            digest: digest of everything the results depend on.
        """
        # 16 of the digits keep paths short and still tell the digests of one piece of work apart
        folder = self.folder / digest[:16]
        for other in self.folder.iterdir() if self.folder.is_dir() else ():
            if other.is_dir() and other != folder:
                shutil.rmtree(other, ignore_errors=True)
        return Checkpoints(folder)

    def attempt(self) -> str:
        """A name that stays the same until the work ends well: by it a rerun knows what a killed run left elsewhere."""
        file = self.folder / _ATTEMPT
        if not file.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text(file, uuid.uuid4().hex)
        return file.read_text(encoding="utf-8")


def work_beside(out: Path) -> Path:
    """Folder of the parts of an output that is being computed: hidden, beside the output."""
    return out.with_name(f".{out.name}.work")


@contextmanager
def resumable_work(folder: Path) -> Iterator[Work]:
    """Context of resumable work: its folder stays after an error or a kill, and is removed when the block ends well.

    While another process does the same work, this one gets a folder of its own, removed at the end of the block.

    Args:
        folder: of this work alone, such as `var/TENANT/unfinished/train-demand`.
    """
    aside = folder.with_name(name_aside(folder.name))
    with try_file_lock(folder / _LOCK) as is_ours:
        sweep(folder.parent)
        if is_ours:
            sweep(folder)
            is_done = False
            try:
                yield Work(folder)
                is_done = True
            finally:
                # a folder with nothing but the lock has no part worth keeping
                if is_done or [path.name for path in folder.iterdir()] == [_LOCK]:
                    folder.replace(aside)  # out of the way first: the next process may begin while it is removed
                    shutil.rmtree(aside, ignore_errors=True)
            return
    try:
        yield Work(aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@dataclass
class _Writer:
    """Writes the tables of a part at once, its arrays and JSON values when it is closed."""

    folder: Path
    arrays: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)

    def add(self, value: object, name: str) -> None:
        if isinstance(value, pl.DataFrame):
            value.write_parquet(self.folder / f"{name or _WHOLE}.parquet")
        elif isinstance(value, np.ndarray):
            self.arrays[name] = value
        elif is_dataclass(value):
            for item in fields(value):
                self.add(getattr(value, item.name), f"{name}.{item.name}" if name else item.name)
        else:
            self.values[name] = value

    def close(self) -> None:
        if self.arrays:
            np.savez(self.folder / _ARRAYS, allow_pickle=False, **self.arrays)
        index = {"arrays": sorted(self.arrays), "values": self.values}
        (self.folder / _INDEX).write_text(json.dumps(index), encoding="utf-8")


class _Reader:
    """Reads a part.

    Raises:
        OSError, EOFError, KeyError, ValueError, TypeError, BadZipFile, PolarsError: a file is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        self.values: dict[str, Any] = index["values"]
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        if index["arrays"]:
            with (folder / _ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                self.arrays = {name: arrays[name] for name in index["arrays"]}

    def value(self, kind: Any, name: str) -> Any:
        if name in self.arrays:
            return self.arrays[name]
        if name in self.values:
            return self.values[name]
        if not is_dataclass(kind):
            return pl.read_parquet(self.folder / f"{name or _WHOLE}.parquet")
        hints = get_type_hints(kind)
        parts = {item.name: f"{name}.{item.name}" if name else item.name for item in fields(kind)}
        assert isinstance(kind, type)
        return kind(**{field_name: self.value(hints[field_name], part) for field_name, part in parts.items()})
