"""Columns of the goods, series and place tables as demand features, as each origin knew them.

A table is built every `Rhythm.level` periods back from the last visible one; an origin sees the newest table that is
not later than itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Final

import numpy as np
import polars as pl

from features.demand.arrays import Floats, Ints
from features.demand.periods import PeriodAxis
from features.jobs import TableName, feature_options
from features.sets import KEYS, TableColumn, chosen_columns, read_columns
from retail_brain.dataset import Dataset
from retail_brain.errors import NotFoundError
from retail_brain.settings import Settings

TABLES: Final[tuple[TableName, ...]] = ("goods", "series", "place")
"""Tables that say something of a store x product."""


@dataclass(frozen=True)
class TableFeatures:
    """Table columns of every series of a history; a table is built when an origin first asks for it.

    Training asks for all of them, a forecast for the last one only.

    Attributes:
        names: of the features, such as `goods.units_trend`.
        origins: shape (k,), periods that tables are built at the end of, ascending.
        series: n, series of the history.
        build: such a period -> values of its table, shape (features, n), NaN where it does not know the series.
    """

    names: tuple[str, ...]
    origins: Ints
    series: int
    build: Callable[[int], Floats]
    _built: dict[int, Floats] = field(default_factory=dict, repr=False)
    _one_at_a_time: Lock = field(default_factory=Lock, repr=False)

    def at(self, origin: int) -> Floats:
        """Values as known at an origin, shape (features, n); NaN before the first table.

        Raises:
            UsageError: a column is no number.
        """
        number = int(np.searchsorted(self.origins, origin, side="right")) - 1
        if number < 0:
            return np.full((len(self.names), self.series), np.nan, dtype=np.float32)
        with self._one_at_a_time:
            if number not in self._built:
                self._built[number] = self.build(int(self.origins[number]))
            return self._built[number]


def table_feature_names(settings: Settings) -> tuple[str, ...]:
    """Names of the features that the setting `demand.feature_sets` asks for, in order.

    Raises:
        UsageError: a set is unknown.
    """
    return tuple(str(column) for column in chosen_columns(settings.demand.feature_sets, TABLES))


def read_table_features(
    dataset: Dataset, settings: Settings, axis: PeriodAxis, series: pl.DataFrame
) -> TableFeatures | None:
    """The table columns that the settings ask for; None where they ask for none.

    Args:
        dataset: as known at the end of the axis.
        settings: the tenant's.
        axis: periods of the history.
        series: one row per series of the history: store_id, product_id.

    Raises:
        UsageError: a set or column is unknown.
    """
    columns = chosen_columns(settings.demand.feature_sets, TABLES)
    if not columns:
        return None
    # A year of training origins needs about thirteen tables; each costs a run of the feature job.
    oldest = max(0, axis.count - 1 - axis.rhythm.span)
    origins = list(range(axis.count - 1, oldest - axis.rhythm.level, -axis.rhythm.level))[::-1]
    names = tuple(map(str, columns))

    def build(origin: int) -> Floats:
        return _values(dataset, settings, axis, series, columns, max(origin, 0))

    return TableFeatures(names, np.array(origins, dtype=np.int64), series.height, build)


def _values(
    dataset: Dataset,
    settings: Settings,
    axis: PeriodAxis,
    series: pl.DataFrame,
    columns: tuple[TableColumn, ...],
    origin: int,
) -> Floats:
    """Values of one day, shape (features, n)."""
    rows = series.select("store_id", "product_id")
    try:
        frames = read_columns(dataset, axis.start(origin + 1) - timedelta(days=1), columns, feature_options(settings))
    except NotFoundError:  # nothing was sold yet
        return np.full((len(columns), rows.height), np.nan, dtype=np.float32)
    for table, frame in frames.items():
        rows = rows.join(frame, on=list(KEYS[table]), how="left", maintain_order="left")
    numbers = rows.select(pl.col(str(column)).fill_null(float("nan")) for column in columns)
    values: Floats = numbers.to_numpy().T.astype(np.float32)
    return values
