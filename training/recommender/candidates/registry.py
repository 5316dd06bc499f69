"""All sources, fitted on one history: built-in ones and those of other packages."""

from collections.abc import Callable, Mapping, Sequence

from retail_brain.errors import ExtensionError
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
from training.recommender.installed_sources import declared_source

_BUILT_IN: Mapping[str, Callable[[History, RecommenderConfig], Source]] = {
    "own": lambda history, config: OwnGoods(history, config.own),
    "neighbours": lambda history, config: Neighbours(
        history, config.neighbours, config.max_neighbour_people, config.seed
    ),
    "user_cf": lambda history, config: UserCF(history, config.user_cf, config.max_neighbour_people, config.seed),
    "item_item": lambda history, config: ItemItem(history, config.item_item),
    "als": lambda history, config: ALS(history, config.als, config.seed, config.ranker.num_threads),
    "trending": lambda history, config: Trending(history, config.trending),
    "new_goods": lambda history, config: NewGoods(history, config.new_goods),
    "spectral": lambda history, config: (
        Spectral(history, config.spectral, config.seed) if config.spectral.quota > 0 else Silent("spectral", history)
    ),
}


def fit_source(name: str, history: History, config: RecommenderConfig) -> Source:
    """One source, built in or of another package.

    Args:
        name: of the source.
        history: to fit it on.
        config: its parameters, and those of all others.

    Raises:
        NotFoundError: no installed package declares it.
        ExtensionError: it is unusable, or calls itself something else than its entry point.
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name](history, config)
    declared = declared_source(name)
    usual = {parameter: values[0] for parameter, values in declared.parameters.items()}
    source = declared.fit(history, config, usual | config.source_parameters.get(name, {}))
    if getattr(source, "name", None) != name or not isinstance(getattr(source, "quota", None), int):
        raise ExtensionError(
            f"the candidate source {name!r} was fitted to one with the name {getattr(source, 'name', None)!r} and the "
            f"quota {getattr(source, 'quota', None)!r}; wanted the name of its entry point and a whole number. Correct "
            "its package."
        )
    return source


def fit_sources(history: History, config: RecommenderConfig, names: Sequence[str] | None = None) -> list[Source]:
    """The sources of these names, in their order; None: those of the configuration."""
    return [fit_source(name, history, config) for name in (config.sources if names is None else names)]
