"""How long the recommender takes: training, everybody's goods, one person online, and how it grows with people."""

import time

import numpy as np
import polars as pl
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse

from retail_brain.dataset import Dataset
from retail_brain.progress import Progress
from serving.recommendations import recommend
from training.recommender.config import RecommenderConfig
from training.recommender.model import RecommenderModel
from training.recommender.online import Complements, Live, Pairs, ranked


def speed(dataset: Dataset) -> None:
    """Prints seconds and people per second, batch and online, and implicit's own `recommend` as the peer."""
    model, seconds = _timed(lambda: RecommenderModel.fit(dataset, RecommenderConfig(), progress=Progress()))
    print(f"fit {seconds:.1f} s")
    now, seconds = _timed(lambda: model.situation(dataset))
    print(f"situation {seconds:.1f} s")
    pairs, seconds = _timed(lambda: pl.concat(list(model.score(dataset, situation=now))))
    people = pairs["customer_id"].n_unique()
    print(f"score {pairs.height:,} pairs of {people:,} people {seconds:.1f} s, {people / seconds:.0f} people/s")
    _, seconds = _timed(lambda: [block.height for block in recommend(dataset, model)])
    print(f"recommend for all with the situation {seconds:.1f} s, {people / seconds:.0f} people/s")
    _online(pairs, model)
    _peer(now.history.matrix("purchase_days"))


def _timed(work):
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _online(pairs: pl.DataFrame, model: RecommenderModel) -> None:
    goods = model.associations.products["product_id"]
    together = model.associations.together
    complements = Complements(together.indptr, together.indices, together.data)
    taken = []
    for _, mine in list(pairs.partition_by("customer_id", as_dict=True).items())[:1_000]:
        given = Pairs(
            goods.search_sorted(mine["product_id"]).to_numpy(),
            mine["probability"].to_numpy(),
            (mine["kind"] == "repeat").to_numpy(),
            mine["due_on"].to_physical().fill_null(-1).to_numpy(),
        )
        live = Live(20_000, events=[("scan", int(given.products[0]), 20_000)], basket=[int(given.products[1])])
        taken.append(_timed(lambda given=given, live=live: ranked(given, live, complements, k=10))[1])
    middle, late = np.quantile(taken, [0.5, 0.99]) * 1e3
    print(f"online ranking with one event and one good in the basket: p50 {middle:.2f} ms, p99 {late:.2f} ms")


def _peer(counts) -> None:
    matrix = sparse.csr_matrix(counts)
    model = AlternatingLeastSquares(factors=64, iterations=10, num_threads=2, random_state=1)
    _, fit = _timed(lambda: model.fit(matrix, show_progress=False))
    people = np.arange(matrix.shape[0])
    _, seconds = _timed(lambda: model.recommend(people, matrix, N=10, filter_already_liked_items=False))
    print(f"implicit ALS: fit {fit:.1f} s, recommend {seconds:.1f} s, {people.size / seconds:.0f} people/s")
