"""Searches every file of a home for ids: raw bytes, decompressed columns, pages and rows of databases, archives."""

import gzip
import json
import re
import sqlite3
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from retail_brain.erased_ids import LEAST_SEARCHED, LONGEST_CHANCE, NAMES_PEOPLE
from retail_brain.files import scratch_folder
from retail_brain.lake.lake_files import LakeFiles, path_of
from retail_brain.operational.database import Database
from retail_brain.operational.tables import METADATA

_PIECE_BYTES = 8_000_000
"""Bytes of a file looked at together; bounds the memory. Chosen by judgement, not measured."""

_LONGEST_DIGEST = 64
"""Characters of the longest digest, SHA-256 in hexadecimal."""
_RUN, _LETTER = re.compile(rb"[0-9a-f-]{24,}"), re.compile(b"[a-f]")
_LETTERS_OF_DIGEST = 3
"""Letters in a digest at least: 24 random digits have fewer once in 200, phone numbers side by side none."""
_PROGRAM = "code.zip"
"""Our own modules beside a model of MLflow: they hold examples of ids, such as C00001, and nobody's data."""


class Needles:
    """Ids to look for, in the forms that files hold them in."""

    def __init__(self, ids: Sequence[str]) -> None:
        """Ids of fewer than five characters are found as whole values of columns of people only: see `whole`."""
        self.ids = frozenset(ids)
        long = [text for text in ids if len(text) >= LEAST_SEARCHED]
        self._long = frozenset(long)
        forms = {form for text in long for form in _forms(text)}
        self.longest = max((len(form) for form in forms), default=1)
        # the same ids a thousand times a file: one pattern is looked for at once
        self._pattern = re.compile(b"|".join(re.escape(form) for form in sorted(forms))) if forms else None

    def whole(self, column: str) -> frozenset[str]:
        """Ids that count where a whole value of a column is one: short ones only where a column names people."""
        return self.ids if NAMES_PEOPLE.search(column) else self._long

    def in_bytes(self, data: "bytes | memoryview") -> bool:
        """Whether some bytes hold one of the longer ids, other than by chance within a digest."""
        return self._pattern is not None and any(not _is_chance(found, data) for found in self._pattern.finditer(data))


def _is_chance(found: "re.Match[bytes]", data: "bytes | memoryview") -> bool:
    """Whether an id stands within a digest, such as the id of a suggestion.

    Values of a database's file lie side by side without a sign between them: where a digest ends is not to be seen.
    """
    first = max(0, found.start() - _LONGEST_DIGEST)
    near = bytes(data[first : found.end() + _LONGEST_DIGEST])
    start, end = found.start() - first, found.end() - first
    around = (one for one in _RUN.finditer(near) if one.start() <= start and end <= one.end())
    return any(len(_LETTER.findall(one[0])) >= _LETTERS_OF_DIGEST for one in around) and end - start <= LONGEST_CHANCE


def _forms(text: str) -> Iterator[bytes]:
    """UTF-8, the escapes of JSON, and the fixed widths of NumPy's texts and of UTF-16."""
    yield text.encode()
    yield json.dumps(text)[1:-1].encode()
    yield text.encode("utf-32-le")
    yield text.encode("utf-16-le")


def find_traces(folder: Path, ids: Sequence[str]) -> list[str]:
    """Files under a folder that hold one of the ids, relative to it, sorted; none where nothing is left.

    Args:
        folder: looked through with all that is below it, hidden files too.
        ids: of people.
    """
    needles = Needles(ids)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    files = [path for path in files if path.name != _PROGRAM]
    return [path.relative_to(folder).as_posix() for path in files if holds(path, needles)]


def find_remote_traces(uri: str, options: Mapping[str, str], ids: Sequence[str]) -> list[str]:
    """Files of a lake in an object store that hold one of the ids, or whose name does, below its address, sorted.

    Each is copied to a folder of this machine that only its user may read, looked through there, and removed.

    Args:
        uri: of the lake.
        options: credentials of the object store.
        ids: of people.

    Raises:
        OSError: the object store does not answer.
    """
    needles, files = Needles(ids), LakeFiles(uri, options)
    found = []
    with scratch_folder("search") as folder:
        copy = folder / "copy"
        for name in map(path_of, files.listed()):
            files.fetch(name, copy)
            if _name_holds(name, needles) or _content_holds(copy, needles):
                found.append(name)
            copy.unlink()
    return found


def holds(path: Path, needles: Needles) -> bool:
    """Whether a file, or its name, holds one of the ids."""
    return _name_holds(path.name, needles) or _content_holds(path, needles)


def _name_holds(name: str, needles: Needles) -> bool:
    return needles.in_bytes(name.encode()) or Path(name).stem in needles.ids


