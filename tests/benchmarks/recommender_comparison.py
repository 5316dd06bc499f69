"""The model against tuned rivals on Complete Journey: everybody's last basket, or the last 28 days.

Every method gets the same number of trials on the basket (the 28 days) before the reported one: the rivals their own
parameters, the model those of its sources by `training.recommender.tuning`.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from last_basket import basket_view, next_basket_config
from recommender_rivals import RIVALS, Baskets, Scorer, baskets_of
from threadpoolctl import threadpool_limits

from retail_brain.dataset import Dataset
from training.recommender.config import PRESETS, ALSConfig, RecommenderConfig, SpectralConfig
from training.recommender.examples import Examples, Outcome, label_pairs
from training.recommender.fitted_sources import fit_sources_at
from training.recommender.history import History, build_history, purchased_pairs
from training.recommender.metrics import Ranking, expected_calibration_error, hit_at, ndcg_at, recall_at, top_hits
from training.recommender.ranker import Ranker, fit_ranker
from training.recommender.tuning import tune

LAST_DAY = date(2017, 12, 31)
PERIOD_DAYS = 28
TRIALS = 12
TUNING_PEOPLE = 600
DEPTH = 20
BLOCK = 256
FEWER = {
    "als": ALSConfig(),
    "spectral": SpectralConfig(),
    "ranker": PRESETS["full"].ranker.model_copy(update={"wide_pairs": 0}),
    "tuning_trials": TRIALS,
    "tuning_people": TUNING_PEOPLE,
}
"""What differs from the preset full: audiences are not measured here, and nothing latent is worth more time."""
KINDS = ("mixed", "repeat", "explore")


@dataclass(frozen=True)
class Protocol:
    """What is to be foretold.

    Attributes:
        baskets: everybody's basket; otherwise what everybody buys in 28 days.
    """

    baskets: bool

    def view(self, dataset: Dataset, back: int) -> tuple[Dataset, date]:
        """The dataset and the last day that may be seen; `back` 1 foretells the last basket or period."""
        if self.baskets:
            return basket_view(dataset, LAST_DAY, back), LAST_DAY
        return dataset, LAST_DAY - timedelta(days=PERIOD_DAYS * back)

    def config(self, config: RecommenderConfig) -> RecommenderConfig:
        """With the label that the views want."""
        return next_basket_config(config) if self.baskets else config

    def described(self, dataset: Dataset, back: int, history: History | None = None) -> "Test":
        """A view with its truth."""
        view, cutoff = self.view(dataset, back)
        config = self.config(RecommenderConfig(label_days=PERIOD_DAYS))
        history = history or build_history(view.at(cutoff), cutoff, config)
        people, products = purchased_pairs(view, history, cutoff + timedelta(days=config.label_days))
        return Test(view.at(cutoff), history, np.unique(people), np.sort(people * history.shape[1] + products))


@dataclass(frozen=True)
class Test:
    """A view with what its customers really had in the target basket.

    Attributes:
        view: receipts before it.
        history: what is known before it.
        people: customers with a target, ascending.
        truth: ascending keys person x products + product of the target baskets.
    """

    view: Dataset
    history: History
    people: np.ndarray
    truth: np.ndarray

    @property
    def baskets(self) -> Baskets:
        """The visible baskets, as the rivals want them."""
        lines = self.view.scan("transactions").filter(pl.col("units") > 0, pl.col("customer_id").is_not_null())
        return baskets_of(lines.collect(), self.history)

    def relevant(self, kind: str, people: np.ndarray) -> np.ndarray:
        """Goods of a kind in each one's target basket."""
        person, product = np.divmod(self.truth, self.history.shape[1])
        old = self.history.find(person, product) >= 0
        kept = {"mixed": np.ones(old.size, bool), "repeat": old, "explore": ~old}[kind]
        return np.bincount(person[kept], minlength=self.history.shape[0])[people]


