"""Names the ranker's features and numbers their definitions, in the order of `pair_features`."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from features.jobs import TableName
from features.person.interactions import EVENT_TYPES, HALF_LIVES_VISITS, visits_column
from features.sets import chosen_columns
from training.recommender.config import RecommenderConfig
from training.recommender.history import ATTRIBUTES

# the names below are stored in bundles: a new one is harmless, a changed meaning belongs into REDEFINED
PAIR = (
    "purchase_days",
    "units",
    "spend",
    "sd_gap_days",
    "online",
    "stores",
    "visits_since",
    "visit_gaps_since",
    "shorter_gaps",
    *(visits_column(v) for v in HALF_LIVES_VISITS),
    *(f"event_{kind}" for kind in EVENT_TYPES),
)
"""Columns of `History.pairs` that are features; `purchase_days` stays the first, see `Examples.is_repeat`."""
NAN_WITHOUT_INTERACTION = {
    "sd_gap_days",
    "visits_since",
    "visit_gaps_since",
    "shorter_gaps",
    "since_last",
    "since_first",
    "since_event",
    "gap",
    "gaps_since_last",
}
"""Features that are NaN and not 0 for pairs that never interacted: 0 days ago would mean today."""
TIMING = ("since_last", "since_first", "since_event", "gap", "gaps_since_last", "rate_28d", "share_of_visits")
"""Of a pair: days since the last and first purchase and the last event, expected gap in days, gaps since the last
purchase, purchases per 28 days, share of the person's visit days."""
PERSON = (
    "baskets",
    "visit_days",
    "visits_28d",
    "visits_90d",
    "since_visit",
    "tenure",
    "basket_size",
    "variety",
    "loyalty",
    "visit_gaps_due",
)
"""Of a person: counts of baskets and visit days, days since the last visit and since the first (tenure), lines per
basket, number of different products, share of them bought again, days since the last visit in usual gaps between
visits."""
PRODUCT = ("buyers", "repeat_share", "sales_trend", "product_gap", "log_price", "age", "since_sold", "product_baskets")
"""Of a product: buyers, share of them who came back, decayed sales of late over those of long, expected gap in days,
log price, days since it was new and since it was last sold, baskets."""
_AFFINITY = (*(f"{name}_days" for name in ATTRIBUTES), "subcategory_others", "category_since")
"""Of a person to a product's values: decayed purchase days of each attribute, those of the subcategory without the
product itself, days since the last purchase in the category."""

TABLES: Final[tuple[TableName, ...]] = ("person", "goods")
"""Feature tables whose columns may be chosen by `feature_sets`: those with one row per person or product."""

REDEFINED: Mapping[str, int] = MappingProxyType({})
"""Column of the pair or due features -> number of its definition; 1 for those that are not named here.

Raise it whenever a column of the same name begins to mean something else: models fitted on the earlier definition are
then refused by that name."""


def feature_names(config: RecommenderConfig, sources: Sequence[str] | None = None) -> list[str]:
    """Names of the features, in the order of `PairFeatures.table`.

    Args:
        config: half-lives, sources and feature sets.
        sources: names of the candidate sources whose scores are features; None: those of the configuration.

    Raises:
        UsageError: `config.feature_sets` names a table that is not among TABLES, or is no name of a set or column.
    """
    decayed = [f"decayed_{h}d" for h in config.half_lives_days]
    products = [*PRODUCT, *(f"product_{name}" for name in decayed)]
    sources = config.sources if sources is None else sources
    scores = [f"{name}_score" for name in sources] + [f"{name}_relative" for name in sources]
    table_columns = map(str, chosen_columns(config.feature_sets, TABLES))
    return [*PAIR, *decayed, *TIMING, *PERSON, *products, *_AFFINITY, "relative_price", *scores, *table_columns]


def slow_half_life(config: RecommenderConfig) -> int:
    """The half-life nearest to 90 days, which affinities and baselines are decayed by: habits, not the last trip."""
    return min(config.half_lives_days, key=lambda h: abs(h - 90))
