"""Computes rolling means of peer groups: product over the chain; category, department and whole store.

A series with little history of its own is shrunk towards these means.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.demand.arrays import Bools, Doubles, Floats, Ints, group_sums, ratio
from features.demand.censoring import IN_STOCK_ENOUGH
from features.demand.demand_panel import DemandPanel
from features.demand.history import DemandHistory
from features.demand.window_sums import Windows

_FACTOR_LIMITS = (0.1, 10.0)
"""Times a product's level in a store may be its level in the chain. Chosen by judgement, not measured."""
_PRODUCT_TRUST_CYCLES = 8
"""Short cycles of the peer group that a product's own level counts against. Chosen by judgement, not measured."""
_SAYS_NOTHING = (pl.col("units") <= 0) & (pl.col("was_out") | (pl.col("in_stock") < IN_STOCK_ENOUGH))
"""Periods in which a series had no stock, so that its peers' means leave it out."""


@dataclass(frozen=True)
class PeerGroups:
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


class ChainSums:
    """Sums over the whole chain, by product and by category, made once per history."""

    def __init__(self, history: DemandHistory) -> None:
        series = history.series
        self.products = _numbers(series, ["product_id"])
        self.categories = _numbers(series, ["department", "category"])
        self._departments, self._stores = (_numbers(series, [name]) for name in ("department", "store_id"))
        first = np.unique(self.products, return_index=True)[1]
        units, listed = _sold(history, self.products, first.size), _listed(history, self.products, first.size)
        self.product_windows = Windows(units, listed)
        self.category_windows = _wider(self.categories, first, units, listed).windows

    def panel_peers(self, panel: DemandPanel) -> "PanelPeers":
        """The groups of a panel's series."""
        rows = panel.series["s"].to_numpy()
        stores = _dense(self._stores[rows])
        departments = _dense(stores, self._departments[rows])
        categories = _dense(stores, self.categories[rows])
        first = np.unique(categories, return_index=True)[1]
        units, weight = (_sums_of(values, categories) for values in (panel.usual_demand, panel.usual_weight))
        return PanelPeers(
            product=PeerGroups(self.products[rows], self.product_windows),
            category=PeerGroups(self.categories[rows], self.category_windows),
            store_category=PeerGroups(categories, Windows(units, weight)),
            store_department=_wider(departments, first, units, weight),
            store=_wider(stores, first, units, weight),
            first=first,
        )


@dataclass(frozen=True)
class PanelPeers:
    """The groups that each series of a panel belongs to; the first two reach over all stores.

    Attributes:
        product, category: over the chain.
        store_category, store_department, store: within each store.
        first: for each group of `store_category`, one of its series.
    """

    product: PeerGroups
    category: PeerGroups
    store_category: PeerGroups
    store_department: PeerGroups
    store: PeerGroups
    first: Ints

    def prior(self, begin: int, end: int, season: int) -> Doubles:
        """Prior mean of each series from its peer groups alone, units per period, shape (n,).

        The product's mean over the chain, adjusted by how the category does in this store, and shrunk to the
        category's mean in the store where the product is young.
        """
        own_mean, factor = self.category_means(begin, end)
        trust = float(_PRODUCT_TRUST_CYCLES * min(season, 7))
        total, weight = self.product.windows.total(begin, end), self.product.windows.weight(begin, end) + trust
        of, of_category = self.product.of, self.store_category.of
        prior: Doubles = (total[of] * factor[of_category] + (trust * own_mean)[of_category]) / weight[of]
        return prior

    def category_means(self, begin: int, end: int) -> tuple[Doubles, Doubles]:
        """Mean of each store's categories, units per series and period, and by what factor it differs from the chain's.

        Both of shape (categories of stores,); where a category has no period, that of the chain or store stands in.
        """
        store_mean = np.nan_to_num(self.store.windows.mean(begin, end))[self.store.of[self.first]]
        chain_mean = _or(self.category.windows.mean(begin, end)[self.category.of[self.first]], store_mean)
        own_mean = _or(self.store_category.windows.mean(begin, end), chain_mean)
        factor = np.clip(ratio(own_mean, chain_mean, otherwise=1.0), *_FACTOR_LIMITS)
        return own_mean, factor


def _or(values: Doubles, other: Doubles) -> Doubles:
    return np.where(np.isnan(values), other, values)


def _numbers(series: pl.DataFrame, columns: list[str]) -> Ints:
    """Number of each row's group, dense from 0, by the columns' values in order of their first appearance."""
    return series.select(pl.struct(columns).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()


def _dense(*codes: Ints) -> Ints:
    """Number of each row's combination of codes, from 0 in their order."""
    key = codes[0]
    for more in codes[1:]:
        key = key * (int(more.max(initial=0)) + 1) + more
    return np.unique(key, return_inverse=True)[1].astype(np.int64, copy=False)


def _sold(history: DemandHistory, groups: Ints, size: int) -> Doubles:
    """Units per group and period, shape (size, periods)."""
    cells = history.sales["t"].to_numpy().astype(np.int64) * size
    cells += groups[history.sales["s"].to_numpy()]
    return group_sums(cells, history.sales["units"].to_numpy(), history.axis.count * size).reshape(-1, size).T


def _listed(history: DemandHistory, groups: Ints, size: int) -> Doubles:
    """Number of series listed per group and period, shape (size, periods); of models since format 5 those in stock."""
    out = np.zeros((history.axis.count + 1, size))
    for name, step in (("begin", 1), ("end", -1)):
        np.add.at(out, (np.minimum(history.series[name].to_numpy(), history.axis.count), groups), step)
    for period in range(1, len(out)):
        out[period] += out[period - 1]
    if history.in_own_units:
        empty = history.sales.filter(_SAYS_NOTHING)
        np.add.at(out, (empty["t"].to_numpy(), groups[empty["s"].to_numpy()]), -1)
    return np.maximum(out[:-1], 0).T


def _sums_of(values: Floats | Doubles | Bools, groups: Ints) -> Doubles:
    """Sums over the series of each group, shape (groups, periods)."""
    by_period = values.T
    if np.any(np.diff(groups) < 0):
        order = np.argsort(groups, kind="stable")
        by_period, groups = by_period[:, order], groups[order]
    edges = np.searchsorted(groups, np.arange(int(groups.max(initial=-1)) + 1))
    return np.add.reduceat(by_period, edges, axis=1, dtype=np.float64).T


def _wider(numbers: Ints, first: Ints, units: Doubles, weight: Doubles) -> PeerGroups:
    """PeerGroups that categories of a store are part of: `first` is a series of each category."""
    return PeerGroups(numbers, Windows(_sums_of(units, numbers[first]), _sums_of(weight, numbers[first])))
