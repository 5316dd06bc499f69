"""Opens a dataset by its name: with a connector, a mapping, or a reader of object stores or folders."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from retail_brain.errors import UsageError
from retail_brain.sources.base import Source
from retail_brain.sources.connectors import BUILT_IN, check_scheme, connect, is_connector
from retail_brain.sources.folder import folder_source, remote_source
from retail_brain.sources.mapping import mapping_source
from retail_brain.sources.ready import ready_names, ready_source

_CONFIG = Path(__file__).resolve().parent.parent / "config"


def open_source(dataset: str, scratch: Path, storage_options: Mapping[str, str] | None = None) -> Source:
    """Opens the dataset of a folder, URI, mapping file, connector or built-in name.

    Args:
        dataset: folder, object-store URI, path of a mapping (`.toml`), `NAME` or `NAME://ADDRESS` of a
            connector, or `NAME://PATH` of a ready mapping.
        scratch: folder for temporary files; it must outlive the source.
        storage_options: credentials of an object store.

    Raises:
        UsageError: the name is empty, its scheme is unknown, or a mapping cannot be used.
        NotFoundError: there is no such dataset.
        DataError: it cannot be read.
        ExtensionError: a connector of another package cannot be imported, or breaks its protocol.
    """
    if not dataset.strip():
        raise UsageError("the dataset's name is empty; wanted a folder, a mapping or one of the built-in names.")
    if is_connector(dataset):
        return connect(dataset, scratch)
    scheme, named, address = dataset.partition("://")
    if named and scheme in ready_names():
        return ready_source(scheme, address, scratch)
    if dataset.endswith(".toml"):
        return mapping_source(Path(dataset), scratch)
    if "://" in dataset:
        check_scheme(dataset)
        return remote_source(dataset, storage_options)
    return folder_source(Path(dataset), scratch)


def builtin_settings(name: str) -> dict[str, Any]:
    """Settings for a built-in dataset, as nested values for `parse_settings`.

    Raises:
        UsageError: there is no such built-in dataset.
    """
    if name not in BUILT_IN:
        raise UsageError(f"there is no built-in dataset {name!r}; wanted one of {list(BUILT_IN)}.")
    return tomllib.loads((_CONFIG / f"{name}.toml").read_text(encoding="utf-8"))
