"""What a series' like is doing: product over the chain, category and department in the store, the whole store."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.demand_arrays import Doubles, Ints, ratio
from features.demand_history import DemandHistory
from features.demand_panel import DemandPanel, Windows

FACTOR_LIMITS = (0.1, 10.0)
PRODUCT_TRUST_CYCLES = 8


@dataclass(frozen=True)
class Groups:
    """Sums over groups of series.

    Attributes:
        of: for each series of the panel, the number of its group.
        windows: sums of units and of listed series-periods, one row per group.
    """

    of: Ints
    windows: Windows

    def mean(self, begin: int, end: int) -> Doubles:
        """Units per listed series and period of each series' group; NaN where it had none."""
        return self.windows.mean(begin, end)[self.of]


class ChainLevels:
    """Sums over the whole chain, by product and by category, made once per history."""

    def __init__(self, history: DemandHistory) -> None:
        series = history.series
        self.products = _numbers(series, ["product_id"])
        self.categories = _numbers(series, ["department", "category"])
        shape = history.axis.count
        self.product_windows = _sums(history, self.products, shape)
        self.category_windows = _sums(history, self.categories, shape)

    def of_panel(self, panel: DemandPanel) -> "PanelGroups":
        """The groups of a panel's series."""
        rows = panel.series["s"].to_numpy()
        return PanelGroups(
            product=Groups(self.products[rows], self.product_windows),
            category=Groups(self.categories[rows], self.category_windows),
            store_category=_local(panel, ["store_id", "department", "category"]),
            store_department=_local(panel, ["store_id", "department"]),
            store=_local(panel, ["store_id"]),
        )


@dataclass(frozen=True)
class PanelGroups:
    """The groups that each series of a panel belongs to; the first two reach over all stores."""

    product: Groups
    category: Groups
    store_category: Groups
    store_department: Groups
    store: Groups

    def prior(self, begin: int, end: int, season: int) -> Doubles:
        """Units per period expected of a series from its like alone, shape (n,).

        The product's mean over the chain, adjusted by how the category does in this store, and shrunk to the
        category's mean in the store where the product is young.
        """
        store_mean = np.nan_to_num(self.store.mean(begin, end))
        chain_mean = _or(self.category.mean(begin, end), store_mean)
        own_mean = _or(self.store_category.mean(begin, end), chain_mean)
        factor = np.clip(ratio(own_mean, chain_mean, otherwise=1.0), *FACTOR_LIMITS)
        total = self.product.windows.total(begin, end)[self.product.of]
        weight = self.product.windows.weight(begin, end)[self.product.of]
        trust = float(PRODUCT_TRUST_CYCLES * min(season, 7))
        prior: Doubles = (total * factor + trust * own_mean) / (weight + trust)
        return prior


def _or(values: Doubles, other: Doubles) -> Doubles:
    return np.where(np.isnan(values), other, values)


def _numbers(series: pl.DataFrame, columns: list[str]) -> Ints:
    """Number of each row's group, dense from 0, by the columns' values in order of their first appearance."""
    return series.select(pl.struct(columns).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()


def _sums(history: DemandHistory, codes: Ints, periods: int) -> Windows:
    size = int(codes.max(initial=-1)) + 1
    units = np.zeros((size, periods), dtype=np.float32)
    sales = history.sales
    np.add.at(units, (codes[sales["s"].to_numpy()], sales["t"].to_numpy()), sales["units"].to_numpy())
    steps = np.zeros((size, periods + 1), dtype=np.float32)
    begin, end = (np.minimum(history.series[name].to_numpy(), periods) for name in ("begin", "end"))
    np.add.at(steps, (codes, begin), 1)
    np.add.at(steps, (codes, end), -1)
    return Windows(units, np.cumsum(steps[:, :-1], axis=1))


def _local(panel: DemandPanel, columns: list[str]) -> Groups:
    codes = _numbers(panel.series, columns)
    size = int(codes.max(initial=-1)) + 1
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(size))
    units = np.add.reduceat(panel.usual_demand[order], edges, axis=0)
    return Groups(codes, Windows(units, np.add.reduceat(panel.usual_weight[order], edges, axis=0)))
