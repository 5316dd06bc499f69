"""The protocol of a feature of another package: columns that are added to the person, goods, series or place table.

A package declares a `Feature` in the entry-point group `retail_brain.features`. docs/extending.md has an example;
`features.conformance` has the tests that every feature must pass.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import polars as pl
from polars._typing import PolarsDataType

ExtendableTable = Literal["person", "goods", "series", "place"]

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "person": ("person_id",),
    "goods": ("product_id",),
    "series": ("store_id", "product_id"),
    "place": ("store_id",),
}
"""Feature table -> its key columns."""


@dataclass(frozen=True)
class FeatureColumn:
    """What a column is, for the table and for people.

    Attributes:
        dtype: its Polars type.
        label: what it is called, keys `en` and `zh`.
        unit: its unit, keys `en` and `zh`; None where it has none. It has to be said.
    """

    dtype: PolarsDataType
    label: Mapping[str, str]
    unit: Mapping[str, str] | None


@dataclass(frozen=True)
class Feature:
    """One or more columns of a feature table.

    Attributes:
        table: the table that they are added to.
        columns: name -> what it is.
        compute: (records, as_of) -> one row per key with the key columns and exactly `columns`. The records are those
            that the built-in features get (`features.records`): all rows of a key are there, the column `record` says
            of which kind. It ignores records after `as_of`. Keys that it leaves out get null.
    """

    table: ExtendableTable
    columns: Mapping[str, FeatureColumn]
    compute: Callable[[pl.LazyFrame, date], pl.LazyFrame]
