"""Fits the weights of simple models on forecasts of past windows.

The weight that is best for a group is shrunk to that of the wider group (of a class: to 0) as far as clusters of errors
(windows, their periods, their stores) say that it is noise: the normal-normal posterior mean (Gelman et al., Bayesian
Data Analysis, 3rd ed., section 2.5). A simple model is used only where weights that were fitted on the other windows
take away more of the squared error than noise would, and the absolute error falls too in most windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.demand.arrays import Bools, Doubles, Ints, group_sums, ratio, summed_rows
from training.demand.blend import Blend, Grouping, Groups, GroupWeight
from training.demand.demand_class import CLASSES
from training.demand.dispersion import Residuals

_WEIGHT_SD = 0.35
"""Standard deviation of a group's weight around the wider group's, as a prior. Chosen by judgement, not measured."""
_LEAST_GAIN = 0.01
"""Share of the squared error that a simple model must take away out of sample. Chosen by judgement, not measured."""
NOISE_TIMES, NOISE_TIMES_ALONE = 1.0, 2.0
"""Standard errors that the gain must exceed, and for a group whose class has no simple model: many groups are tried."""
_MIN_GROUP_SERIES = 10
"""Series x windows that a group needs for a weight of its own. Chosen by judgement, not measured."""
_LEAST_WEIGHT = 0.05
"""Smaller weights are not worth a second model. Chosen by judgement, not measured."""

_LEAST_SCALE = 1e-3
"""Units per period: the smallest mean that squared errors are divided by, so that no series weighs without limit."""


@dataclass(frozen=True)
class _Cells:
    """All windows' cells, series below series.

    Attributes:
        groups: of the cells.
        mean, units: shape (n, H); both 0 where demand is not known.
        simple: shape (models, n, H); the mean where a simple model gives none.
        cluster, window: shape (n,), number of the store and window, and of the window.
        scale: shape (n,), units per period: what squared errors are divided by, as of counts.
    """

    groups: Groups
    mean: Doubles
    units: Doubles
    simple: Doubles
    cluster: Ints
    window: Ints
    scale: Doubles


@dataclass(frozen=True)
class _Sums:
    """Sums of one model's cells by cluster: the error of a weight w is less by 2 w `cross` - w^2 `square`.

    Attributes:
        cross, square: shape (clusters,); a cluster is a store in a window.
        window: shape (clusters,), the window of each.
        by_period: shape (2, windows, periods), the same sums by period of each window.
        error: the squared error of the trees.
    """

    cross: Doubles
    square: Doubles
    window: Ints
    by_period: Doubles
    error: float


def fit_blend(residuals: Sequence[Residuals], names: Sequence[str]) -> Blend:
    """Weights of simple models by group; none where no window has their forecasts.

    Args:
        residuals: of several windows; means with every other correction.
        names: of the simple models, in the order of `Residuals.simple`.
    """
    windows = [r for r in residuals if r.simple.size]
    if not windows or not names:
        return Blend()
    by: Grouping = "department" if len(np.unique(np.concatenate([r.department for r in windows]))) > 1 else "store"
    cells = _cells(windows, by)
    weights: list[GroupWeight] = []
    groups = np.unique(cells.groups.group)
    for number in range(len(CLASSES)):
        for promoted in (False, True):
            of_class = cells.groups.cells(number, None, promoted=promoted)
            if not of_class.any():
                continue
            wide = _best(cells, of_class, names, NOISE_TIMES)
            weights += [_described(cells, of_class, names, wide, (number, promoted, None))]
            for group in groups if groups.size > 1 else ():
                chosen = of_class & (cells.groups.group == group)[:, None]
                if chosen.any(axis=1).sum() < _MIN_GROUP_SERIES:
                    continue
                own = _own(cells, chosen, wide, names)
                weights += [_described(cells, chosen, names, own, (number, promoted, int(group)))]
    classes, others = ([w for w in weights if (w.group is None) == is_class] for is_class in (True, False))
    return Blend(by, (*classes, *others))


@dataclass(frozen=True)
class _Choice:
    """A simple model with its weight and the share of squared error that it takes away out of sample."""

    model: int
    weight: float
    gain: float


_TREES = _Choice(0, 0.0, 0.0)


def _best(cells: _Cells, chosen: Bools, names: Sequence[str], noise_times: float) -> _Choice:
    """The simple model that takes away most of the error out of sample, if it is more than noise."""
    tried = [_tried(_sums(cells, chosen, model), model, 0.0, noise_times) for model in range(len(names))]
    found = [choice for choice in tried if choice.weight > 0 and _errs_less(cells, chosen, choice)]
    return max(found, key=lambda choice: choice.gain, default=_TREES)


def _own(cells: _Cells, chosen: Bools, wide: _Choice, names: Sequence[str]) -> _Choice:
    """A group's own weight of its class's model; where the class has none, of any model that wins clearly."""
    if wide.weight <= 0:
        return _best(cells, chosen, names, NOISE_TIMES_ALONE)
    sums = _sums(cells, chosen, wide.model)
    choice = _Choice(wide.model, _shrunk(sums, wide.weight), float(_gains(sums, wide.weight).sum()) / sums.error)
    return choice if choice.weight >= _LEAST_WEIGHT and _errs_less(cells, chosen, choice) else _TREES


def _tried(sums: _Sums, model: int, wide: float, noise_times: float) -> _Choice:
    if sums.error <= 0 or not sums.square.any():
        return _TREES
    gains = _gains(sums, wide)
    noise = float(np.sqrt(((gains - gains.mean()) ** 2).sum() * gains.size / max(gains.size - 1, 1)))
    weight, gain = _shrunk(sums, wide), float(gains.sum())
    if gain / sums.error < _LEAST_GAIN or gain < noise_times * noise or weight < _LEAST_WEIGHT:
        return _TREES
    return _Choice(model, weight, gain / sums.error)


def _gains(sums: _Sums, wide: float) -> Doubles:
    """What each cluster gains by a weight that was fitted on the other windows (on other clusters of one window)."""
    folds = sums.window if np.unique(sums.window).size > 1 else np.arange(sums.window.size) % 2
    out = np.zeros(sums.cross.size)
    for fold in np.unique(folds):
        left_out = folds == fold
        weight = _shrunk(_only(sums, ~left_out), wide)
        out[left_out] = 2 * weight * sums.cross[left_out] - weight**2 * sums.square[left_out]
    return out


def _only(sums: _Sums, chosen: Bools) -> _Sums:
    of_window = np.zeros(sums.by_period.shape[1], dtype=bool)
    of_window[sums.window[chosen]] = True
    return _Sums(sums.cross[chosen], sums.square[chosen], sums.window[chosen], sums.by_period[:, of_window], sums.error)


def _shrunk(sums: _Sums, wide: float) -> float:
    """The best weight, shrunk to the wider group's by the variance that its clusters show."""
    square = float(sums.square.sum())
    if square <= 0:
        return wide
    best = float(sums.cross.sum()) / square
    left = sums.cross - best * sums.square
    by_window = group_sums(sums.window, left, int(sums.window.max()) + 1)[np.unique(sums.window)]
    cross, of_period = sums.by_period.reshape(2, -1)
    seen = of_period > 0
    variance = max(_variance(each, square) for each in (left, by_window, (cross - best * of_period)[seen]))
    if by_window.size == 1:
        variance += _WEIGHT_SD**2  # what windows have in common cannot be seen in one
    shrinkage = _WEIGHT_SD**2 / (_WEIGHT_SD**2 + variance)
    return float(np.clip(wide + shrinkage * (best - wide), 0, 1))


