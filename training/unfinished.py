"""Long work that goes on where a killed process stopped: a folder for what is done already."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retail_brain.files import sweep
from retail_brain.settings import Workspace


@contextmanager
def unfinished_work(workspace: Workspace, name: str) -> Iterator[Path | None]:
    """A folder of the tenant that stays after an error or a kill and is removed when the block ends well.

    None while another process is at the same work: two would take away each other's parts.

    Args:
        workspace: the tenant.
        name: of the work, such as `train-demand`.
    """
    place = workspace.root / "unfinished"
    place.mkdir(parents=True, exist_ok=True)
    folder = place / name
    with (place / f".{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        folder.mkdir(exist_ok=True)
        sweep(folder)
        yield folder
        shutil.rmtree(folder, ignore_errors=True)
