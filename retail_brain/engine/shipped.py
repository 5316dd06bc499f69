"""Values that go between a process and its workers as pickled files, in a folder that only this run writes and reads.

A pickle runs code when it is read: nothing that lasts is stored so.
"""

import pickle
from pathlib import Path
from typing import Any

from retail_brain.files import atomic_path


def ship(path: Path, value: object) -> str:
    """Writes a value; returns the path as text."""
    with atomic_path(path) as aside, aside.open("wb") as file:
        pickle.dump(value, file, protocol=5)
    return str(path)


def shipped(path: Path) -> Any:
    """Reads what `ship` wrote."""
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301  # this run wrote it, into a folder of its own
