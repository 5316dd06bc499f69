"""Implicit alternating least squares (Hu, Koren, Volinsky 2008). The only module that imports implicit."""

import warnings

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from training.recommender.candidates.own import faded_purchases
from training.recommender.config import ALSConfig, threads_for
from training.recommender.history import History
from training.recommender.sparse import CSR, Floats, Ints, Narrow, Scores


def factorise(matrix: CSR, config: ALSConfig, seed: int, num_threads: int) -> tuple[Floats, Floats]:
    """Factors of the rows and the columns, the last two of each being biases.

    Column -2 is 1 for every row (so that its partner is the product's bias) and column -1 is 1 for every product (its
    partner is the person's bias); both are restored after each half step.

    Args:
        matrix: rows x columns, positive where there was interest, greater for more of it.
        config: sizes and strengths; the confidence of a cell is 1 + alpha x its value.
        seed: of the initial factors.
        num_threads: of the solver; BLAS itself runs with one thread.
    """
    with warnings.catch_warnings(), threadpool_limits(1, "blas"):
        warnings.simplefilter("ignore")
        from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415  # takes a second; only where it is used

        solver = AlternatingLeastSquares(factors=config.factors + 2, num_threads=num_threads).solver
        rows_side = sparse.csr_matrix(matrix, dtype=np.float32)
        rows_side.data = 1 + config.alpha * rows_side.data
        columns_side = rows_side.T.tocsr()
        random = np.random.default_rng(seed)
        rows = (random.random((matrix.shape[0], config.factors + 2), dtype=np.float32) - 0.5) * 0.1
        columns = (random.random((matrix.shape[1], config.factors + 2), dtype=np.float32) - 0.5) * 0.1
        rows[:, -2], columns[:, -1] = 1, 1
        for _ in range(config.iterations):
            solver(rows_side, rows, columns, config.regularization, num_threads=num_threads)
            rows[:, -2] = 1
            solver(columns_side, columns, rows, config.regularization, num_threads=num_threads)
            columns[:, -1] = 1
        solver(rows_side, rows, columns, config.regularization, num_threads=num_threads)
        rows[:, -2] = 1
    return rows, columns


class ALS:
    """Latent tastes."""

    name = "als"

    def __init__(self, history: History, config: ALSConfig, seed: int, num_threads: int) -> None:
        self.quota = config.quota
        interest = faded_purchases(history, config.half_life_days)
        interest.data = np.log1p(interest.data)
        self._core = history.core
        interest = interest[:, self._core]
        threads = threads_for(interest.nnz, num_threads)
        self._people, self._goods = factorise(interest, config, seed, threads)
        self._people[np.diff(interest.indptr) == 0] = 0

    def scores(self, people: Ints) -> Scores:
        """Predicted preference, about 0 to 1."""
        with threadpool_limits(1, "blas"):
            scores: Floats = self._people[people] @ self._goods.T
        return Narrow(scores, self._core)
