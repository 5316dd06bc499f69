"""The spectral filter against the plain dense computation."""

import numpy as np
from scipy import sparse

from training.recommender.candidates.spectral import IDEAL_WEIGHT, low_pass, normalised, spectral_scores


def example() -> sparse.csr_array:
    random = np.random.default_rng(4)
    taste = np.kron(np.eye(3), np.ones((20, 8)))
    return sparse.csr_array((random.random(taste.shape) < 0.1 + 0.5 * taste).astype(np.float32))


def test_the_leading_vectors_are_those_of_the_singular_value_decomposition() -> None:
    scaled, _ = normalised(example())
    _, _, exact = np.linalg.svd(scaled.toarray())
    found = low_pass(scaled, 3, seed=0)
    assert np.allclose(found @ found.T, exact[:3].T @ exact[:3], atol=1e-3)


def test_scores_are_those_of_the_formula() -> None:
    matrix = example()
    scaled, goods = normalised(matrix)
    vectors = low_pass(scaled, 3, seed=1)
    dense, wide = matrix.toarray(), scaled.toarray()
    expected = dense @ (wide.T @ wide)
    expected += IDEAL_WEIGHT * (dense / goods) @ vectors @ vectors.T * goods
    found = spectral_scores(matrix, factors=3, seed=1)(np.array([0, 59]))
    assert np.allclose(found, expected[[0, 59]], atol=1e-4)
