"""Fits the candidate sources and the pair features at a cutoff: all that proposing and scoring pairs needs."""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from training.recommender.candidates.base import Source
from training.recommender.candidates.outside import OutsideSource
from training.recommender.candidates.pool import Block, Candidates, block_candidates, people_blocks
from training.recommender.candidates.registry import fit_sources
from training.recommender.candidates.trending import Trending
from training.recommender.config import RecommenderConfig
from training.recommender.due_features import DueStatistics, due_statistics
from training.recommender.history import History, build_history
from training.recommender.pair_feature_names import feature_names
from training.recommender.pair_features import PairFeatures, build_pair_features
from training.recommender.sparse import Ints, distinct

PEOPLE_AT_ONCE = 64
"""People whose scores of all core products are in memory at a time: .94 ms of processor a person with 64, 1.61 with 256
(half of it fetches new pages), 1.66 with 16."""
_WIDE_MIN_BUYERS = 5
"""Buyers that a product needs to be drawn from outside the candidates. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class FittedSources:
    """The interactions up to a day, with candidate sources and pair features fitted on them.

    Attributes:
        history: customers, products and their interactions, encoded.
        sources: candidate sources, in the order of their columns in the candidates and the features.
        features: computes the features of any pair.
        config: hyperparameters that everything was fitted with.
    """

    history: History
    sources: Sequence[Source]
    features: PairFeatures
    config: RecommenderConfig

    @property
    def source_names(self) -> list[str]:
        """Names of the sources, in their order."""
        return [source.name for source in self.sources]

    @property
    def feature_names(self) -> list[str]:
        """Columns of `features.table`, in order."""
        return feature_names(self.config, self.source_names)

    def blocks(self, people: Ints, extra: tuple[Ints, Ints] | None = None, at_once: int = 1) -> Iterator[Block]:
        """The people in blocks of bounded memory, with further pairs (customer codes, product codes) to score.

        `at_once` of them are worked out at the same time, or as many as there are threads, if these are more.
        """
        side_by_side = max(self.threads, at_once)
        return people_blocks(people, self.history.shape[1], self.config.block_pairs, extra, side_by_side)

    def candidates(self, block: Block, *, with_proposals: bool = True) -> Candidates:
        """Candidates of the people of a block; see `block_candidates`."""
        width, limit = self.history.shape[1], self.config.min_candidates
        parts = [
            block_candidates(self.sources, part, width, with_proposals=with_proposals, min_candidates=limit)
            for part in block.parts(PEOPLE_AT_ONCE, width)
        ]
        return parts[0] if len(parts) == 1 else Candidates.together(parts)

    @property
    def threads(self) -> int:
        """Blocks worked out at once; one where a source of another package is used, which need not allow for more."""
        if self.has_outside_sources:
            return 1
        return min(self.config.ranker.num_threads, os.cpu_count() or 1)

    @property
    def has_outside_sources(self) -> bool:
        """Whether a source of another package is among them."""
        return any(isinstance(source, OutsideSource) for source in self.sources)

    @property
    def trending(self) -> Trending:
        """The source of what sells, which every recommender has."""
        return next(source for source in self.sources if isinstance(source, Trending))

    def without_strangers(self, people: Ints) -> tuple[Ints, Ints]:
        """The people of whom a purchase or an event is known, and the others, whose answers depend on their group only.

        A source of another package may know more of them; then nobody is among the others.
        """
        if self.has_outside_sources:
            return people, people[:0]
        is_known = np.diff(self.history.starts) > 0
        return people[is_known[people]], people[~is_known[people]]

    @cached_property
    def due_statistics(self) -> DueStatistics:
        """What the model of due dates needs of all pairs."""
        return due_statistics(self.history)

    @cached_property
    def purchases_per_person(self) -> float:
        """Mean purchase days (customer x product x day) within the label's days of a customer who comes at all."""
        history = self.history
        since = history.as_of - timedelta(days=self.config.label_days)
        active = max(int((history.customers["last_visit_on"] > since).sum()), 1)
        decayed_purchases = float(history.pairs[f"decayed_{self.features.slow_half_life}d"].cast(pl.Float64).sum())
        return decayed_purchases * math.log(2) / self.features.slow_half_life * self.config.label_days / active

    def active_people(self) -> Ints:
        """Codes of the customers with at least one purchase, ascending."""
        return distinct(self.history.rows[self.history.bought])

    def sold_goods(self, min_buyers: int = _WIDE_MIN_BUYERS) -> Ints:
        """Codes of the products with at least `min_buyers` buyers, ascending."""
        return np.flatnonzero(self.history.buyers >= min_buyers)


def fit_sources_at(
    dataset: Dataset, as_of: date, config: RecommenderConfig, sources: Sequence[str] | None = None
) -> FittedSources:
    """Candidate sources and pair features fitted on everything up to the end of `as_of`.

    Args:
        dataset: transactions, and what there is of products, customers, events and identities.
        as_of: last visible day.
        config: hyperparameters.
        sources: names of the candidate sources to fit: a model asks for those it was fitted with; None: those of
            the configuration.

    Raises:
        DataError: no purchase names a customer.
        NotFoundError: a source is not installed.
        ExtensionError: a source of another package is unusable.
    """
    # one history for all: sources and features index the same codes
    history = build_history(dataset, as_of, config)
    return FittedSources(
        history, fit_sources(history, config, sources), build_pair_features(dataset, history, config), config
    )
