"""Writes an object of arrays, sparse matrices and tables as plain files, and maps it back from them.

`index.json` holds the tree of values; arrays are npy files and tables Arrow files, which are mapped when they are read,
so that only what is asked for comes from the disk. Classes are named in the index and looked up among those that the
caller allows: nothing in the files is run.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from pydantic import BaseModel
from scipy import sparse

_INDEX = "index.json"
_PLAIN = (str, bool, int, float, type(None))

Allowed = Mapping[type, Sequence[str]]
"""Class -> names of worked-out attributes to write besides its fields (of no dataclass: besides all it holds)."""


def write_object(folder: Path, value: object, allowed: Allowed) -> None:
    """Writes an object into an existing, empty folder; an object that stands in several places is written once.

    Args:
        folder: gets the files.
        value: an object of the allowed classes, arrays, csr_arrays, tables, pydantic models of the allowed classes,
            dates and plain values, in lists, tuples and dictionaries.
        allowed: classes that may be in it.

    Raises:
        TypeError: something else is in it.
    """
    writer = _Writer(folder, allowed)
    tree = writer.node(value)
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    (folder / _INDEX).write_text(json.dumps({"sizes": sizes, "tree": tree}), encoding="utf-8")


def read_object(folder: Path, allowed: Allowed) -> Any:
    """Maps what `write_object` wrote. Arrays may be written to: that changes the copy in memory, never the file.

    Raises:
        OSError, ValueError, KeyError, TypeError, PolarsError: a file is missing or damaged, or a class is not allowed.
    """
    index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    cut_off = [name for name, size in index["sizes"].items() if (folder / name).stat().st_size != size]
    if cut_off:
        raise ValueError(f"{folder} holds files of another size than was written: {cut_off}")
    return _Reader(folder, {one.__name__: one for one in allowed}).value(index["tree"])


class _Writer:
    def __init__(self, folder: Path, allowed: Allowed) -> None:
        self._folder = folder
        self._allowed = allowed
        # the objects themselves are kept too, so that no identity is used again
        self._written: dict[int, tuple[object, int]] = {}
        self._files = 0

    def node(self, value: object) -> Any:
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, date):
            return {"is": "date", "day": value.isoformat()}
        if isinstance(value, list | tuple | dict):
            return self._several(value)
        if id(value) in self._written:
            return {"is": "same", "number": self._written[id(value)][1]}
        number = len(self._written)
        self._written[id(value)] = value, number
        return {"number": number} | self._thing(value)

    def _several(self, value: list[Any] | tuple[Any, ...] | dict[Any, Any]) -> Any:
        if isinstance(value, dict):
            return {"is": "dict", "items": [[self.node(key), self.node(one)] for key, one in value.items()]}
        nodes = [self.node(one) for one in value]
        return nodes if isinstance(value, list) else {"is": "tuple", "items": nodes}

    def _thing(self, value: Any) -> dict[str, Any]:
        if isinstance(value, np.ndarray):
            np.save(self._folder / (name := self._file("npy")), value, allow_pickle=False)
            return {"is": "array", "file": name}
        if isinstance(value, pl.DataFrame):
            # uncompressed and in one piece, or it could not be mapped
            path = self._folder / (name := self._file("arrow"))
            value.rechunk().write_ipc(path, compression="uncompressed", record_batch_size=max(value.height, 1))
            return {"is": "table", "file": name}
        if sparse.issparse(value) and value.format == "csr":
            parts = [self.node(part) for part in (value.indptr, value.indices, value.data)]
            return {"is": "csr", "shape": [int(size) for size in value.shape], "parts": parts}
        kind = type(value)
        if kind not in self._allowed:
            raise TypeError(f"{kind.__name__} cannot be written as plain files; wanted one of {sorted(self._names())}")
        if isinstance(value, BaseModel):
            return {"is": "model", "class": kind.__name__, "values": value.model_dump(mode="json")}
        names = [one.name for one in fields(value)] if is_dataclass(value) else list(vars(value))
        held = {name: self.node(getattr(value, name)) for name in [*names, *self._allowed[kind]]}
        return {"is": "object", "class": kind.__name__, "parts": held}

    def _names(self) -> list[str]:
        return [one.__name__ for one in self._allowed]

    def _file(self, ending: str) -> str:
        self._files += 1
        return f"{self._files:04d}.{ending}"


class _Reader:
    def __init__(self, folder: Path, classes: Mapping[str, type]) -> None:
        self._folder = folder
        self._classes = classes
        self._read: dict[int, Any] = {}

    def value(self, node: Any) -> Any:
        if isinstance(node, _PLAIN):
            return node
        if isinstance(node, list):
            return [self.value(one) for one in node]
        kind = node["is"]
        if kind == "date":
            return date.fromisoformat(node["day"])
        if "items" in node:
            items = [self.value(one) for one in node["items"]]
            return tuple(items) if kind == "tuple" else dict(items)
        if kind != "same":
            self._read[node["number"]] = self._thing(kind, node)
        return self._read[node["number"]]

    def _thing(self, kind: str, node: dict[str, Any]) -> Any:
        if kind == "array":
            return _mapped_array(self._folder / node["file"])
        if kind == "table":
            return _mapped_table(self._folder / node["file"])
        if kind == "csr":
            # set one by one: the constructor would read all of them to check them
            matrix = sparse.csr_array(tuple(node["shape"]), dtype=np.float32)
            matrix.indptr, matrix.indices, matrix.data = (self.value(part) for part in node["parts"])
            return matrix
        one = self._classes[node["class"]]
        if kind == "model":
            return one.model_validate(node["values"])  # type: ignore[attr-defined]
        thing: Any = object.__new__(one)
        vars(thing).update({name: self.value(part) for name, part in node["parts"].items()})
        return thing


def _mapped_array(path: Path) -> np.ndarray[Any, Any]:
    try:
        return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))
    except ValueError:  # an array without values cannot be mapped
        return np.asarray(np.load(path, allow_pickle=False))


def _mapped_table(path: Path) -> pl.DataFrame:
    # Polars reads such a file whole; through pyarrow it takes over the mapped columns
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame
