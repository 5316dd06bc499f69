"""Scores products by a spectral filter of the co-occurrence graph: GF-CF (Shen et al., CIKM 2021), in closed form."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from training.recommender.config import SpectralConfig
from training.recommender.history import History
from training.recommender.sparse import CSR, DenseScores, Floats, Ints, Scores, scaled_columns

IDEAL_WEIGHT = 0.3
"""Weight of the ideal low-pass filter: the paper's 0.3 (Shen et al. 2021)."""
_OVERSAMPLING = 32
"""Vectors beyond those wanted in the randomised decomposition. Chosen by judgement, not measured."""
_ROUNDS = 6
"""Power iterations of it. Chosen by judgement, not measured."""


def normalised(matrix: CSR) -> tuple[CSR, Floats]:
    """The matrix with rows and columns divided by the root of their sums, and the root of each column's sum."""
    row_scale = np.maximum(np.asarray(matrix.sum(axis=1)).ravel(), 1e-12) ** -0.5
    column_root = np.maximum(np.asarray(matrix.sum(axis=0)).ravel(), 1e-12) ** 0.5
    scaled = sparse.diags_array(row_scale) @ matrix @ sparse.diags_array(1 / column_root)
    return sparse.csr_array(scaled, dtype=np.float32), column_root.astype(np.float32)


def low_pass(scaled: CSR, factors: int, seed: int) -> Floats:
    """Products x factors: the leading right singular vectors, by subspace iteration (Halko et al. 2011)."""
    width = min(factors + _OVERSAMPLING, *scaled.shape)
    basis = np.random.default_rng(seed).standard_normal((scaled.shape[1], width)).astype(np.float32)
    for _ in range(_ROUNDS):
        basis, _ = np.linalg.qr(scaled.T @ (scaled @ basis))
    _, _, right = np.linalg.svd(scaled @ basis, full_matrices=False)
    return np.asarray(basis @ right.T[:, :factors], dtype=np.float32)


@dataclass(frozen=True)
class SpectralFilter:
    """Function from codes of people to people x products: the linear filter + `IDEAL_WEIGHT` x the ideal low pass.

    Attributes:
        matrix: people x products, positive where there was a purchase.
        scaled: the matrix, normalised.
        transposed: of `scaled`.
        column_root: root of each column's sum.
        vectors: products x factors, see `low_pass`.
    """

    matrix: CSR
    scaled: CSR
    transposed: CSR
    column_root: Floats
    vectors: Floats

    def __call__(self, block: Ints) -> Floats:
        signal = self.matrix[block]
        # from the left, so that products x products is never built
        linear = ((signal @ self.transposed) @ self.scaled).toarray()
        with threadpool_limits(1, "blas"):
            filtered = (scaled_columns(signal, 1 / self.column_root) @ self.vectors) @ self.vectors.T
        return np.asarray(linear + IDEAL_WEIGHT * filtered * self.column_root[None, :], dtype=np.float32)


def spectral_scores(matrix: CSR, *, factors: int, seed: int) -> SpectralFilter:
    """The filter of a matrix of purchases.

    Args:
        matrix: people x products, positive where there was a purchase.
        factors: singular vectors of the ideal filter.
        seed: of the randomised decomposition.
    """
    scaled, column_root = normalised(matrix)
    return SpectralFilter(matrix, scaled, sparse.csr_array(scaled.T), column_root, low_pass(scaled, factors, seed))


class Spectral:
    """Products near the person's own in the graph of who bought what."""

    name = "spectral"

    def __init__(self, history: History, config: SpectralConfig, seed: int) -> None:
        self.quota = config.quota
        self._core = history.core
        bought = history.matrix("purchase_days")[:, self._core]
        bought.data = np.log1p(bought.data)  # the tenth purchase says less of a taste than the first
        self._scores = spectral_scores(bought, factors=config.factors, seed=seed)

    def scores(self, people: Ints) -> Scores:
        """Filtered signal of the person's purchases on the core products."""
        return DenseScores(self._scores(people), self._core)
