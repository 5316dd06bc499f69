"""Tunes hyperparameters of the candidate sources: coordinate search by NDCG on one past window, within a time budget.

A grocer's customers come weekly and a furniture shop's once in years: no half-life fits both.
"""

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
from training.recommender.examples import training_cutoffs
from training.recommender.history import History, build_history, purchased_pairs
from training.recommender.installed_sources import SOURCE_NAMES, declared_source
from training.recommender.metrics import Ranking, ndcg_at, top_hits
from training.recommender.sparse import Ints, blocks, distinct, is_among, look_up, top_cells

K = 10
"""Length of the list that a trial is measured by."""
_OWN_WEIGHTS = (0.85, 0.5, 0.3)
"""Shares of the own vector tried beside the default. Chosen by judgement, not measured."""
_NEIGHBOURS = (60, 300)
"""Numbers of nearest people tried beside the default. Chosen by judgement, not measured."""
_HALF_LIFE_VISITS = 14
"""Visits tried as a half-life instead of days. Chosen by judgement, not measured."""
_TRIAL = {
    "source": pl.String,
    "parameter": pl.String,
    "value": pl.Float64,
    "ndcg_at_10": pl.Float64,
    "kept": pl.Boolean,
    "seconds": pl.Float64,
}


@dataclass(frozen=True)
class Tuned:
    """A tuned configuration and its trials.

    Attributes:
        config: the given one with the best parameters found.
        trials: one row per trial: source, parameter, value, ndcg_at_10, kept (whether it became the best), seconds.
    """

    config: RecommenderConfig
    trials: pl.DataFrame


def tune(dataset: Dataset, cutoff: date, config: RecommenderConfig, *, progress: Progress = SILENT) -> Tuned:
    """The configuration with half-lives, own weight and number of neighbours chosen on one past window.

    Args:
        dataset: must show `label_days` after the cutoff; a backtest's window must lie beyond those.
        cutoff: last day that the sources see.
        config: what to start from; `tuning_trials` (0 = none) and `tuning_seconds` bound the work, `tuning_people` its
            size.
        progress: reporter.

    Raises:
        DataError: no purchase names a customer.
    """
    trials: list[dict[str, object]] = []
    started = time.monotonic()
    if config.tuning_trials > 0:
        with progress.step(f"tuning at {cutoff}") as step:
            window = _tuning_window(dataset, cutoff, config)
            config = _search(window, config, trials, started + config.tuning_seconds)
            step.rows = len(trials)
            step.note = f"own half-life {config.own.half_life_days} days, own weight {config.neighbours.own_weight}"
    return Tuned(config, pl.DataFrame(trials, schema=_TRIAL))


def tune_before(
    dataset: Dataset, windows: Sequence[date], config: RecommenderConfig, *, progress: Progress = SILENT
) -> Tuned:
    """`tune` on the newest window that lies wholly before those to be tested; as given where the history is too short.

    Args:
        dataset: needs `transactions` with customer_id.
        windows: cutoffs that will be tested; none = nothing is tuned.
        config: hyperparameters to start from.
        progress: reporter.

    Raises:
        DataError: no purchase names a customer.
    """
    first = min(windows, default=None)
    earlier = training_cutoffs(dataset.at(first), first, config) if first is not None else []
    if first is None or not earlier:
        return Tuned(config, pl.DataFrame())
    return tune(dataset.at(first), earlier[0], config, progress=progress)


@dataclass(frozen=True)
class _TuningWindow:
    """Sampled buyers of one past window with what they bought: `truth` holds their pair keys, ascending."""

    history: History
    people: Ints
    truth: Ints
    relevant: Ints
    cells: int

    def ndcg(self, source: Source) -> float:
        """Mean NDCG at 10 of the source's own ranking: fitting the ranker for every trial would take too long."""
        hits = []
        for block in blocks(self.people, self.history.shape[1], self.cells):
            scores = source.scores(block)
            rows, columns = top_cells(scores, K)
            label = is_among(block[rows] * self.history.shape[1] + columns, self.truth)
            value = look_up(scores, rows, columns).astype(np.float64)
            hits.append(top_hits(rows, value, label, np.arange(block.size), K))
        return float(ndcg_at(Ranking(np.vstack(hits), self.relevant), K).mean())


def _tuning_window(dataset: Dataset, cutoff: date, config: RecommenderConfig) -> _TuningWindow:
    history = build_history(dataset.at(cutoff), cutoff, config)
    people, products = purchased_pairs(dataset, history, cutoff + timedelta(days=config.label_days))
    buyers = distinct(people)
    if buyers.size > config.tuning_people:
        buyers = np.sort(np.random.default_rng(config.seed).choice(buyers, config.tuning_people, replace=False))
    relevant = np.bincount(people, minlength=history.shape[0])[buyers]
    return _TuningWindow(history, buyers, np.sort(people * history.shape[1] + products), relevant, config.block_pairs)


def _search(
    window: _TuningWindow, config: RecommenderConfig, trials: list[dict[str, object]], deadline: float
) -> RecommenderConfig:
    """The configuration after the proposals; none is tried after the deadline (of `time.monotonic`)."""
    if window.people.size == 0:  # nobody bought anything in the window: no value could be told from another
        return config
    best_ndcg: defaultdict[str, float] = defaultdict(lambda: -1.0)
    proposals = [*islice(_proposals(config), config.tuning_trials), *_declared_proposals(config)]
    for source, parameter, value in proposals:
        started = time.monotonic()
        if started > deadline:
            break
        candidate = _with_parameter(config, source, parameter, value)
        ndcg = window.ndcg(fit_source(source, window.history, candidate))
        is_better = ndcg > best_ndcg[source]
        seconds = time.monotonic() - started
        trials.append(dict(zip(_TRIAL, (source, parameter, float(value), ndcg, is_better, seconds), strict=True)))
        if is_better:
            # the next parameter of the same source is tried on top of this one: half-life first, then the weights
            best_ndcg[source], config = ndcg, candidate
    return config


def _with_parameter(config: RecommenderConfig, source: str, parameter: str, value: float) -> RecommenderConfig:
    """The configuration with another value of one parameter of a source."""
    if source in SOURCE_NAMES:
        section = getattr(config, source).model_copy(update={parameter: value})
        return config.model_copy(update={source: section})
    parameters = config.source_parameters.get(source, {}) | {parameter: value}
    return config.model_copy(update={"source_parameters": config.source_parameters | {source: parameters}})


def _declared_proposals(config: RecommenderConfig) -> Iterator[tuple[str, str, float]]:
    """Values that sources of other packages declare, the default of each first."""
    for source in config.sources:
        if source not in SOURCE_NAMES:
            for parameter, values in declared_source(source).parameters.items():
                yield from ((source, parameter, value) for value in values)


def _proposals(config: RecommenderConfig) -> Iterator[tuple[str, str, float]]:
    """Source, parameter and value of each trial, the present value first: it stays unless another is better."""
    half_lives = [h for h in config.half_lives_days if 14 <= h <= 180]
    sources = [source for source in ("own", "neighbours") if source in config.sources]
    for source in sources:
        current = getattr(config, source).half_life_days
        yield source, "half_life_days", current
        yield from ((source, "half_life_days", h) for h in half_lives if h != current)
        yield source, "half_life_visits", _HALF_LIFE_VISITS
    if "neighbours" in sources:
        yield from (("neighbours", "own_weight", w) for w in _OWN_WEIGHTS)
        yield from (("neighbours", "neighbours", k) for k in _NEIGHBOURS)