def _content_holds(path: Path, needles: Needles) -> bool:
    with path.open("rb") as file:
        start = file.read(16)
        file.seek(0)
        if _stream_holds(file, needles):
            return True
    if start.startswith(b"PAR1"):
        return _parquet_holds(path, needles)
    if start.startswith(b"ARROW1"):
        return _arrow_holds(path, needles)
    if start.startswith(b"SQLite format 3"):
        return _sqlite_holds(path, needles)
    return _packed_holds(path, start, needles)


def _stream_holds(file: "IO[bytes]", needles: Needles) -> bool:
    rest = b""
    while piece := file.read(_PIECE_BYTES):
        if needles.in_bytes(rest + piece):
            return True
        # an id may lie across the border of two pieces
        rest = piece[-needles.longest :]
    return False


def _parquet_holds(path: Path, needles: Needles) -> bool:
    with pq.ParquetFile(path) as file:
        return any(_batch_holds(batch, needles) for batch in file.iter_batches())


def _arrow_holds(path: Path, needles: Needles) -> bool:
    with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as file:
        batches = (file.get_batch(number) for number in range(file.num_record_batches))
        return any(_batch_holds(batch, needles) for batch in batches)


def _batch_holds(batch: pa.RecordBatch, needles: Needles) -> bool:
    return any(
        _column_holds(column, name, needles) for name, column in zip(batch.schema.names, batch.columns, strict=True)
    )


def _parts(column: pa.Array) -> list[pa.Array]:
    """The arrays that a nested column is made of; none for a plain one."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return [column.dictionary]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [column.flatten()]
    if pa.types.is_map(kind):
        return [column.keys, column.items]
    parts: list[pa.Array] = column.flatten() if pa.types.is_struct(kind) else []
    return parts


def _column_holds(column: pa.Array, name: str, needles: Needles) -> bool:
    parts = _parts(column)
    if parts:
        return any(_column_holds(part, name, needles) for part in parts)
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    if not any(is_kind(column.type) for is_kind in kinds):
        return any(buffer is not None and needles.in_bytes(memoryview(buffer)) for buffer in column.buffers())
    values = column.unique().to_pylist()
    # whole values too: a short id is no part of a longer text that happens to hold it
    if not needles.whole(name).isdisjoint(value for value in values if value is not None):
        return True
    return needles.in_bytes("\n".join(value for value in values if value is not None).encode())


def _sqlite_holds(path: Path, needles: Needles) -> bool:
    """Every value of every table: a long one lies in several pages, which the bytes alone do not join."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            quoted = '"' + name.replace('"', '""') + '"'
            rows = database.execute(f"SELECT * FROM {quoted}")  # noqa: S608  # quoted, from the schema itself
            columns = [described[0] for described in rows.description]
            if any(
                _cell_holds(cell, column, needles) for row in rows for column, cell in zip(columns, row, strict=True)
            ):
                return True
    return False


def rows_holding(database: Database, ids: Sequence[str], tenant: str) -> tuple[bool, bool]:
    """Whether rows of a tenant in the operational database hold one of the ids, and whether rows of others do.

    Raises:
        UnavailableError: the database does not answer.
    """
    needles, own, others = Needles(ids), False, False
    with database.reading() as connection:
        for table in METADATA.sorted_tables:
            rows = connection.exec_driver_sql(f'SELECT * FROM "{table.name}"')  # noqa: S608  # a name of ours
            columns = list(rows.keys())
            place = columns.index("tenant_id")
            for row in rows:
                if any(_cell_holds(cell, column, needles) for column, cell in zip(columns, row, strict=True)):
                    own, others = own or row[place] == tenant, others or row[place] != tenant
    return own, others


def _cell_holds(cell: object, column: str, needles: Needles) -> bool:
    if isinstance(cell, str):
        return cell in needles.whole(column) or needles.in_bytes(cell.encode())
    return isinstance(cell, bytes) and needles.in_bytes(cell)


def _packed_holds(path: Path, start: bytes, needles: Needles) -> bool:
    if start.startswith(b"PK\x03\x04"):  # also NumPy's .npz and Excel's .xlsx
        with zipfile.ZipFile(path) as archive:
            return any(_member_holds(archive.open(name), name, needles) for name in archive.namelist())
    if start.startswith(b"\x1f\x8b"):
        with gzip.open(path) as file:
            return _stream_holds(cast("IO[bytes]", file), needles)
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            members = [member for member in archive if member.isfile()]
            opened = ((archive.extractfile(member), member.name) for member in members)
            return any(file is not None and _member_holds(file, name, needles) for file, name in opened)
    return False


def _member_holds(file: "IO[bytes]", name: str, needles: Needles) -> bool:
    with file:
        return needles.in_bytes(name.encode()) or _stream_holds(file, needles)