def compare(protocol: Protocol, dataset: Dataset, views: int, back: int, methods: Sequence[str], folder: Path) -> None:
    """Prints the figures of the basket or period `back` from the end; `views` earlier ones train the ranker.

    What was worked out is kept in the folder and not worked out again, so that a long run can be split.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [name for name in methods if not (folder / f"{name}.npz").exists()]
    if "model" in missing:
        _keep(folder, "model", _model(protocol, dataset, views, back, folder))
    rivals = [name for name in missing if name != "model"]
    for name, ranks in _rivals(protocol, dataset, back, rivals) if rivals else ():
        _keep(folder, name, ranks)
    found = {name: _kept(folder, name) for name in methods}
    for kind in KINDS if "model" in found else ():
        print(f"-- {kind}")
        report({name: ranks[kind] for name, ranks in found.items()})


def _keep(folder: Path, name: str, found: Mapping[str, Ranking]) -> None:
    parts = {f"{kind}_{part}": getattr(ranks, part) for kind, ranks in found.items() for part in ("hits", "relevant")}
    np.savez(folder / f"{name}.npz", **parts)


def _kept(folder: Path, name: str) -> dict[str, Ranking]:
    with np.load(folder / f"{name}.npz", allow_pickle=False) as parts:
        return {kind: Ranking(parts[f"{kind}_hits"], parts[f"{kind}_relevant"]) for kind in KINDS}


def _model(protocol: Protocol, dataset: Dataset, views: int, back: int, folder: Path) -> dict[str, Ranking]:
    config = _tuned(protocol, dataset, back + 1, folder / "config.json")
    if not (folder / "ranker").exists():
        earlier = range(back + 1, back + views + 1)
        examples = [_examples(protocol, dataset, config, one, folder / f"examples_{one}.npz") for one in earlier]
        began, cpu = time.perf_counter(), time.process_time()
        fit_ranker(examples, config).save(_made(folder / "ranker"))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        pairs = sum(part.label.size for part in examples)
        print(f"ranker: {pairs} pairs, {seconds:.0f} s, {cpu:.0f} s of processor", flush=True)
    ranker = Ranker.load(folder / "ranker", config)
    tested, history = _outcome(protocol, dataset, config, back, test_goods=0)
    print("candidate recall", {name: round(value, 3) for name, value in tested.recall.items()})
    test = protocol.described(dataset, back, history)
    pairs = tested.examples.take(tested.examples.candidate)
    probability = ranker.probability(pairs.features)
    calibration(pairs.is_repeat, probability, pairs.label)
    found = {}
    for kind, rows in (("mixed", pairs.label >= 0), ("repeat", pairs.is_repeat), ("explore", ~pairs.is_repeat)):
        hits = top_hits(pairs.people[rows], probability[rows], pairs.label[rows], test.people, DEPTH)
        found[kind] = Ranking(hits, test.relevant(kind, test.people))
    return found


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _tuned(protocol: Protocol, dataset: Dataset, back: int, kept: Path) -> RecommenderConfig:
    if not kept.exists():
        began = time.perf_counter()
        tuned = tune(*protocol.view(dataset, back), protocol.config(PRESETS["full"].model_copy(update=FEWER)))
        print(f"tuned in {time.perf_counter() - began:.0f} s\n{tuned.trials}", flush=True)
        kept.write_text(tuned.config.model_dump_json(), encoding="utf-8")
    return RecommenderConfig.model_validate_json(kept.read_text(encoding="utf-8"))


def _examples(protocol: Protocol, dataset: Dataset, config: RecommenderConfig, back: int, kept: Path) -> Examples:
    if not kept.exists():
        began, cpu = time.perf_counter(), time.process_time()
        outcome, _ = _outcome(protocol, dataset, config, back)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        recall = outcome.recall["all"]
        print(f"{back} back: candidate recall {recall:.3f}, {seconds:.0f} s, {cpu:.0f} s of processor", flush=True)
        np.savez(kept, **{part.name: getattr(outcome.examples, part.name) for part in fields(Examples)})
    with np.load(kept, allow_pickle=False) as parts:
        return Examples(*(parts[part.name] for part in fields(Examples)))


def _outcome(
    protocol: Protocol, dataset: Dataset, config: RecommenderConfig, back: int, test_goods: int | None = None
) -> tuple[Outcome, History]:
    view, cutoff = protocol.view(dataset, back)
    situation = fit_sources_at(view.at(cutoff), cutoff, config)
    return label_pairs(view, situation, config, test_goods=test_goods), situation.history


def _rivals(
    protocol: Protocol, dataset: Dataset, back: int, names: Sequence[str]
) -> Iterator[tuple[str, dict[str, Ranking]]]:
    """Each rival with the parameters that were best one basket or period earlier."""
    test, before = protocol.described(dataset, back), protocol.described(dataset, back + 1)
    some = np.sort(np.random.default_rng(1).choice(before.people, TUNING_PEOPLE, replace=False))
    past, now = before.baskets, test.baskets
    for name in names:
        began = time.perf_counter()
        rival = RIVALS[name]
        settings = rival.settings(TRIALS)
        scored = [ranked(rival.make(past, **tried), before, some, ("mixed",))["mixed"] for tried in settings]
        figures = [float(ndcg_at(ranks, 10).mean()) for ranks in scored]
        chosen = settings[int(np.argmax(figures))]
        found = ranked(rival.make(now, **chosen), test, test.people, KINDS)
        gain = f"NDCG@10 {figures[0]:.4f} -> {max(figures):.4f} with {chosen}"
        print(f"{name}: {len(settings)} trials, {gain}, {time.perf_counter() - began:.0f} s", flush=True)
        yield name, found


def ranked(scorer: Scorer, test: Test, people: np.ndarray, kinds: tuple[str, ...]) -> dict[str, Ranking]:
    """The best 20 of all products, of those bought before and of the others, as hits."""
    hits: dict[str, list[np.ndarray]] = {kind: [] for kind in kinds}
    own = test.history.matrix("purchase_days")
    with threadpool_limits(1, "blas"):
        for start in range(0, people.size, BLOCK):
            block = people[start : start + BLOCK]
            score = np.asarray(scorer(block), dtype=np.float32)
            mine = own[block]
            cells = np.repeat(np.arange(block.size), np.diff(mine.indptr)), mine.indices
            for kind in kinds:
                hits[kind].append(_hits(_only(kind, score, cells), block, test))
    return {kind: Ranking(np.vstack(parts), test.relevant(kind, people)) for kind, parts in hits.items()}


def _only(kind: str, score: np.ndarray, mine: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    if kind == "mixed":
        return score
    out = score.copy() if kind == "explore" else np.full_like(score, -np.inf)
    out[mine] = -np.inf if kind == "explore" else score[mine]
    return out


def _hits(score: np.ndarray, block: np.ndarray, test: Test) -> np.ndarray:
    best = np.argpartition(-score, DEPTH, axis=1)[:, :DEPTH]
    value = np.take_along_axis(score, best, axis=1)
    order = np.argsort(-value, axis=1, kind="stable")
    keys = block[:, None] * test.history.shape[1] + np.take_along_axis(best, order, axis=1)
    return np.isin(keys, test.truth) & (np.take_along_axis(value, order, axis=1) > -np.inf)


def calibration(repeat: np.ndarray, probability: np.ndarray, label: np.ndarray) -> None:
    """Calibration of the model's probabilities, repeat and explore apart."""
    best = probability >= np.quantile(probability, 0.99)
    for name, rows in (("all", label >= 0), ("repeat", repeat), ("explore", ~repeat), ("top 1 %", best)):
        stated, observed = probability[rows].mean(), label[rows].mean()
        error = expected_calibration_error(probability[rows], label[rows])
        print(f"calibration {name}: {rows.sum()} pairs, stated {stated:.4f} observed {observed:.4f} ECE {error:.4f}")


