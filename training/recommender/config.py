"""Hyperparameters of the recommender: candidate sources, ranker, tuning and evaluation, as one frozen value.

A bundle stores them as JSON under these names, so a renamed field needs a migration.
"""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import Field

from features.person.interactions import HALF_LIVES_DAYS
from retail_brain.settings import Section, SourceName


class OwnConfig(Section):
    """Repeat purchases by decayed purchase days; the half-life is in visits where `half_life_visits` is not 0."""

    half_life_days: int = Field(default=90, ge=1, description="days in which a purchase loses half its weight")
    half_life_visits: int = Field(
        default=0, ge=0, description="visits in which it does so; 0 = days are counted instead"
    )
    quota: int = Field(default=120, ge=0, description="candidates for each customer")


class NeighbourConfig(Section):
    """Nearest neighbours on decayed frequency (TIFU-KNN, Hu et al. 2020): own vector mixed with their mean."""

    half_life_days: int = Field(default=90, ge=1, description="days in which a purchase loses half its weight")
    half_life_visits: int = Field(
        default=0, ge=0, description="visits in which it does so; 0 = days are counted instead"
    )
    neighbours: int = Field(default=120, ge=1, description="nearest people whose mean is taken")
    traits: int = Field(
        default=100,
        ge=1,
        description="heaviest products of a person that neighbours are searched by; fewer are faster",
    )
    own_weight: float = Field(default=0.7, ge=0, le=1, description="share of the own vector in the mixture")
    quota: int = Field(default=100, ge=0, description="candidates for each customer")


class UserCFConfig(Section):
    """User-based collaborative filtering (UP-CF, Faggioli et al. 2020), rare products counting more."""

    half_life_days: int = Field(default=28, ge=1, description="days in which a purchase loses half its weight")
    neighbours: int = Field(default=100, ge=1, description="nearest people whose products are added up")
    traits: int = Field(
        default=100,
        ge=1,
        description="heaviest products of a person that neighbours are searched by; fewer are faster",
    )
    sharpness: float = Field(
        default=2.0, gt=0, description="power that likeness is raised to: higher listens to the nearest only"
    )
    quota: int = Field(default=60, ge=0, description="candidates for each customer")


class ItemItemConfig(Section):
    """Item-item co-occurrence in baskets, shrunk for rare products."""

    half_life_days: int = Field(default=28, ge=1, description="days in which a purchase loses half its weight")
    neighbours: int = Field(default=60, ge=1, description="products kept beside each product")
    shrinkage: float = Field(
        default=20.0, ge=0, description="baskets added to the denominator, so that rare products do not win by chance"
    )
    max_baskets: int = Field(default=400_000, ge=1, description="newest baskets that are counted")
    quota: int = Field(default=60, ge=0, description="candidates for each customer")


class ALSConfig(Section):
    """Implicit alternating least squares with a bias column on each side."""

    half_life_days: int = Field(default=90, ge=1, description="days in which a purchase loses half its weight")
    factors: int = Field(default=48, ge=1, description="length of a person's and a product's vector")
    regularization: float = Field(default=4.0, ge=0, description="ridge penalty on the vectors")
    alpha: float = Field(default=6.0, gt=0, description="confidence that one decayed purchase adds")
    iterations: int = Field(default=8, ge=1, description="passes over people and products")
    quota: int = Field(default=60, ge=0, description="candidates for each customer")


class SpectralConfig(Section):
    """Spectral filter of the co-occurrence graph (GF-CF, Shen et al. 2021); quota 0 = not used.

    Better than ALS where nothing is bought twice (recall@20 .187 against .140 on Gowalla, docs/benchmarks.md); where
    people buy again, repeat purchases serve them better, so the preset fast leaves it out.
    """

    factors: int = Field(default=64, ge=1, description="singular vectors of the ideal filter")
    quota: int = Field(default=0, ge=0, description="candidates for each customer; 0 = not used")


class TrendingConfig(Section):
    """Recent popularity in the person's store times category affinity."""

    half_life_days: int = Field(default=14, ge=1, description="days in which a sale loses half its weight")
    store_shrinkage: float = Field(
        default=20.0, ge=0, description="units of the chain's sales that a store's are mixed with"
    )
    depth: int = Field(default=400, ge=1, description="best selling products of a store that are looked at")
    quota: int = Field(default=40, ge=0, description="candidates for each customer")


class NewGoodsConfig(Section):
    """New products by category, brand and price affinity."""

    max_age_days: int = Field(default=45, ge=1, description="days since the launch that a product counts as new")
    quota: int = Field(default=20, ge=0, description="candidates for each customer")


