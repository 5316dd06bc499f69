"""Everything that decides how a recommender is fitted, as one frozen value."""

from pydantic import BaseModel, ConfigDict, Field

from features.person.interactions import HALF_LIVES_DAYS


class Part(BaseModel):
    """A frozen group of parameters that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OwnConfig(Part):
    """Own goods by purchase days faded with a half-life in days, or in visits where `half_life_visits` is not 0."""

    half_life_days: int = 90
    half_life_visits: int = 0
    quota: int = 120


class NeighbourConfig(Part):
    """People with like habits (TIFU-KNN, Hu et al. 2020): own vector mixed with the mean of the nearest.

    `traits` is how many of a person's most telling goods say whom they are like: fewer are faster.
    """

    half_life_days: int = 90
    half_life_visits: int = 0
    neighbours: int = 120
    traits: int = 100
    own_weight: float = Field(default=0.7, ge=0, le=1)
    quota: int = 100


class UserCFConfig(Part):
    """People who bought the same goods, rare goods counting more (UP-CF, Faggioli et al. 2020)."""

    half_life_days: int = 28
    neighbours: int = 100
    traits: int = 100
    sharpness: float = 2.0
    quota: int = 60


class ItemItemConfig(Part):
    """Goods bought in the same basket, shrunk for rare ones."""

    half_life_days: int = 28
    neighbours: int = 60
    shrinkage: float = 20.0
    max_baskets: int = 400_000
    quota: int = 60


class ALSConfig(Part):
    """Implicit alternating least squares with a bias column on each side."""

    half_life_days: int = 90
    factors: int = 48
    regularization: float = 4.0
    alpha: float = 6.0
    iterations: int = 8
    quota: int = 60


class SpectralConfig(Part):
    """Graph filter of who bought what (GF-CF, Shen et al. 2021); quota 0 = not used.

    Worth its time where people seldom buy the same thing again.
    """

    factors: int = 64
    quota: int = 0


class TrendingConfig(Part):
    """What sells of late in the person's store, by the categories they buy."""

    half_life_days: int = 14
    store_shrinkage: float = 20.0
    depth: int = 400
    quota: int = 40


class NewGoodsConfig(Part):
    """Goods that came in lately, by category, brand and price affinity."""

    max_age_days: int = 45
    quota: int = 20


class RankerConfig(Part):
    """The LightGBM model over all candidates."""

    rounds: int = 150
    learning_rate: float = 0.07
    num_leaves: int = 31
    min_data_in_leaf: int = 60
    feature_fraction: float = 0.5
    negatives_per_positive: float = 5.0
    wide_pairs: int = 20_000
    calibration_share: float = Field(default=0.15, gt=0, lt=1)
    num_threads: int = 2


class RecommenderConfig(Part):
    """How a recommender is fitted.

    Attributes:
        label_days: a pair counts as right when it is bought within so many days.
        cutoffs: how many past days, `label_days` apart, the ranker is trained at.
        min_candidates: people with fewer proposals get more of what is popular.
        min_history_days: days of sales a training cutoff must have behind it.
        max_test_people: customers a backtest looks at.
        test_goods: products a backtest looks at from their side (audiences).
        test_min_buyers: buyers a product must have had for that.
        max_training_people: customers whose pairs train the ranker at each cutoff.
        max_neighbour_people: people who may be somebody's neighbours.
        max_core_products: the most bought products, which neighbours and latent tastes speak of.
        tuning_trials: how many settings of the sources are tried on a past window before anything else.
        tuning_seconds: no further trial is begun after so long, and what was not tried stays as it is.
        tuning_people: customers looked at in each trial.
        block_pairs: size of a block of people x products in memory (float32 cells).
    """

    label_days: int = Field(default=28, ge=1)
    half_lives_days: tuple[int, ...] = HALF_LIVES_DAYS
    cutoffs: int = Field(default=2, ge=1)
    max_training_people: int = 3_000
    max_test_people: int = 5_000
    test_goods: int = 120
    test_min_buyers: int = 20
    max_neighbour_people: int = 10_000
    max_core_products: int = 20_000
    min_candidates: int = 150
    min_history_days: int = 14
    tuning_trials: int = 11
    tuning_seconds: float = 120
    tuning_people: int = 500
    block_pairs: int = 16_000_000
    seed: int = 7
    own: OwnConfig = OwnConfig()
    neighbours: NeighbourConfig = NeighbourConfig()
    user_cf: UserCFConfig = UserCFConfig()
    item_item: ItemItemConfig = ItemItemConfig()
    als: ALSConfig = ALSConfig()
    spectral: SpectralConfig = SpectralConfig()
    trending: TrendingConfig = TrendingConfig()
    new_goods: NewGoodsConfig = NewGoodsConfig()
    ranker: RankerConfig = RankerConfig()


SMALL_WORK = 200_000


def threads_for(work: int, num_threads: int) -> int:
    """One thread for little work: where cores are shared, threads waiting for each other cost far more than they give.

    Args:
        work: rows or cells that one pass goes over.
        num_threads: for more than 200,000 of them.
    """
    return 1 if work < SMALL_WORK else num_threads


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
