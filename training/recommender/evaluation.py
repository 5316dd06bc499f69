"""Evaluates rankings, audiences and calibration on a temporal hold-out, beside standard baselines."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from scipy.stats import rankdata

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
from training.recommender.sparse import Flags, Ints, Reals, is_among

K = 10
"""Length of the list that a ranking is measured by."""
AUDIENCE_SIZE = 100
"""Size of the audience that is measured. Chosen by judgement, not measured."""
BEST_PAIRS = 5_000
"""Pairs of people and products, the best of all, whose precision is measured: a campaign's size, by judgement."""


def recommender_table(outcome: Outcome, fitted: FittedSources, probability: Reals) -> pl.DataFrame:
    """One row per method: quality of its first 10 products for everybody who bought anything afterwards.

    All methods rank the same candidates, so that the model's gain is not that of its candidates.

    Args:
        outcome: labelled pairs of the hold-out.
        fitted: sources and features at its cutoff.
        probability: the model's, of each of the outcome's examples.

    Returns:
        method, recall_at_10, ndcg_at_10, hit_rate_at_10 (means over people, shares), people.
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
    """Metric -> mean over people of recall, NDCG and hit rate at k; 0 without people."""
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
    # whole counts tie often: the more popular product first, by less than any count differs
    tie_break = popular / (1 + popular.max(initial=0)) * 1e-3
    return {
        "popularity": popular,
        "personal_frequency": column("purchase_days") + tie_break,
        "recency_weighted_frequency": column(f"decayed_{slow}d") + tie_break,
        **{source: column(f"{source}_score") for source in _RANKING_SOURCES if f"{source}_score" in names},
    }


def audience_table(outcome: Outcome, fitted: FittedSources, probability: Reals) -> pl.DataFrame:
    """One row per method: quality of the best 100 people per product, over products that somebody bought afterwards.

    Args:
        outcome: labelled pairs of the hold-out.
        fitted: sources and features at its cutoff.
        probability: the model's, of each of the outcome's examples.

    Returns:
        method, precision_at_100, lift (mean precision over the mean share of all people who bought), mean_lift (mean of
        each product's own lift: goods that few buy count as much as others), auc (mean over products), products.
        Methods ending in `_new` count only people who had never bought the product.
    """
    label, probabilities, is_repeat = _grid(outcome, probability)
    scores = {"model": probabilities, **_audience_baselines(fitted, outcome.people, outcome.audience_products)}
    rows = [{"method": name, **_audience(score, label)} for name, score in scores.items()]
    rows += [{"method": f"{name}_new", **_audience(score, label, ~is_repeat)} for name, score in scores.items()]
    return pl.DataFrame(rows)


def _grid(outcome: Outcome, probability: Reals) -> tuple[Flags, Reals, Flags]:
    """People x audience products: label, probability, and whether the person had bought the product before."""
    is_in_grid = is_among(outcome.examples.products, outcome.audience_products)
    examples = outcome.examples.take(is_in_grid)
    shape = outcome.people.size, outcome.audience_products.size
    cell = (
        np.searchsorted(outcome.people, examples.people),
        np.searchsorted(outcome.audience_products, examples.products),
    )
    label, is_repeat, probabilities = np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape)
    label[cell], is_repeat[cell], probabilities[cell] = examples.label, examples.is_repeat, probability[is_in_grid]
    return label, probabilities, is_repeat


def _audience(score: Reals, label: Flags, eligible: Flags | None = None) -> dict[str, float]:
    if eligible is not None:
        # below every score: those who may not be chosen come last, and are no hits
        score, label = np.where(eligible, score, -1.0), label & eligible
    is_sold = label.any(axis=0)
    if not is_sold.any():
        return {"precision_at_100": 0.0, "lift": 0.0, "mean_lift": 0.0, "auc": 0.5, "products": 0}
    score, label = score[:, is_sold], label[:, is_sold]
    size = min(AUDIENCE_SIZE, score.shape[0])
    audience = np.argsort(-score, axis=0, kind="stable")[:size]
    precision = np.take_along_axis(label, audience, axis=0).mean(axis=0)
    return {
        "precision_at_100": float(precision.mean()),
        "lift": float(precision.mean() / label.mean()),
        "mean_lift": float((precision / label.mean(axis=0)).mean()),
        "auc": float(np.nanmean(rank_auc(score, label))),
        "products": int(is_sold.sum()),
    }


def _rfm(fitted: FittedSources, people: Ints) -> Reals:
    """Mean rank in recency, frequency and money of each person (Bult and Wansbeek 1995), as a percentile, 0 to 1."""
    customers = fitted.history.customers[people]
    components = [
        customers["last_visit_on"].rank(),
        customers["visit_days"].rank(),
        customers["spend"].rank(),
    ]
    percentiles = np.stack([column.fill_null(0).to_numpy() for column in components])
    score: Reals = rankdata(percentiles.mean(axis=0)) / max(people.size, 1)
    return score


def _audience_baselines(fitted: FittedSources, people: Ints, products: Ints) -> dict[str, Reals]:
    """Baseline -> people x products scores; equals are ordered by RFM."""
    rfm_score = _rfm(fitted, people)[:, None]
    category_days = fitted.features.affinities["category"][people].toarray()
    affinity = category_days[:, fitted.features.codes["category"][products]].astype(np.float64)
    purchase_days = fitted.history.matrix("purchase_days")[people][:, products].toarray().astype(np.float64)
    decayed = fitted.history.matrix(f"decayed_{fitted.features.slow_half_life}d")[people][:, products].toarray()
    return {
        "rfm": np.repeat(rfm_score, products.size, axis=1),
        "category_affinity": affinity + 1e-6 * rfm_score,
        "personal_count": purchase_days + 1e-6 * rfm_score,
        "personal_recent_count": decayed.astype(np.float64) + 1e-6 * rfm_score,
    }


def calibration_table(outcome: Outcome, probability: Reals) -> pl.DataFrame:
    """One row per kind of candidate: mean probability beside the share bought.

    Args:
        outcome: labelled pairs of the hold-out.
        probability: the model's, of each of the outcome's examples.

    Returns:
        kind (repeat, explore, all, top_10_percent, top_1_percent, best_5000: of all pairs of people and products those
        most probable), pairs, stated (mean probability), observed (share bought: precision), ece (expected calibration
        error); kinds without pairs are left out.
    """
    examples = outcome.examples.take(outcome.examples.candidate)
    probability = probability[outcome.examples.candidate]
    order = np.argsort(-probability, kind="stable")

    def best(pairs: int) -> Flags:
        rows = np.zeros(probability.size, bool)
        rows[order[:pairs]] = True
        return rows

    rows_of_kind = {
        "all": np.ones(probability.size, bool),
        "repeat": examples.is_repeat,
        "explore": ~examples.is_repeat,
        "top_10_percent": best(probability.size // 10),
        "top_1_percent": best(probability.size // 100),
        f"best_{BEST_PAIRS}": best(BEST_PAIRS),
    }
    rows = [
        {
            "kind": kind,
            "pairs": int(rows.sum()),
            "stated": float(probability[rows].mean()),
            "observed": float(examples.label[rows].mean()),
            "ece": expected_calibration_error(probability[rows], examples.label[rows]),
        }
        for kind, rows in rows_of_kind.items()
        if rows.any()
    ]
    return pl.DataFrame(rows)
