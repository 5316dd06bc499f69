"""Writes and reads model bundles: exported models as plain files with checksums, and the pointer to the champion.

`bundles/KIND/VERSION/` holds LightGBM text, npz, Parquet and JSON files and `manifest.json`; `bundles/KIND/CHAMPION`
names the version in use. Commands and publishing read these and never ask MLflow, so they need neither its server nor
its libraries.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from retail_brain import __version__
from retail_brain.errors import ModelError
from retail_brain.files import atomic_path, read_name, sha256, write_json, write_text
from retail_brain.workspace import Workspace

Kind = Literal["demand", "recommender"]
KINDS: tuple[Kind, ...] = ("demand", "recommender")
FORMAT = 1
"""Format of the manifest; raised with every change of what it holds."""
# plain data only: reading a pickle runs the code in it, and a bundle may come from another machine
SUFFIXES = frozenset({".txt", ".npz", ".npy", ".parquet", ".arrow", ".json", ".csv"})


@dataclass(frozen=True)
class Manifest:
    """Provenance of a bundle and the checksums of its files.

    Attributes:
        kind: demand or recommender.
        version: its number in the registry, from 1.
        facts: its run, data versions, configuration and backtest metrics, as JSON values.
        files: SHA-256 of every file, by path inside the bundle.
    """

    kind: Kind
    version: int
    facts: Mapping[str, Any]
    files: Mapping[str, str]


def write_bundle(
    workspace: Workspace, kind: Kind, version: int, facts: Mapping[str, Any], write_model: Callable[[Path], None]
) -> Path:
    """Writes a bundle whole or not at all and returns its folder; an intact bundle of that version is kept as it is.

    Args:
        workspace: the tenant.
        kind: demand or recommender.
        version: its number in the registry.
        facts: JSON values for the manifest.
        write_model: writes the model's files into the folder it is given.

    Raises:
        ModelError: `write_model` wrote a kind of file that a bundle may not hold.
    """
    folder = workspace.bundles / kind / str(version)
    # a version never changes, and a command may be reading its files: they are not replaced by equal ones
    if _is_intact(folder):
        return folder
    with atomic_path(folder) as staging:
        staging.mkdir()
        write_model(staging)
        files = sorted(path for path in staging.rglob("*") if path.is_file())
        forbidden = [path.name for path in files if path.suffix not in SUFFIXES]
        if forbidden:
            raise ModelError(
                f"a bundle may hold {sorted(SUFFIXES)} only; got {forbidden}. Save the model as plain data."
            )
        manifest = {
            "format": FORMAT,
            "kind": kind,
            "version": version,
            "software": __version__,
            "facts": facts,
            "files": {path.relative_to(staging).as_posix(): sha256(path) for path in files},
        }
        write_json(staging / "manifest.json", manifest)
    return folder


def read_manifest(folder: Path) -> Manifest:
    """Manifest of a bundle, after comparing every file with its checksum: a damaged model is refused before it answers.

    Raises:
        ModelError: the manifest or a file is missing, damaged, or of another format.
    """
    try:
        raw = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder} is not a bundle: {error}. Promote the model again.") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("files"), dict):
        raise ModelError(f"{folder} is not a bundle: its manifest names no files. Promote the model again.")
    if raw.get("format") != FORMAT:
        raise ModelError(
            f"bundle {folder} has format {raw.get('format')}; this software reads {FORMAT}. Train and promote again."
        )
    damaged = [name for name, checksum in raw["files"].items() if _checksum(folder / name) != checksum]
    if damaged:
        raise ModelError(f"bundle {folder} is damaged: {damaged} differ from their checksums. Promote the model again.")
    return Manifest(raw["kind"], raw["version"], raw["facts"], raw["files"])


def champion_version(workspace: Workspace, kind: Kind) -> int | None:
    """The registry number of the version in use; None where nothing was promoted.

    Raises:
        ModelError: the pointer holds no number.
    """
    pointer = workspace.bundles / kind / "CHAMPION"
    try:
        text = read_name(pointer)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ModelError(f"{pointer} cannot be read: {error}. Promote a model again.") from error
    except ValueError as error:
        raise ModelError(f"{pointer} holds no name ({error}); wanted a version number. Promote a model.") from None
    # digits of ASCII alone: int() reads others too, and isdigit() takes some that it does not
    if not (text.isascii() and text.isdigit()):
        raise ModelError(f"{pointer} holds {text[:40]!r}; wanted a version number. Promote a model again.")
    return int(text)


def champion(workspace: Workspace, kind: Kind) -> Path:
    """Folder of the champion's bundle, its files compared with their checksums.

    Raises:
        ModelError: no model of that kind was promoted, or its bundle is damaged.
    """
    version = champion_version(workspace, kind)
    if version is None:
        raise ModelError(
            f"tenant {workspace.tenant} has no {kind} champion. "
            f"Run `retail-brain train {kind}` and `retail-brain promote {kind}`."
        )
    return bundle_of(workspace, kind, version)


def bundle_of(workspace: Workspace, kind: Kind, version: int) -> Path:
    """Folder of a version's bundle, its files compared with their checksums.

    Raises:
        ModelError: it was never exported, or is damaged.
    """
    folder = workspace.bundles / kind / str(version)
    read_manifest(folder)
    return folder


def point_champion(workspace: Workspace, kind: Kind, version: int) -> None:
    """Makes a bundle the one in use; the pointer is replaced as a whole, so a reader sees old or new."""
    write_text(workspace.bundles / kind / "CHAMPION", f"{version}\n")


def _checksum(path: Path) -> str | None:
    return sha256(path) if path.is_file() else None


def _is_intact(folder: Path) -> bool:
    if not folder.exists():
        return False
    try:
        read_manifest(folder)
    except ModelError:
        return False
    return True
