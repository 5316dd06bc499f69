"""How long the recommender takes: training, everybody's goods, one person online, and how it grows with people."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from retail_brain.dataset import Dataset
from retail_brain.progress import Progress
from serving.planning.people.live_ranking import Complements, Live, Pairs, ranked
from serving.planning.people.recommendations import recommend
from training.recommender.config import RecommenderConfig
from training.recommender.fitted_sources import FittedSources
from training.recommender.model import RecommenderModel

TIMES = (1, 4, 16)
K = 10


def speed(dataset: Dataset, folder: Path | None) -> None:
    """Prints seconds and people per second, batch and online, and implicit's own `recommend` as the peer.

    Args:
        dataset: Complete Journey.
        folder: of a model that is fitted already.
    """
    if folder is None:
        model, _ = _timed("fit", lambda: RecommenderModel.fit(dataset, RecommenderConfig(), progress=Progress()))
    else:
        model = RecommenderModel.load(folder)
    with tempfile.TemporaryDirectory() as kept:
        keeping = model.keeping(Path(kept))
        now, _ = _timed("situation, fitted and kept", lambda: keeping.fit_sources(dataset))
        people = now.history.shape[0]
        now, _ = _timed("situation, mapped", lambda: keeping.fit_sources(dataset))
        _warm(dataset, model, now)
        pairs, _ = _timed("score", lambda: pl.concat(list(model.score(dataset, fitted=now))), people)
        print(f"{pairs.height:,} pairs")
        somebody = [now.history.customers["customer_id"][0]]
        _timed("recommend for one, mapped", lambda: [b.height for b in recommend(dataset, keeping, customers=somebody)])
        _timed("recommend for all, mapped", lambda: [b.height for b in recommend(dataset, keeping)], people)
    _timed("recommend for all, situation and all", lambda: [b.height for b in recommend(dataset, model)], people)
    _online(pairs, model)
    _peer(now.history.matrix("purchase_days"))


def growth() -> None:
    """Prints processor seconds and memory of scoring for a quarter of the households, all, and four times as many.

    The model is fitted on the quarter: what it holds does not depend on how many people are scored.
    """
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for times in TIMES:
            command = [sys.executable, *sys.argv[:1], "one-size", str(times), "--model", folder]
            answer = subprocess.run(command, check=True, capture_output=True, text=True)
            found.append(json.loads(answer.stdout.splitlines()[0]))
            print(found[-1], flush=True)
    people = np.log([one["people"] for one in found])
    for part in ("situation", "score", "recommend", "memory_gb"):
        slope = np.polyfit(people, np.log([one[part] for one in found]), 1)[0]
        print(f"{part}: grows with people to the power of {slope:.2f}")


def one_size(dataset: Dataset, times: int, folder: Path) -> None:
    """Prints one line of JSON: people, pairs, processor seconds of describing and scoring, and peak memory.

    Args:
        dataset: Complete Journey.
        times: copies of every fourth household.
        folder: of the model; fitted into it where it is empty.
    """
    many = resized(dataset, times)
    if not (folder / "recommender.json").exists():
        RecommenderModel.fit(many, RecommenderConfig()).save(folder)
    model = RecommenderModel.load(folder)
    with tempfile.TemporaryDirectory() as kept:
        keeping = model.keeping(Path(kept))
        _, situation = _timed("", lambda: keeping.fit_sources(many))
        now, mapped = _timed("", lambda: keeping.fit_sources(many))
        _warm(many, model, now)
        _, listed = _timed("", lambda: [block.height for block in recommend(many, keeping)])
        size = sum(file.stat().st_size for file in Path(kept).rglob("*.*")) / 2**30
    pairs, score = _timed("", lambda: sum(block.height for block in model.score(many, fitted=now)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    known, people = now.history.pairs.height, now.history.shape[0]
    facts = {"people": people, "known_pairs": known, "scored_pairs": pairs}
    took = {"situation": situation, "mapped": mapped, "score": score, "recommend": listed}
    print(json.dumps(facts | took | {"memory_gb": peak, "kept_gb": size}))


def resized(dataset: Dataset, times: int) -> Dataset:
    """Every fourth household, `times` over: each copy shops up to 3 days apart and leaves out one line in seven."""
    lines = dataset.scan("transactions").collect()
    template = lines.filter(pl.col("customer_id").hash(seed=1) % 4 == 0)
    random = np.random.default_rng(times)
    copies = [template]
    for copy in range(1, times):
        kept = template.filter(pl.Series(random.random(template.height) > 1 / 7))
        shift = (kept["transaction_id"].hash(seed=copy) % 7).cast(pl.Int64) - 3
        copies.append(
            kept.with_columns(
                pl.concat_str("customer_id", pl.lit(f"-{copy}")).alias("customer_id"),
                pl.concat_str("transaction_id", pl.lit(f"-{copy}")).alias("transaction_id"),
                pl.col("sold_at") + shift * timedelta(days=1),
            )
        )
    last = lines["sold_at"].max()
    return Dataset.from_frames(
        {
            "transactions": pl.concat(copies).filter(pl.col("sold_at") <= last),
            "products": dataset.scan("products"),
        }
    )


def _warm(dataset: Dataset, model: RecommenderModel, now: FittedSources) -> None:
    """Scores one person, so that compiled loops are read from the disk before anything is timed."""
    list(model.score(dataset, [now.history.customers["customer_id"][0]], fitted=now))


def _timed(name, work, people=0):
    """What the work returns and its processor seconds (of all threads); prints those and the seconds elapsed."""
    began, cpu = time.perf_counter(), time.process_time()
    done = work()
    elapsed, cpu = time.perf_counter() - began, time.process_time() - cpu
    if name:
        rate = f", {people / elapsed:.0f} people/s, {people / cpu:.0f} per processor second" if people else ""
        print(f"{name}: {elapsed:.1f} s elapsed, {cpu:.1f} s of processor time{rate}", flush=True)
    return done, cpu


def _online(pairs: pl.DataFrame, model: RecommenderModel) -> None:
    goods = model.associations.products["product_id"]
    together = model.associations.cosine
    complements = Complements(together.indptr, together.indices, together.data)
    taken = []
    for _, mine in list(pairs.partition_by("customer_id", as_dict=True).items())[:1_000]:
        given = Pairs(
            goods.search_sorted(mine["product_id"]).to_numpy(),
            mine["probability"].to_numpy(),
            (mine["kind"] == "repeat").to_numpy(),
            mine["due_on"].to_physical().fill_null(-1).to_numpy(),
            mine["gap_days"].to_numpy(),
        )
        live = Live(20_000, events=[("scan", int(given.products[0]), 20_000)], basket=[int(given.products[1])])
        taken.append(_timed("", lambda given=given, live=live: ranked(given, live, complements, k=10))[1])
    middle, late = np.quantile(taken, [0.5, 0.99]) * 1e3
    print(f"online ranking with one event and one good in the basket: p50 {middle:.2f} ms, p99 {late:.2f} ms")


def _peer(counts) -> None:
    matrix = sparse.csr_matrix(counts)
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(factors=64, iterations=10, num_threads=2, random_state=1)
        _timed("implicit ALS, fit", lambda: model.fit(matrix, show_progress=False))
        people = np.arange(matrix.shape[0])
        best = lambda: model.recommend(people, matrix, N=K, filter_already_liked_items=False)  # noqa: E731
        _timed("implicit ALS, recommend", best, people.size)
