"""Own-price elasticities: by product, shrunk to the category, with intervals.

Demand of a day is Poisson with mean usual demand x (price / usual price)^elasticity x a lift where the product is on
display or in the mailer. Usual demand is read from the weeks around, outside promotions. The category's elasticity and
lift are estimated first; a product's own departs from the category's as far as its data carry it (empirical Bayes).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.demand_arrays import Bools, Doubles, Ints, group_sums, ratio
from features.demand_history import DemandHistory
from features.demand_panel import DemandPanel, panels

USUAL_DAYS = 42
MIN_CHANGE = 0.02
MIN_CHANGED_DAYS = 30
NEWTON_STEPS = 25
LIMITS = (-8.0, 0.0)
PRIOR = (-1.5, 1.0)
NORMAL_90 = 1.6448536269514722


@dataclass(frozen=True)
class PricedDays:
    """Days with a known price, one row per series x day.

    Attributes:
        product, category: numbers of each row's product and category.
        change: log(price / usual price).
        support: 1 where the product was on display or in the mailer.
        usual: units expected at the usual price.
        units: units wanted.
        names: product_id, department and category of each product number, and `category_number`.
    """

    product: Ints
    category: Ints
    change: Doubles
    support: Doubles
    usual: Doubles
    units: Doubles
    names: pl.DataFrame


def elasticities(history: DemandHistory) -> pl.DataFrame:
    """One row per product of the panel: what a price does to its demand.

    Returns:
        product_id, elasticity (per cent of units per per cent of price, at most 0), its 90 % interval `low` to `high`,
        `category_elasticity`, and `changed_days`, the series-days off the usual price that it rests on.
    """
    days = priced_days(history)
    size = int(days.names["category_number"].n_unique())
    category, category_variance, lift = _by_category(days, size)
    own, variance = _by_product(days, category, lift)
    between = _between_variance(own, variance, category[days.names["category_number"].to_numpy()])
    prior, prior_variance = _prior_of_products(days, category, category_variance, between)
    weight = 1 / variance + 1 / prior_variance
    mean = np.clip((own / variance + prior / prior_variance) / weight, *LIMITS)
    spread = NORMAL_90 / np.sqrt(weight)
    changed = group_sums(days.product, np.abs(days.change) >= MIN_CHANGE, days.names.height)
    return days.names.select("product_id").with_columns(
        pl.Series("elasticity", mean),
        pl.Series("low", mean - spread),
        pl.Series("high", np.minimum(mean + spread, LIMITS[1])),
        pl.Series("category_elasticity", prior),
        pl.Series("changed_days", changed.astype(np.int64)),
    )


def priced_days(history: DemandHistory) -> PricedDays:
    """Rows of every series-day in stock with a planned price and a usual one."""
    names = (
        history.series.select("product_id", "department", "category")
        .unique("product_id", keep="first", maintain_order=True)
        .sort("product_id")
        .with_columns((pl.struct("department", "category").rank("dense").cast(pl.Int64) - 1).alias("category_number"))
        .with_row_index("number")
    )
    parts = [_of_panel(panel, names) for panel in panels(history)]
    columns = [np.concatenate([np.empty(0), *(part[place] for part in parts)]) for place in range(5)]
    product = columns[0].astype(np.int64)
    category = names["category_number"].to_numpy()[product]
    return PricedDays(product, category, columns[1], columns[2], columns[3], columns[4], names)


def _of_panel(panel: DemandPanel, names: pl.DataFrame) -> Sequence[Doubles]:
    count = panel.axis.count
    number = panel.series.join(names, on="product_id", how="left", maintain_order="left")["number"].to_numpy()
    half = USUAL_DAYS // (2 * panel.axis.days_per_period) or 1
    edges = [(max(t - half, 0), min(t + half + 1, count)) for t in range(count)]
    usual_price = np.stack([panel.prices.mean(*edge) for edge in edges], axis=1)
    usual_units = np.stack([panel.plain_levels.mean(*edge) for edge in edges], axis=1) * _phases(panel)
    price = panel.price[:, :count].astype(np.float64)
    change = np.log(np.maximum(ratio(price, usual_price), 1e-3))
    support = panel.display[:, :count] | panel.mailer[:, :count]
    known = (panel.weight > 0) & np.isfinite(change) & (usual_units > 0)
    product = np.repeat(number[:, None], count, axis=1)
    found = (product, change, support, usual_units, panel.demand)
    return [values[known].astype(np.float64) for values in found]


def _phases(panel: DemandPanel) -> Doubles:
    """By what factor each period's place in the week differs, over the panel, shape (1, T)."""
    season = min(panel.axis.rhythm.season, 7)
    phase = np.arange(panel.axis.count) % season
    plain = panel.weight * ~panel.promotion[:, : panel.axis.count]
    units = group_sums(phase, (panel.demand * plain).sum(axis=0), season)
    weight = group_sums(phase, plain.sum(axis=0), season)
    mean = ratio(units, weight, otherwise=1.0)
    level = float(units.sum() / max(weight.sum(), 1))
    return np.where(mean > 0, mean / max(level, 1e-9), 1.0)[phase][None, :]


