"""People who bought the same goods, after UP-CF (Faggioli, Polato, Aiolli, UMAP 2020)."""

import numpy as np

from training.recommender.candidates.neighbours import Likeness, informative, pool_of
from training.recommender.candidates.own import faded_purchases
from training.recommender.config import UserCFConfig
from training.recommender.history import History
from training.recommender.sparse import Floats, Ints, Narrow, Scores, scaled_rows


class UserCF:
    """Recent goods of those whose set of goods overlaps with the person's, near ones counting far more."""

    name = "user_cf"

    def __init__(self, history: History, config: UserCFConfig, max_people: int, seed: int) -> None:
        self.quota = config.quota
        self._config = config
        bought = history.matrix("purchase_days")
        bought.data = np.log1p(bought.data)
        pool = pool_of(history, max_people, seed)
        self._likeness = Likeness(informative(bought, history.shape[0]), pool, config.traits)
        recent = faded_purchases(history, config.half_life_days)
        loudest = np.maximum(recent.max(axis=1).toarray().ravel(), 1e-12)
        self._recent = scaled_rows(recent, 1.0 / loudest)[pool][:, history.core]
        self._core = history.core

    def scores(self, people: Ints) -> Scores:
        """Sum over neighbours of cosine ^ sharpness x their recent habit."""
        near = self._likeness.nearest(people, self._config.neighbours)
        near.data **= self._config.sharpness
        scores: Floats = (near @ self._recent).toarray()
        return Narrow(scores, self._core)
