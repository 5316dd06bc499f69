"""Estimates own-price elasticities by product, shrunk to the category, with intervals.

Demand is Poisson with mean usual demand x (price / usual price)^elasticity x a lift on display x one in the mailer.
The category's elasticity and lifts are estimated first; a product's own elasticity departs from the category's as far
as its data carry it (empirical Bayes). Weeks, not days, are what errors are independent over: variances are those of
a jackknife over weeks (Tukey 1958).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.demand.arrays import Bools, Doubles, Ints, group_sums
from features.demand.history import DemandHistory
from features.demand.panel import panels
from retail_brain.decisions.price_response import NORMAL_90
from training.demand.price_cells import MIN_CHANGE, joined_cells, price_cells

MIN_CHANGED_DAYS = 30
"""Days at a changed price that a product needs before its own slope counts for the chain's. Chosen by judgement, not
measured."""
_NEWTON_STEPS = 40
"""Newton steps at most; _TOLERANCE usually ends the fit sooner."""
_TOLERANCE = 1e-6
"""Largest step (log) at which the fit has converged."""
_LIMITS = (-8.0, 0.0)
"""Elasticities that are believed: none that rises with the price, none beyond -8. Chosen by judgement, not measured."""
_PRIOR = (-1.5, 1.0)
"""Mean and standard deviation of a category's elasticity before anything is seen. Chosen by judgement, not measured."""
_LIFT_SPREAD = 0.1
"""Standard deviation (log) of a product's lift by display or mailer around its category's. Chosen by judgement, not
measured."""
_TRUST_WEEKS = 20.0
"""Weeks that the chain's inflation of variances counts as beside a cluster's own. Chosen by judgement, not measured."""
_CAUTION = 1.25
"""Intervals are so much wider than the variances say: on a generated chain with known elasticities (not the committed
one) errors were, since neither the mechanics of promotions nor competitors' prices are in the model."""
_SLOPE = 1
"""Position of the price's slope among the effects."""
_EFFECTS = 4
"""Number of effects: level, slope, display and mailer."""


@dataclass(frozen=True)
class _Fit:
    """Effects of some groups of cells.

    Attributes:
        effects: shape (groups, 4): log shift of the usual demand, elasticity, log lift of display and of mailer.
        variance: shape (groups,), of the elasticity, weeks being independent; large where nothing is known.
    """

    effects: Doubles
    variance: Doubles


def elasticities(history: DemandHistory) -> pl.DataFrame:
    """One row per product of the panel: what a price does to its demand; columns as `elasticities_of`."""
    parts = [price_cells(panel) for panel in panels(history)]
    return elasticities_of(joined_cells(parts) if parts else pl.DataFrame())


def price_response(estimates: pl.DataFrame) -> dict[str, float]:
    """Elasticity of each product: its own where its price ever changed, else what its category or chain says.

    Args:
        estimates: columns of `elasticities_of`; `elasticity` may be null where the price never changed.
    """
    known = estimates.select("product_id", pl.coalesce("elasticity", "category_elasticity")).drop_nulls()
    return dict(known.iter_rows())


def elasticities_of(cells: pl.DataFrame) -> pl.DataFrame:
    """One row per product of the cells, in order of product_id.

    Returns:
        product_id, elasticity (per cent of units per per cent of price, at most 0), its 90 % interval `low` to `high`,
        `category_elasticity`, `display_lift` and `mailer_lift` (factors on demand), and `changed_days`, the
        series-days off the usual price that it rests on.
    """
    if cells.is_empty():
        names = ("elasticity", "low", "high", "category_elasticity", "display_lift", "mailer_lift")
        return pl.DataFrame(
            schema={"product_id": pl.String, **dict.fromkeys(names, pl.Float64), "changed_days": pl.Int64}
        )
    products = cells.select("product_id").unique().sort("product_id").with_row_index("number")
    product = cells.join(products, on="product_id", maintain_order="left")["number"].cast(pl.Int64).to_numpy()
    category = (
        (cells.select(pl.struct("department", "category").rank("dense").cast(pl.Int64) - 1)).to_series().to_numpy()
    )
    of_product = np.zeros(products.height, dtype=np.int64)
    of_product[product] = category
    size = int(category.max()) + 1
    flat = np.tile([0.0, _PRIOR[0], 0.0, 0.0], (size, 1))
    of_category = _fit(cells, category, flat, np.array([1.0, 1 / _PRIOR[1] ** 2, 1.0, 1.0]))
    center = of_category.effects[of_product]
    loose = np.array([1.0, 1e-3, 1 / _LIFT_SPREAD**2, 1 / _LIFT_SPREAD**2])
    own = _fit(cells, product, center, loose)
    changed = _changed_days(cells, product, products.height)
    prior, prior_variance = _priors(of_category, own, of_product, group_sums(of_product, changed, size))
    weight = 1 / own.variance + 1 / prior_variance
    mean = np.clip((own.effects[:, _SLOPE] / own.variance + prior / prior_variance) / weight, *_LIMITS)
    spread = _CAUTION * NORMAL_90 / np.sqrt(weight)
    return products.select("product_id").with_columns(
        pl.Series("elasticity", mean),
        pl.Series("low", mean - spread),
        pl.Series("high", np.minimum(mean + spread, _LIMITS[1])),
        pl.Series("category_elasticity", prior),
        pl.Series("display_lift", np.exp(own.effects[:, 2])),
        pl.Series("mailer_lift", np.exp(own.effects[:, 3])),
        pl.Series("changed_days", changed.astype(np.int64)),
    )


