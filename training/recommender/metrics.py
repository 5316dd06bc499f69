"""Computes ranking metrics (recall, NDCG, hit rate), the area under the ROC curve and the calibration error."""

from dataclasses import dataclass

import numpy as np

from training.recommender.sparse import Flags, Ints, Reals


@dataclass(frozen=True)
class Ranking:
    """The first `k` products of each person as hits and misses.

    Attributes:
        hits: people x k, whether the product at that rank was bought.
        relevant: number of products that each person bought.
    """

    hits: Flags
    relevant: Ints


def top_hits(people: Ints, score: Reals, label: Flags, everyone: Ints, k: int) -> Flags:
    """People x k: hits among each person's `k` best pairs; ties go to the earlier row.

    Args:
        people: person of each pair.
        score: score of each pair, higher is better.
        label: whether the pair is a hit.
        everyone: people to report, ascending; those without pairs get misses, so that they count in means.
        k: length of the list.
    """
    order = np.lexsort((-score, people))  # stable, so ties stay in the order of the rows
    sorted_people = people[order]
    # the rank of a pair is its distance from the first one of its person
    start = np.searchsorted(sorted_people, sorted_people)
    rank = np.arange(order.size) - start
    is_top = (rank < k) & np.isin(sorted_people, everyone)
    hits = np.zeros((everyone.size, k), bool)
    hits[np.searchsorted(everyone, sorted_people[is_top]), rank[is_top]] = label[order][is_top]
    return hits


def recall_at(ranking: Ranking, k: int) -> Reals:
    """Recall of each person: bought products among the first k / bought products, 0 to 1."""
    recall: Reals = ranking.hits[:, :k].sum(axis=1) / np.maximum(ranking.relevant, 1)
    return recall


def ndcg_at(ranking: Ranking, k: int) -> Reals:
    """NDCG of each person: discounted gain of the first k over the greatest possible, 0 to 1 (Jarvelin 2002)."""
    discount = 1 / np.log2(np.arange(2, k + 2))
    # nobody can have more hits than they bought: the greatest gain is that of min(bought, k) hits at the top
    ideal = np.cumsum(discount)[np.minimum(np.maximum(ranking.relevant, 1), k) - 1]
    gain = (ranking.hits[:, :k] * discount).sum(axis=1) / ideal
    return np.asarray(gain, dtype=np.float64)


def hit_at(ranking: Ranking, k: int) -> Reals:
    """Hit of each person: 1 where any of the first k was bought, else 0."""
    return np.asarray(ranking.hits[:, :k].any(axis=1), dtype=np.float64)


def rank_auc(score: Reals, label: Flags) -> Reals:
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


def expected_calibration_error(probability: Reals, label: Flags, bins: int = 20) -> float:
    """Mean difference between mean probability and share of hits over bins of equally many pairs (Naeini 2015).

    Bins of equal size, because most probabilities lie close to 0: bins of equal width would hold nearly all in one.

    >>> expected_calibration_error(np.array([0.5, 0.5]), np.array([True, False]), bins=1)
    0.0
    """
    if probability.size == 0:
        return 0.0
    ascending = np.argsort(probability, kind="stable")
    bin_rows = np.array_split(ascending, min(bins, ascending.size))
    gaps = (abs(probability[rows].mean() - label[rows].mean()) * rows.size for rows in bin_rows)
    return float(sum(gaps) / ascending.size)
