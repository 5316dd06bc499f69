"""One published set of answers: what it says of itself, how it is opened, which one is current, when old ones go."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.decisions.availability import Availability
from retail_brain.errors import ModelError
from retail_brain.files import sha256, write_json, write_text
from serving.store.attributes import Attributes
from serving.store.availability import open_availability
from serving.store.catalog import Catalog
from serving.store.forecasts import Forecasts
from serving.store.identities import Identities
from serving.store.marginal_values import Worth
from serving.store.planned_promotions import Planned
from serving.store.ranked_goods import Ranked
from serving.store.rows import has_rows, map_rows
from serving.store.sales_history import History
from serving.store.scored_pairs import Pairs
from serving.store.suggestions import Suggestions
from serving.store.what_if_sheets import WhatIfSheets

FORMAT = 3
"""Of the files; raised only with a change that this version cannot read in older answers: then publish again.

An added file or manifest field is optional instead, so that answers of earlier versions keep being served."""


@dataclass(frozen=True)
class AnswersManifest:
    """What a set of answers says of itself.

    Attributes:
        as_of: last day the answers know, ISO.
        first_period: first day of the forecast, ISO.
        published_at: instant, ISO with zone.
        quantiles: of the forecasts, ascending.
        driver_groups: names of the forecast's drivers.
        bundles: model kind -> what its manifest says (version, metrics).
        parts: which parts there are: `forecasts`, `suggestions`, `pairs`, `similar`, ...
        counts: rows by part.
        files: checksum (SHA-256) of every file, by path inside the set; empty in sets of version 0.1.
        left_out: model kind -> why its champion could not be read, so that its parts are missing.
        calendar: festivals and other days with a name: `date`, `name`, `type`.
    """

    answers_id: str
    as_of: str
    published_at: str
    period: str
    currency: str
    label_days: int
    quantiles: list[float]
    driver_groups: list[str]
    bundles: dict[str, Any]
    parts: list[str]
    counts: dict[str, int]
    calendar: list[dict[str, str]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True)
class Answers:
    """Everything a request may ask of one tenant; all of it is mapped, nothing of it is copied into the process."""

    manifest: AnswersManifest
    stores: Catalog
    products: Catalog
    customers: Catalog
    history: History
    popular: Ranked
    shelves: Availability
    attributes: Attributes | None
    planned: Planned
    identities: Identities
    forecasts: Forecasts | None
    suggestions: Suggestions | None
    what_if: WhatIfSheets | None
    pairs: Pairs | None
    similar: Ranked | None
    complements: Ranked | None
    worth: Worth | None
    rows: Mapping[str, pl.DataFrame]


def write_manifest(folder: Path, manifest: AnswersManifest) -> None:
    """Writes the manifest with the checksums of all files, the last file of a set of answers."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    checksums = {path.relative_to(folder).as_posix(): sha256(path) for path in files}
    write_json(folder / "manifest.json", asdict(manifest) | {"files": checksums})


def check_files(folder: Path, manifest: AnswersManifest) -> None:
    """Stops at a file that is missing or differs from its checksum.

    Complexity: reads every byte once, which also brings the files into memory before they are mapped.

    Raises:
        ModelError: the set of answers is damaged.
    """
    damaged = [name for name, checksum in manifest.files.items() if _checksum(folder / name) != checksum]
    if damaged:
        raise ModelError(
            f"answers {folder.name} are damaged: {', '.join(damaged[:3])}"
            + (f" and {len(damaged) - 3} more" if len(damaged) > 3 else "")
            + " differ from their checksums. Run `retail-brain publish`."
        )


def _checksum(path: Path) -> str | None:
    return sha256(path) if path.is_file() else None


def read_manifest(folder: Path) -> AnswersManifest:
    """The manifest of a set of answers.

    Raises:
        ModelError: the folder has none that this version understands.
    """
    try:
        values = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder} holds no readable answers: {error}. Run `retail-brain publish`.") from error
    if not isinstance(values, dict):
        raise ModelError(f"{folder} holds no readable answers: its manifest is no object. Run `retail-brain publish`.")
    if values.get("format") != FORMAT:
        raise ModelError(
            f"answers {folder.name} have format {values.get('format')!r}, wanted {FORMAT}. Run `retail-brain publish`."
        )
    known = {part.name for part in fields(AnswersManifest)}
    try:
        return AnswersManifest(**{name: value for name, value in values.items() if name in known})
    except TypeError as error:
        raise ModelError(
            f"the manifest of answers {folder.name} is incomplete: {error}. Run `retail-brain publish`."
        ) from error


def open_answers(folder: Path) -> Answers:
    """Maps a set of answers.

    Raises:
        ModelError: the folder is not a whole set of answers of this format.
    """
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    parts = set(manifest.parts)
    try:
        stores, products = Catalog(folder, "stores"), Catalog(folder, "products")
        many = len(products)
        return Answers(
            manifest=manifest,
            stores=stores,
            products=products,
            customers=Catalog(folder, "customers"),
            history=History(folder, many),
            popular=Ranked(folder, "popular"),
            shelves=open_availability(folder),
            attributes=Attributes(folder, products) if "pairs" in parts else None,
            planned=Planned(folder, len(stores), many),
            identities=Identities(folder),
            forecasts=Forecasts(folder, many) if "forecasts" in parts else None,
            suggestions=Suggestions(folder, many) if "suggestions" in parts else None,
            what_if=WhatIfSheets(folder, many) if "what_if" in parts else None,
            pairs=Pairs(folder) if "pairs" in parts else None,
            similar=Ranked(folder, "similar") if "similar" in parts else None,
            complements=Ranked(folder, "complements") if "complements" in parts else None,
            worth=Worth(folder) if (folder / "worth.starts.npy").exists() else None,
            rows={name: map_rows(folder, name) for name in ROWS if has_rows(folder, name)},
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"answers {folder.name} are damaged: {error}. Run `retail-brain publish`.") from error


ROWS = (
    "ledger",
    "elasticities",
    "transfers",
    "counts",
    "leftovers",
    "attention",
    "shops",
    "person",
    "goods",
    "place",
    "campaigns",
    "facts_customers",
    "facts_consents",
    "facts_contacts",
    "facts_responses",
    "facts_purchases",
    "facts_stock",
    "facts_values",
)


def current_id(answers: Path) -> str | None:
    """Name of the current answers under a tenant's answers folder, or None where none were published."""
    try:
        return (answers / "CURRENT").read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def make_current(answers: Path, answers_id: str) -> None:
    """Moves the pointer to a whole set of answers and removes sets that nobody can be opening any more.

    The set before the current one stays: a worker that read the pointer just before it moved still opens it. A removed
    set that is still mapped stays readable until its last worker lets it go.
    """
    previous = current_id(answers)
    write_text(answers / "CURRENT", answers_id + "\n")
    keep = {answers_id, previous}
    for folder in sorted(answers.iterdir()):
        if folder.is_dir() and not folder.name.startswith(".") and folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)
