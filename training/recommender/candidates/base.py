"""What every source of candidates offers."""

from typing import Protocol

from training.recommender.sparse import Ints, Scores


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
