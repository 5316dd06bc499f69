"""Draws joint sample paths of demand from means and variances."""

from dataclasses import dataclass

import numpy as np

from features.demand.arrays import Bools, Doubles, Floats, Ints
from training.demand.dispersion import BLOCK

_LARGE_RATE = 1e7
"""Units a period; a larger rate is drawn as this one, for single precision counts units only up to 1.7e7."""
_PARTS_OF_A_SALE = 4
"""Parts of a usual sale that goods sold by weight are drawn in. Chosen by judgement, not measured."""
CALM_SHARE, CALM_VARIANCE = 0.85, 0.4
"""Share of paths whose effect over the horizon varies less than the fitted variance, and by how many times; that of the
others is larger, so that the mean of both is the fitted one. Sums over the horizon have heavier tails than one gamma
effect: on M5 the middle 50 % held .56 of them (docs/benchmarks.md, Bands of sums)."""
_SERIES_AT_ONCE = 2000
"""Series drawn at once; bounds the memory."""


@dataclass(frozen=True)
class PathDraw:
    """How sample paths are drawn.

    Attributes:
        count: number of paths.
        seed: of the run; effects common to several panels follow from it alone.
        salt: tells panels of one run apart.
    """

    count: int
    seed: int
    salt: int


@dataclass(frozen=True)
class SeriesDemand:
    """Demand of n series over H periods, before it is drawn.

    Attributes:
        mean: shape (n, H), units per period.
        variances: shape (n, 3), of the effects over the horizon, a week and a period.
        usual_sale: shape (n,), units of a usual period with sales; the grain of goods not sold in whole units.
        is_whole: shape (n,), whether the series sells whole units only.
    """

    mean: Doubles
    variances: Doubles
    usual_sale: Doubles
    is_whole: Bools

    def take(self, rows: slice) -> "SeriesDemand":
        """Some of the series."""
        return SeriesDemand(self.mean[rows], self.variances[rows], self.usual_sale[rows], self.is_whole[rows])


@dataclass(frozen=True)
class CommonFactors:
    """Factors on the rates of whole groups of series.

    Attributes:
        group: shape (n,), the group of each series.
        factors: shape (groups, count, H), mean 1.
    """

    group: Ints
    factors: Floats


def sample_paths(
    demand: SeriesDemand,
    count: int,
    rng: np.random.Generator,
    common: CommonFactors | None = None,
    *,
    heavy_tails: bool = False,
) -> Floats:
    """Units per period on `count` joint paths, shape (n, count, H), non-negative.

    Args:
        demand: of the series.
        count: number of paths.
        rng: the source of randomness.
        common: what the series of a group have in common; without it they vary independently.
        heavy_tails: whether effects over the horizon have heavier tails than gamma variables of the same variance.
    """
    size, horizon = demand.mean.shape
    paths = np.empty((size, count, horizon), dtype=np.float32)
    for begin in range(0, size, _SERIES_AT_ONCE):
        part = slice(begin, begin + _SERIES_AT_ONCE)
        factors = None if common is None else common.factors[common.group[part]]
        some = demand.take(part)
        lasting = np.repeat(some.variances[:, :1], count, axis=1)
        if heavy_tails:
            lasting = _mixed(lasting, rng)
        paths[part] = _drawn(some, lasting, rng, factors)
    return paths


def _drawn(demand: SeriesDemand, lasting: Doubles, rng: np.random.Generator, factors: Floats | None) -> Floats:
    """Paths of some series; `lasting` is the variance over the horizon of each path, shape (n, count)."""
    (size, horizon), count = demand.mean.shape, lasting.shape[1]
    grain = np.where(demand.is_whole, 1.0, demand.usual_sale / _PARTS_OF_A_SALE)[:, None, None]
    rate = (demand.mean[:, None, :] / grain).astype(np.float32)
    rate = rate * _effect(lasting.ravel(), (size * count, 1, 1), rng).reshape(size, count, 1)
    weeks = _effect(demand.variances[:, 1], (size, count, -(-horizon // BLOCK)), rng)
    rate *= np.repeat(weeks, BLOCK, axis=2)[:, :, :horizon]
    rate *= _effect(demand.variances[:, 2], (size, count, horizon), rng)
    if factors is not None:
        rate *= factors
    counts: Floats = rng.poisson(np.minimum(rate, _LARGE_RATE)).astype(np.float32)
    if not demand.is_whole.all():
        loose = ~demand.is_whole
        counts[loose] = rng.standard_gamma(counts[loose], dtype=np.float32) * grain[loose].astype(np.float32)
    return counts


def _mixed(variance: Doubles, rng: np.random.Generator) -> Doubles:
    """Variances of the same mean, most of them smaller, shape (n, count)."""
    wild = (1 - CALM_SHARE * CALM_VARIANCE) / (1 - CALM_SHARE)
    mixed: Doubles = variance * np.where(rng.random(variance.shape) < CALM_SHARE, CALM_VARIANCE, wild)
    return mixed


def _effect(variance: Doubles, shape: tuple[int, int, int], rng: np.random.Generator) -> Floats:
    """Gamma variables of mean 1 and each row's variance; exactly 1 where the variance is nil."""
    out = np.ones(shape, dtype=np.float32)
    varies = np.flatnonzero(variance > 1e-4)
    if varies.size:
        form = (1 / variance[varies]).astype(np.float32)[:, None, None]
        drawn = rng.standard_gamma(np.broadcast_to(form, (varies.size, *shape[1:])), dtype=np.float32)
        out[varies] = drawn / form
    return out
