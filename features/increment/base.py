"""Finds the build of the features that a new one can begin from, or says why it begins from nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from features.chain_numbers import ChainNumbers
from features.increment.changes import Changes, file_names
from retail_brain.dataset import Dataset

STATE: Final = "state"
"""Folder, beside the tables, of what the next build begins from."""
PRODUCTS, PAST_SALES = "products", "past_sales"
"""Files of that folder: what lines are compared with, and what it is made of."""


@dataclass(frozen=True)
class Base:
    """A build that a new one begins from.

    Attributes:
        folder: of its tables.
        changes: what the new build sees that it did not.
        numbers: its chain numbers.
        identity_links: accounts that were joined or kept apart by hand in it, as `identity_facts` gives them.
    """

    folder: Path
    changes: Changes
    numbers: ChainNumbers
    identity_links: list[list[str]]


def base_facts(dataset: Dataset, settings: str, numbers: ChainNumbers) -> dict[str, Any]:
    """What the manifest of a build says for the next one; `find_base` reads it.

    Args:
        dataset: what the build read.
        settings: digest of code and options.
        numbers: its chain numbers.
    """
    return {
        "settings": settings,
        "files": file_names(dataset),
        "numbers": numbers.to_json(),
        "identity_links": identity_facts(dataset),
    }


def identity_facts(dataset: Dataset) -> list[list[str]]:
    """Accounts that somebody joined or keeps apart, as JSON values."""
    return sorted([link.kind, link.left, link.right] for link in dataset.identity_links)


def find_base(folder: Path, dataset: Dataset, settings: str) -> tuple[Base | None, str]:
    """The build at a folder, if a new one can begin from it; otherwise None and the reason.

    Args:
        folder: of the tables of the build before.
        dataset: what the new build reads, as of its last visible day.
        settings: digest of the new build's code and options.
    """
    manifest = folder / "manifest.json"
    if not manifest.exists():
        return None, "there are no tables to begin from"
    facts: Mapping[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    if facts.get("settings") != settings or not (folder / STATE).is_dir():
        return None, "the tables before are of another version or other settings"
    if not all((folder / STATE / f"{name}.parquet").exists() for name in (PRODUCTS, PAST_SALES)):
        return None, "files of the tables before are missing"
    changes = Changes(dataset, date.fromisoformat(facts["as_of"]), facts["files"])
    why = _why_not(changes)
    if why:
        return None, why
    return Base(folder, changes, ChainNumbers.from_json(facts["numbers"]), facts["identity_links"]), ""


def _why_not(changes: Changes) -> str:
    """Why what changed cannot be told; empty where it can."""
    if set(changes.now.files) != set(changes.now.frames):
        return "what is read does not say which rows are new"
    if changes.files.keys() != changes.now.files.keys():
        return "the lake has other tables than before"
    if changes.before > changes.as_of:
        return f"the tables before are of a later day, {changes.before}"
    return "rows were erased from the lake" if changes.lost_files() else ""
