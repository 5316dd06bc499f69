"""One published set of answers: its manifest and checksums, opening it, the pointer to the current set, clean-up."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.currency import Currency
from retail_brain.decisions.availability import Availability
from retail_brain.decisions.excess_stock import LEFTOVERS
from retail_brain.decisions.frame_memo import FrameMemo
from retail_brain.errors import ModelError
from retail_brain.files import sha256, write_json, write_text
from serving.store.attributes import Attributes
from serving.store.availability import open_availability
from serving.store.catalog import Catalog
from serving.store.forecasts import Forecasts
from serving.store.identities import Identities
from serving.store.marginal_values import MarginalValues
from serving.store.planned_promotions import PlannedPromotions
from serving.store.ranked_goods import RankedGoods
from serving.store.rows import completed, has_rows, map_rows
from serving.store.sales_history import SalesHistory
from serving.store.scored_pairs import ScoredPairs
from serving.store.suggestions import Suggestions
from serving.store.what_if_sheets import WhatIfSheets

FORMAT = 3
"""File format; raised only for a change after which older answers cannot be read and must be published again.

An added file or manifest field is optional instead, so that answers of earlier versions keep being served."""


CHALLENGER = "challenger"
"""Folder of the pairs that a recommender under test scored."""


@dataclass(frozen=True)
class AnswersManifest:
    """Metadata of one set of answers, stored as `manifest.json`.

    Attributes:
        as_of: last day of data in the answers, ISO.
        published_at: instant, ISO with zone.
        quantiles: of the forecasts, ascending.
        driver_groups: names of the forecast's drivers.
        bundles: model kind -> version and metrics of the champion's bundle.
        label_days: days within which a purchase counts for the recommender's probabilities.
        parts: parts of the set: `forecasts`, `suggestions`, `pairs`, `similar`, ...
        counts: rows by part.
        files: checksum (SHA-256) of every file, by path inside the set; empty in sets of version 0.1.
        feature_facts: feature table -> label and unit, in Chinese and English, of each column that another package
            added; published with the rows, so that the service needs no such package.
        left_out: model kind -> why its champion could not be read, so that its parts are missing.
        calendar: event days such as festivals: `date`, `name`, `type`.
        consistency: rows of `serving.store.consistency`: where these answers contradict each other; empty in sets of
            versions that did not check.
        versions: table of the lake -> version that the answers were made from; empty in sets of older versions.
        currency_digits: digits of money after the point; None in sets of older versions, where the currency tells them.
        model_test: `name` and `version` of the test of models whose challenger's pairs are published too; else empty.
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
    feature_facts: dict[str, list[list[Any]]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    consistency: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    model_test: dict[str, Any] = field(default_factory=dict)
    currency_digits: int | None = None
    format: int = FORMAT

    @property
    def money(self) -> Currency:
        """How money is written."""
        usual = Currency.of(self.currency)
        return usual if self.currency_digits is None else replace(usual, digits=self.currency_digits)


@dataclass(frozen=True)
class Answers:
    """All published answers of one tenant, memory-mapped: workers share the pages and copy only what they slice.

    A part is None where its model was never promoted or could not be read; `challenger` where no model is under test.
    """

    manifest: AnswersManifest
    stores: Catalog
    products: Catalog
    customers: Catalog
    history: SalesHistory
    popular: RankedGoods
    availability: Availability
    attributes: Attributes | None
    planned: PlannedPromotions
    identities: Identities
    forecasts: Forecasts | None
    suggestions: Suggestions | None
    what_if: WhatIfSheets | None
    pairs: ScoredPairs | None
    similar: RankedGoods | None
    complements: RankedGoods | None
    marginal_values: MarginalValues | None
    rows: Mapping[str, pl.DataFrame]
    challenger: ScoredPairs | None = None
    audience_memo: FrameMemo = field(default_factory=FrameMemo, compare=False, repr=False)
    lines_memo: FrameMemo = field(default_factory=FrameMemo, compare=False, repr=False)

    def highest_forecast(self, store_id: str | None, product_id: str | None) -> float | None:
        """Highest mean forecast of a period, units, of a store's, a product's or one series; None stands for all.

        Of all series where none of those is forecast; None where nothing is.
        """
        if self.forecasts is None:
            return None
        store = None if store_id is None else self.stores.find(store_id)
        product = None if product_id is None else self.products.find(product_id)
        own = self.forecasts.peak(store, product)
        return self.forecasts.peak(None, None) if own is None else own


def write_manifest(folder: Path, manifest: AnswersManifest) -> None:
    """Writes the manifest with the checksums of all files; it must be the last file written."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    checksums = {path.relative_to(folder).as_posix(): sha256(path) for path in files}
    write_json(folder / "manifest.json", asdict(manifest) | {"files": checksums})


def _check_files(folder: Path, manifest: AnswersManifest) -> None:
    """Checks that every file is there and has its checksum.

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
    """Reads the manifest of a set of answers.

    Raises:
        ModelError: it is missing, damaged or of another format.
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
    # Fields of a newer version are ignored: what is added is optional by the rule of FORMAT.
    names = {column.name for column in fields(AnswersManifest)}
    try:
        return AnswersManifest(**{name: value for name, value in values.items() if name in names})
    except TypeError as error:
        raise ModelError(
            f"the manifest of answers {folder.name} is incomplete: {error}. Run `retail-brain publish`."
        ) from error


def open_answers(folder: Path) -> Answers:
    """Opens a set of answers by memory-mapping its files.

    Raises:
        ModelError: the set is incomplete, damaged or of another format.
    """
    manifest = read_manifest(folder)
    _check_files(folder, manifest)
    return map_answers(folder, manifest)


def map_answers(folder: Path, manifest: AnswersManifest) -> Answers:
    """Maps the files of a set of answers whose manifest is at hand, without checking their checksums.

    Raises:
        ModelError: a file is missing or cut.
    """
    parts = set(manifest.parts)
    try:
        stores, products = Catalog(folder, "stores"), Catalog(folder, "products")
        n_products = len(products)
        return Answers(
            manifest=manifest,
            stores=stores,
            products=products,
            customers=Catalog(folder, "customers"),
            history=SalesHistory(folder, n_products),
            popular=RankedGoods(folder, "popular"),
            availability=open_availability(folder),
            attributes=Attributes(folder, products) if "pairs" in parts else None,
            planned=PlannedPromotions(folder, len(stores), n_products),
            identities=Identities(folder),
            forecasts=Forecasts(folder, n_products) if "forecasts" in parts else None,
            suggestions=Suggestions(folder, n_products) if "suggestions" in parts else None,
            what_if=WhatIfSheets(folder, n_products) if "what_if" in parts else None,
            pairs=ScoredPairs(folder) if "pairs" in parts else None,
            challenger=ScoredPairs(folder / CHALLENGER) if manifest.model_test else None,
            similar=RankedGoods(folder, "similar") if "similar" in parts else None,
            complements=RankedGoods(folder, "complements") if "complements" in parts else None,
            # sets of older versions, and those without a demand model, have no such file
            marginal_values=MarginalValues(folder) if (folder / "worth.starts.npy").exists() else None,
            rows={
                name: completed(map_rows(folder, name), _LATER.get(name, {}))
                for name in _TABLES
                if has_rows(folder, name)
            },
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"answers {folder.name} are damaged: {error}. Run `retail-brain publish`.") from error


_TABLES = (
    "ledger",
    "plan",
    "elasticities",
    "transfers",
    "counts",
    "leftovers",
    "anomalies",
    "attention",
    "shops",
    "person",
    "goods",
    "place",
    "campaigns",
    "changes",
    "changes_since",
    "performance",
    "performance_stock",
    "performance_weeks",
    "performance_plan",
    "line_products",
    "line_stores",
    "line_supply",
    "supplier_names",
    "guide_names",
    "line_outlook",
    "line_arrivals",
    "promotion_days",
    "facts_customers",
    "facts_products",
    "facts_consents",
    "facts_persons",
    "facts_contacts",
    "facts_contact_effect",
    "facts_uplift",
    "facts_uplift_method",
    "facts_responses",
    "facts_purchases",
    "facts_stock",
    "facts_ends",
    "facts_values",
    "facts_restocked",
    "facts_price_drops",
    "facts_birthdays",
)
"""Tables stored as Arrow files; each may be absent."""
_LATER = {"leftovers": LEFTOVERS}
"""Columns of published tables to which later versions added some."""


def current_id(answers: Path) -> str | None:
    """Id of the current set under a tenant's answers folder, or None where nothing was published.

    Raises:
        ModelError: the pointer cannot be read, is blank, names no folder beside it, or is missing beside sets.
    """
    pointer = answers / "CURRENT"
    try:
        name = pointer.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        if sets := set_folders(answers):
            raise ModelError(
                f"{pointer} is missing, though sets of answers lie beside it; the newest is {sets[-1].name}. "
                "Run `retail-brain publish`."
            ) from None
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{pointer} cannot be read: {error}. Run `retail-brain publish`.") from error
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise ModelError(f"{pointer} holds {name!r}; wanted the name of a set beside it. Run `retail-brain publish`.")
    return name


def set_folders(answers: Path) -> list[Path]:
    """Folders of sets, whole or not, the oldest first: their names begin with their instant."""
    # hidden folders are sets that are being written
    found = answers.iterdir() if answers.is_dir() else ()
    return sorted(path for path in found if path.is_dir() and not path.name.startswith("."))


def readable_id(answers: Path) -> str | None:
    """The same, and None too where the pointer cannot be read: for whoever puts a new set in the place of the old."""
    try:
        return current_id(answers)
    except ModelError:
        return None


def open_current(answers: Path) -> Answers:
    """Opens the current set under a tenant's answers folder.

    Raises:
        ModelError: nothing was published, or the set is incomplete, damaged or of another format.
    """
    name = current_id(answers)
    if name is None:
        raise ModelError(f"{answers} holds no answers: nothing was published yet. Run `retail-brain publish`.")
    return open_answers(answers / name)


def make_current(answers: Path, answers_id: str) -> None:
    """Points CURRENT at a complete set of answers and removes all sets but it and the previous one.

    The previous set stays, because a worker that read the pointer just before it moved still opens it. A removed set
    that is still mapped stays readable until the last worker unmaps it (POSIX keeps deleted files that are open).
    """
    previous = readable_id(answers)
    write_text(answers / "CURRENT", answers_id + "\n")
    keep = {answers_id, previous}
    for folder in set_folders(answers):
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)
