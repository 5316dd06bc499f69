"""The manifest of a published set of answers: what it holds and was made from, and the checksums of its files."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from retail_brain import __version__
from retail_brain.currency import Currency
from retail_brain.errors import ModelError
from retail_brain.files import sha256, write_json

FORMAT = 3
"""File format; raised only for a change after which older answers cannot be read and must be published again.

An added file or manifest field is optional instead, so that answers of earlier versions keep being served."""
LAYOUT = 1
"""Layout of the files; raised with a change after which an earlier version cannot answer from a new set.

A service that still runs that version keeps the set it has, and says so. Where that is not raised, an earlier version
must answer from new sets: whatever is added may be missed by it, and nothing is taken away.
"""


class NewerAnswersError(ModelError):
    """A set of answers of a newer version than this one can read."""


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
        layout: of the files; sets of older versions have none and are read as they were.
        software: version of retail-brain that published the set; empty in sets of versions that did not note theirs,
            and until `write_manifest` notes this one.
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
    layout: int = LAYOUT
    software: str = ""

    @property
    def is_newer(self) -> bool:
        """Whether a newer version than this one published the set."""
        return _is_newer(self.software)

    @property
    def money(self) -> Currency:
        """How money is written."""
        usual = Currency.of(self.currency)
        return usual if self.currency_digits is None else replace(usual, digits=self.currency_digits)


def write_manifest(folder: Path, manifest: AnswersManifest) -> None:
    """Writes the manifest with the checksums of all files; it must be the last file written."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    checksums = {path.relative_to(folder).as_posix(): sha256(path) for path in files}
    noted = {"files": checksums, "software": manifest.software or __version__}
    write_json(folder / "manifest.json", asdict(manifest) | noted)


def check_files(folder: Path, manifest: AnswersManifest) -> None:
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
    if _number(values, "format") > FORMAT or _number(values, "layout") > LAYOUT:
        raise NewerAnswersError(told_newer(folder, values))
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


def _number(values: Mapping[str, Any], name: str) -> int:
    value = values.get(name)
    return value if isinstance(value, int) else 0


def told_newer(folder: Path, values: Mapping[str, Any]) -> str:
    """What is wrong with a set of a newer version, and what to do; `values` are those of its manifest."""
    by = f"retail-brain {values['software']}" if values.get("software") else "a newer retail-brain"
    layout = f"format {values.get('format')}, layout {values.get('layout', 0)}"
    return (
        f"answers {folder.name} were published by {by} ({layout}); this is {__version__} and reads format {FORMAT}, "
        f"layout {LAYOUT}. Install that version here and start the service again, or publish with this one: "
        "`retail-brain publish`."
    )


def _is_newer(software: str) -> bool:
    """Whether a version is later than this one; what is no version is not."""
    try:
        return Version(software) > Version(__version__)
    except InvalidVersion:
        return False
