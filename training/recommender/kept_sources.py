"""Keeps fitted sources between commands: what one command fitted on the data of a day, the next ones map from disk.

A folder per digest of everything the sources depend on (visible rows, day, hyperparameters, code), so that it is never
read for other data. It holds people: `privacy erase` and `privacy retention` remove it. Where nothing can be kept,
that is said and the command goes on.
"""

import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.files import atomic_path, is_aside
from retail_brain.work_digest import work_digest
from training.recommender import config as configs
from training.recommender.candidates.als import ALS
from training.recommender.candidates.base import DisabledSource, Source
from training.recommender.candidates.item_item import ItemItem
from training.recommender.candidates.neighbours import NearestCustomers, Neighbours, UserCF
from training.recommender.candidates.new_goods import NewGoods
from training.recommender.candidates.outside import OutsideSource
from training.recommender.candidates.own import RepeatPurchases
from training.recommender.candidates.registry import fit_source
from training.recommender.candidates.spectral import Spectral, SpectralFilter
from training.recommender.candidates.trending import Trending
from training.recommender.due_features import DueStatistics
from training.recommender.fitted_sources import FittedSources, fit_sources_at
from training.recommender.history import History
from training.recommender.mapped_objects import Allowed, read_object, write_object
from training.recommender.pair_features import PairFeatures
from training.recommender.repeat_gap import Gaps
from training.recommender.segments import Segments

KEPT = 2
"""Folders at most: that of the present answers, and one of a notebook as of another day."""
_TABLES = ("transactions", "products", "customers", "events", "identities")
"""Tables that sources and features read; feature sets of the configuration may read any."""
_CLASSES: Allowed = {
    FittedSources: ("due_statistics", "purchases_per_person"),
    History: ("starts", "buyers", "core"),
    **dict.fromkeys((PairFeatures, Gaps, DueStatistics, Segments), ()),
    **dict.fromkeys((RepeatPurchases, Neighbours, UserCF, NearestCustomers, ItemItem, ALS, Trending, NewGoods), ()),
    **dict.fromkeys((Spectral, SpectralFilter, DisabledSource), ()),
    **dict.fromkeys((configs.RecommenderConfig, configs.NeighbourConfig, configs.UserCFConfig), ()),
}


def kept_sources(
    dataset: Dataset, as_of: date, config: configs.RecommenderConfig, sources: tuple[str, ...], folder: Path | None
) -> FittedSources:
    """Sources and features as of a day: mapped where an earlier command kept them, otherwise fitted, and kept.

    Sources of other packages are fitted anew on the kept history.

    Args:
        dataset: transactions, and what there is of products, customers, events and identities.
        as_of: last visible day.
        config: hyperparameters.
        sources: names of the candidate sources.
        folder: where they are kept; None: nowhere.

    Raises:
        DataError: no purchase names a customer.
        NotFoundError: a source is not installed.
        ExtensionError: a source of another package is unusable.
    """
    if folder is None:
        return fit_sources_at(dataset, as_of, config, sources)
    place = folder / _digest(dataset, as_of, config, sources)
    kept = _read(place, config)
    if kept is not None:
        return kept
    with _watched(folder) as is_still_there:
        fitted = fit_sources_at(dataset, as_of, config, sources)
        for source in fitted.sources:
            if isinstance(source, Neighbours | UserCF):
                source.remember_nearest()
        _keep(place, fitted, is_still_there)
    # from the files, as the next command has them: what scoring does not look at leaves the memory
    outside = {source.name: source for source in fitted.sources if isinstance(source, OutsideSource)}
    return _read(place, config, outside) or fitted


def _digest(dataset: Dataset, as_of: date, config: configs.RecommenderConfig, sources: tuple[str, ...]) -> str:
    frames = dataset.frames if config.feature_sets else {n: dataset.frames[n] for n in _TABLES if dataset.has(n)}
    versions = {name: version for name, version in dataset.versions.items() if name in frames}
    read = replace(dataset, frames=frames, versions=versions, as_of=as_of)
    left_out = dataset.shared_cards, dataset.ghost_stores, dataset.ghost_products
    # 32 of the digits: nobody's data is taken for somebody else's, and paths stay short
    return work_digest(read, __name__, config.model_dump(mode="json"), sources, left_out)[:32]


def _read(
    place: Path, config: configs.RecommenderConfig, outside: Mapping[str, Source] | None = None
) -> FittedSources | None:
    """What is kept in a folder; None where there is nothing, or it is damaged. Arguments as of `read_sources`."""
    if not place.is_dir():
        return None
    try:
        return read_sources(place, config, outside)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pl.exceptions.PolarsError):
        return None


def read_sources(
    place: Path, config: configs.RecommenderConfig, outside: Mapping[str, Source] | None = None
) -> FittedSources:
    """Maps what `write_sources` wrote; sources of other packages are fitted anew.

    Args:
        place: the folder.
        config: hyperparameters, for sources of other packages.
        outside: those of them that are fitted already, by name.

    Raises:
        OSError, ValueError, KeyError, TypeError, AttributeError, PolarsError: files are missing or damaged.
    """
    kept: FittedSources = read_object(place, _CLASSES)
    # the others were kept by name
    together: list[Source] = [
        ((outside or {}).get(source) or fit_source(source, kept.history, config)) if isinstance(source, str) else source
        for source in kept.sources
    ]
    vars(kept)["sources"] = together
    return kept


@contextmanager
def _watched(folder: Path) -> Iterator[Callable[[], bool]]:
    """Context of a question: whether a folder is still the one of the beginning, and was not removed or made anew."""
    descriptor = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        pass  # nothing can be kept there: `_keep` says so
    try:
        # as long as the removed folder is open, no other one gets its number
        yield lambda: descriptor is None or (folder.is_dir() and os.path.samestat(os.fstat(descriptor), folder.stat()))
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _keep(place: Path, fitted: FittedSources, is_still_there: Callable[[], bool]) -> None:
    """Writes the sources, unless they may name somebody who was erased while they were fitted."""
    if not is_still_there():
        return
    try:
        write_sources(place, fitted)
        _tidy(place.parent, place)
    except OSError as error:
        # a command that kept the same in the meantime is no loss
        if not place.is_dir():
            told = f"the fitted sources cannot be kept, so the next command fits them anew: {error}"
            warnings.warn(told, RuntimeWarning, stacklevel=2)
    if not is_still_there():
        shutil.rmtree(place, ignore_errors=True)


def write_sources(place: Path, fitted: FittedSources) -> None:
    """Writes sources and features as plain files, which `read_sources` maps, into a folder for this user alone."""
    without_code = replace(fitted)
    vars(without_code).update({name: getattr(fitted, name) for name in _CLASSES[FittedSources]})
    by_name = [source.name if isinstance(source, OutsideSource) else source for source in fitted.sources]
    vars(without_code)["sources"] = by_name
    with atomic_path(place) as aside:
        aside.mkdir(mode=0o700)
        write_object(aside, without_code, _CLASSES)


def _tidy(folder: Path, present: Path) -> None:
    """Removes all but the newest; a command that still reads one has its files mapped."""
    others = [path for path in folder.iterdir() if path.is_dir() and path != present and not is_aside(path)]
    for path in sorted(others, key=lambda one: one.stat().st_mtime, reverse=True)[KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)
