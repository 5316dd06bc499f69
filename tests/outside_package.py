"""Packages of other people, made for a test: a module and the metadata that an installer would have written."""

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

from retail_brain import extensions

Install = Callable[..., Path]


@contextmanager
def installable(folder: Path) -> Iterator[Install]:
    """A function that installs a module with entry points, and its removal at the end.

    Args:
        folder: where the packages are put; it is on the path until the end.
    """
    modules: list[str] = []

    def install(module: str, code: str, entry_points: Mapping[str, Mapping[str, str]], version: str = "1.2") -> Path:
        place = folder / f"{module}.py"
        place.write_text(dedent(code), encoding="utf-8")
        metadata = folder / f"{module}-{version}.dist-info"
        metadata.mkdir(exist_ok=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: {version}\n")
        lines = [
            line
            for kind, entries in entry_points.items()
            for line in (f"[{extensions.GROUPS[kind]}]", *(f"{name} = {value}" for name, value in entries.items()), "")
        ]
        (metadata / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
        modules.append(module)
        _look_again()
        return place

    sys.path.insert(0, str(folder))
    try:
        yield install
    finally:
        sys.path.remove(str(folder))
        for module in modules:
            sys.modules.pop(module, None)
        _look_again()


def _look_again() -> None:
    importlib.invalidate_caches()
    extensions.forget()
