"""The lake: canonical tables as Delta tables under one folder or object-store URI, one version per ingest."""

from collections.abc import Mapping

from retail_brain.dataset import Dataset


def open_lake(uri: str, storage_options: Mapping[str, str] | None = None) -> Dataset:
    """Every table of the lake at its newest version.

    Raises:
        NotFoundError: there is no lake at the URI.
    """
    raise NotImplementedError(uri, storage_options)
