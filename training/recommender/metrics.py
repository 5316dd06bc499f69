"""How good rankings, audiences and probabilities are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.recommender.sparse import Ints

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """The first `k` goods of each person as hits or misses.

    Attributes:
        hits: people x k, whether the good at that rank was bought.
        relevant: how many goods each person bought.
    """

    hits: npt.NDArray[np.bool_]
    relevant: Ints


def top_hits(people: Ints, score: Reals, label: npt.NDArray[np.bool_], everyone: Ints, k: int) -> npt.NDArray[np.bool_]:
    """People x k: hits among each person's `k` best pairs; ties go to the earlier row.

    Args:
        people: person of each pair.
        score: of each pair, higher is better.
        label: whether the pair is a hit.
        everyone: people to report, ascending; those without pairs get misses.
        k: how far down.
    """
    order = np.lexsort((-score, people))
    sorted_people = people[order]
    start = np.searchsorted(sorted_people, sorted_people)
    rank = np.arange(order.size) - start
    best = (rank < k) & np.isin(sorted_people, everyone)
    hits = np.zeros((everyone.size, k), bool)
    hits[np.searchsorted(everyone, sorted_people[best]), rank[best]] = label[order][best]
    return hits


def recall_at(ranking: Ranking, k: int) -> Reals:
    """Per person: bought goods among the first k / bought goods."""
    recall: Reals = ranking.hits[:, :k].sum(axis=1) / np.maximum(ranking.relevant, 1)
    return recall


def ndcg_at(ranking: Ranking, k: int) -> Reals:
    """Per person: discounted gain of the first k over the best possible for what they bought (Jarvelin 2002)."""
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discount)[np.minimum(np.maximum(ranking.relevant, 1), k) - 1]
    gain = (ranking.hits[:, :k] * discount).sum(axis=1) / ideal
    return np.asarray(gain, dtype=np.float64)


def hit_at(ranking: Ranking, k: int) -> Reals:
    """Per person: whether any of the first k was bought."""
    return np.asarray(ranking.hits[:, :k].any(axis=1), dtype=np.float64)


def rank_auc(score: Reals, label: npt.NDArray[np.bool_]) -> Reals:
    """Area under the ROC curve of each column (people x products); ties count one half; NaN without both classes.

    >>> rank_auc(np.array([[0.1], [0.4], [0.35], [0.8]]), np.array([[False], [False], [True], [True]]))
    array([0.75])
    """
    from scipy.stats import rankdata  # noqa: PLC0415  # scipy.stats takes a second to import

    ranks = rankdata(score, axis=0)
    positive = label.sum(axis=0)
    negative = label.shape[0] - positive
    with np.errstate(invalid="ignore", divide="ignore"):
        area: Reals = ((ranks * label).sum(axis=0) - positive * (positive + 1) / 2) / (positive * negative)
    return area


def expected_calibration_error(probability: Reals, label: npt.NDArray[np.bool_], bins: int = 20) -> float:
    """Mean gap between stated and observed share over bins holding equally many pairs (Naeini 2015).

    >>> expected_calibration_error(np.array([0.5, 0.5]), np.array([True, False]), bins=1)
    0.0
    """
    if probability.size == 0:
        return 0.0
    order = np.argsort(probability, kind="stable")
    parts = np.array_split(order, min(bins, order.size))
    return float(sum(abs(probability[p].mean() - label[p].mean()) * p.size for p in parts) / order.size)