def _variance(left: Doubles, square: float) -> float:
    """Variance of a weight by the sums that clusters leave unexplained (cluster-robust, with the usual correction)."""
    return float((left**2).sum()) / square**2 * left.size / (left.size - 1) if left.size > 1 else 0.0


def _sums(cells: _Cells, chosen: Bools, model: int) -> _Sums:
    rows = np.flatnonzero(chosen.any(axis=1))
    inside = chosen[rows]
    error = np.where(inside, cells.units[rows] - cells.mean[rows], 0)
    step = np.where(inside, cells.simple[model][rows] - cells.mean[rows], 0)
    scale = cells.scale[rows]
    clusters, number = np.unique(cells.cluster[rows], return_inverse=True)
    window = np.zeros(clusters.size, dtype=np.int64)
    window[number] = cells.window[rows]
    cross, square = (
        group_sums(number, values.sum(axis=1) / scale, clusters.size) for values in (step * error, step**2)
    )
    windows = int(cells.window.max()) + 1
    by_period = np.stack(
        [summed_rows(values / scale[:, None], cells.window[rows], windows) for values in (step * error, step**2)]
    )
    return _Sums(cross, square, window, by_period, float(((error**2).sum(axis=1) / scale).sum()))


def _errs_less(cells: _Cells, chosen: Bools, choice: _Choice) -> bool:
    """Whether the absolute error of the blend is below that of the trees in more than half of the windows."""
    rows = np.flatnonzero(chosen.any(axis=1))
    units, mean, simple = cells.units[rows], cells.mean[rows], cells.simple[choice.model][rows]
    less = np.abs(units - mean) - np.abs(units - mean - choice.weight * (simple - mean))
    by_window = np.bincount(cells.window[rows], (less * chosen[rows]).sum(axis=1))[np.unique(cells.window[rows])]
    return bool((by_window > 0).mean() > 0.5 and by_window.sum() > 0)


def _described(
    cells: _Cells, chosen: Bools, names: Sequence[str], choice: _Choice, of: tuple[int, bool, int | None]
) -> GroupWeight:
    units, mean, simple = cells.units[chosen], cells.mean[chosen], cells.simple[choice.model][chosen]
    total = max(float(units.sum()), 1e-9)
    blend = mean + choice.weight * (simple - mean)
    wapes = [float(np.abs(units - values).sum()) / total for values in (mean, simple, blend)]
    series = int(chosen.any(axis=1).sum())
    return GroupWeight(*of, names[choice.model], choice.weight, series, choice.gain, *wapes)


def _cells(windows: Sequence[Residuals], by: Grouping) -> _Cells:
    horizon = min(r.mean.shape[1] for r in windows)
    joined = Residuals.joined(windows, horizon)
    window = np.repeat(np.arange(len(windows)), [len(r.mean) for r in windows])
    store = np.unique(joined.store, return_inverse=True)[1].ravel()
    known = joined.weight > 0
    mean = np.where(known, joined.mean, 0)
    simple = np.where(known & ~np.isnan(joined.simple), joined.simple, mean).astype(np.float64)
    scale = ratio(mean.sum(axis=1), known.sum(axis=1).astype(np.float64), otherwise=1.0)
    groups = Groups(joined.demand_class, joined.department if by == "department" else joined.store, joined.promoted)
    cluster = window * (int(store.max(initial=0)) + 1) + store
    return _Cells(
        groups, mean, np.where(known, joined.units, 0), simple, cluster, window, np.maximum(scale, _LEAST_SCALE)
    )
