"""Fits a candidate source of another package, and checks its scores at every call."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from retail_brain.extensions import outside_code, unusable
from training.recommender.candidates.base import Source
from training.recommender.config import RecommenderConfig
from training.recommender.history import History
from training.recommender.installed_sources import CandidateSource
from training.recommender.sparse import CSR, DenseScores, Ints, Scores

_KIND = "candidate_sources"
_REMEDY = "Or take it out of recommender.sources and train the recommender again."


@dataclass(frozen=True)
class OutsideSource:
    """A fitted source of another package.

    Attributes:
        name: of its entry point.
        quota: how many of its best goods per person become candidates.
        fitted: what its package gave.
        products: number of products in the history.
    """

    name: str
    quota: int
    fitted: Source
    products: int

    def scores(self, people: Ints) -> Scores:
        """The source's scores, as `Source.scores`; cells that stand more than once are added.

        Raises:
            ExtensionError: it fails, or gives another shape, products that do not exist, or scores that are negative or
                no numbers.
        """
        with outside_code(_KIND, self.name, f"{people.size:,} customers were scored", _REMEDY):
            given = self.fitted.scores(people.copy())
        shape = (people.size, self.products)
        if isinstance(given, DenseScores):
            return self._checked_dense(given, shape)
        if not sparse.issparse(given) or given.shape != shape or given.dtype.kind not in "fiub":
            what = f"a {type(given).__name__} of shape {getattr(given, 'shape', None)}"
            raise self._unusable(f"{what} and type {getattr(given, 'dtype', None)}", shape)
        scores = sparse.csr_array(given, dtype=np.float32, copy=True)
        if scores.indices.size and not (scores.indices.min() >= 0 and scores.indices.max() < self.products):
            raise self._unusable(f"scores of the product {int(scores.indices.max())}, which does not exist", shape)
        scores.sum_duplicates()
        self._check_values(scores.data, shape)
        return scores

    def _checked_dense(self, given: DenseScores, shape: tuple[int, int]) -> DenseScores | CSR:
        values, columns = np.asarray(given.values), np.asarray(given.columns)
        if columns.size == 0:
            return sparse.csr_array(shape, dtype=np.float32)
        is_whole = values.dtype.kind in "fiub" and columns.dtype.kind in "iu" and columns.ndim == 1
        if not is_whole or values.shape != (shape[0], columns.size):
            what = (
                f"a DenseScores with values of shape {values.shape} and type {values.dtype} for {columns.size} columns"
            )
            raise self._unusable(what, shape)
        if columns.min() < 0 or columns.max() >= self.products or (np.diff(columns.astype(np.int64)) <= 0).any():
            raise self._unusable("a DenseScores whose columns are not ascending codes of products", shape)
        self._check_values(values, shape)
        return DenseScores(values.astype(np.float32), columns.astype(np.int64))

    def _check_values(self, values: np.ndarray, shape: tuple[int, int]) -> None:
        no_number, negative = int((~np.isfinite(values)).sum()), int((values < 0).sum())
        if no_number or negative:
            raise self._unusable(f"{no_number} scores that are no number and {negative} below 0", shape)

    def _unusable(self, got: str, shape: tuple[int, int]) -> Exception:
        problem = (
            f"gave {got}; wanted a scipy csr_array of shape {shape}, one row per customer and one column per product, "
            "or a training.recommender.sparse.DenseScores, of finite scores of 0 or more"
        )
        return unusable(_KIND, self.name, problem, _REMEDY)


def fit_outside_source(
    name: str, declared: CandidateSource, history: History, config: RecommenderConfig, parameters: Mapping[str, float]
) -> OutsideSource:
    """A declared source fitted on a history.

    Raises:
        ExtensionError: it fails, or calls itself something else than its entry point.
    """
    customers, products = history.shape
    step = f"it was fitted on {customers:,} customers and {products:,} products"
    with outside_code(_KIND, name, step, "Or take it out of recommender.sources."):
        source = declared.fit(history, config, parameters)
    given_name, quota = getattr(source, "name", None), getattr(source, "quota", None)
    if given_name != name or not isinstance(quota, int) or quota < 0 or not callable(getattr(source, "scores", None)):
        raise unusable(
            _KIND,
            name,
            f"was fitted to a {type(source).__name__} with the name {given_name!r} and the quota {quota!r}; wanted the "
            "name of its entry point, a whole number of 0 or more, and a method `scores`",
        )
    return OutsideSource(name, quota, source, products)
