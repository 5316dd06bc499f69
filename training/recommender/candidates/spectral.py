"""Spectral filter of the co-occurrence graph, after GF-CF (Shen et al., CIKM 2021): closed form, no training loop."""

from collections.abc import Callable

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from training.recommender.config import SpectralConfig
from training.recommender.history import History
from training.recommender.sparse import CSR, Floats, Ints, Narrow, Scores, scaled_columns

IDEAL_WEIGHT = 0.3
"""Weight of the ideal low-pass filter: the paper's 0.3 (Shen et al. 2021)."""
OVERSAMPLING = 32
"""Vectors beyond those wanted in the randomised decomposition. Chosen by judgement, not measured."""
ROUNDS = 6
"""Power iterations of it. Chosen by judgement, not measured."""


def normalised(matrix: CSR) -> tuple[CSR, Floats]:
    """Rows and columns divided by the square root of their sums, and the square root of each column's sum."""
    people = np.maximum(np.asarray(matrix.sum(axis=1)).ravel(), 1e-12) ** -0.5
    goods = np.maximum(np.asarray(matrix.sum(axis=0)).ravel(), 1e-12) ** 0.5
    scaled = sparse.diags_array(people) @ matrix @ sparse.diags_array(1 / goods)
    return sparse.csr_array(scaled, dtype=np.float32), goods.astype(np.float32)


def low_pass(scaled: CSR, factors: int, seed: int) -> Floats:
    """Products x factors: the leading right singular vectors, by subspace iteration (Halko et al. 2011)."""
    width = min(factors + OVERSAMPLING, *scaled.shape)
    basis = np.random.default_rng(seed).standard_normal((scaled.shape[1], width)).astype(np.float32)
    for _ in range(ROUNDS):
        basis, _ = np.linalg.qr(scaled.T @ (scaled @ basis))
    _, _, turned = np.linalg.svd(scaled @ basis, full_matrices=False)
    return np.asarray(basis @ turned.T[:, :factors], dtype=np.float32)


def spectral_scores(matrix: CSR, *, factors: int, seed: int) -> Callable[[Ints], Floats]:
    """Scores of a block of people: linear filter of the graph + `IDEAL_WEIGHT` x the ideal low-pass filter."""
    scaled, goods = normalised(matrix)
    vectors = low_pass(scaled, factors, seed)
    others = sparse.csr_array(scaled.T)

    def scores(block: Ints) -> Floats:
        mine = matrix[block]
        linear = ((mine @ others) @ scaled).toarray()
        with threadpool_limits(1, "blas"):
            ideal = (scaled_columns(mine, 1 / goods) @ vectors) @ vectors.T * goods[None, :]
        return np.asarray(linear + IDEAL_WEIGHT * ideal, dtype=np.float32)

    return scores


class Spectral:
    """Goods of people with like goods, by the graph of who bought what, whether once or often."""

    name = "spectral"

    def __init__(self, history: History, config: SpectralConfig, seed: int) -> None:
        self.quota = config.quota
        self._core = history.core
        bought = history.matrix("purchase_days")[:, self._core]
        bought.data = np.log1p(bought.data)
        self._scores = spectral_scores(bought, factors=config.factors, seed=seed)

    def scores(self, people: Ints) -> Scores:
        """Filtered signal of the person's goods."""
        return Narrow(self._scores(people), self._core)
