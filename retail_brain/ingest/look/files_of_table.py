"""Writes which files a table is read from."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.sources.files import ENDINGS


def files_of(members: Sequence[LookedAt], root: Path) -> str | list[str]:
    """A path, globs that stand for these files and no other file of the folder, or else the list of them.

    A glob names an ending of data: the mapping itself is saved beside the files, and must not be read as one of them.

    Args:
        members: the files of a table.
        root: the folder that paths are relative to.
    """
    names = sorted({one.path.relative_to(root).as_posix() for one in members})
    if len(names) == 1:
        return names[0]
    endings = sorted({_ending(name) for name in names})
    for start in _starts(names):
        globs = [f"{start}*{ending}" for ending in endings]
        matched = {path.relative_to(root).as_posix() for glob in globs for path in root.glob(glob)}
        if matched == set(names) and all(endings):
            return globs if len(globs) > 1 else globs[0]
    return names


def _ending(name: str) -> str:
    """The ending of a data file, as the file writes it: `.csv.gz`; blank where it has none that is known."""
    fits = [ending for ending in ENDINGS if name.lower().endswith(ending)]
    return name[-max(map(len, fits)) :] if fits else ""


def _starts(names: Sequence[str]) -> Iterable[str]:
    """What the names begin with: their folder, and then all letters that they share."""
    common = names[0]
    while not all(name.startswith(common) for name in names):
        common = common[:-1]
    folder = Path(names[0]).parent.as_posix()
    return ("" if folder == "." else f"{folder}/", common)
