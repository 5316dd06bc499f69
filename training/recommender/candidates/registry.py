"""All sources, fitted on one history."""

from collections.abc import Callable, Sequence

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


def fit_sources(history: History, config: RecommenderConfig, names: Sequence[str] = SOURCE_NAMES) -> list[Source]:
    """The sources of these names, in their order."""
    return [_FIT[name](history, config) for name in names]


def _spectral(history: History, config: RecommenderConfig) -> Source:
    return Spectral(history, config.spectral, config.seed) if config.spectral.quota > 0 else Silent("spectral", history)


_FIT: dict[str, Callable[[History, RecommenderConfig], Source]] = {
    "own": lambda history, config: OwnGoods(history, config.own),
    "neighbours": lambda history, config: Neighbours(
        history, config.neighbours, config.max_neighbour_people, config.seed
    ),
    "user_cf": lambda history, config: UserCF(history, config.user_cf, config.max_neighbour_people, config.seed),
    "item_item": lambda history, config: ItemItem(history, config.item_item),
    "als": lambda history, config: ALS(history, config.als, config.seed, config.ranker.num_threads),
    "trending": lambda history, config: Trending(history, config.trending),
    "new_goods": lambda history, config: NewGoods(history, config.new_goods),
    "spectral": _spectral,
}