def _fit(cells: pl.DataFrame, group: Ints, center: Doubles, precision: Doubles) -> _Fit:
    """Effects of each group by Newton's method, with normal priors around `center`."""
    size = len(center)
    design = _design(cells)
    usual, units = cells["usual"].to_numpy(), cells["units"].to_numpy()
    effects = center.copy()
    for _ in range(_NEWTON_STEPS):
        mean = _mean(usual, design, effects[group])
        gradient = _by_group(design * (units - mean)[:, None], group, size) - (effects - center) * precision
        step = np.linalg.solve(_curvature(design, mean, group, size) + np.diag(precision), gradient[:, :, None])[
            :, :, 0
        ]
        effects += np.clip(step, -1, 1)
        effects[:, _SLOPE] = np.clip(effects[:, _SLOPE], 2 * _LIMITS[0], -_LIMITS[0])
        if np.abs(step).max() < _TOLERANCE:
            break
    mean = _mean(usual, design, effects[group])
    return _Fit(effects, _variance(cells, group, size, design, mean, precision))


def _variance(
    cells: pl.DataFrame, group: Ints, size: int, design: Doubles, mean: Doubles, precision: Doubles
) -> Doubles:
    """Variance of each group's elasticity: how it moves when a week is left out, shrunk to the inflation of all groups.

    One Newton step without the week (the jackknife) also counts that a week with much leverage hides its own error.
    """
    week = pl.DataFrame({"group": group, "block": cells["block"]})
    cluster = (week.select(pl.struct("group", "block").rank("dense").cast(pl.Int64) - 1)).to_series().to_numpy()
    n_clusters = int(cluster.max()) + 1
    of_cluster = np.zeros(n_clusters, dtype=np.int64)
    of_cluster[cluster] = group
    whole = _curvature(design, mean, group, size) + np.diag(precision)
    rest = whole[of_cluster] - _curvature(design, mean, cluster, n_clusters)
    scores = _by_group(design * (cells["units"].to_numpy() - mean)[:, None], cluster, n_clusters)
    moves = np.linalg.solve(rest, scores[:, :, None])[:, _SLOPE, 0]
    moved = group_sums(cluster, np.abs(cells["change"].to_numpy()) >= MIN_CHANGE, n_clusters) > 0
    weeks = group_sums(of_cluster, moved, size)
    jackknife = group_sums(of_cluster, moves**2, size)
    naive: Doubles = np.linalg.inv(whole)[:, _SLOPE, _SLOPE].astype(np.float64)
    inflation = jackknife / naive
    usable: Bools = weeks >= 5
    common = float(np.average(inflation[usable], weights=weeks[usable])) if usable.any() else 1.0
    shrunk = (weeks * inflation + _TRUST_WEEKS * max(common, 1.0)) / (weeks + _TRUST_WEEKS)
    variance: Doubles = naive * np.maximum(shrunk, 1.0)
    return variance


def _design(cells: pl.DataFrame) -> Doubles:
    columns = [
        np.ones(cells.height),
        *(cells[name].cast(pl.Float64).to_numpy() for name in ("change", "display", "mailer")),
    ]
    return np.stack(columns, axis=1)


def _mean(usual: Doubles, design: Doubles, effects: Doubles) -> Doubles:
    mean: Doubles = usual * np.exp(np.clip((design * effects).sum(axis=1), -6, 6))
    return mean


def _curvature(design: Doubles, mean: Doubles, group: Ints, size: int) -> Doubles:
    products = design[:, :, None] * design[:, None, :] * mean[:, None, None]
    return _by_group(products.reshape(-1, _EFFECTS * _EFFECTS), group, size).reshape(size, _EFFECTS, _EFFECTS)


def _by_group(values: Doubles, group: Ints, size: int) -> Doubles:
    return np.stack([group_sums(group, column, size) for column in values.T], axis=1)


def _changed_days(cells: pl.DataFrame, product: Ints, size: int) -> Doubles:
    changed = np.abs(cells["change"].to_numpy()) >= MIN_CHANGE
    return group_sums(product, changed * cells["days"].to_numpy(), size)


def _priors(of_category: _Fit, own: _Fit, of_product: Ints, changed: Doubles) -> tuple[Doubles, Doubles]:
    """Mean and variance of each product's elasticity before its own data: its category's, or the chain's.

    How much products of a category truly differ is estimated as in DerSimonian and Laird (1986, Controlled Clinical
    Trials 7).
    """
    slope = np.clip(of_category.effects[:, _SLOPE], *_LIMITS)
    enough: Bools = changed >= MIN_CHANGED_DAYS
    chain = float(np.average(slope[enough], weights=1 / of_category.variance[enough])) if enough.any() else _PRIOR[0]
    mean = np.where(enough, slope, chain)[of_product]
    between = _between_variance(own.effects[:, _SLOPE], own.variance, mean)
    return mean, between + np.where(enough, of_category.variance, between)[of_product]


def _between_variance(own: Doubles, variance: Doubles, prior: Doubles) -> float:
    precise: Bools = variance < 4.0
    if precise.sum() < 3:
        return _PRIOR[1] ** 2
    weight = 1 / variance[precise]
    excess = (weight * (own[precise] - prior[precise]) ** 2).sum() - (precise.sum() - 1)
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    return float(np.clip(excess / max(scale, 1e-9), 0.02, 4.0))
