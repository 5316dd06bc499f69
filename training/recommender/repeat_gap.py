"""Estimates days between purchases: personal means by empirical Bayes, shrunk to the product's and the category's.

`gap_days`, `due_on` and the words "about every 12 days" come from here; the probabilities of a repeat purchase have a
model of their own (`due_model`).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from training.recommender.history import History
from training.recommender.sparse import Ints, Reals

_PERSONAL_PRIOR_GAPS = 2.0
"""Shrinkage: gaps of the product that a person's own count against. Chosen by judgement, not measured."""
_PRODUCT_PRIOR_GAPS = 20.0
"""Shrinkage: gaps of the category that a product's own count against. Chosen by judgement, not measured."""
_LAPSED_GAPS = 6.0
"""Usual gaps without a purchase after which nothing is due. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Gaps:
    """Expected days between purchases.

    Attributes:
        product: expected gap of each product, shrunk to its category and that to the chain, days.
        pair: expected gap of each pair in `History.pairs`, shrunk to the product's, days.
    """

    product: Reals
    pair: Reals


def expected_gaps(history: History) -> Gaps:
    """Empirical Bayes means of the gaps, each level the prior of the one below: chain, category, product, pair.

    A personal mean of n gaps counts n against _PERSONAL_PRIOR_GAPS of the product's; a product's mean counts against
    _PRODUCT_PRIOR_GAPS of its category's. Without any repeat purchase the gap is the days that the history spans.
    """
    pairs = history.pairs
    gap_count = np.maximum(pairs["purchase_days"].cast(pl.Float64).to_numpy() - 1, 0)
    mean_gap = pairs["mean_gap_days"].cast(pl.Float64).fill_null(0).to_numpy()
    gap_days = gap_count * mean_gap  # totals, because totals add up over pairs and means do not
    category_of_product, categories = history.attribute_codes("category")
    chain_gap = gap_days.sum() / gap_count.sum() if gap_count.sum() > 0 else _span(history)
    by_category = _shrunk(
        category_of_product[history.columns].astype(np.int64),
        gap_days,
        gap_count,
        categories,
        np.full(categories, chain_gap),
    )
    by_product = _shrunk(history.columns, gap_days, gap_count, history.shape[1], by_category[category_of_product])
    product_gap = by_product[history.columns]
    return Gaps(by_product, (gap_days + _PERSONAL_PRIOR_GAPS * product_gap) / (gap_count + _PERSONAL_PRIOR_GAPS))


def due_days(since_last: Reals, gap: Reals) -> Reals:
    """Days until the next purchase is due, at least 1; NaN where the habit has lapsed (6 gaps without a purchase).

    Args:
        since_last: days since the last purchase; NaN gives NaN.
        gap: expected gap, days.
    """
    return np.where(since_last > _LAPSED_GAPS * gap, np.nan, np.maximum(np.round(gap - since_last), 1.0))


def _span(history: History) -> float:
    """Days from the first visit to `as_of`."""
    first = history.customers["first_visit_on"].min()
    # 28 days where nobody ever came: the number is used by no pair then, and only has to be finite
    return float(max((history.as_of - first).days, 1)) if isinstance(first, date) else 28.0


def _shrunk(codes: Ints, days: Reals, gaps: Reals, size: int, prior: Reals) -> Reals:
    total, count = np.bincount(codes, days, size), np.bincount(codes, gaps, size)
    shrunk: Reals = (total + _PRODUCT_PRIOR_GAPS * prior) / (count + _PRODUCT_PRIOR_GAPS)
    return shrunk
