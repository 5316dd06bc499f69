"""Computes a digest of the code a result depends on: imported sources of this project, and versions of libraries.

Imports are read from the sources (abstract syntax trees), those inside functions included; nothing is imported. Where
a module loads extensions of a kind, the packages that declare some are included. A stored result whose digest differs
was computed by other code and is not taken over.
"""

import ast
import hashlib
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, entry_points, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from retail_brain.extensions import GROUPS, when_forgotten

OWN_PACKAGES: Final = ("retail_brain", "features", "training", "serving")
_EXTENSION_CALLS: Final = frozenset({"extension_names", "load_extension", "load_extensions"})
_PARSE_ATTEMPTS: Final = 5
"""Attempts to parse a source beside other threads that parse. By judgement: one failed in a run of all tests."""


def _parsed(source: bytes) -> ast.Module:
    """The syntax tree of a source.

    CPython 3.11 counts the depth of the tree it builds in one place for all threads, and raises SystemError where two
    build one at once.
    """
    for _ in range(_PARSE_ATTEMPTS - 1):
        try:
            return ast.parse(source)
        except SystemError:
            continue
    return ast.parse(source)


@cache
def _needed(source: bytes, package: str) -> tuple[frozenset[str], frozenset[str]]:
    """Names that a source in a package may import, and kinds of extensions that it loads; parsed once per process."""
    nodes = list(ast.walk(_parsed(source)))
    imported = frozenset(other for node in nodes for other in _imported(node, package))
    return imported, frozenset(kind for node in nodes for kind in _extension_kind(node))


class SourceTree:
    """The sources of some top-level packages or modules.

    Args:
        places: name of a top-level package -> its folder, or of a top-level module -> its file.
    """

    def __init__(self, places: Mapping[str, Path]) -> None:
        self._places = dict(places)
        self._imports: dict[str, tuple[bytes, frozenset[str], frozenset[str]]] = {}

    def reached(self, *modules: str) -> tuple[dict[str, bytes], set[str]]:
        """Sources of the modules and of everything they import, by module name, and names of imported libraries.

        Raises:
            ModuleNotFoundError: one of the modules is not in the tree.
        """
        sources: dict[str, bytes] = {}
        libraries: set[str] = set()
        waiting = [name for module in modules for name in _with_parents(module)]
        for module in modules:
            if self._file(module) is None:
                raise ModuleNotFoundError(f"no source of the module {module} in {sorted(self._places)}", name=module)
        while waiting:
            name = waiting.pop()
            if name in sources or (path := self._file(name)) is None:
                continue
            sources[name], imported, kinds = self._read(name, path)
            for kind in kinds:
                imported |= self._extensions(kind)
            for other in imported:
                top = other.partition(".")[0]
                if top in self._places:
                    waiting.extend(_with_parents(other))
                elif top not in sys.stdlib_module_names:
                    libraries.add(top)
        return sources, libraries

    def _extensions(self, kind: str) -> frozenset[str]:
        """Modules of the declared extensions of a kind; adds their packages to the tree."""
        modules = frozenset(entry.module for entry in entry_points(group=GROUPS[kind]))
        for top in {module.partition(".")[0] for module in modules} - set(self._places):
            self._places |= _installed(top)
        return modules

    def _read(self, name: str, path: Path) -> tuple[bytes, frozenset[str], frozenset[str]]:
        if name not in self._imports:
            source = path.read_bytes()
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            self._imports[name] = source, *_needed(source, package)
        return self._imports[name]

    def _file(self, name: str) -> Path | None:
        """The source of a module; None where a name is not a module, such as a function imported from one."""
        top, *rest = name.split(".")
        place = self._places.get(top)
        if place is None or place.is_file():
            return place if not rest else None
        candidates = (
            place.joinpath(*rest, "__init__.py"),
            *([place.joinpath(*rest).with_suffix(".py")] if rest else []),
        )
        return next((path for path in candidates if path.is_file()), None)


@cache
def code_digest(*modules: str) -> str:
    """Digest of modules of this project and of everything they import.

    Computed once per process, of the sources at its first use: a process runs the code that it has imported, whatever
    becomes of the files. A notebook that reloads a changed module calls `retail_brain.extensions.forget()`; otherwise
    it would read results that were stored before the change.

    Args:
        modules: full names, such as `training.demand.backtest`.

    Raises:
        ModuleNotFoundError: there is no such module.
    """
    return tree_digest(_own_tree(), *modules)


def tree_digest(tree: SourceTree, *modules: str) -> str:
    """Digest of modules of a tree and of everything they import.

    Raises:
        ModuleNotFoundError: there is no such module in the tree.
    """
    sources, libraries = tree.reached(*modules)
    digest = hashlib.sha256()
    for name in sorted(sources):
        # the length keeps two modules apart whose texts, one after the other, read the same
        digest.update(f"{name} {len(sources[name])}\n".encode())
        digest.update(sources[name])
    # another version of a library, or of Python, may compute other numbers from the same source
    for library in sorted(libraries):
        digest.update(f"{library} {_version(library)}\n".encode())
    digest.update(sys.version.encode())
    return digest.hexdigest()


@cache
def _own_tree() -> SourceTree:
    return SourceTree({top: path for name in OWN_PACKAGES for top, path in _installed(name).items()})


when_forgotten(code_digest.cache_clear)
when_forgotten(_own_tree.cache_clear)


def _installed(top: str) -> dict[str, Path]:
    """Path of the sources of an installed top-level package or module; empty for built-in and compiled ones."""
    spec = find_spec(top)
    if spec is None or not (spec.origin or spec.submodule_search_locations):
        return {}
    locations = list(spec.submodule_search_locations or ())
    path = Path(locations[0]) if locations else Path(str(spec.origin))
    return {top: path} if path.is_dir() or path.suffix == ".py" else {}


def _with_parents(name: str) -> Iterator[str]:
    """Yields a module and its parent packages, whose `__init__` runs before it."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    """Yields the names that a statement may import; of `from a import b` both a and a.b: b may be a module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*parents, *([base] if base else [])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)


def _extension_kind(node: ast.AST) -> Iterator[str]:
    """Yields the kind of extension that a call such as `load_extensions("features")` loads."""
    if not isinstance(node, ast.Call) or not node.args:
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    argument = node.args[0]
    if name in _EXTENSION_CALLS and isinstance(argument, ast.Constant) and argument.value in GROUPS:
        yield str(argument.value)


@cache
def _version(library: str) -> str:
    """Version of the distribution that an import name comes from; empty for one that is not installed."""
    try:
        return version(library)
    except PackageNotFoundError:
        names = packages_distributions().get(library, [])
        return ", ".join(f"{name} {version(name)}" for name in sorted(set(names)))
