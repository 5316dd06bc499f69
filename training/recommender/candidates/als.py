"""Factorises purchases by implicit alternating least squares (Hu, Koren, Volinsky 2008).

The only module that imports `implicit`.
"""

import warnings

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from training.recommender.candidates.own import decayed_purchases
from training.recommender.config import ALSConfig, threads_for
from training.recommender.history import History
from training.recommender.sparse import CSR, DenseScores, Floats, Ints, Scores


def factorise(matrix: CSR, config: ALSConfig, seed: int, num_threads: int) -> tuple[Floats, Floats]:
    """Row factors (rows x factors + 2) and column factors (columns x factors + 2); the last two are biases.

    Factor -2 is 1 for every row, so that its partner is the column's bias, and factor -1 is 1 for every column, so that
    its partner is the row's bias.

    Args:
        matrix: rows x columns, positive where there was interest, greater for more of it.
        config: sizes and strengths; the confidence of a cell is 1 + alpha x its value.
        seed: of the initial factors.
        num_threads: threads of the solver; BLAS itself runs with one.
    """
    # BLAS threads inside the solver's own threads would wait for each other
    with warnings.catch_warnings(), threadpool_limits(1, "blas"):
        # implicit warns of BLAS threads and tells users to set environment variables; they are limited here
        warnings.simplefilter("ignore")
        from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415  # takes a second; only where it is used

        solver = AlternatingLeastSquares(factors=config.factors + 2, num_threads=num_threads).solver
        confidence = sparse.csr_matrix(matrix, dtype=np.float32)
        confidence.data = 1 + config.alpha * confidence.data
        confidence_by_column = confidence.T.tocsr()
        generator = np.random.default_rng(seed)
        row_factors = (generator.random((matrix.shape[0], config.factors + 2), dtype=np.float32) - 0.5) * 0.1
        column_factors = (generator.random((matrix.shape[1], config.factors + 2), dtype=np.float32) - 0.5) * 0.1
        row_factors[:, -2], column_factors[:, -1] = 1, 1
        for _ in range(config.iterations):
            # the solver fits all factors; the constant ones are set back to 1 after each half step
            solver(confidence, row_factors, column_factors, config.regularization, num_threads=num_threads)
            row_factors[:, -2] = 1
            solver(confidence_by_column, column_factors, row_factors, config.regularization, num_threads=num_threads)
            column_factors[:, -1] = 1
        # once more for the rows, so that both sides belong to the same column factors
        solver(confidence, row_factors, column_factors, config.regularization, num_threads=num_threads)
        row_factors[:, -2] = 1
    return row_factors, column_factors


class ALS:
    """Latent factors of customers and of the core products, by implicit ALS with biases."""

    name = "als"

    def __init__(self, history: History, config: ALSConfig, seed: int, num_threads: int) -> None:
        self.quota = config.quota
        purchases = decayed_purchases(history, config.half_life_days)
        purchases.data = np.log1p(purchases.data)  # the tenth purchase says less of a taste than the first
        self._core = history.core
        purchases = purchases[:, self._core]
        threads = threads_for(purchases.nnz, num_threads)
        self._people, self._goods = factorise(purchases, config, seed, threads)
        # without a purchase the bias factor alone would score every product
        self._people[np.diff(purchases.indptr) == 0] = 0

    def scores(self, people: Ints) -> Scores:
        """Predicted preference for the core products, about 0 to 1."""
        scores: Floats = self._people[people] @ self._goods.T
        return DenseScores(scores, self._core)
