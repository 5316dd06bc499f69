"""Measures the recommender against its rivals; see docs/benchmarks.md, section People and goods.

Run from the project's root:

    POLARS_MAX_THREADS=2 OMP_WAIT_POLICY=PASSIVE python tests/benchmarks/bench_recommender.py last-basket
    ... bench_recommender.py gowalla FOLDER
    ... bench_recommender.py speed
"""

import argparse
import resource
import time
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from recommender_rivals import RIVALS, Scorer, baskets_of
from threadpoolctl import threadpool_limits

from retail_brain.dataset import Dataset, conform
from retail_brain.sources.complete_journey import complete_journey_source
from retail_brain.tables import TABLES
from training.recommender.config import RankerConfig, RecommenderConfig
from training.recommender.examples import Outcome, label_pairs
from training.recommender.history import History, build_history, purchased_pairs
from training.recommender.last_basket import basket_view, next_basket_config
from training.recommender.metrics import Ranking, expected_calibration_error, hit_at, ndcg_at, recall_at, top_hits
from training.recommender.ranker import fit_ranker
from training.recommender.situation import build_situation

LAST_DAY = date(2017, 12, 31)
BLOCK = 256
TUNING_PEOPLE = 800


def main() -> None:
    """Runs one measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measure", choices=["last-basket", "gowalla", "speed"])
    parser.add_argument("folder", nargs="?", type=Path, help="of train.parquet and test.parquet (gowalla)")
    parser.add_argument("--views", type=int, default=6, help="earlier baskets that train the ranker")
    parser.add_argument("--test-back", type=int, default=1, help="2 tests on the basket before the last: for choices")
    parser.add_argument("--no-rivals", action="store_true")
    options = parser.parse_args()
    started = time.perf_counter()
    if options.measure == "last-basket":
        last_basket(options.views, options.test_back, rivals=not options.no_rivals)
    elif options.measure == "gowalla":
        from gowalla_candidates import gowalla

        gowalla(options.folder)
    else:
        from recommender_speed import speed

        speed(complete_journey())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{time.perf_counter() - started:.0f} s, peak {peak:.1f} GB")


def complete_journey() -> Dataset:
    """Receipts and products of Complete Journey as canonical tables in memory."""
    source = complete_journey_source()
    frames = {name: source.tables[name].frame for name in ("transactions", "products")}
    return Dataset.from_frames({name: conform(frame, TABLES[name]).collect() for name, frame in frames.items()})


def last_basket(views: int, test_back: int, *, rivals: bool) -> None:
    """Everybody's last basket from all before it; rivals are tuned on the basket before that."""
    dataset = complete_journey()
    config = next_basket_config(BENCH)
    outcomes: dict[int, Outcome] = {}
    for back in range(test_back, test_back + views + 1):
        view = basket_view(dataset, LAST_DAY, back)
        situation = build_situation(view, LAST_DAY, config)
        test = 0 if back == test_back else None
        outcomes[back] = label_pairs(view, situation, config, test_goods=test)
        if back == test_back:
            history = situation.history
        recall = outcomes[back].recall["all"]
        print(f"view {back}: {outcomes[back].people.size} people, candidate recall {recall:.3f}", flush=True)
    ranker = fit_ranker([outcomes[back].examples for back in range(test_back + 1, test_back + views + 1)], config)
    tested = outcomes[test_back]
    examples = tested.examples.take(tested.examples.candidate)
    probability = ranker.probability(examples.features)
    buyers = tested.people[tested.relevant > 0]
    relevant = tested.relevant[tested.relevant > 0]
    found = {"model": Ranking(top_hits(examples.people, probability, examples.label, buyers, 20), relevant)}
    report_kinds(examples.is_repeat, probability, examples.label)
    print("candidate recall", {name: round(value, 3) for name, value in tested.recall.items()})
    if rivals:
        found |= tuned_rivals(dataset, test_back, buyers, history)
    report(found)


