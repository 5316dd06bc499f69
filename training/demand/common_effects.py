"""Estimates common random effects: forecast errors shared by a chain, a department, a store, or both.

Demand of a period is Poisson with rate mean x own effects x common effects. A common effect is, like the own ones
(`training.demand.dispersion`), a gamma variable of mean 1 over the horizon, one per week and one per period, and it is
the same in every series of its group: so the totals of a department, a store or the chain have the spread that was
seen, not that of independent series. What is common is taken out of the series' own variances.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import polars as pl
from scipy.optimize import nnls

from features.demand.arrays import Doubles, Floats, Ints
from training.demand.dispersion import BLOCK, Residuals

GROUPINGS = ("chain", "department", "store", "store_department")
_MAX_VARIANCE = 0.5
"""Variance (of a log factor) that a common effect may have. Chosen by judgement, not measured."""
_PRIOR_WINDOWS = 1.0
"""Windows that the prior of the chain's effect counts as. Chosen by judgement, not measured."""
PRIOR_VARIANCE = 0.02**2
"""Variance of the chain's own effect before any window is seen: 2 % of its total. Chosen by judgement, not measured."""
_MIN_SERIES = 20
"""Series that a window needs for pairs of residuals to say anything. Chosen by judgement, not measured."""
_COMMON_BY_PAIR = ((0, 1, 2, 3), (0, 2), (0, 1), (0,))
"""What two series have in common that share store and department, the store only, the department only, neither."""


@dataclass(frozen=True)
class CommonEffects:
    """Variances of the common effects.

    Attributes:
        variances: shape (4, 3): a row per grouping in the order of `GROUPINGS`; over horizon, week and period.
    """

    variances: Doubles

    @classmethod
    def none(cls) -> "CommonEffects":
        """Series that err on their own."""
        return cls(np.zeros((len(GROUPINGS), 3)))

    def own(self, variances: Doubles) -> Doubles:
        """What is left to the series themselves of variances of shape (n, 3): the products stay what they were."""
        left: Doubles = np.maximum((1 + variances) / np.prod(1 + self.variances, axis=0) - 1, 0)
        return left

    def draw(self, stores: Sequence[str], departments: Sequence[str], paths: int, horizon: int, seed: int) -> Floats:
        """Factors on the rates of groups, shape (groups, paths, horizon), mean 1.

        The same group has the same factors in every call with the same seed, so that stores may be drawn apart.

        Args:
            stores: the store of each group.
            departments: the department of each group.
            paths: number of paths.
            horizon: periods.
            seed: of the run.
        """
        out = np.ones((len(stores), paths, horizon), dtype=np.float32)
        for row, (store, department) in enumerate(zip(stores, departments, strict=True)):
            names = ("", department, store, f"{store}\x1f{department}")
            for variances, kind, name in zip(self.variances, GROUPINGS, names, strict=True):
                if variances.any():
                    rng = np.random.default_rng((seed, crc32(f"{kind}\x1e{name}".encode())))
                    out[row] *= _factors(variances, paths, horizon, rng)
        return out


def codes(names: pl.Series) -> Ints:
    """A number for each name that is the same in every window."""
    unique_names = names.unique()
    numbers = pl.Series([crc32(name.encode("utf-8")) for name in unique_names], dtype=pl.Int64)
    return names.replace_strict(unique_names, numbers, return_dtype=pl.Int64).to_numpy()


def fit_common_effects(residuals: Sequence[Residuals]) -> CommonEffects:
    """Fits the variances on forecasts of several origins by the products of errors of different series.

    E[e_i e_j] = v m_i m_j for two series that share effects of variance v. Sums over pairs are differences of squared
    sums over groups, at three time scales; the twelve variances solve the twelve equations with none below zero. As
    windows are few, the chain's own effect over the horizon is shrunk to `PRIOR_VARIANCE`.
    """
    usable = [r for r in residuals if len(r.mean) >= _MIN_SERIES]
    if not usable:
        return CommonEffects.none()
    products, weights = (_of_pairs(sums) for sums in np.sum([_squared_sums(r) for r in usable], axis=0))
    rows, right = [], []
    for pair, shared in enumerate(_COMMON_BY_PAIR):
        for scale in np.flatnonzero(weights[pair] > 0):
            row = np.zeros((len(GROUPINGS), 3))
            row[list(shared)] = np.where(np.arange(3) <= scale, 1.0, weights[pair] / weights[pair, scale])
            rows.append(row.ravel())
            right.append(products[pair, scale] / weights[pair, scale])
    if not rows:
        return CommonEffects.none()
    variances = nnls(np.array(rows), np.array(right))[0].reshape(len(GROUPINGS), 3)
    variances[0, 0] = (len(usable) * variances[0, 0] + _PRIOR_WINDOWS * PRIOR_VARIANCE) / (len(usable) + _PRIOR_WINDOWS)
    return CommonEffects(np.minimum(variances, _MAX_VARIANCE))


def _squared_sums(residuals: Residuals) -> Doubles:
    """Squared sums of errors and of means over groups, shape (2, 5, 3).

    The five groupings are those of `GROUPINGS` and every series alone; the three scales are sums over the horizon,
    over weeks, and of periods.
    """
    stores, departments = (
        np.unique(group_of, return_inverse=True)[1] for group_of in (residuals.store, residuals.department)
    )
    both = stores * (int(departments.max()) + 1) + departments
    mean = residuals.mean * residuals.weight
    error = residuals.units * residuals.weight - mean
    out = np.empty((2, 5, 3))
    for place, values in enumerate((error, mean)):
        for number, group_of in enumerate((np.zeros_like(stores), departments, stores, both, None)):
            sums = values if group_of is None else _group_rows(group_of, values)
            weeks = np.add.reduceat(sums, np.arange(0, sums.shape[1], BLOCK), axis=1)
            out[place, number] = [(scale**2).sum() for scale in (sums.sum(axis=1), weeks, sums)]
    return out


def _of_pairs(sums: Doubles) -> Doubles:
    """Sums of products over pairs of different series, shape (4, 3), by what the two have in common."""
    chain, department, store, both, alone = sums
    return np.stack([both - alone, store - both, department - both, chain - store - department + both])


def _group_rows(group_of: Ints, values: Doubles) -> Doubles:
    out = np.zeros((int(group_of.max()) + 1, values.shape[1]))
    np.add.at(out, group_of, values)
    return out


def _factors(variances: Doubles, paths: int, horizon: int, rng: np.random.Generator) -> Floats:
    out = np.ones((paths, horizon), dtype=np.float32)
    for variance, length in zip(variances, (horizon, BLOCK, 1), strict=True):
        if variance > 0:
            drawn = rng.standard_gamma(1 / variance, (paths, -(-horizon // length))) * variance
            out *= np.repeat(drawn, length, axis=1)[:, :horizon].astype(np.float32)
    return out
