"""Splits a forecast into drivers: TreeSHAP values by feature group, in units that sum exactly to the forecast.

Score = log level + expected value + contributions. The logarithmic mean (LMDI I, Ang, Energy Policy 33, 2005) turns a
sum of logarithms into a sum of units without a rest: with base b and forecast m, driver g is worth
phi_g x (m - b) / (log m - log b).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import lightgbm as lgb
import numpy as np

from features.demand.arrays import Bools, Doubles, Floats
from features.demand.feature_matrix import DRIVERS, driver_of


@dataclass(frozen=True)
class PriceEffect:
    """What the planned prices do by the published elasticities, one element per row.

    Attributes:
        effect: logarithm of the factor on demand; NaN where elasticity or price is unknown.
        promoted: whether a promotion is planned.
    """

    effect: Doubles
    promoted: Bools

    def put(self, groups: Doubles) -> None:
        """Writes the effect in the place of the trees' own, changing `groups` (rows x drivers) but not their sums.

        Prices change almost only in promotions, so trees cannot tell the two apart: what they credit to the price
        beyond its effect goes to the promotion where one is planned, elsewhere to the level.
        """
        known = np.isfinite(self.effect)
        price = DRIVERS.index("price")
        rest = np.where(known, groups[:, price] - self.effect, 0.0)
        groups[:, price] -= rest
        groups[:, DRIVERS.index("promotion")] += np.where(self.promoted, rest, 0.0)
        groups[:, DRIVERS.index("level")] += np.where(self.promoted, 0.0, rest)


def driver_units(
    booster: lgb.Booster,
    rows: Floats,
    base: Doubles,
    offsets: Mapping[str, Doubles],
    threads: int,
    price: PriceEffect | None = None,
) -> Doubles:
    """Units per period that each driver adds, shape (rows, drivers), in the order of `DRIVERS`.

    Args:
        booster: the fitted trees.
        rows: feature rows.
        base: units per period before any driver, shape (rows,): the level of what was sold.
        offsets: what is added beside the trees in link space, by driver, shape (rows,) each: `stock` the correction of
            stockouts in the level, `season` that of the totals.
        threads: of LightGBM.
        price: what the planned prices do; None leaves it to the trees.

    Returns:
        `level` holds the base and what level features add; all together sum to the forecast.
    """
    if len(rows) == 0:
        return np.zeros((0, len(DRIVERS)))
    raw = np.asarray(booster.predict(rows, pred_contrib=True, num_threads=threads), dtype=np.float64)
    groups = np.zeros((len(rows), len(DRIVERS)))
    for column, group in enumerate(_driver_numbers(booster)):
        groups[:, group] += raw[:, column]
    groups[:, DRIVERS.index("level")] += raw[:, -1]
    return _in_units(base, groups, offsets, price)


def quick_driver_units(
    booster: lgb.Booster,
    rows: Floats,
    base: Doubles,
    offsets: Mapping[str, Doubles],
    threads: int,
    price: PriceEffect | None = None,
) -> Doubles:
    """The same by path attribution (Saabas 2014) instead of TreeSHAP: a thousand times faster, equally exact in sum.

    Each split on a row's path is credited with the change of the expected score that it made. Features high up in the
    trees get a little more than their Shapley share.
    """
    if len(rows) == 0:
        return np.zeros((0, len(DRIVERS)))
    leaves = np.asarray(booster.predict(rows, pred_leaf=True, num_threads=threads), dtype=np.int64)
    tables = _leaf_tables(booster)
    groups = np.zeros((len(rows), len(DRIVERS)))
    for number, table in enumerate(tables):
        groups += table[leaves[:, number]]
    return _in_units(base, groups, offsets, price)


def _in_units(base: Doubles, groups: Doubles, offsets: Mapping[str, Doubles], price: PriceEffect | None) -> Doubles:
    """Units of the effects of the trees and of what is added beside them."""
    if price is not None:
        price.put(groups)
    for driver, effect in offsets.items():
        groups[:, DRIVERS.index(driver)] += effect
    return to_units(base, groups)


@lru_cache(maxsize=2)
def _leaf_tables(booster: lgb.Booster) -> list[Doubles]:
    """Per tree, what each leaf's path credits to each driver, shape (leaves, drivers); the root's value to `level`.

    Kept for the booster in use: a chain asks for the same tables once per store.
    """
    tables = []
    drivers = _driver_numbers(booster)
    for tree in booster.dump_model()["tree_info"]:
        table = np.zeros((max(int(tree["num_leaves"]), 1), len(DRIVERS)))
        root = np.zeros(len(DRIVERS))
        structure = tree["tree_structure"]
        root[DRIVERS.index("level")] = _value(structure)
        _credit(structure, root, table, drivers)
        tables.append(table)
    return tables


def _driver_numbers(booster: lgb.Booster) -> list[int]:
    """Number of the driver of each column that the trees were fitted on."""
    return [DRIVERS.index(driver_of(name)) for name in booster.feature_name()]


def _credit(node: dict[str, Any], so_far: Doubles, table: Doubles, drivers: list[int]) -> None:
    """Walks down a tree and writes each leaf's credits."""
    if "split_index" not in node:
        table[int(node.get("leaf_index", 0))] = so_far
        return
    for child in (node["left_child"], node["right_child"]):
        credit = so_far.copy()
        credit[drivers[int(node["split_feature"])]] += _value(child) - _value(node)
        _credit(child, credit, table, drivers)


def _value(node: dict[str, Any]) -> float:
    return float(node["internal_value"] if "split_index" in node else node["leaf_value"])


def to_units(base: Doubles, effects: Doubles) -> Doubles:
    """Splits base x exp(sum of effects) into units per effect; the base goes to the first.

    >>> to_units(np.array([2.0]), np.array([[0.0, np.log(2.0)]]))
    array([[2., 2.]])
    """
    total = effects.sum(axis=1)
    change = base * np.expm1(total)
    slope = base.copy()
    np.divide(change, total, out=slope, where=np.abs(total) > 1e-9)
    units: Doubles = effects * slope[:, None]
    units[:, 0] += base
    return units
