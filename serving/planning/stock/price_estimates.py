"""Collects what a run of the demand model tells of prices, store by store, and estimates elasticities from it."""

from dataclasses import dataclass, field

import polars as pl

from features.demand.feature_matrix import PanelFeatures
from training.demand.elasticity import elasticities_of
from training.demand.price_cells import joined_cells, price_cells


@dataclass
class PriceEstimates:
    """Price cells of the stores forecast so far: the one source of the elasticities of a plan and of its answers."""

    _cells: list[pl.DataFrame] = field(default_factory=list)
    _table: pl.DataFrame | None = None

    @classmethod
    def of(cls, table: pl.DataFrame) -> "PriceEstimates":
        """Estimates made before: columns of `elasticity.elasticities_of`."""
        return cls(_table=table)

    def add(self, forecast: object) -> None:
        """Adds a store's forecast; one of a model that knows no prices tells nothing."""
        features = getattr(forecast, "features", None)
        if isinstance(features, PanelFeatures):
            self._cells.append(price_cells(features.panel))
            self._table = None

    def table(self) -> pl.DataFrame:
        """One row per product of the panels: columns of `elasticity.elasticities_of`."""
        if self._table is None:
            self._table = elasticities_of(joined_cells(self._cells) if self._cells else pl.DataFrame())
        return self._table
