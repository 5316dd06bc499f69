"""All sources, fitted on one history."""

from training.recommender.candidates.als import ALS
from training.recommender.candidates.base import Silent, Source
from training.recommender.candidates.item_item import ItemItem
from training.recommender.candidates.neighbours import Neighbours
from training.recommender.candidates.new_goods import NewGoods
from training.recommender.candidates.own import OwnGoods
from training.recommender.candidates.spectral import Spectral
from training.recommender.candidates.trending import Trending
from training.recommender.candidates.user_cf import UserCF
from training.recommender.config import RecommenderConfig
from training.recommender.history import History

SOURCE_NAMES = ("own", "neighbours", "user_cf", "item_item", "als", "trending", "new_goods", "spectral")


def fit_sources(history: History, config: RecommenderConfig) -> list[Source]:
    """The sources in the order of SOURCE_NAMES."""
    return [
        OwnGoods(history, config.own),
        Neighbours(history, config.neighbours, config.max_neighbour_people, config.seed),
        UserCF(history, config.user_cf, config.max_neighbour_people, config.seed),
        ItemItem(history, config.item_item),
        ALS(history, config.als, config.seed, config.ranker.num_threads),
        Trending(history, config.trending),
        NewGoods(history, config.new_goods),
        Spectral(history, config.spectral, config.seed) if config.spectral.quota > 0 else Silent("spectral", history),
    ]
