"""Features of other packages (entry-point group `retail_brain.features`): checks them and joins them onto a table."""

import re
from collections.abc import Mapping
from datetime import date

import polars as pl

from features.goods.options import GOODS_FEATURES, SERIES_FEATURES
from features.person.table import PERSON_FEATURES
from features.place.table import PLACE_FEATURES
from features.protocol import KEYS, Feature, FeatureColumn
from retail_brain.extensions import load_extensions, outside_code, unusable


def installed_features() -> dict[str, Feature]:
    """Every declared feature by the name of its entry point, checked.

    Raises:
        ExtensionError: one cannot be imported or breaks the protocol, or two of them or one and a built-in feature
            have a column of the same name.
    """
    declared = load_extensions("features")
    if not declared:
        return {}
    taken = {table: dict.fromkeys(names, "a built-in feature") for table, names in _built_in_columns().items()}
    features = {name: checked_feature(name, given) for name, given in declared.items()}
    for name, feature in features.items():
        owners = taken[feature.table]
        for column in feature.columns:
            if column in owners:
                raise unusable(
                    "features",
                    name,
                    f"has the column {column!r}, which {owners[column]} of the {feature.table} table has already; "
                    "wanted a name of its own",
                )
            owners[column] = f"the feature {name!r}"
    return features


def checked_feature(name: str, given: object) -> Feature:
    """A declared feature, checked against the protocol.

    Raises:
        ExtensionError: it is no `Feature`, names no known table or no column, or a column lacks its type, a label in
            one of the languages or a whole unit.
    """
    if not isinstance(given, Feature) or not callable(given.compute):
        raise unusable(
            "features",
            name,
            f"is a {type(given).__name__}; wanted a features.protocol.Feature with a function `compute`",
        )
    if given.table not in KEYS or not given.columns:
        raise unusable(
            "features",
            name,
            f"has the table {given.table!r} and the columns {list(given.columns)}; wanted one of {', '.join(KEYS)} and "
            "at least one column",
        )
    for column, declared in given.columns.items():
        _check_column(name, column, declared)
    return given


def add_features(
    table: pl.LazyFrame, records: pl.LazyFrame, as_of: date, features: Mapping[str, Feature]
) -> pl.LazyFrame:
    """The table with the columns of the features; null for keys that a feature leaves out.

    Args:
        table: one row per key.
        records: the records that the table was computed from.
        as_of: last visible day.
        features: those of this table, by name.

    Raises:
        ExtensionError: a feature fails, or gives other columns, other types or a key twice.
    """
    for name, feature in features.items():
        values = computed(name, feature, records, as_of)
        table = table.join(values.lazy(), on=list(KEYS[feature.table]), how="left")
    return table


def computed(name: str, feature: Feature, records: pl.LazyFrame, as_of: date) -> pl.DataFrame:
    """One row per key: what a feature computes, checked.

    Raises:
        ExtensionError: it fails, or gives other columns, other types, no key, a key twice or an infinite number.
    """
    with outside_code("features", name, f"it was computed of the {feature.table} records as of {as_of}"):
        values = feature.compute(records, as_of).collect()
    key = list(KEYS[feature.table])
    wanted = dict.fromkeys(key, pl.String()) | {column: item.dtype for column, item in feature.columns.items()}
    got = dict(values.schema)
    if got.keys() != wanted.keys() or any(got[column] != dtype for column, dtype in wanted.items()):
        raise unusable("features", name, f"gave the columns {got}; wanted {wanted}")
    keyless = values.select(pl.any_horizontal(pl.col(key).is_null()).sum()).item()
    if keyless:
        raise unusable("features", name, f"gave {keyless} rows without a key; wanted one row per {' x '.join(key)}")
    repeated = values.select(key).is_duplicated().sum()
    if repeated:
        problem = f"gave {repeated} rows that share their key; wanted one row per {' x '.join(key)}"
        raise unusable("features", name, problem)
    for column in feature.columns:
        infinite = (~values[column].is_finite()).sum() if values.schema[column].is_float() else 0
        if infinite:
            raise unusable(
                "features",
                name,
                f"gave {infinite} values of {column!r} that are no finite number; wanted null where there is none",
            )
    return values.select(*key, *feature.columns)


def _check_column(name: str, column: str, declared: object) -> None:
    if not isinstance(declared, FeatureColumn) or not re.fullmatch(r"[a-z][a-z0-9_]*", column):
        raise unusable(
            "features",
            name,
            f"declares {column!r} as {declared!r}; wanted a name of lower-case letters, digits and '_', and a "
            "features.protocol.FeatureColumn",
        )
    for what, texts in (("label", declared.label), ("unit", declared.unit)):
        absent = what == "unit" and texts is None
        if not absent and not (isinstance(texts, Mapping) and all(texts.get(language) for language in ("en", "zh"))):
            raise unusable(
                "features",
                name,
                f"has the {what} {texts!r} for the column {column!r}; wanted texts under 'en' and 'zh', or None for a "
                "number without a unit",
            )


def _built_in_columns() -> dict[str, set[str]]:
    groups = {"person": PERSON_FEATURES, "goods": GOODS_FEATURES, "series": SERIES_FEATURES, "place": PLACE_FEATURES}
    return {
        table: {*KEYS[table], "as_of", *(column for columns in sets.values() for column in columns)}
        for table, sets in groups.items()
    }
