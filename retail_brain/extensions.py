"""Loads extensions that other packages declare through entry points, and runs their code.

A package declares, say, `[project.entry-points."retail_brain.candidate_sources"]` with `name = "their.module:Thing"`.
One group per kind of extension; docs/extending.md shows each.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from retail_brain.errors import ExtensionError, NotFoundError, RetailBrainError

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
    return _load(_found(kind, name))


def load_extensions(kind: str) -> dict[str, Any]:
    """Imports every declared object of a kind, by name.

    Raises:
        ExtensionError: one of them cannot be imported, or two have the same name; none is skipped silently.
    """
    return {name: _load(entry) for name, entry in _declared(GROUPS[kind]).items()}


def unusable(kind: str, name: str, problem: str, remedy: str = "") -> ExtensionError:
    """The error of an extension that cannot be used: it names the entry point, and its package with the version.

    Args:
        kind: of the extension, a key of GROUPS.
        name: of its entry point; where no package declares it, as in an author's own tests, none is named.
        problem: what follows the name: what was got and what was wanted.
        remedy: what a user can do besides asking for a mended package, as a sentence.
    """
    entry = _declared(GROUPS[kind]).get(name)
    package = "" if entry is None else _distribution(entry)
    declared = "" if entry is None else f" {package}, which declares it as {entry.value} in {entry.group}"
    return ExtensionError(
        f"the {_words(kind)} {name!r} {problem.rstrip('.')}. Mend, update or uninstall its package{declared}."
        + (f" {remedy}" if remedy else ""),
        {"kind": kind, "name": name, "package": package},
    )


def owner(kind: str, name: str) -> str:
    """An extension with its package, version and object, for a log: the route 'signs' of signs 1.2 (signs:route).

    Raises:
        NotFoundError: no installed package declares it.
    """
    entry = _found(kind, name)
    return f"the {_words(kind)} {name!r} of {_distribution(entry)} ({entry.value})"


@contextmanager
def outside_code(kind: str, name: str, step: str, remedy: str = "") -> Iterator[None]:
    """Context that runs code of an extension: what it raises becomes an `ExtensionError` that names the extension.

    Errors of this project pass, since they say what to do. The original error is the cause of ours.

    Args:
        kind: of the extension.
        name: of its entry point.
        step: what it was asked for, after "while", such as "it was fitted".
        remedy: what a user can do besides asking for a mended package, as a sentence.

    Raises:
        ExtensionError: the code raised something else than an error of this project.
    """
    try:
        yield
    except (RetailBrainError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # foreign code may raise anything: SystemExit and panics of Polars are no Exception
        said = (str(error).strip() or "no message").splitlines()[0].rstrip(".")
        problem = f"failed while {step}: {type(error).__name__}: {said}"
        raise unusable(kind, name, problem, f"{remedy} RETAIL_BRAIN_DEBUG=1 shows the traceback.".strip()) from error


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


def forget() -> None:
    """Clears what is cached of extensions and of code (`retail_brain.code_digest`).

    For notebooks and tests that install, change or reload a package while they run.
    """
    _declared.cache_clear()
    for clear in _CLEARED:
        clear()


def when_forgotten(clear: Callable[[], None]) -> None:
    """Has `forget` clear another cache, of a module that this one must not import."""
    _CLEARED.append(clear)


_CLEARED: list[Callable[[], None]] = []


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


def _found(kind: str, name: str) -> EntryPoint:
    declared = _declared(GROUPS[kind])
    if name not in declared:
        raise NotFoundError(
            f"no installed package declares {name!r} in the entry-point group {GROUPS[kind]}; declared are "
            f"{sorted(declared) or 'none'}. Install the package that does, or correct the name."
        )
    return declared[name]


def _distribution(entry: EntryPoint) -> str:
    return "" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"


def _load(entry: EntryPoint) -> Any:
    kind = next(kind for kind, group in GROUPS.items() if group == entry.group)
    with outside_code(kind, entry.name, "it was imported"):
        return entry.load()


def _words(kind: str) -> str:
    """A kind of extension as people call it: a connector, a demand model."""
    return {"order_policies": "order policy"}.get(kind, kind.removesuffix("s").replace("_", " "))
