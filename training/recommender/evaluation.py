"""Temporal evaluation in both directions: goods for people, and people for goods."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from training.recommender.audience_baselines import audience_rivals
from training.recommender.examples import Examples, Outcome
from training.recommender.fitted_sources import FittedSources
from training.recommender.metrics import (
    Ranking,
    expected_calibration_error,
    hit_at,
    ndcg_at,
    rank_auc,
    recall_at,
    top_hits,
)
from training.recommender.sparse import is_among

K = 10
"""Products of a list that is measured."""
AUDIENCE_SIZE = 100
"""Customers of an audience that is measured. Chosen by judgement, not measured."""
Reals = npt.NDArray[np.float64]


def recommender_table(outcome: Outcome, fitted: FittedSources, probability: Reals) -> pl.DataFrame:
    """One row per method: how good its first 10 goods are for everybody who bought anything afterwards.

    Returns:
        method, recall_at_10, ndcg_at_10, hit_rate_at_10 (means over people), people.
    """
    examples = outcome.examples.take(outcome.examples.candidate)
    buyers = outcome.relevant > 0
    rows = []
    scores = {"model": probability[outcome.examples.candidate], **_simple_scores(examples, fitted)}
    for method, score in scores.items():
        hits = top_hits(examples.people, score, examples.label, outcome.people[buyers], K)
        rows.append({"method": method, **summary(Ranking(hits, outcome.relevant[buyers]), K), "people": buyers.sum()})
    return pl.DataFrame(rows)


def summary(ranking: Ranking, k: int) -> dict[str, float]:
    """Means over people of recall, NDCG and hit rate at k (0 without people)."""
    if ranking.relevant.size == 0:
        return {f"recall_at_{k}": 0.0, f"ndcg_at_{k}": 0.0, f"hit_rate_at_{k}": 0.0}
    return {
        f"recall_at_{k}": float(recall_at(ranking, k).mean()),
        f"ndcg_at_{k}": float(ndcg_at(ranking, k).mean()),
        f"hit_rate_at_{k}": float(hit_at(ranking, k).mean()),
    }


_RANKING_SOURCES = ("neighbours", "user_cf", "item_item", "als")
"""Candidate sources that are baselines by themselves, as far as the configuration has them."""


def _simple_scores(examples: Examples, fitted: FittedSources) -> Mapping[str, Reals]:
    names = fitted.feature_names
    slow = fitted.features.slow_half_life

    def column(name: str) -> Reals:
        return np.nan_to_num(examples.features[:, names.index(name)].astype(np.float64))

    popular = column(f"product_decayed_{slow}d")
    tie_break = popular / (1 + popular.max(initial=0)) * 1e-3
    return {
        "popularity": popular,
        "personal_frequency": column("purchase_days") + tie_break,
        "recency_weighted_frequency": column(f"decayed_{slow}d") + tie_break,
        **{source: column(f"{source}_score") for source in _RANKING_SOURCES if f"{source}_score" in names},
    }


def audience_table(outcome: Outcome, fitted: FittedSources, probability: Reals) -> pl.DataFrame:
    """One row per method: how good the best 100 people per product are, over products somebody bought afterwards.

    Returns:
        method, precision_at_100, lift (precision over the share of all people who bought), auc (means over products),
        products. Methods ending in `_new` look only at people who had never bought the product.
    """
    label, stated, repeat = _grid(outcome, probability)
    scores = {"model": stated, **audience_rivals(fitted, outcome.people, outcome.goods)}
    rows = [{"method": name, **_audience(score, label)} for name, score in scores.items()]
    rows += [{"method": f"{name}_new", **_audience(score, label, ~repeat)} for name, score in scores.items()]
    return pl.DataFrame(rows)


def _grid(outcome: Outcome, probability: Reals) -> tuple[npt.NDArray[np.bool_], Reals, npt.NDArray[np.bool_]]:
    """Label, probability and whether it is a repeat of every person x product of `outcome.goods`."""
    looked_at = is_among(outcome.examples.products, outcome.goods)
    part = outcome.examples.take(looked_at)
    shape = outcome.people.size, outcome.goods.size
    cell = np.searchsorted(outcome.people, part.people), np.searchsorted(outcome.goods, part.products)
    label, repeat, stated = np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape)
    label[cell], repeat[cell], stated[cell] = part.label, part.is_repeat, probability[looked_at]
    return label, stated, repeat


def _audience(
    score: Reals, label: npt.NDArray[np.bool_], eligible: npt.NDArray[np.bool_] | None = None
) -> dict[str, float]:
    if eligible is not None:
        score, label = np.where(eligible, score, -1.0), label & eligible
    sold = label.any(axis=0)
    if not sold.any():
        return {"precision_at_100": 0.0, "lift": 0.0, "auc": 0.5, "products": 0}
    score, label = score[:, sold], label[:, sold]
    size = min(AUDIENCE_SIZE, score.shape[0])
    best = np.argsort(-score, axis=0, kind="stable")[:size]
    precision = np.take_along_axis(label, best, axis=0).mean(axis=0)
    return {
        "precision_at_100": float(precision.mean()),
        "lift": float(precision.mean() / label.mean()),
        "auc": float(np.nanmean(rank_auc(score, label))),
        "products": int(sold.sum()),
    }


def calibration_table(outcome: Outcome, probability: Reals) -> pl.DataFrame:
    """One row per kind: what the probabilities of the candidates say and what happened.

    Returns:
        kind (repeat, explore, all, top_1_percent), pairs, stated, observed (mean probability and share bought), ece.
    """
    examples = outcome.examples.take(outcome.examples.candidate)
    probability = probability[outcome.examples.candidate]
    best = probability >= np.quantile(probability, 0.99) if probability.size else np.zeros(0, bool)
    parts = {
        "all": np.ones(probability.size, bool),
        "repeat": examples.is_repeat,
        "explore": ~examples.is_repeat,
        "top_1_percent": best,
    }
    rows = [
        {
            "kind": kind,
            "pairs": int(rows.sum()),
            "stated": float(probability[rows].mean()),
            "observed": float(examples.label[rows].mean()),
            "ece": expected_calibration_error(probability[rows], examples.label[rows]),
        }
        for kind, rows in parts.items()
        if rows.any()
    ]
    return pl.DataFrame(rows)
