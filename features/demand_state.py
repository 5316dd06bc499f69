"""The state of a series at an origin: level, trend, zeros, stock, price and promotion history, and its like."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from features.demand_arrays import Doubles, Floats, group_sums, ratio
from features.demand_groups import PanelGroups
from features.demand_panel import DemandPanel

LONG_AGO = 400.0
WINDOWS = 6

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


def state(panel: DemandPanel, groups: PanelGroups, origin: int, level: Doubles) -> Floats:
    """What is known of each series at `origin`, shape (features, n), in the order of `STATE`."""
    rhythm = panel.axis.rhythm
    now = origin + 1
    short, middle, long = rhythm.windows[1], rhythm.level, rhythm.windows[-1]
    means = [panel.levels.mean(now - window, now) for window in rhythm.windows]
    middle_mean = panel.levels.mean(now - middle, now)
    spread = np.sqrt(
        np.maximum(panel.squares.mean(now - 2 * middle, now) - panel.levels.mean(now - 2 * middle, now) ** 2, 0)
    )
    last = panel.last_sale[:, origin]
    columns = {
        "log_level": np.log(level),
        "log_prior": np.log(np.maximum(groups.prior(now - middle, now, rhythm.season), 1e-4)),
        "own_weight": panel.levels.weight(now - middle, now),
        **{f"mean_{number}_to_level": mean / level for number, mean in enumerate(means)},
        "zero_share_short": panel.zeros.mean(now - middle, now),
        "zero_share_long": panel.zeros.mean(now - long, now),
        "variation": spread / level,
        "since_sale": np.where(last < 0, np.nan, np.minimum(origin - last, LONG_AGO)),
        "product_trend_short": ratio(groups.product.mean(now - short, now), groups.product.mean(now - middle, now)),
        "product_trend_long": ratio(groups.product.mean(now - middle, now), groups.product.mean(now - long, now)),
        "store_category_trend": ratio(
            groups.store_category.mean(now - short, now), groups.store_category.mean(now - middle, now)
        ),
        "store_department_trend": ratio(
            groups.store_department.mean(now - middle, now), groups.store_department.mean(now - long, now)
        ),
        "store_trend_short": ratio(groups.store.mean(now - short, now), groups.store.mean(now - middle, now)),
        "store_trend_long": ratio(groups.store.mean(now - middle, now), groups.store.mean(now - long, now)),
        "level_to_category": ratio(middle_mean, groups.store_category.mean(now - middle, now)),
        "outage_share": panel.outages.mean(now - middle, now),
        "outage_share_week": panel.outages.mean(now - short, now),
        "promotion_share": panel.promotions.mean(now - middle, now),
        "plain_to_level": panel.plain_levels.mean(now - middle, now) / level,
        "promotion_uplift": _promotion_uplift(panel, now, 2 * long),
        "price_to_category": _price_to_category(panel, groups, now, 2 * middle),
        "price_trend": ratio(panel.prices.mean(now - short, now), panel.prices.mean(now - 2 * middle, now)),
    }
    return np.stack([columns[name] for name in STATE]).astype(np.float32)


def _promotion_uplift(panel: DemandPanel, now: int, window: int) -> Doubles:
    """Demand per promoted period against that of other periods, shrunk to 1; NaN without a promotion."""
    total, weight = panel.levels.total(now - window, now), panel.levels.weight(now - window, now)
    plain, plain_weight = panel.plain_levels.total(now - window, now), panel.plain_levels.weight(now - window, now)
    rate = ratio(plain, plain_weight)
    promoted = weight - plain_weight
    uplift = ratio(total - plain + 1.0, promoted * rate + 1.0)
    return np.where(promoted > 0, np.minimum(uplift, 20.0), np.nan)


def _price_to_category(panel: DemandPanel, groups: PanelGroups, now: int, window: int) -> Doubles:
    """Own planned price against the mean of the category in the store."""
    own = panel.prices.mean(now - window, now)
    known = ~np.isnan(own)
    size = int(groups.store_category.of.max(initial=-1)) + 1
    total = group_sums(groups.store_category.of[known], own[known], size)
    mean = ratio(total, group_sums(groups.store_category.of[known], known[known], size))
    return ratio(own, mean[groups.store_category.of])
