"""Follows a tenant's settings file while the service runs."""

from pathlib import Path

from retail_brain.errors import RetailBrainError
from retail_brain.settings import Settings, load_settings
from retail_brain.workspace import Workspace


class SettingsFile:
    """A tenant's settings file, read again when it changes; while it cannot be read the last settings stay in use.

    Attributes:
        settings: the newest that could be read; None until then.
        fault: why the present file cannot be used; None when it can.
    """

    def __init__(self, workspace: Workspace) -> None:
        """Reads nothing yet."""
        self._workspace = workspace
        self._stamp: tuple[int, ...] | None = None
        self.settings: Settings | None = None
        self.fault: RetailBrainError | None = None

    def refresh(self) -> None:
        """Reads the file if it is another one than at the last call."""
        # taken before reading: a file that is written meanwhile has another stamp at the next call
        stamp = _stamp(self._workspace.settings_file)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self.settings, self.fault = load_settings(self._workspace), None
        except RetailBrainError as error:
            self.fault = error


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when a file is written, replaced or given other rights; empty where there is none."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
