"""Computes features of a series at an origin: level, trend, zeros, stock, price, promotions and peer groups."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from features.demand.arrays import Doubles, Floats, group_sums, ratio
from features.demand.demand_panel import DemandPanel
from features.demand.own_units import units_of
from features.demand.peer_groups import PanelPeers, PeerGroups

_LONG_AGO = 400.0
"""Periods; the largest distance to the last sale that trees are shown. Chosen by judgement, not measured."""
WINDOWS = 6
"""Number of rolling windows of every Rhythm."""

STATE: Mapping[str, str] = MappingProxyType(
    {
        "log_level": "level",
        "log_prior": "level",
        "own_weight": "level",
        **{f"mean_{number}_to_level": "trend" for number in range(WINDOWS)},
        "zero_share_short": "level",
        "zero_share_long": "level",
        "variation": "level",
        "since_sale": "trend",
        "product_trend_short": "trend",
        "product_trend_long": "trend",
        "store_category_trend": "trend",
        "store_department_trend": "trend",
        "store_trend_short": "trend",
        "store_trend_long": "trend",
        "level_to_category": "level",
        "outage_share": "stock",
        "outage_share_week": "stock",
        "promotion_share": "promotion",
        "plain_to_level": "promotion",
        "promotion_uplift": "promotion",
        "price_to_category": "price",
        "price_trend": "price",
    }
)


def state(
    panel: DemandPanel, groups: PanelPeers, origin: int, level: Doubles, prior: Doubles, *, in_own_units: bool = False
) -> Floats:
    """Features of each series at `origin`, shape (features, n), in the order of `STATE`.

    Args:
        panel: the panel.
        groups: sums of each series' peer groups.
        origin: the last visible period.
        level: of each series, as `features.demand.feature_matrix.PanelFeatures.level`.
        prior: units per period expected of each series from its peer groups alone.
        in_own_units: whether the panel's units are the own ones of its products. Prices are then compared per such one,
            and only periods in stock count as time without a sale.
    """
    rhythm = panel.axis.rhythm
    now = origin + 1
    short, middle, long = rhythm.windows[1], rhythm.level, rhythm.windows[-1]
    means = {window: panel.levels.mean(now - window, now) for window in {*rhythm.windows, middle, 2 * middle}}
    spread = np.sqrt(np.maximum(panel.squares.mean(now - 2 * middle, now) - means[2 * middle] ** 2, 0))
    last = panel.last_sale[:, origin].astype(np.int64)
    silent = panel.levels.weights.since(last + 1, now) if in_own_units else origin - last
    price = panel.prices.mean(now - 2 * middle, now)
    columns = {
        "log_level": np.log(level),
        "log_prior": np.log(np.maximum(prior, 1e-4)),
        "own_weight": panel.levels.weight(now - middle, now),
        **{f"mean_{number}_to_level": means[window] / level for number, window in enumerate(rhythm.windows)},
        "zero_share_short": panel.zeros.mean(now - middle, now),
        "zero_share_long": panel.zeros.mean(now - long, now),
        "variation": spread / level,
        "since_sale": np.where(last < 0, np.nan, np.minimum(silent, _LONG_AGO)),
        "product_trend_short": _trend(groups.product, now, short, middle),
        "product_trend_long": _trend(groups.product, now, middle, long),
        "store_category_trend": _trend(groups.store_category, now, short, middle),
        "store_department_trend": _trend(groups.store_department, now, middle, long),
        "store_trend_short": _trend(groups.store, now, short, middle),
        "store_trend_long": _trend(groups.store, now, middle, long),
        "level_to_category": ratio(means[middle], groups.store_category.mean(now - middle, now)),
        "outage_share": panel.outages.mean(now - middle, now),
        "outage_share_week": panel.outages.mean(now - short, now),
        "promotion_share": panel.promotions.mean(now - middle, now),
        "plain_to_level": panel.plain_levels.mean(now - middle, now) / level,
        "promotion_uplift": _promotion_uplift(panel, now, 2 * long),
        "price_to_category": _price_to_median(price * units_of(panel.series), groups.store_category)
        if in_own_units
        else _price_to_category(price, groups.store_category),
        "price_trend": ratio(panel.prices.mean(now - short, now), price),
    }
    out = np.empty((len(STATE), panel.size), dtype=np.float32)
    for row, name in zip(out, STATE, strict=True):
        row[:] = columns[name]
    return out


def _trend(group: PeerGroups, now: int, recent: int, before: int) -> Doubles:
    """Mean of each series' group in the recent periods against that of more of them."""
    return ratio(group.windows.mean(now - recent, now), group.windows.mean(now - before, now))[group.of]


def _promotion_uplift(panel: DemandPanel, now: int, window: int) -> Doubles | float:
    """Demand per promoted period against that of other periods, shrunk to 1; NaN without a promotion."""
    if not panel.has_promotions:
        return np.nan
    total, weight = panel.levels.total(now - window, now), panel.levels.weight(now - window, now)
    plain, plain_weight = panel.plain_levels.total(now - window, now), panel.plain_levels.weight(now - window, now)
    rate = ratio(plain, plain_weight)
    promoted = weight - plain_weight
    uplift = ratio(total - plain + 1.0, promoted * rate + 1.0)
    return np.where(promoted > 0, np.minimum(uplift, 20.0), np.nan)


def _price_to_category(price: Doubles, category: PeerGroups) -> Doubles:
    """Own planned price against the mean of the category in the store."""
    priced = ~np.isnan(price)
    total = group_sums(category.of, np.where(priced, price, 0.0), category.windows.size)
    return ratio(price, ratio(total, group_sums(category.of, priced, category.windows.size))[category.of])


def _price_to_median(price: Doubles, category: PeerGroups) -> Doubles:
    """The same against the median, which a good that is priced by another unit does not move."""
    order = np.lexsort((price, category.of))
    known = group_sums(category.of, ~np.isnan(price), category.windows.size).astype(np.int64)
    first = np.searchsorted(category.of[order], np.arange(known.size))
    low, high = (price[order[first + np.maximum(known - one, 0) // 2]] for one in (1, 0))
    median: Doubles = (low + high) / 2
    return ratio(price, median[category.of])