def report(found: Mapping[str, Ranking]) -> None:
    """Means over customers with something of the kind, and the model's advantage with paired bootstrap intervals."""
    kept = found["model"].relevant > 0
    ranks = {name: Ranking(one.hits[kept], one.relevant[kept]) for name, one in found.items()}
    draws = np.random.default_rng(0).integers(0, int(kept.sum()), (2_000, int(kept.sum())))
    print(f"{int(kept.sum())} people")
    for name, one in ranks.items():
        figures = [(f"recall@{k}", recall_at(one, k)) for k in (10, 20)]
        figures += [(f"NDCG@{k}", ndcg_at(one, k)) for k in (10, 20)] + [(f"hit@{k}", hit_at(one, k)) for k in (10, 20)]
        line = "  ".join(f"{metric} {value.mean():.4f}" for metric, value in figures)
        for metric, measure in (("recall@10", recall_at), ("NDCG@10", ndcg_at)) if name != "model" else ():
            ours, theirs = measure(ranks["model"], 10)[draws].mean(axis=1), measure(one, 10)[draws].mean(axis=1)
            low, middle, high = np.quantile(ours / theirs - 1, [0.025, 0.5, 0.975])
            line += f"  model {metric} {middle:+.1%} ({low:+.1%} .. {high:+.1%})"
        print(f"{name:<20} {line}")
