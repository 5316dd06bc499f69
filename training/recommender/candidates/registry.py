"""Fits candidate sources by name: built-in ones and those of other packages."""

from collections.abc import Callable, Mapping, Sequence

from training.recommender.candidates.als import ALS
from training.recommender.candidates.base import DisabledSource, Source
from training.recommender.candidates.item_item import ItemItem
from training.recommender.candidates.neighbours import Neighbours, UserCF
from training.recommender.candidates.new_goods import NewGoods
from training.recommender.candidates.outside import fit_outside_source
from training.recommender.candidates.own import RepeatPurchases
from training.recommender.candidates.spectral import Spectral
from training.recommender.candidates.trending import Trending
from training.recommender.config import RecommenderConfig
from training.recommender.history import History
from training.recommender.installed_sources import declared_source

_BUILT_IN: Mapping[str, Callable[[History, RecommenderConfig], Source]] = {
    "own": lambda history, config: RepeatPurchases(history, config.own),
    "neighbours": lambda history, config: Neighbours(
        history, config.neighbours, config.max_neighbour_people, config.seed
    ),
    "user_cf": lambda history, config: UserCF(history, config.user_cf, config.max_neighbour_people, config.seed),
    "item_item": lambda history, config: ItemItem(history, config.item_item),
    "als": lambda history, config: ALS(history, config.als, config.seed, config.ranker.num_threads),
    "trending": lambda history, config: Trending(history, config.trending),
    "new_goods": lambda history, config: NewGoods(history, config.new_goods),
    # quota 0 switches a source off as a proposer; this one is not even fitted then, as costly as its factors are
    "spectral": lambda history, config: (
        Spectral(history, config.spectral, config.seed)
        if config.spectral.quota > 0
        else DisabledSource("spectral", history)
    ),
}


def fit_source(name: str, history: History, config: RecommenderConfig) -> Source:
    """One source, built in or of another package, fitted on a history.

    Args:
        name: the source's name.
        history: purchases and events up to the cutoff.
        config: parameters of all sources.

    Raises:
        NotFoundError: no installed package declares it.
        ExtensionError: it is unusable, fails, or calls itself something else than its entry point.
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name](history, config)
    declaration = declared_source(name)
    # a parameter that a new version of the package declares has its default in configurations stored before
    defaults = {parameter: values[0] for parameter, values in declaration.parameters.items()}
    return fit_outside_source(name, declaration, history, config, defaults | config.source_parameters.get(name, {}))


def fit_sources(history: History, config: RecommenderConfig, names: Sequence[str] | None = None) -> list[Source]:
    """The sources fitted on a history, in the order of `names`; None: those of the configuration.

    Raises:
        NotFoundError: no installed package declares one.
        ExtensionError: one of another package is unusable.
    """
    return [fit_source(name, history, config) for name in (config.sources if names is None else names)]
