"""What every source of candidates offers."""

from typing import Protocol

import numpy as np

from training.recommender.history import History
from training.recommender.sparse import Ints, Scores, csr


class Source(Protocol):
    """A fitted opinion on who wants what.

    Attributes:
        name: its name in features, recalls and reports.
        quota: how many of its best goods per person become candidates.
    """

    name: str
    quota: int

    def scores(self, people: Ints) -> Scores:
        """Scores of every product for a block of people (row i is `people[i]`); 0 = no opinion, higher is better.

        Comparable within a person; a csr_array over all products, or `Narrow`.
        """


class Silent:
    """A source that is switched off: it proposes nothing and has no opinion."""

    quota = 0

    def __init__(self, name: str, history: History) -> None:
        self.name = name
        self._width = history.shape[1]

    def scores(self, people: Ints) -> Scores:
        """No opinion on anything."""
        none = np.empty(0, np.int64)
        return csr(none, none, np.empty(0), (people.size, self._width))
