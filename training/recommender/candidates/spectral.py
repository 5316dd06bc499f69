"""Spectral filter of the co-occurrence graph, after GF-CF (Shen et al., CIKM 2021): closed form, no training loop."""

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, eigsh

from training.recommender.sparse import CSR, Floats, Ints

IDEAL_WEIGHT = 0.3


def normalised(matrix: CSR) -> tuple[CSR, Floats]:
    """Rows and columns divided by the square root of their sums, and the square root of each column's sum."""
    people = np.maximum(np.asarray(matrix.sum(axis=1)).ravel(), 1e-12) ** -0.5
    goods = np.maximum(np.asarray(matrix.sum(axis=0)).ravel(), 1e-12) ** 0.5
    scaled = sparse.diags_array(people) @ matrix @ sparse.diags_array(1 / goods)
    return sparse.csr_array(scaled, dtype=np.float32), goods.astype(np.float32)


def low_pass(scaled: CSR, factors: int, seed: int) -> Floats:
    """Products x factors: the leading right singular vectors of the normalised matrix."""
    size = scaled.shape[1]
    start = np.random.default_rng(seed).standard_normal(size).astype(np.float32)
    gram = LinearOperator((size, size), matvec=lambda x: scaled.T @ (scaled @ x), dtype=np.float32)
    _, vectors = eigsh(gram, k=min(factors, size - 1), which="LM", v0=start, tol=1e-3)
    return np.asarray(vectors, dtype=np.float32)


def spectral_scores(matrix: CSR, *, factors: int, seed: int) -> Callable[[Ints], Floats]:
    """Scores of a block of people: linear filter of the graph + `IDEAL_WEIGHT` x the ideal low-pass filter."""
    scaled, goods = normalised(matrix)
    vectors = low_pass(scaled, factors, seed)
    similar = sparse.csr_array(scaled.T @ scaled)

    def scores(block: Ints) -> Floats:
        mine = matrix[block]
        linear = (mine @ similar).toarray()
        ideal = ((mine @ sparse.diags_array(1 / goods)) @ vectors) @ vectors.T * goods[None, :]
        return np.asarray(linear + IDEAL_WEIGHT * ideal, dtype=np.float32)

    return scores
