"""Latent tastes alone on Gowalla (the NGCF/LightGCN split): recall@20 and NDCG@20 over all items not in training."""

import time
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse
from threadpoolctl import threadpool_limits

from training.recommender.candidates.als import factorise
from training.recommender.candidates.spectral import spectral_scores
from training.recommender.config import ALSConfig

K = 20
BLOCK = 512


def gowalla(folder: Path) -> None:
    """Prints recall@20 and NDCG@20 of implicit ALS with biases and of the spectral filter."""
    train, test = pl.read_parquet(folder / "train.parquet"), pl.read_parquet(folder / "test.parquet")
    shape = int(max(train["user"].max(), test["user"].max())) + 1, int(max(train["item"].max(), test["item"].max())) + 1
    seen, wanted = (
        sparse.csr_array((np.ones(f.height, np.float32), (f["user"].to_numpy(), f["item"].to_numpy())), shape=shape)
        for f in (train, test)
    )
    for name, scorer in (("spectral", _spectral), ("ALS", _als)):
        began = time.perf_counter()
        recall, ndcg = _measure(scorer(seen), seen, wanted)
        print(f"{name}: recall@20 {recall:.4f} NDCG@20 {ndcg:.4f} in {time.perf_counter() - began:.0f} s", flush=True)


def _spectral(seen):
    return spectral_scores(seen, factors=256, seed=1)


def _als(seen):
    config = ALSConfig(factors=128, regularization=10.0, alpha=4.0, iterations=8)
    rows, columns = factorise(seen, config, 1, 2)
    return lambda block: rows[block] @ columns.T


def _measure(scorer, seen, wanted) -> tuple[float, float]:
    users = np.flatnonzero(np.diff(wanted.indptr) > 0)
    discount = 1 / np.log2(np.arange(2, K + 2))
    ideal = np.cumsum(discount)
    recall, ndcg = [], []
    with threadpool_limits(2, "blas"):
        for start in range(0, users.size, BLOCK):
            block = users[start : start + BLOCK]
            score = scorer(block)
            mine = seen[block]
            score[np.repeat(np.arange(block.size), np.diff(mine.indptr)), mine.indices] = -np.inf
            best = np.argpartition(-score, K, axis=1)[:, :K]
            order = np.argsort(-np.take_along_axis(score, best, axis=1), axis=1)
            best = np.take_along_axis(best, order, axis=1)
            truth = wanted[block].toarray() > 0
            hits = np.take_along_axis(truth, best, axis=1)
            relevant = truth.sum(axis=1)
            recall.append(hits.sum(axis=1) / relevant)
            ndcg.append((hits * discount).sum(axis=1) / ideal[np.minimum(relevant, K) - 1])
    return float(np.concatenate(recall).mean()), float(np.concatenate(ndcg).mean())
