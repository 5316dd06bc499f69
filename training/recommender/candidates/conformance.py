"""Tests that every candidate source passes: subclass `CandidateSourceConformance` in your own tests and run pytest."""

from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.dataset import Dataset
from training.recommender.candidates.base import Source
from training.recommender.candidates.registry import fit_source
from training.recommender.config import ALSConfig, RecommenderConfig
from training.recommender.history import History, build_history
from training.recommender.installed_sources import SOURCE_NAMES, declared_source, ordered_sources
from training.recommender.pair_feature_names import feature_names
from training.recommender.sparse import look_up

_CONFIG = RecommenderConfig(als=ALSConfig(factors=4, iterations=2))


class CandidateSourceConformance:
    """Checks of what candidates, ranker and reasons rely on; set `name` to the entry point of the installed source."""

    name: str = ""

    def history(self) -> History:
        """History that the source is fitted on: 40 customers of two tastes, 12 products, 90 days."""
        return small_history()

    def fitted(self) -> Source:
        """The source fitted on the history.

        Raises:
            NotFoundError: no installed package declares it.
            ExtensionError: it is unusable.
        """
        return fit_source(self.name, self.history(), _CONFIG)

    def dense(self, source: Source, people: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """People x products: the scores as a dense array."""
        products = self.history().shape[1]
        rows, columns = np.divmod(np.arange(people.size * products), products)
        scores = look_up(source.scores(people), rows, columns)
        return np.asarray(scores, np.float64).reshape(people.size, products)

    def test_becomes_two_columns_of_the_ranker(self) -> None:
        chosen = ordered_sources([*SOURCE_NAMES, self.name])
        names = feature_names(_CONFIG.model_copy(update={"sources": chosen}))
        assert names.count(f"{self.name}_score") == names.count(f"{self.name}_relative") == 1

    def test_has_its_name_and_a_quota(self) -> None:
        source = self.fitted()
        assert source.name == self.name
        assert source.quota >= 0

    def test_has_a_reason_in_both_languages(self) -> None:
        if self.name not in SOURCE_NAMES:
            declared = declared_source(self.name)
            assert declared.reason_en != declared.reason_zh

    def test_scores_are_finite_and_never_negative(self) -> None:
        scores = self.dense(self.fitted(), np.arange(self.history().shape[0]))
        assert np.isfinite(scores).all()
        assert (scores >= 0).all()

    def test_scores_of_a_person_do_not_depend_on_the_others_asked_with_them(self) -> None:
        source = self.fitted()
        together = self.dense(source, np.arange(10))
        alone = np.vstack([self.dense(source, np.array([person])) for person in range(10)])
        np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)

    def test_fitting_twice_gives_the_same_scores(self) -> None:
        people = np.arange(10)
        np.testing.assert_array_equal(self.dense(self.fitted(), people), self.dense(self.fitted(), people))

    def test_history_is_left_as_it_is(self) -> None:
        before = [frame.clone() for frame in (self.history().pairs, self.history().products, self.history().customers)]
        self.fitted().scores(np.arange(5))
        after = (self.history().pairs, self.history().products, self.history().customers)
        assert all(one.equals(other) for one, other in zip(before, after, strict=True))


@cache
def small_history() -> History:
    """40 customers of two tastes who buy some of 12 products about weekly for 90 days, the same at every call."""
    return build_history(small_receipts(), date(2025, 3, 31), _CONFIG)


def small_receipts() -> Dataset:
    """The dataset behind `small_history`: transactions of one store, and products of three categories."""
    random = np.random.default_rng(5)
    lines = [
        (f"T{person}-{day}", f"C{person:02d}", f"P{product:02d}", datetime(2025, 1, 1) + timedelta(days=day))
        for person in range(40)
        for day in range(person % 7, 90, 7)
        for product in np.unique(random.integers(6 * (person % 2), 6 * (person % 2) + 6, 3)).tolist()
    ]
    receipts = pl.DataFrame(
        lines, schema=["transaction_id", "customer_id", "product_id", "sold_at"], orient="row"
    ).with_columns(units=pl.lit(1.0), store_id=pl.lit("S1"), unit_price=pl.lit(2.0))
    products = pl.DataFrame(
        {"product_id": [f"P{place:02d}" for place in range(12)], "category": [f"C{place // 4}" for place in range(12)]}
    )
    return Dataset.from_frames({"transactions": receipts, "products": products})
