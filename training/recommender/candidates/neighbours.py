"""Scores products by user-based nearest neighbours: TIFU-KNN on decayed frequency and UP-CF on sets of products.

TIFU-KNN: Hu, He, Gao, Zhang, SIGIR 2020. UP-CF: Faggioli, Polato, Aiolli, UMAP 2020.
"""

import numpy as np
from scipy import sparse

from training.recommender.candidates.own import decayed_purchases
from training.recommender.config import NeighbourConfig, UserCFConfig
from training.recommender.history import History
from training.recommender.sparse import (
    CSR,
    DenseScores,
    Ints,
    Scores,
    dense_product,
    distinct,
    keep_top,
    row_sums,
    scaled_columns,
    scaled_rows,
    top_of_product,
    unit_rows,
)

_AT_ONCE = 4_096
"""People whose neighbours are searched in one call; bounds the memory of a call. Chosen by judgement, not measured."""


def _idf_weighted(matrix: CSR, people: int) -> CSR:
    """Columns weighted by the square root of their inverse document frequency: rare products tell more of a taste."""
    buyers = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return scaled_columns(matrix, np.sqrt(np.log1p(people / np.maximum(buyers, 1))))


def _neighbour_pool(history: History, limit: int, seed: int) -> Ints:
    """Codes of people who may be neighbours: everyone with a purchase, or a random `limit` to bound the time."""
    buyers = distinct(history.rows[history.bought])
    if buyers.size <= limit:
        return buyers
    return np.sort(np.random.default_rng(seed).choice(buyers, limit, replace=False))


class NearestCustomers:
    """Cosine similarity of customers to a pool, by their `traits` heaviest products.

    Attributes:
        pool: codes of the people who may be neighbours.
    """

    def __init__(self, vectors: CSR, pool: Ints, traits: int) -> None:
        self.pool = pool
        self._vectors = unit_rows(keep_top(vectors, traits))
        self._others = self._vectors[pool].T.tocsr()
        self._of_everybody: CSR | None = None

    def remember(self, count: int) -> None:
        """Finds the `count` nearest of everybody, so that each search of as many is a look-up from now on."""
        people = np.arange(self._vectors.shape[0])
        found = [self.nearest(people[at : at + _AT_ONCE], count) for at in range(0, people.size, _AT_ONCE)]
        self._of_everybody = sparse.vstack(found, format="csr")

    def nearest(self, people: Ints, count: int) -> CSR:
        """People x pool: cosine with the `count` nearest; nobody is their own neighbour."""
        if self._of_everybody is not None:
            return self._of_everybody[people]
        place = np.minimum(np.searchsorted(self.pool, people), max(self.pool.size - 1, 0))
        own = np.where(self.pool[place] == people, place, -1) if self.pool.size else np.full(people.size, -1)
        return top_of_product(self._vectors[people], self._others, count, own)


class Neighbours:
    """Own decayed frequency mixed with the mean of the nearest people (TIFU-KNN)."""

    name = "neighbours"

    def __init__(self, history: History, config: NeighbourConfig, max_people: int, seed: int) -> None:
        self.quota = config.quota
        self._config = config
        purchases = decayed_purchases(history, config.half_life_days, config.half_life_visits)
        # by each person's most bought product: otherwise the neighbours' mean would be that of who shops most
        greatest = np.maximum(purchases.max(axis=1).toarray().ravel(), 1e-12)
        self._habits = scaled_rows(purchases, 1.0 / greatest)
        pool = _neighbour_pool(history, max_people, seed)
        self._nearest = NearestCustomers(_idf_weighted(self._habits, history.shape[0]), pool, config.traits)
        self._core = history.core
        self._pool_habits = self._habits[pool][:, self._core]

    def remember_nearest(self) -> None:
        """Finds everybody's neighbours at once: for who is going to score everybody, or scores many times."""
        self._nearest.remember(self._config.neighbours)

    def scores(self, people: Ints) -> Scores:
        """`own_weight` x own frequency + the rest x the neighbours' mean; 1 = a person's most bought product."""
        nearest = self._nearest.nearest(people, self._config.neighbours)
        nearest = scaled_rows(nearest, 1.0 / np.maximum(row_sums(nearest), 1e-12))
        own_weight = self._config.own_weight
        scores = dense_product(scaled_rows(nearest, np.full(people.size, 1 - own_weight)), self._pool_habits)
        own_habits = self._habits[people][:, self._core]
        rows = np.repeat(np.arange(people.size), np.diff(own_habits.indptr))
        scores[rows, own_habits.indices] += own_weight * own_habits.data
        return DenseScores(scores, self._core)


class UserCF:
    """Recent products of customers whose set of products overlaps with the person's (UP-CF)."""

    name = "user_cf"

    def __init__(self, history: History, config: UserCFConfig, max_people: int, seed: int) -> None:
        self.quota = config.quota
        self._config = config
        purchases = history.matrix("purchase_days")
        purchases.data = np.log1p(purchases.data)
        pool = _neighbour_pool(history, max_people, seed)
        self._nearest = NearestCustomers(_idf_weighted(purchases, history.shape[0]), pool, config.traits)
        recent = decayed_purchases(history, config.half_life_days)
        greatest = np.maximum(recent.max(axis=1).toarray().ravel(), 1e-12)
        self._recent = scaled_rows(recent, 1.0 / greatest)[pool][:, history.core]
        self._core = history.core

    def remember_nearest(self) -> None:
        """Finds everybody's neighbours at once: for who is going to score everybody, or scores many times."""
        self._nearest.remember(self._config.neighbours)

    def scores(self, people: Ints) -> Scores:
        """Sum over neighbours of cosine ^ sharpness x their recent frequency, 1 = their most bought product."""
        nearest = self._nearest.nearest(people, self._config.neighbours)
        nearest.data **= self._config.sharpness  # the paper's locality: the nearest decide
        return DenseScores(dense_product(nearest, self._recent), self._core)
