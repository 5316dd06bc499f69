"""When a person buys a product again: the personal gap, shrunk to the product's and the category's."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from training.recommender.history import History
from training.recommender.sparse import Ints

PERSONAL_PRIOR_GAPS = 2.0
"""Gaps of the product that a person's own count against. Chosen by judgement, not measured."""
PRODUCT_PRIOR_GAPS = 20.0
"""Gaps of the category that a product's own count against. Chosen by judgement, not measured."""
LAPSED_GAPS = 6.0
"""Usual gaps without a purchase after which nothing is due. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Gaps:
    """Days between purchases.

    Attributes:
        product: expected gap of each product, shrunk to its category and that to the chain.
        pair: expected gap of each pair in `History.pairs`, shrunk to the product's.
    """

    product: npt.NDArray[np.float64]
    pair: npt.NDArray[np.float64]


def expected_gaps(history: History) -> Gaps:
    """Empirical Bayes means, each level a prior for the one below.

    A personal mean of n gaps counts n against PERSONAL_PRIOR_GAPS of the product's; a product's mean counts against
    PRODUCT_PRIOR_GAPS of its category's. Without any repeated purchase the gap is the days the history spans.
    """
    pairs = history.pairs
    gaps = np.maximum(pairs["purchase_days"].to_numpy() - 1, 0)
    mean = pairs["mean_gap_days"].cast(pl.Float64).fill_null(0).to_numpy()
    days = gaps * mean
    category, categories = history.attribute_codes("category")
    overall = days.sum() / gaps.sum() if gaps.sum() > 0 else _span(history)
    by_category = _shrunk(
        category[history.columns].astype(np.int64), days, gaps, categories, np.full(categories, overall)
    )
    by_product = _shrunk(history.columns, days, gaps, history.shape[1], by_category[category])
    prior = by_product[history.columns]
    return Gaps(by_product, (days + PERSONAL_PRIOR_GAPS * prior) / (gaps + PERSONAL_PRIOR_GAPS))


def due_days(since_last: npt.NDArray[np.float64], gap: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Days from now until the next purchase is due, at least 1; NaN where the habit has lapsed (6 gaps without)."""
    return np.where(since_last > LAPSED_GAPS * gap, np.nan, np.maximum(np.round(gap - since_last), 1.0))


def _span(history: History) -> float:
    first = history.customers["first_visit_on"].min()
    return float(max((history.as_of - first).days, 1)) if isinstance(first, date) else 28.0


def _shrunk(
    codes: Ints, days: npt.NDArray[np.float64], gaps: npt.NDArray[np.float64], size: int, prior: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    total, count = np.bincount(codes, days, size), np.bincount(codes, gaps, size)
    shrunk: npt.NDArray[np.float64] = (total + PRODUCT_PRIOR_GAPS * prior) / (count + PRODUCT_PRIOR_GAPS)
    return shrunk