def report_kinds(repeat: np.ndarray, probability: np.ndarray, label: np.ndarray) -> None:
    """Calibration of the model's probabilities, repeat and explore apart."""
    best = probability >= np.quantile(probability, 0.99)
    for name, rows in (("all", label >= 0), ("repeat", repeat), ("explore", ~repeat), ("top 1 %", best)):
        stated, observed = probability[rows].mean(), label[rows].mean()
        error = expected_calibration_error(probability[rows], label[rows])
        print(f"calibration {name}: stated {stated:.4f} observed {observed:.4f} ECE {error:.4f}")


def tuned_rivals(dataset: Dataset, test_back: int, people: np.ndarray, history: History) -> dict[str, Ranking]:
    """Each rival with the parameters that were best one basket earlier."""
    config = next_basket_config(BENCH)
    before = test_back + 1
    views = {back: basket_view(dataset, LAST_DAY, back) for back in (test_back, before)}
    histories = {test_back: history, before: build_history(views[before], LAST_DAY, config)}
    baskets = {back: baskets_of(_past(view), histories[back]) for back, view in views.items()}
    some = np.sort(np.random.default_rng(1).choice(histories[before].shape[0], TUNING_PEOPLE, replace=False))
    found = {}
    for name, (rival, grid) in RIVALS.items():
        began = time.perf_counter()
        best, chosen = -1.0, grid[0]
        for parameters in grid if len(grid) > 1 else []:
            tried = ranking(rival(baskets[before], **parameters), views[before], histories[before], some)
            if ndcg_at(tried, 10).mean() > best:
                best, chosen = ndcg_at(tried, 10).mean(), parameters
        found[name] = ranking(rival(baskets[test_back], **chosen), views[test_back], history, people)
        print(f"{name}: {chosen} ({time.perf_counter() - began:.0f} s for {len(grid)} settings)", flush=True)
    return found


def _past(view: Dataset) -> pl.DataFrame:
    return view.scan("transactions").filter(pl.col("sold_at").dt.date() <= LAST_DAY).collect()


def ranking(scorer: Scorer, view: Dataset, history: History, people: np.ndarray | None = None) -> Ranking:
    """The best 20 of all products for everybody with a target, as hits."""
    buyers, products = purchased_pairs(view, history, date(2018, 1, 1))
    keys = np.sort(buyers * history.shape[1] + products)
    everyone = np.unique(buyers) if people is None else people
    hits = []
    with threadpool_limits(1, "blas"):
        for start in range(0, everyone.size, BLOCK):
            block = everyone[start : start + BLOCK]
            score = scorer(block)
            best = np.argpartition(-score, 20, axis=1)[:, :20]
            order = np.argsort(-np.take_along_axis(score, best, axis=1), axis=1, kind="stable")
            best = np.take_along_axis(best, order, axis=1)
            hits.append(np.isin(block[:, None] * history.shape[1] + best, keys))
    return Ranking(np.vstack(hits), np.bincount(buyers, minlength=history.shape[0])[everyone])


def report(found: dict[str, Ranking]) -> None:
    """Means, and the model's advantage over each rival with a paired bootstrap interval over customers."""
    random = np.random.default_rng(0)
    people = found["model"].relevant.size
    draws = random.integers(0, people, (2_000, people))
    for name, ranks in found.items():
        figures = [(f"recall@{k}", recall_at(ranks, k)) for k in (10, 20)]
        figures += [(f"NDCG@{k}", ndcg_at(ranks, k)) for k in (10, 20)] + [("hit@10", hit_at(ranks, 10))]
        line = "  ".join(f"{metric} {value.mean():.4f}" for metric, value in figures)
        if name != "model":
            for metric, measure in (("recall@10", recall_at), ("NDCG@10", ndcg_at)):
                ours, theirs = measure(found["model"], 10)[draws].mean(axis=1), measure(ranks, 10)[draws].mean(axis=1)
                low, middle, high = np.quantile(ours / theirs - 1, [0.025, 0.5, 0.975])
                line += f"  model {metric} {middle:+.1%} ({low:+.1%} .. {high:+.1%})"
        print(f"{name:<20} {line}")


BENCH = RecommenderConfig(
    ranker=RankerConfig(rounds=300, learning_rate=0.05, num_leaves=31, negatives_per_positive=8, wide_pairs=0)
)

if __name__ == "__main__":
    main()