class RankerConfig(Section):
    """LightGBM over all candidates, and the pairs that it learns from."""

    rounds: int = Field(default=150, ge=1, description="boosting rounds at most")
    learning_rate: float = Field(default=0.07, gt=0, le=1, description="weight of each tree")
    num_leaves: int = Field(default=31, ge=2, description="leaves of a tree at most")
    min_data_in_leaf: int = Field(default=60, ge=1, description="pairs in a leaf at least")
    feature_fraction: float = Field(default=0.5, gt=0, le=1, description="share of the features that each tree may use")
    negatives_per_positive: float = Field(
        default=5.0, gt=0, description="pairs not bought that are drawn for each one bought"
    )
    wide_pairs: int = Field(
        default=20_000, ge=0, description="pairs drawn from outside the candidates, for the audiences' side"
    )
    calibration_share: float = Field(
        default=0.15, gt=0, lt=1, description="share of the people set aside for early stopping and calibration"
    )
    num_threads: int = Field(default=2, ge=1, description="threads of LightGBM")


class RecommenderConfig(Section):
    """Hyperparameters of the whole recommender."""

    label_days: int = Field(default=28, ge=1, description="days; a pair counts as right when it is bought within them")
    half_lives_days: tuple[int, ...] = Field(
        default=HALF_LIVES_DAYS, description="days in which a purchase loses half its weight, one per counted feature"
    )
    cutoffs: int = Field(default=2, ge=1, description="past days, `label_days` apart, that the ranker is trained at")
    max_training_people: int = Field(
        default=3_000, ge=1, description="customers whose pairs train the ranker at each cutoff"
    )
    max_test_people: int = Field(default=5_000, ge=1, description="customers that a backtest looks at")
    test_goods: int = Field(
        default=120, ge=1, description="products that a backtest looks at from their side (audiences)"
    )
    test_min_buyers: int = Field(default=20, ge=1, description="buyers that such a product must have had")
    max_neighbour_people: int = Field(default=10_000, ge=1, description="people who may be somebody's neighbours")
    max_core_products: int = Field(
        default=20_000, ge=1, description="most bought products, which neighbours and latent tastes speak of"
    )
    min_candidates: int = Field(
        default=150, ge=0, description="candidates; people with fewer get more of what is popular"
    )
    min_history_days: int = Field(
        default=14, ge=1, description="days of sales that a training cutoff must have behind it"
    )
    tuning_trials: int = Field(
        default=11, ge=0, description="settings of the sources that are tried on a past window first"
    )
    tuning_seconds: float = Field(
        default=120, ge=0, description="seconds after which no further trial begins; what was not tried stays as it is"
    )
    tuning_people: int = Field(default=500, ge=1, description="customers looked at in each trial")
    block_pairs: int = Field(
        default=16_000_000, ge=1, description="cells (float32) of a block of people x products in memory"
    )
    block_lines: int = Field(
        default=2_000_000, ge=1, description="receipt lines of people whose pairs are described at once in memory"
    )
    seed: int = Field(default=7, ge=0, description="of every random choice in fitting")
    feature_sets: tuple[str, ...] = Field(
        default=(), description="sets or columns of the person and goods tables besides the ranker's own features"
    )
    traits: tuple[str, ...] | None = Field(
        default=(), description="columns of customers that groups of people are made of; none: all, as in old bundles"
    )
    sources: tuple[str, ...] = Field(
        default=get_args(SourceName), description="candidate sources, in the order of the ranker's columns"
    )
    source_parameters: dict[str, dict[str, float]] = Field(
        default_factory=dict, description="parameters of installed sources by source and name, as tuned"
    )
    own: OwnConfig = OwnConfig()
    neighbours: NeighbourConfig = NeighbourConfig()
    user_cf: UserCFConfig = UserCFConfig()
    item_item: ItemItemConfig = ItemItemConfig()
    als: ALSConfig = ALSConfig()
    spectral: SpectralConfig = SpectralConfig()
    trending: TrendingConfig = TrendingConfig()
    new_goods: NewGoodsConfig = NewGoodsConfig()
    ranker: RankerConfig = RankerConfig()


def stored_config(values: Mapping[str, Any]) -> RecommenderConfig:
    """A configuration as a bundle holds it; one of before `traits` made its groups of all of them, and still does.

    Raises:
        ValidationError: it is none.
    """
    return RecommenderConfig.model_validate({"traits": None, **values})


_SMALL_WORK = 200_000
"""Rows or cells below which one thread is quicker than several. Chosen by judgement, not measured."""


def threads_for(work: int, num_threads: int) -> int:
    """Number of threads: 1 below 200,000 rows or cells, `num_threads` from there on.

    Where cores are shared, threads that wait for each other cost far more than they give on little work.

    Args:
        work: rows or cells that one pass goes over.
        num_threads: threads for more work.
    """
    return 1 if work < _SMALL_WORK else num_threads


# `full` trades time for accuracy: labels of eight windows in place of two, slower learning over twice the rounds, and
# the spectral source
PRESETS: dict[str, RecommenderConfig] = {
    "fast": RecommenderConfig(),
    "full": RecommenderConfig(
        cutoffs=8,
        max_training_people=20_000,
        als=ALSConfig(factors=96, iterations=12),
        spectral=SpectralConfig(quota=60),
        ranker=RankerConfig(
            rounds=300,
            learning_rate=0.04,
            num_leaves=31,
            min_data_in_leaf=100,
            feature_fraction=0.3,
            negatives_per_positive=6.0,
            wide_pairs=50_000,
        ),
    ),
}
