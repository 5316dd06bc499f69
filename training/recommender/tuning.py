"""Tuning of the sources to a data set it has never seen: a few trials on a past window, one parameter at a time."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.progress import SILENT, Progress
from training.recommender.candidates.base import Source
from training.recommender.candidates.registry import fit_source
from training.recommender.config import RecommenderConfig
from training.recommender.history import History, build_history, purchased_pairs
from training.recommender.installed_sources import SOURCE_NAMES, declared_source
from training.recommender.metrics import Ranking, ndcg_at, top_hits
from training.recommender.model import training_cutoffs
from training.recommender.sparse import Ints, blocks, distinct, is_among, look_up, top_cells

K = 10
"""Products of a list that a trial is measured by."""
OWN_WEIGHTS = (0.85, 0.5, 0.3)
"""Shares of the own vector that are tried beside the default. Chosen by judgement, not measured."""
NEIGHBOURS = (60, 300)
"""Numbers of nearest people that are tried beside the default. Chosen by judgement, not measured."""
HALF_LIFE_VISITS = 14
"""Visits tried as a half-life instead of days. Chosen by judgement, not measured."""
TRIAL = {
    "source": pl.String,
    "parameter": pl.String,
    "value": pl.Float64,
    "ndcg_at_10": pl.Float64,
    "kept": pl.Boolean,
    "seconds": pl.Float64,
}


@dataclass(frozen=True)
class Tuned:
    """A configuration fitted to the data set.

    Attributes:
        config: the given one with better parameters of the sources.
        trials: one row per trial: source, parameter, value, ndcg_at_10, kept, seconds.
    """

    config: RecommenderConfig
    trials: pl.DataFrame


def tune(dataset: Dataset, cutoff: date, config: RecommenderConfig, *, progress: Progress = SILENT) -> Tuned:
    """Chooses half-lives, the weight of own habits and the number of neighbours on one past window.

    Args:
        dataset: must show `label_days` after the cutoff; a backtest's window must lie beyond those.
        cutoff: day to stand on.
        config: what to start from; `tuning_trials` (0 = none) and `tuning_seconds` bound the work, `tuning_people` its
            size.
        progress: told of the step.

    Raises:
        DataError: no purchase names a customer.
    """
    rows: list[dict[str, object]] = []
    began = time.monotonic()
    if config.tuning_trials > 0:
        with progress.step(f"tuning at {cutoff}") as step:
            bench = _bench(dataset, cutoff, config)
            config = _search(bench, config, rows, began + config.tuning_seconds)
            step.rows = len(rows)
            step.note = f"own half-life {config.own.half_life_days} days, own weight {config.neighbours.own_weight}"
    return Tuned(config, pl.DataFrame(rows, schema=TRIAL))


def tune_before(
    dataset: Dataset, windows: Sequence[date], config: RecommenderConfig, *, progress: Progress = SILENT
) -> Tuned:
    """`tune` on the newest window that lies wholly before those to be tested; as given where history is too short.

    Raises:
        DataError: no purchase names a customer.
    """
    first = min(windows, default=None)
    earlier = training_cutoffs(dataset.at(first), first, config) if first is not None else []
    if first is None or not earlier:
        return Tuned(config, pl.DataFrame())
    return tune(dataset.at(first), earlier[0], config, progress=progress)


@dataclass(frozen=True)
class _Bench:
    history: History
    people: Ints
    truth: Ints
    relevant: Ints
    cells: int

    def ndcg(self, source: Source) -> float:
        hits = []
        for block in blocks(self.people, self.history.shape[1], self.cells):
            scores = source.scores(block)
            rows, columns = top_cells(scores, K)
            label = is_among(block[rows] * self.history.shape[1] + columns, self.truth)
            value = look_up(scores, rows, columns).astype(np.float64)
            hits.append(top_hits(rows, value, label, np.arange(block.size), K))
        return float(ndcg_at(Ranking(np.vstack(hits), self.relevant), K).mean())


def _bench(dataset: Dataset, cutoff: date, config: RecommenderConfig) -> _Bench:
    history = build_history(dataset.at(cutoff), cutoff, config)
    people, products = purchased_pairs(dataset, history, cutoff + timedelta(days=config.label_days))
    buyers = distinct(people)
    if buyers.size > config.tuning_people:
        buyers = np.sort(np.random.default_rng(config.seed).choice(buyers, config.tuning_people, replace=False))
    relevant = np.bincount(people, minlength=history.shape[0])[buyers]
    return _Bench(history, buyers, np.sort(people * history.shape[1] + products), relevant, config.block_pairs)


def _search(
    bench: _Bench, config: RecommenderConfig, rows: list[dict[str, object]], deadline: float
) -> RecommenderConfig:
    """The best of the proposals; what is not tried before the deadline (of `time.monotonic`) stays as it is."""
    if bench.people.size == 0:
        return config
    best: defaultdict[str, float] = defaultdict(lambda: -1.0)
    proposals = [*islice(_proposals(config), config.tuning_trials), *_outside_proposals(config)]
    for source, parameter, value in proposals:
        began = time.monotonic()
        if began > deadline:
            break
        tried = _changed(config, source, parameter, value)
        found = bench.ndcg(fit_source(source, bench.history, tried))
        kept = found > best[source]
        seconds = time.monotonic() - began
        rows.append(dict(zip(TRIAL, (source, parameter, float(value), found, kept, seconds), strict=True)))
        if kept:
            best[source], config = found, tried
    return config


def _changed(config: RecommenderConfig, source: str, parameter: str, value: float) -> RecommenderConfig:
    """The configuration with another value of one parameter of a source."""
    if source in SOURCE_NAMES:
        part = getattr(config, source).model_copy(update={parameter: value})
        return config.model_copy(update={source: part})
    mine = config.source_parameters.get(source, {}) | {parameter: value}
    return config.model_copy(update={"source_parameters": config.source_parameters | {source: mine}})


def _outside_proposals(config: RecommenderConfig) -> Iterator[tuple[str, str, float]]:
    """What sources of other packages ask to have tried, the usual values first."""
    for source in config.sources:
        if source not in SOURCE_NAMES:
            for parameter, values in declared_source(source).parameters.items():
                yield from ((source, parameter, value) for value in values)


def _proposals(config: RecommenderConfig) -> Iterator[tuple[str, str, float]]:
    """What to try, the present values first, so that nothing changes without a better figure."""
    slow = [h for h in config.half_lives_days if 14 <= h <= 180]
    used = [source for source in ("own", "neighbours") if source in config.sources]
    for source in used:
        present = getattr(config, source).half_life_days
        yield source, "half_life_days", present
        yield from ((source, "half_life_days", h) for h in slow if h != present)
        yield source, "half_life_visits", HALF_LIFE_VISITS
    if "neighbours" in used:
        yield from (("neighbours", "own_weight", w) for w in OWN_WEIGHTS)
        yield from (("neighbours", "neighbours", k) for k in NEIGHBOURS)
