"""Names the files whose bytes decide a dataset, so that one that was ingested before is known without reading it."""

from collections.abc import Iterable
from pathlib import Path

from retail_brain.errors import RetailBrainError
from retail_brain.sources.archives import archive_of
from retail_brain.sources.complete_journey import complete_journey_files
from retail_brain.sources.connectors import is_connector
from retail_brain.sources.files import data_files
from retail_brain.sources.mapping import mapped_files, parse_mapping
from retail_brain.sources.ready import ready_names


def input_files(dataset: str) -> tuple[Path, ...] | None:
    """Files that a dataset is read from; None where something else, such as a database, has a part in it.

    Args:
        dataset: as `open_source` takes it.
    """
    try:
        return _input_files(dataset)
    except (RetailBrainError, OSError):  # opening it says what is wrong
        return None


def _input_files(dataset: str) -> tuple[Path, ...] | None:
    if dataset == "complete-journey":
        return tuple(complete_journey_files())
    if is_connector(dataset):
        return None
    scheme, named, address = dataset.partition("://")
    if named:
        return _files(Path(address)) if scheme in ready_names() and address else None
    if not dataset.endswith(".toml"):
        return _files(Path(dataset)) if dataset.strip() else None
    path = Path(dataset)
    tables = parse_mapping(path).tables.values()
    if any(table.files is None for table in tables):
        return None
    files = [file for table in tables for file in mapped_files(path.parent, table.files or ())]
    return (path, *_sorted(archive_of(file) or file for file in files))


def _files(place: Path) -> tuple[Path, ...] | None:
    if place.is_file():
        return (place,)
    return _sorted(data_files(place)) or None


def _sorted(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(sorted(set(paths)))
