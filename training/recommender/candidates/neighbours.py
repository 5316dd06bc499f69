"""Neighbours on faded personal frequency, after TIFU-KNN (Hu, He, Gao, Zhang, SIGIR 2020)."""

import numpy as np

from training.recommender.candidates.own import faded_purchases
from training.recommender.config import NeighbourConfig
from training.recommender.history import History
from training.recommender.sparse import (
    CSR,
    Floats,
    Ints,
    Narrow,
    Scores,
    distinct,
    keep_top,
    row_sums,
    scaled_columns,
    scaled_rows,
    unit_rows,
)


def informative(matrix: CSR, people: int) -> CSR:
    """Columns weighted by the square root of their inverse share of people: rare goods tell more of a taste."""
    holders = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return scaled_columns(matrix, np.sqrt(np.log1p(people / np.maximum(holders, 1))))


def pool_of(history: History, limit: int, seed: int) -> Ints:
    """People who may be neighbours: everyone with a purchase, or a random `limit` of them."""
    buyers = distinct(history.rows[history.bought])
    if buyers.size <= limit:
        return buyers
    return np.sort(np.random.default_rng(seed).choice(buyers, limit, replace=False))


class Likeness:
    """Who is like whom: cosine of vectors of the most telling goods, with a pool of people.

    Attributes:
        pool: codes of the people who may be neighbours.
    """

    def __init__(self, vectors: CSR, pool: Ints, traits: int) -> None:
        self.pool = pool
        self._vectors = unit_rows(keep_top(vectors, traits))
        self._others = self._vectors[pool].T.tocsr()

    def nearest(self, people: Ints, count: int) -> CSR:
        """People x pool: cosine with the `count` nearest, the person themself left out."""
        likeness = (self._vectors[people] @ self._others).tocsr()
        mine = np.repeat(people, np.diff(likeness.indptr))
        likeness.data[self.pool[likeness.indices] == mine] = 0
        near = keep_top(likeness, count)
        near.eliminate_zeros()
        return near


class Neighbours:
    """Own habits mixed with the mean habits of the nearest people."""

    name = "neighbours"

    def __init__(self, history: History, config: NeighbourConfig, max_people: int, seed: int) -> None:
        self.quota = config.quota
        self._config = config
        visits = faded_purchases(history, config.half_life_days, config.half_life_visits)
        loudest = np.maximum(visits.max(axis=1).toarray().ravel(), 1e-12)
        self._habits = scaled_rows(visits, 1.0 / loudest)
        pool = pool_of(history, max_people, seed)
        self._likeness = Likeness(informative(self._habits, history.shape[0]), pool, config.traits)
        self._core = history.core
        self._pool_habits = self._habits[pool][:, self._core]

    def scores(self, people: Ints) -> Scores:
        """`own_weight` x own habit + the rest x mean habit of the neighbours (habit 1 = the person's most bought)."""
        near = self._likeness.nearest(people, self._config.neighbours)
        near = scaled_rows(near, 1.0 / np.maximum(row_sums(near), 1e-12))
        own = self._config.own_weight
        scores: Floats = (scaled_rows(near, np.full(people.size, 1 - own)) @ self._pool_habits).toarray()
        mine = self._habits[people][:, self._core]
        scores[np.repeat(np.arange(people.size), np.diff(mine.indptr)), mine.indices] += own * mine.data
        return Narrow(scores, self._core)
