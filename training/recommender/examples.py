"""Labelled pairs at one cutoff: what the ranker learns from and is tested on."""

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from retail_brain.dataset import Dataset
from training.recommender.candidates.pool import Candidates
from training.recommender.config import RecommenderConfig
from training.recommender.fitted_sources import FittedSources
from training.recommender.history import purchased_pairs
from training.recommender.sparse import Floats, Ints, distinct, is_among

WIDE_WEIGHT_LIMIT = 2.0
"""Weight of a pair drawn from outside the candidates at most; its true weight would drown the others. Chosen by
judgement, not measured."""


@dataclass(frozen=True)
class Examples:
    """Pairs at one cutoff with their features and what happened afterwards.

    Attributes:
        people: customer code.
        products: product code.
        features: pairs x features.
        label: whether the customer bought the product within the days of the label.
        weight: how many pairs of the population each stands for.
        candidate: whether a source proposed the pair.
        wide: whether the pair belongs to the random sample of all pairs with goods that sell.
    """

    people: Ints
    products: Ints
    features: npt.NDArray[np.floating]
    label: npt.NDArray[np.bool_]
    weight: Floats
    candidate: npt.NDArray[np.bool_]
    wide: npt.NDArray[np.bool_]

    @property
    def is_repeat(self) -> npt.NDArray[np.bool_]:
        """Whether the customer had bought the product before."""
        repeat: npt.NDArray[np.bool_] = self.features[:, 0] > 0
        return repeat

    def take(self, rows: npt.NDArray[np.generic]) -> "Examples":
        """Some of the rows."""
        return Examples(*(getattr(self, part.name)[rows] for part in fields(self)))


@dataclass(frozen=True)
class Outcome:
    """Labelled pairs of a cutoff and the truth behind them.

    Attributes:
        cutoff: last day the features saw.
        people: customers looked at, ascending.
        examples: their pairs; thinned for training, all candidates for a test.
        recall: share of the purchases that each source proposed, and `all` together.
        relevant: number of different goods each of `people` bought.
        goods: products whose every person is among the examples (a test's audiences).
    """

    cutoff: date
    people: Ints
    examples: Examples
    recall: dict[str, float]
    relevant: Ints
    goods: Ints


def label_pairs(
    dataset: Dataset, fitted: FittedSources, config: RecommenderConfig, *, test_goods: int | None = None
) -> Outcome:
    """Pairs at the situation's day, labelled with the purchases of the following `label_days`.

    Args:
        dataset: must show those days.
        fitted: fitted at the cutoff.
        config: sizes of the samples.
        test_goods: None for training (thinned); for a test, the number of products to look at from their side.
    """
    history = fitted.history
    truth = purchased_pairs(dataset, history, history.as_of + timedelta(days=config.label_days))
    limit = config.max_training_people if test_goods is None else config.max_test_people
    people = _sample(fitted.active_people(), limit, config.seed)
    wide = _wide_keys(fitted, people, config)
    goods = _sample(fitted.sold_goods(config.test_min_buyers), test_goods or 0, config.seed)
    audience = (people[:, None] * history.shape[1] + goods[None, :]).ravel()
    extra = np.concatenate([wide, audience])
    keys = np.sort(truth[0] * history.shape[1] + truth[1])
    parts, found = [], np.zeros(len(fitted.sources) + 1)
    for block in fitted.candidates(people, (extra // history.shape[1], extra % history.shape[1])):
        pair_keys = block.people * history.shape[1] + block.products
        label = is_among(pair_keys, keys)
        found += [*block.proposed[label].sum(axis=0), block.proposed[label].any(axis=1).sum()]
        part = _bare(block, label, is_among(pair_keys, wide))
        part = part if test_goods is not None else thinned(part, config)
        parts.append(_described(fitted, block, part))
    relevant = np.bincount(truth[0], minlength=history.shape[0])[people]
    shares = (found / max(int(relevant.sum()), 1)).tolist()
    recall = dict(zip([*fitted.source_names, "all"], shares, strict=True))
    examples = _stand_for_all(_joined(parts), fitted, people.size)
    return Outcome(history.as_of, people, examples, recall, relevant, goods)


def thinned(examples: Examples, config: RecommenderConfig) -> Examples:
    """For training: every positive candidate, so many negative ones per positive (weighted), and the wide sample."""
    positive = np.flatnonzero(examples.candidate & examples.label)
    negative = np.flatnonzero(examples.candidate & ~examples.label)
    wanted = int(max(positive.size, 20) * config.ranker.negatives_per_positive)
    weight = examples.weight.copy()
    if negative.size > wanted:
        weight[negative] = negative.size / wanted
        random = np.random.default_rng([config.seed, int(examples.people[0]), negative.size])
        negative = np.sort(random.choice(negative, wanted, replace=False))
    outside = np.flatnonzero(examples.wide & ~examples.candidate)
    rows = np.sort(np.concatenate([positive, negative, outside]))
    return replace(examples, weight=weight).take(rows)


def _sample(people: Ints, limit: int, seed: int) -> Ints:
    if people.size <= limit:
        return people
    return np.sort(np.random.default_rng(seed).choice(people, limit, replace=False))


def _wide_keys(fitted: FittedSources, people: Ints, config: RecommenderConfig) -> Ints:
    """Random pairs of people and goods with some buyers: what an audience meets outside the candidates."""
    goods = fitted.sold_goods()
    if goods.size == 0 or people.size == 0:
        return np.empty(0, np.int64)
    random = np.random.default_rng([config.seed, fitted.history.as_of.toordinal()])
    size = min(config.ranker.wide_pairs, people.size * goods.size)
    return distinct(random.choice(people, size) * fitted.history.shape[1] + random.choice(goods, size))


def _bare(block: Candidates, label: npt.NDArray[np.bool_], wide: npt.NDArray[np.bool_]) -> Examples:
    """The pairs of a block; the only feature is the row of the pair in the block."""
    row = np.arange(label.size, dtype=np.float64)[:, None]
    proposed = np.asarray(block.proposed.any(axis=1))
    return Examples(block.people, block.products, row, label, np.ones(label.size, np.float32), proposed, wide)


def _described(fitted: FittedSources, block: Candidates, part: Examples) -> Examples:
    return replace(part, features=fitted.features.table(block.take(part.features[:, 0].astype(np.int64))))


def _stand_for_all(examples: Examples, fitted: FittedSources, people: int) -> Examples:
    """The wide sample outside the candidates stands for all pairs of these people with goods that sell."""
    outside = examples.wide & ~examples.candidate
    inside = int(examples.weight[examples.candidate].sum())
    population = people * fitted.sold_goods().size - inside
    weight = examples.weight.copy()
    weight[outside] = np.clip(population / max(int(outside.sum()), 1), 1, WIDE_WEIGHT_LIMIT)
    return replace(examples, weight=weight)


def _joined(parts: list[Examples]) -> Examples:
    return Examples(*(np.concatenate([getattr(part, name.name) for part in parts]) for name in fields(Examples)))