def _by_category(days: PricedDays, size: int) -> tuple[Doubles, Doubles, Doubles]:
    """Elasticity, its variance and the log lift of support of each category, by Newton's method; the prior joins in."""
    slope, lift, shift = np.full(size, PRIOR[0]), np.zeros(size), np.zeros(size)
    information = np.ones(size)
    for _ in range(NEWTON_STEPS):
        mean = _mean(days, slope[days.category], lift[days.category], shift[days.category])
        error = days.units - mean
        columns = (np.ones_like(mean), days.change, days.support)
        gradient = np.stack([group_sums(days.category, error * column, size) for column in columns], axis=1)
        curvature = np.empty((size, 3, 3))
        for row, one in enumerate(columns):
            for place, other in enumerate(columns):
                curvature[:, row, place] = group_sums(days.category, mean * one * other, size)
        gradient[:, 1] -= (slope - PRIOR[0]) / PRIOR[1] ** 2
        gradient[:, 0] -= shift
        gradient[:, 2] -= lift
        curvature += np.diag([1.0, 1 / PRIOR[1] ** 2, 1.0])
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        shift, slope, lift = shift + step[:, 0], slope + np.clip(step[:, 1], -1, 1), lift + step[:, 2]
        information = 1 / np.linalg.inv(curvature)[:, 1, 1]
    variance = _overdispersion(days, _mean(days, slope[days.category], lift[days.category], shift[days.category]))
    return np.clip(slope, *LIMITS), variance / information, np.stack([lift, shift])


def _by_product(days: PricedDays, category: Doubles, effects: Doubles) -> tuple[Doubles, Doubles]:
    """Elasticity and its variance of each product, its category's lift given; a level of its own is fitted along."""
    size = days.names.height
    slope = category[days.names["category_number"].to_numpy()].copy()
    level = np.zeros(size)
    lift, shift = effects[0][days.category], effects[1][days.category]
    for _ in range(NEWTON_STEPS):
        mean = _mean(days, slope[days.product], lift, shift + level[days.product])
        error = days.units - mean
        g_level, g_slope = (group_sums(days.product, error * x, size) for x in (np.ones_like(mean), days.change))
        h_level, h_both, h_slope = (
            group_sums(days.product, mean * x, size) for x in (np.ones_like(mean), days.change, days.change**2)
        )
        h_level, h_slope = h_level + 1.0, h_slope + 1e-3
        determinant = h_level * h_slope - h_both**2
        level += (h_slope * g_level - h_both * g_slope) / determinant
        slope += np.clip((h_level * g_slope - h_both * g_level) / determinant, -1, 1)
        slope = np.clip(slope, 2 * LIMITS[0], -LIMITS[0])
    variance = _overdispersion(days, _mean(days, slope[days.product], lift, shift + level[days.product]))
    return slope, variance * h_level / determinant


def _mean(days: PricedDays, slope: Doubles, lift: Doubles, shift: Doubles) -> Doubles:
    return days.usual * np.exp(np.clip(shift + slope * days.change + lift * days.support, -6, 6))


def _overdispersion(days: PricedDays, mean: Doubles) -> float:
    """Pearson's estimate of variance / mean, at least 1."""
    if mean.size == 0:
        return 1.0
    return max(1.0, float(np.mean((days.units - mean) ** 2 / np.maximum(mean, 1e-6))))


def _between_variance(own: Doubles, variance: Doubles, prior: Doubles) -> float:
    """How much products of a category truly differ (DerSimonian and Laird 1986, Controlled Clinical Trials 7)."""
    known: Bools = variance < 4.0
    if known.sum() < 3:
        return PRIOR[1] ** 2
    weight = 1 / variance[known]
    excess = (weight * (own[known] - prior[known]) ** 2).sum() - (known.sum() - 1)
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    return float(np.clip(excess / max(scale, 1e-9), 0.02, 4.0))


def _prior_of_products(
    days: PricedDays, category: Doubles, category_variance: Doubles, between: float
) -> tuple[Doubles, Doubles]:
    """Mean and variance of each product's elasticity before its own data: its category's, or the chain's."""
    changed = group_sums(days.category, np.abs(days.change) >= MIN_CHANGE, category.size)
    known = changed >= MIN_CHANGED_DAYS
    chain = float(np.average(category[known], weights=1 / category_variance[known])) if known.any() else PRIOR[0]
    number = days.names["category_number"].to_numpy()
    mean = np.where(known, category, chain)[number]
    variance = between + np.where(known, category_variance, between)[number]
    return mean, variance
