"""One good of a basket is hidden and asked for: `complete_basket` beside popularity, joint counts, confidence and lift.

Fitted on the baskets up to 28 days before the last day of Complete Journey, asked about those after. The goods of the
basket and their kinds (subcategories) are taken out of every answer, so only hidden goods of another kind can be found.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy import sparse

from retail_brain.dataset import Dataset
from training.recommender.associations import Associations, fit_associations
from training.recommender.candidates.item_item import basket_matrix
from training.recommender.config import RecommenderConfig
from training.recommender.history import History, build_history

LAST_DAY = date(2017, 12, 31)
CASES, SHOWN, SMALLEST, LARGEST, EVERY = 2_000, 3, 3, 40, 4
K = 10


def basket(dataset: Dataset) -> None:
    """Hit rate and reciprocal rank at 10 of every method, and a few baskets to look at."""
    cutoff, config = LAST_DAY - timedelta(days=28), RecommenderConfig()
    dataset = some_households(dataset)
    known = dataset.at(cutoff)
    history = build_history(known, cutoff, config)
    ours = fit_associations(known, cutoff, config)
    cases = hidden_goods(dataset, history, cutoff)
    kind, _ = history.attribute_codes("subcategory")
    matrices = rivals(history) | {"complete_basket": delivered(ours)}
    ranks = {name: np.array([rank(matrix, *case, kind) for case in cases]) for name, matrix in matrices.items()}
    sold = np.asarray(basket_matrix(history).sum(axis=0)).ravel()
    ranks["popularity"] = np.array([place(sold.copy(), *case, kind) for case in cases])
    report(ranks)
    for hidden, rest in cases[:SHOWN]:
        show(ours, history, hidden, rest)


def some_households(dataset: Dataset) -> Dataset:
    """Every fourth household in the order of their ids, which bounds the work of the rivals."""
    lines = dataset.scan("transactions").collect()
    chosen = lines["customer_id"].unique().sort().gather_every(EVERY)
    kept = lines.filter(pl.col("customer_id").is_in(chosen.implode()))
    return Dataset.from_frames({"transactions": kept, "products": dataset.scan("products").collect()})


def hidden_goods(dataset: Dataset, history: History, cutoff: date) -> list[tuple[int, np.ndarray]]:
    """Pairs (hidden product, the others) of random baskets after the cutoff; the hidden one is of another kind."""
    ids = history.products["product_id"]
    day = pl.col("sold_at").dt.date()
    lines = (
        dataset.scan("transactions")
        .filter(day > cutoff, day <= LAST_DAY, pl.col("units") > 0, pl.col("product_id").is_in(ids.implode()))
        .select("transaction_id", pl.col("product_id").cast(pl.Enum(ids)).to_physical().cast(pl.Int64).alias("product"))
        .unique()
        .group_by("transaction_id")
        .agg(pl.col("product").sort())
        .filter(pl.col("product").list.len().is_between(SMALLEST, LARGEST))
        .sort("transaction_id")
        .collect()
    )
    kind, _ = history.attribute_codes("subcategory")
    random, cases = np.random.default_rng(0), []
    for at in random.permutation(lines.height):
        goods = lines["product"][int(at)].to_numpy()
        chosen = int(random.integers(goods.size))
        rest = np.delete(goods, chosen)
        if kind[goods[chosen]] not in set(kind[rest].tolist()):
            cases.append((int(goods[chosen]), rest))
        if len(cases) == CASES:
            break
    return cases


def rivals(history: History) -> Mapping[str, sparse.csr_array]:
    """Products x products from the same baskets: joint baskets, confidence, lift, and lift shrunk by 10."""
    baskets = basket_matrix(history)
    joint = (baskets.T @ baskets).tocsr()
    count = np.asarray(baskets.sum(axis=0)).ravel()
    rows = np.repeat(np.arange(joint.shape[0]), np.diff(joint.indptr))
    kept = (joint.data > 1) & (rows != joint.indices)
    rows, columns, together = rows[kept], joint.indices[kept], joint.data[kept]
    expected = count[rows] * count[columns] / baskets.shape[0]
    weights = {
        "co-occurrence": together,
        "confidence": together / count[rows],
        "lift": together / expected,
        "lift, shrunk by 10": together / (expected + 10),
    }
    return {name: sparse.csr_array((w, (rows, columns)), shape=joint.shape) for name, w in weights.items()}


def delivered(ours: Associations) -> sparse.csr_array:
    """The published lists of 30 goods per product, as `/complete_basket` sums them."""
    lists = ours.complement_lists(30)
    ids = ours.products["product_id"]
    at = [ids.search_sorted(lists[name]).to_numpy() for name in ("product_id", "other_id")]
    return sparse.csr_array((lists["score"].to_numpy(), (at[0], at[1])), shape=(ids.len(), ids.len()))


def rank(matrix: sparse.csr_array, hidden: int, rest: np.ndarray, kind: np.ndarray) -> float:
    """Place of the hidden product by the summed scores of the others, counted from 1."""
    return place(np.asarray(matrix[rest].sum(axis=0)).ravel(), hidden, rest, kind)


def place(score: np.ndarray, hidden: int, rest: np.ndarray, kind: np.ndarray) -> float:
    """Place of the hidden product; infinite where nothing speaks for it."""
    if score[hidden] <= 0:
        return np.inf
    allowed = ~np.isin(kind, kind[rest])
    return 1.0 + float((score[allowed] > score[hidden]).sum())


def report(ranks: Mapping[str, np.ndarray]) -> None:
    """A line per method, with the paired bootstrap interval of complete_basket's advantage in hits."""
    ours = ranks["complete_basket"] <= K
    draws = np.random.default_rng(1).integers(0, ours.size, (2_000, ours.size))
    print(f"{ours.size} baskets")
    for name, found in sorted(ranks.items(), key=lambda one: -(one[1] <= K).mean()):
        hits = found <= K
        low, high = np.quantile(ours[draws].mean(axis=1) - hits[draws].mean(axis=1), [0.025, 0.975])
        mean = np.where(hits, 1 / found, 0).mean()
        print(
            f"{name:<20} hit rate@{K} {hits.mean():.4f}  MRR@{K} {mean:.4f}  ours {low:+.4f} .. {high:+.4f}", flush=True
        )


def show(ours: Associations, history: History, hidden: int, rest: np.ndarray) -> None:
    """A basket, what was hidden, and what is proposed."""
    names = history.products["subcategory"].fill_null("?")
    found = ours.complete_basket(history.products["product_id"].gather(rest).to_list(), 5)["product_id"]
    told = history.products["product_id"].search_sorted(found)
    print(f"{names.gather(rest).to_list()} hidden: {names[hidden]}; proposed: {names.gather(told).to_list()}")
