"""Windows of a backtest that an earlier run of the same work had finished before it was killed.

Plain files: tables as Parquet, arrays as npz. What they depend on is digested: the rows of the lake, the configuration,
the windows before, the code of features and demand models, and the libraries that compute. Nothing else is taken.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar, get_type_hints
from zipfile import BadZipFile

import numpy as np
import polars as pl

from features.fingerprint import fingerprint, summarise
from retail_brain.dataset import Dataset
from retail_brain.files import atomic_path
from retail_brain.progress import Step
from training.demand.config import DemandConfig

TAKEN = "taken from a run that was cut off"
Found = TypeVar("Found")
_LIBRARIES = ("lightgbm", "numpy", "polars")
_ARRAYS = "arrays.npz"


class KeptResults:
    """What finished parts of a backtest found, one folder each; without a place nothing is kept.

    Args:
        place: folder of this work alone; results of other settings, data or code in it are removed.
        work: digest of what all parts depend on (`work_digest`).
    """

    def __init__(self, place: Path | None, work: str) -> None:
        self._folder = place / work if place is not None else None
        for other in place.iterdir() if place is not None and place.is_dir() else ():
            if other != self._folder and other.is_dir():
                shutil.rmtree(other, ignore_errors=True)

    def taken_or_found(self, name: str, kind: type[Found], find: Callable[[], Found], step: Step) -> Found:
        """What a part found in an earlier run, which the step then says; otherwise it is found now, and kept."""
        found = self.read(name, kind)
        if found is not None:
            step.note = TAKEN
            return found
        found = find()
        self.write(name, found)
        return found

    def read(self, name: str, kind: type[Found]) -> Found | None:
        """What a part found; None where it was not finished or cannot be read any more: it is then found again.

        Args:
            name: of the part.
            kind: the dataclass it was; its fields are tables, arrays and dataclasses of those.
        """
        if self._folder is None or not (self._folder / name).is_dir():
            return None
        folder = self._folder / name
        try:
            with (folder / _ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return _joined(kind, folder, dict(arrays), "")
        except (OSError, EOFError, ValueError, TypeError, BadZipFile, pl.exceptions.PolarsError):
            return None

    def write(self, name: str, found: object) -> None:
        """Keeps what a part found, whole or not at all."""
        if self._folder is None:
            return
        with atomic_path(self._folder / name) as aside:
            aside.mkdir()
            arrays: dict[str, np.ndarray[Any, Any]] = {}
            _split(found, aside, arrays, "")
            np.savez(aside / _ARRAYS, allow_pickle=False, **arrays)


def work_digest(dataset: Dataset, config: DemandConfig, *settings: object) -> str:
    """A digest of all that the results of a backtest depend on, up to the hidden days of its dataset."""
    versions = {name: metadata.version(name) for name in _LIBRARIES}
    parts = [config.model_dump(mode="json"), str(dataset.as_of), versions, *settings]
    known = fingerprint(summarise(dataset), dataset.versions, json.dumps(parts, sort_keys=True, default=str))
    digest = hashlib.sha256(known.encode("ascii"))
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _split(value: object, folder: Path, arrays: dict[str, np.ndarray[Any, Any]], prefix: str) -> None:
    """Writes the tables of a dataclass and collects its arrays."""
    assert is_dataclass(value)
    for item in fields(value):
        name, part = f"{prefix}{item.name}", getattr(value, item.name)
        if isinstance(part, pl.DataFrame):
            part.write_parquet(folder / f"{name}.parquet")
        elif isinstance(part, np.ndarray):
            arrays[name] = part
        else:
            _split(part, folder, arrays, f"{name}.")


def _joined(kind: type[Found], folder: Path, arrays: Mapping[str, np.ndarray[Any, Any]], prefix: str) -> Found:
    hints = get_type_hints(kind)
    values: dict[str, object] = {}
    for item in fields(kind):  # type: ignore[arg-type]  # only dataclasses are kept
        name = f"{prefix}{item.name}"
        if name in arrays:
            values[item.name] = arrays[name]
        elif (folder / f"{name}.parquet").is_file():
            values[item.name] = pl.read_parquet(folder / f"{name}.parquet")
        else:
            values[item.name] = _joined(hints[item.name], folder, arrays, f"{name}.")
    return kind(**values)
