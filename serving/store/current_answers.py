"""The pointer CURRENT to the set of answers that is served, and the sets beside it."""

from pathlib import Path

from retail_brain.errors import ModelError
from retail_brain.files import read_name, remove_tree, write_text
from serving.store.answer_set import Answers, open_answers


def current_id(answers: Path) -> str | None:
    """Id of the current set under a tenant's answers folder, or None where nothing was published.

    Raises:
        ModelError: the pointer cannot be read, is blank, names no folder beside it, or is missing beside sets.
    """
    pointer = answers / "CURRENT"
    try:
        name = read_name(pointer)
    except FileNotFoundError:
        if sets := set_folders(answers):
            raise ModelError(
                f"{pointer} is missing, though sets of answers lie beside it; the newest is {sets[-1].name}. "
                "Run `retail-brain publish`."
            ) from None
        return None
    except (OSError, ValueError) as error:
        raise ModelError(f"{pointer} cannot be read: {error}. Run `retail-brain publish`.") from error
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise ModelError(f"{pointer} holds {name!r}; wanted the name of a set beside it. Run `retail-brain publish`.")
    return name


def set_folders(answers: Path) -> list[Path]:
    """Folders of sets, whole or not, the oldest first: their names begin with their instant."""
    # hidden folders are sets that are being written
    found = answers.iterdir() if answers.is_dir() else ()
    return sorted(path for path in found if path.is_dir() and not path.name.startswith("."))


def readable_id(answers: Path) -> str | None:
    """The same, and None too where the pointer cannot be read: for whoever puts a new set in the place of the old."""
    try:
        return current_id(answers)
    except ModelError:
        return None


def open_current(answers: Path) -> Answers:
    """Opens the current set under a tenant's answers folder.

    Raises:
        ModelError: nothing was published, or the set is incomplete, damaged or of another format.
    """
    name = current_id(answers)
    if name is None:
        raise ModelError(f"{answers} holds no answers: nothing was published yet. Run `retail-brain publish`.")
    return open_answers(answers / name)


def make_current(answers: Path, answers_id: str) -> None:
    """Points CURRENT at a complete set of answers and removes all sets but it and the previous one.

    The previous set stays, because a worker that read the pointer just before it moved still opens it. A removed set
    that is still mapped stays readable until the last worker unmaps it (POSIX keeps deleted files that are open).
    """
    previous = readable_id(answers)
    write_text(answers / "CURRENT", answers_id + "\n")
    keep = {answers_id, previous}
    for folder in set_folders(answers):
        if folder.name not in keep:
            remove_tree(folder)
