"""Simple ways to choose people for a product, to be beaten: scores people x products."""

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from training.recommender.fitted_sources import FittedSources
from training.recommender.sparse import Ints

Reals = npt.NDArray[np.float64]


def rfm(fitted: FittedSources, people: Ints) -> Reals:
    """Mean percentile of recency, frequency and money of each person (Bult and Wansbeek 1995), 0 to 1."""
    customers = fitted.history.customers[people]
    columns = [
        customers["last_visit_on"].rank(),
        customers["visit_days"].rank(),
        customers["spend"].rank(),
    ]
    ranks = np.stack([column.fill_null(0).to_numpy() for column in columns])
    score: Reals = rankdata(ranks.mean(axis=0)) / max(people.size, 1)
    return score


def audience_rivals(fitted: FittedSources, people: Ints, goods: Ints) -> dict[str, Reals]:
    """Scores of every person for every product by name; equals are ordered by RFM."""
    order = rfm(fitted, people)[:, None]
    category = fitted.features.affinities["category"][people].toarray()
    by_category = category[:, fitted.features.codes["category"][goods]].astype(np.float64)
    count = fitted.history.matrix("purchase_days")[people][:, goods].toarray().astype(np.float64)
    recent = fitted.history.matrix(f"decayed_{fitted.features.slow_half_life}d")[people][:, goods].toarray()
    return {
        "rfm": np.repeat(order, goods.size, axis=1),
        "category_affinity": by_category + 1e-6 * order,
        "personal_count": count + 1e-6 * order,
        "personal_recent_count": recent.astype(np.float64) + 1e-6 * order,
    }
