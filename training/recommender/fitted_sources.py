"""A history with everything fitted on it: ready to propose and describe any pair."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from retail_brain.dataset import Dataset
from training.recommender.candidates.base import Source
from training.recommender.candidates.pool import Candidates, candidate_blocks
from training.recommender.candidates.registry import fit_sources
from training.recommender.config import RecommenderConfig
from training.recommender.history import History, build_history
from training.recommender.pair_features import PairFeatures, build_pair_features, feature_names
from training.recommender.sparse import Ints, distinct

WIDE_MIN_BUYERS = 5
"""Buyers that a product needs to be drawn from outside the candidates. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Situation:
    """What is known at the end of a day, and the sources fitted on it.

    Attributes:
        history: people, goods and what they had to do with each other.
        sources: of candidates, in the order of their opinions in the candidates and the features.
        features: of any pair.
        config: that everything was fitted with.
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

    def candidates(
        self, people: Ints, extra: tuple[Ints, Ints] | None = None, *, own_pool: bool = True
    ) -> Iterator[Candidates]:
        """Candidates of the people, block by block; see `candidate_blocks`."""
        return candidate_blocks(
            self.history,
            self.sources,
            people,
            self.config.block_pairs,
            extra,
            own_pool=own_pool,
            at_least=self.config.min_candidates,
        )

    def active_people(self) -> Ints:
        """Codes of the customers with a purchase, ascending."""
        return distinct(self.history.rows[self.history.bought])

    def sold_goods(self, min_buyers: int = WIDE_MIN_BUYERS) -> Ints:
        """Codes of the products with so many buyers, ascending."""
        return np.flatnonzero(self.history.buyers >= min_buyers)


def build_situation(
    dataset: Dataset, as_of: date, config: RecommenderConfig, sources: Sequence[str] | None = None
) -> Situation:
    """Everything that is known and fitted at the end of `as_of`.

    Args:
        dataset: what is known.
        as_of: last visible day.
        config: of the recommender.
        sources: names of the candidate sources to fit: a model asks for those it was fitted with; None: those of
            the configuration.

    Raises:
        DataError: no purchase names a customer.
    """
    history = build_history(dataset, as_of, config)
    return Situation(
        history, fit_sources(history, config, sources), build_pair_features(dataset, history, config), config
    )
