"""Loads extensions that other packages declare through entry points.

A package declares, say, `[project.entry-points."retail_brain.candidate_sources"]` with `name = "their.module:Thing"`.
One group per kind of extension; docs/extending.md shows each.
"""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from retail_brain.errors import ExtensionError, NotFoundError

GROUPS: Final = {
    "features": "retail_brain.features",
    "demand_models": "retail_brain.demand_models",
    "candidate_sources": "retail_brain.candidate_sources",
    "order_policies": "retail_brain.order_policies",
    "connectors": "retail_brain.connectors",
    "routes": "retail_brain.routes",
}
"""Kind of extension -> name of its entry-point group."""


def extension_names(kind: str) -> tuple[str, ...]:
    """Declared names of a kind, in alphabetical order; nothing is imported.

    Raises:
        ExtensionError: two packages declare the same name.
    """
    return tuple(_declared(GROUPS[kind]))


def load_extension(kind: str, name: str) -> Any:
    """Imports the object of a declared name.

    Raises:
        NotFoundError: no installed package declares it.
        ExtensionError: its package cannot be imported, or two declare it.
    """
    declared = _declared(GROUPS[kind])
    if name not in declared:
        raise NotFoundError(
            f"no installed package declares {name!r} in the entry-point group {GROUPS[kind]}; declared are "
            f"{sorted(declared) or 'none'}. Install the package that does, or correct the name."
        )
    return _load(declared[name])


def load_extensions(kind: str) -> dict[str, Any]:
    """Imports every declared object of a kind, by name.

    Raises:
        ExtensionError: one of them cannot be imported, or two have the same name; none is skipped silently.
    """
    return {name: _load(entry) for name, entry in _declared(GROUPS[kind]).items()}


def describe_extensions() -> list[tuple[str, str, str, str]]:
    """Kind, name, object and distribution with version of every declared extension; nothing is imported.

    Raises:
        ExtensionError: two packages declare the same name.
    """
    return [
        (kind, name, entry.value, _distribution(entry))
        for kind, group in GROUPS.items()
        for name, entry in _declared(group).items()
    ]


def package_of(kind: str, name: str) -> str:
    """Distribution and version that declare a name, for messages; empty where none does. Nothing is imported."""
    entry = _declared(GROUPS[kind]).get(name)
    return "" if entry is None else _distribution(entry)


def forget() -> None:
    """Clears the cache of declared extensions, for notebooks and tests that install a package while they run."""
    _declared.cache_clear()


@cache
def _declared(group: str) -> dict[str, EntryPoint]:
    declared: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        # the same entry twice is one package on two paths (a source tree and its installation), not a clash
        if entry.name in declared and declared[entry.name].value != entry.value:
            raise ExtensionError(
                f"two packages declare {entry.name!r} in the entry-point group {group}: {declared[entry.name].value} "
                f"and {entry.value}. Uninstall one of them or rename its entry point."
            )
        declared[entry.name] = entry
    return declared


def _distribution(entry: EntryPoint) -> str:
    return "" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"


def _load(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except Exception as error:  # whatever a foreign module raises, the message must name it
        raise ExtensionError(
            f"the extension {entry.name!r} ({entry.value}, group {entry.group}) cannot be imported: "
            f"{type(error).__name__}: {error}. "
            "Mend or uninstall its package."
        ) from error
