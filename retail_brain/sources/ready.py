"""Ready mappings of sources that people export from: `retail-brain ingest NAME://FILE_OR_FOLDER`."""

from collections.abc import Iterator
from pathlib import Path

from retail_brain.errors import NotFoundError
from retail_brain.sources.base import Source
from retail_brain.sources.mapping import mapped_tables, parse_mapping
from retail_brain.sources.mapping_keys import DatasetMapping

_FOLDER = Path(__file__).resolve().parent.parent / "config" / "sources"


def ready_names() -> tuple[str, ...]:
    """Names of the ready mappings, in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def ready_text(name: str) -> str:
    """The mapping as TOML, to be copied and changed.

    Raises:
        NotFoundError: there is none of that name.
    """
    if name not in ready_names():
        raise NotFoundError(f"there is no ready mapping {name!r}; wanted one of {', '.join(ready_names())}.")
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def describe_ready() -> Iterator[tuple[str, DatasetMapping]]:
    """Name and mapping of each source."""
    return ((name, parse_mapping(_FOLDER / f"{name}.toml")) for name in ready_names())


def ready_source(name: str, address: str, scratch: Path) -> Source:
    """Opens files with a ready mapping.

    Args:
        name: of the mapping.
        address: a file, or a folder whose files the mapping chooses.
        scratch: folder for temporary files; it must outlive the source.

    Raises:
        NotFoundError: there is no such file or folder, or none that the mapping reads.
        DataError: a file cannot be read, or lacks a column: it is another export.
    """
    place = Path(address)
    if not address or not place.exists():
        raise NotFoundError(f"there is no file or folder {address!r}; wanted {name}://PATH with the exported files.")
    mapping = parse_mapping(_FOLDER / f"{name}.toml")
    if place.is_file():
        tables = {
            table: keys.model_copy(update={"files": place.name}) if keys.files else keys
            for table, keys in mapping.tables.items()
        }
        mapping = mapping.model_copy(update={"tables": tables})
    folder = place.parent if place.is_file() else place
    opened = mapped_tables(mapping, folder / f"{name}.toml", scratch)
    notes = (f"{name}: {mapping.note}",) if mapping.note else ()
    return Source(f"{name}://{place.resolve()}", opened.tables, (*notes, *opened.warnings))
