"""Registry of connectors: the built-in datasets, and those that other packages add through entry points.

A connector opens a dataset that is neither a folder nor an object store: a till, an ERP system, a web service. Its name
is the scheme of the address, so `retail-brain ingest mytill://store-7` asks the connector `mytill`. docs/extending.md
has an example; `retail_brain.sources.conformance` has the tests that every connector must pass.
"""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final, Protocol

import polars as pl

from retail_brain.addresses import shown_address
from retail_brain.errors import ExtensionError, UsageError
from retail_brain.extensions import extension_names, load_extension, outside_code, unusable
from retail_brain.sources.base import RawTable, Source
from retail_brain.sources.complete_journey import complete_journey_source
from retail_brain.sources.folder import folder_source
from retail_brain.tables import TABLES

_RESERVED: Final = frozenset({"s3", "s3a", "gs", "gcs", "az", "azure", "adl", "abfs", "abfss", "file", "http", "https"})
"""Schemes of object stores and files, which the built-in reader serves."""
CHECK_ADDRESS: Final = "Check the address first."


class Connector(Protocol):
    """Opens datasets of one kind: a function, or an object that is called like one."""

    def __call__(self, address: str, scratch: Path) -> Source:
        """Opens a dataset.

        Args:
            address: what follows `NAME://`; empty where the dataset is named by the connector alone.
            scratch: folder for temporary files; it outlives the source.

        Returns:
            A source whose `name` is the same at every call with the same address (quarantined rows are kept by it), and
            whose frames are lazy: rows are read when the ingest asks for them.

        Raises:
            NotFoundError: there is no dataset at that address.
            DataError: what is there cannot be read; the message says what, got, wanted and what to do. Any other
                exception, here or when rows are read, becomes an error that names the connector.
        """


def _complete_journey(address: str, scratch: Path) -> Source:  # noqa: ARG001  # one dataset, which needs no address
    return complete_journey_source()


def _sample(address: str, scratch: Path) -> Source:  # noqa: ARG001  # one dataset, which needs no address
    return folder_source(sample_folder(), scratch)


BUILT_IN: Final[Mapping[str, Connector]] = {"sample": _sample, "complete-journey": _complete_journey}
"""Name -> connector of this project's own datasets."""


def sample_folder() -> Path:
    """Folder of the sample dataset: `data/sample` in a clone, beside the code in an installed package."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "data" / "sample"
    return installed if installed.is_dir() else package.parent / "data" / "sample"


def connector_names() -> tuple[str, ...]:
    """Names of all connectors: the built-in ones, then those of other packages in alphabetical order.

    Raises:
        ExtensionError: a package declares a name that is taken.
    """
    outside = extension_names("connectors")
    taken = sorted(set(outside) & (set(BUILT_IN) | _RESERVED))
    if taken:
        raise ExtensionError(
            f"an installed package declares the connectors {taken}, which are built in; wanted names beside "
            f"{sorted(set(BUILT_IN) | _RESERVED)}. Rename its entry points or uninstall it."
        )
    return (*BUILT_IN, *outside)


def is_connector(dataset: str) -> bool:
    """Whether a dataset is `NAME` or `NAME://ADDRESS` of a connector.

    Raises:
        ExtensionError: a package declares a connector under a name that is taken.
    """
    return dataset.partition("://")[0] in connector_names()


def connect(dataset: str, scratch: Path) -> Source:
    """Opens the dataset `NAME` or `NAME://ADDRESS` with its connector.

    Args:
        dataset: a name for which `is_connector` holds.
        scratch: folder for temporary files; it must outlive the source.

    Raises:
        NotFoundError: the connector finds nothing at the address.
        DataError: the connector cannot read the dataset.
        ExtensionError: the connector cannot be imported, fails, or gives something else than a source of canonical
            tables.
    """
    name, _, address = dataset.partition("://")
    if name in BUILT_IN:
        return BUILT_IN[name](address, scratch)
    connector: Connector = load_extension("connectors", name)
    with outside_code("connectors", name, f"{shown_address(dataset)!r} was opened", CHECK_ADDRESS):
        source = connector(address, scratch)
    check_source(name, source)
    # its rows are read later, and an error of theirs must name the connector too
    return replace(source, tables={table: replace(raw, connector=name) for table, raw in source.tables.items()})


def check_scheme(dataset: str) -> None:
    """Checks that somebody reads addresses of this scheme.

    Args:
        dataset: `SCHEME://ADDRESS`.

    Raises:
        UsageError: neither a connector nor a built-in reader does; the message names those that do, nearest first.
    """
    scheme = dataset.partition("://")[0]
    known = [*connector_names(), *sorted(_RESERVED)]
    if scheme in known:
        return
    nearest = get_close_matches(scheme, known, n=1)
    raise UsageError(
        f"nothing reads {shown_address(dataset)!r}: no installed package declares the connector {scheme!r}, and no "
        f"object store has that scheme; wanted one of {', '.join(known)}. "
        + (f"Perhaps you mean {nearest[0]}://. " if nearest else "")
        + "Correct the scheme, or install the package of the connector."
    )


def check_source(name: str, source: object) -> None:
    """Checks that a connector returned a source of canonical tables.

    Args:
        name: name of the connector, for the message.
        source: returned value.

    Raises:
        ExtensionError: the value is no `Source`, has no table or an unknown one, or a table whose frame is not lazy.
    """
    if not isinstance(source, Source) or not source.tables:
        got = f"gave {type(source).__name__}"
        raise unusable("connectors", name, f"{got}; wanted a retail_brain.sources.Source with at least one table")
    for table, raw in source.tables.items():
        lazy = isinstance(raw, RawTable) and isinstance(raw.frame, pl.LazyFrame)
        if table not in TABLES or not lazy or raw.name != table:
            raise unusable(
                "connectors",
                name,
                f"gave the table {table!r} as {type(raw).__name__}; wanted a RawTable of that name with a LazyFrame, "
                f"for one of {', '.join(TABLES)}",
            )
