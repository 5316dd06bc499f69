"""Defines the interface of a candidate source."""

from typing import Protocol

import numpy as np

from training.recommender.history import History
from training.recommender.sparse import Ints, Scores, csr


class Source(Protocol):
    """A candidate generator, fitted on one history."""

    @property
    def name(self) -> str:
        """Names its feature columns, its recall and its rows in reports."""

    @property
    def quota(self) -> int:
        """Its best products per person that become candidates; 0 = its scores are features only."""

    def scores(self, people: Ints) -> Scores:
        """Scores of every product for a block of people: people x products, row i of `people[i]`.

        A csr_array over all products, or `DenseScores`. Higher is better, 0 = no score; comparable within a person
        only, which is why the ranker also gets each score relative to the person's best.
        """


class DisabledSource:
    """A source that is switched off: no proposals, and 0 in its feature columns, which the ranker's layout keeps."""

    quota = 0

    def __init__(self, name: str, history: History) -> None:
        self.name = name
        self._width = history.shape[1]

    def scores(self, people: Ints) -> Scores:
        """People x products without a score."""
        none = np.empty(0, np.int64)
        return csr(none, none, np.empty(0), (people.size, self._width))
