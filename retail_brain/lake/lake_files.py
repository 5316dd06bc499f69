"""Files of a lake as they lie in its folder or object store, for whoever must see each of them."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from deltalake.exceptions import TableNotFoundError
from deltalake.fs import DeltaStorageHandler
from pyarrow.fs import FileInfo, FileSelector, FileType, PyFileSystem

from retail_brain.lake.layout import checked_uri


class LakeFiles:
    """The files under an address; a folder that is not there holds none.

    Object stores keep no folders: every name is the whole path below the address.
    """

    def __init__(self, uri: str, options: Mapping[str, str]) -> None:
        """Connects to nothing yet.

        Raises:
            UsageError: the URI is empty.
        """
        self._place, self._options = checked_uri(uri), dict(options)

    def listed(self) -> list[FileInfo]:
        """Every file, by path.

        Raises:
            OSError: the object store does not answer.
        """
        try:
            system = self.system
        except TableNotFoundError:
            return []
        found = system.get_file_info(FileSelector("", recursive=True))
        return sorted((one for one in found if one.type == FileType.File), key=path_of)

    @property
    def system(self) -> PyFileSystem:
        """The file system whose root is the address."""
        return PyFileSystem(DeltaStorageHandler(self._place, self._options))

    def remove(self, path: str) -> None:
        """Removes a file; one that is not there any more is no error.

        Raises:
            OSError: the object store does not answer.
        """
        try:
            self.system.delete_file(path)
        except FileNotFoundError:  # another process is tidying up as well
            return

    def fetch(self, path: str, to: Path) -> None:
        """Copies a file to a local one.

        Raises:
            OSError: the object store does not answer.
        """
        with self.system.open_input_stream(path) as source, to.open("wb") as target:
            shutil.copyfileobj(source, target, length=8_000_000)


def path_of(file: FileInfo) -> str:
    """Path of a file below the address."""
    return str(file.path).lstrip("/")
