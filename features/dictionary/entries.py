"""Builds the data dictionary from schemas and feature sets, so that it cannot lag behind: one row per column."""

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from features.dictionary.canonical import COLUMNS, TABLE_NAMES, Meaning
from features.dictionary.features import FEATURE_COLUMNS, IDENTITY_COLUMNS, KEY_COLUMNS, SOURCES
from features.goods.options import GOODS_FEATURES, SERIES_FEATURES
from features.person.table import PERSON_FEATURES
from features.place.table import PLACE_FEATURES
from features.protocol import KEYS
from features.registry import installed_features
from retail_brain.errors import UsageError
from retail_brain.tables import TABLES, Table

DICTIONARY_COLUMNS: Final = ("table", "column", "unit", "grain", "source", "meaning", "meaning_zh")
FEATURE_SETS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "person": PERSON_FEATURES,
    "goods": GOODS_FEATURES,
    "series": SERIES_FEATURES,
    "place": PLACE_FEATURES,
}
"""Feature table -> its named sets of columns."""
_GRAINS: Final[Mapping[str, tuple[str, str]]] = {
    "identity": ("identifier of a person", "每个标识一行"),
    "person": ("person", "每人一行"),
    "goods": ("product", "每个商品一行"),
    "series": ("store x product", "每店每品一行"),
    "place": ("store", "每家门店一行"),
}


def dictionary(table: str | None = None) -> pl.DataFrame:
    """One row per column of a canonical table or feature table: the columns of DICTIONARY_COLUMNS.

    `source` is `dataset` for what comes in with the data, `features` for keys, and names the canonical tables that a
    feature is computed from. Features of installed packages are among them, with their package's label.

    Args:
        table: only this table; None: all.

    Raises:
        UsageError: there is no such table.
        ExtensionError: a feature of another package breaks the protocol.
    """
    rows = [*_canonical(), *_identity(), *(row for name in FEATURE_SETS for row in _features(name))]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(DICTIONARY_COLUMNS, pl.String), orient="row")
    if table is None:
        return frame
    # the features of people are `features: person` here and `person` to every other verb
    found = frame.filter(pl.col("table").is_in([table, f"features: {table}"]))
    if found.is_empty():
        known = ", ".join(frame["table"].unique(maintain_order=True))
        raise UsageError(f"there is no table {table!r}; the tables are {known}. Name one of them.")
    return found


def grains() -> dict[str, tuple[str, str]]:
    """Table -> one row per what, in English and Chinese."""
    canonical = {name: (_grain(table), TABLE_NAMES[name]) for name, table in TABLES.items()}
    return canonical | {f"features: {name}": words for name, words in _GRAINS.items()}


def _canonical() -> Iterator[tuple[str, ...]]:
    for name, table in TABLES.items():
        for column in table.types:
            unit, zh, en = _meaning_of(name, column, COLUMNS)
            needed = en if column in table.required else f"{en} (optional)"
            yield (name, column, unit, _grain(table), "dataset", needed, zh)


def _identity() -> Iterator[tuple[str, ...]]:
    for column, (unit, zh, en) in IDENTITY_COLUMNS.items():
        source = "identities, customers, events, transactions"
        yield ("features: identity", column, unit, _GRAINS["identity"][0], source, en, zh)


def _features(table: str) -> Iterator[tuple[str, ...]]:
    name, grain = f"features: {table}", _GRAINS[table][0]
    for column in (*KEYS[table], "as_of"):
        unit, zh, en = KEY_COLUMNS[column]
        yield (name, column, unit, grain, "features", en, zh)
    for group, columns in FEATURE_SETS[table].items():
        for column in columns:
            unit, zh, en = _meaning_of(table, column, FEATURE_COLUMNS)
            yield (name, column, unit, grain, ", ".join(SOURCES[table][group]), en, zh)
    for package, feature in installed_features().items():
        if feature.table == table:
            for column, item in feature.columns.items():
                unit = item.unit["en"] if item.unit else ""
                source = f"feature {package} of another package"
                yield (name, column, unit, grain, source, item.label["en"], item.label["zh"])


def _meaning_of(table: str, column: str, meanings: Mapping[str, Meaning]) -> Meaning:
    """Unit, Chinese and English meaning of a column.

    Raises:
        KeyError: nobody wrote it down: a column without a meaning is a fault of the code.
    """
    return meanings.get(f"{table}.{column}") or meanings[column]


def _grain(table: Table) -> str:
    """The first sentence of a schema: one row per what."""
    first = " ".join((table.schema.__doc__ or "").split("\n\n")[0].split())
    return first.removeprefix("One row per ").rstrip(".")
