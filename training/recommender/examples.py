"""Labels customer x product pairs at a cutoff with later purchases: the ranker's training and test pairs."""

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from features.person.interactions import receipt_lines
from retail_brain.dataset import Dataset
from retail_brain.progress import SILENT, Progress
from training.recommender.candidates.pool import Block, Candidates
from training.recommender.config import RecommenderConfig
from training.recommender.fitted_sources import FittedSources, fit_sources_at
from training.recommender.history import purchased_pairs
from training.recommender.parallel import in_order
from training.recommender.sparse import Flags, Floats, Ints, distinct, is_among

_WIDE_WEIGHT_LIMIT = 2.0
"""Weight of a pair drawn from outside the candidates at most; its true weight would drown the others. Chosen by
judgement, not measured."""


@dataclass(frozen=True)
class Examples:
    """Customer x product pairs at one cutoff with their features and labels.

    Attributes:
        people: customer code of each pair.
        products: product code of each pair.
        features: pairs x features, as known at the cutoff.
        label: whether the customer bought the product within the label's days after the cutoff.
        weight: how many pairs of the population each stands for.
        candidate: whether a source proposed the pair.
        wide: whether the pair belongs to the random sample of all pairs with products that sell.
    """

    people: Ints
    products: Ints
    features: npt.NDArray[np.floating]
    label: Flags
    weight: Floats
    candidate: Flags
    wide: Flags

    @property
    def is_repeat(self) -> Flags:
        """Whether the customer had bought the product before the cutoff (the first feature is `purchase_days`)."""
        repeat: Flags = self.features[:, 0] > 0
        return repeat

    def take(self, rows: npt.NDArray[np.generic]) -> "Examples":
        """The pairs in some rows, by number or by mask."""
        return Examples(*(getattr(self, column.name)[rows] for column in fields(self)))


@dataclass(frozen=True)
class Outcome:
    """Labelled pairs of a cutoff with the totals that metrics are relative to.

    Attributes:
        cutoff: last day that the features saw.
        people: codes of the sampled customers, ascending.
        examples: their pairs; thinned for training, all candidates for a test.
        recall: share of the purchases that each source proposed, and `all` together.
        relevant: number of different products that each of `people` bought afterwards.
        audience_products: codes of products whose pairs with all people are among the examples (audiences of a test).
    """

    cutoff: date
    people: Ints
    examples: Examples
    recall: dict[str, float]
    relevant: Ints
    audience_products: Ints


def label_pairs(
    dataset: Dataset, fitted: FittedSources, config: RecommenderConfig, *, test_goods: int | None = None
) -> Outcome:
    """Candidates at the cutoff of `fitted`, labelled with the purchases of the following `label_days`.

    Args:
        dataset: must show those days.
        fitted: sources and features at the cutoff.
        config: sizes of the samples.
        test_goods: None for training: the pairs are thinned. For a test, the number of products whose audiences are
            measured.

    Raises:
        DataError: there is no table `transactions`.
    """
    history = fitted.history
    purchases = purchased_pairs(dataset, history, history.as_of + timedelta(days=config.label_days))
    limit = config.max_training_people if test_goods is None else config.max_test_people
    people = _sample(fitted.active_people(), limit, config.seed)
    wide_keys = _wide_keys(fitted, people, config)
    test_products = _sample(fitted.sold_goods(config.test_min_buyers), test_goods or 0, config.seed)
    audience = (people[:, None] * history.shape[1] + test_products[None, :]).ravel()
    extra = np.concatenate([wide_keys, audience])
    purchased_keys = np.sort(purchases[0] * history.shape[1] + purchases[1])

    def labelled(block: Block) -> tuple[Examples, list[int]]:
        candidates = fitted.candidates(block)
        pair_keys = candidates.people * history.shape[1] + candidates.products
        label = is_among(pair_keys, purchased_keys)
        proposed = candidates.proposed[label]
        # thinned before the features are computed, which cost most of the time
        examples = _unfeatured(candidates, label, is_among(pair_keys, wide_keys))
        examples = examples if test_goods is not None else thinned(examples, config)
        return _with_features(fitted, candidates, examples), [*proposed.sum(axis=0), proposed.any(axis=1).sum()]

    people_in_blocks = fitted.blocks(people, (extra // history.shape[1], extra % history.shape[1]))
    blocks = list(in_order(labelled, people_in_blocks, fitted.threads))
    proposed_purchases = np.sum([counts for _, counts in blocks], axis=0)
    relevant = np.bincount(purchases[0], minlength=history.shape[0])[people]
    shares = (proposed_purchases / max(int(relevant.sum()), 1)).tolist()
    recall = dict(zip([*fitted.source_names, "all"], shares, strict=True))
    examples = _weighted_for_population(_joined([block for block, _ in blocks]), fitted, people.size)
    return Outcome(history.as_of, people, examples, recall, relevant, test_products)


def training_cutoffs(dataset: Dataset, as_of: date, config: RecommenderConfig) -> list[date]:
    """Cutoffs whose following `label_days` are visible, the newest first, as far back as the history reaches.

    `label_days` apart, so that no purchase is a label of two cutoffs.

    Args:
        dataset: needs `transactions`.
        as_of: last visible day.
        config: days of the label, number of cutoffs, least history before each.

    Raises:
        DataError: there is no table `transactions`.
    """
    receipts_of_customers = receipt_lines(dataset, as_of).filter(pl.col("customer_id").is_not_null())
    first = receipts_of_customers.select(pl.col("date").min()).collect().item()
    days = [as_of - timedelta(days=config.label_days * back) for back in range(1, config.cutoffs + 1)]
    return [day for day in days if first is not None and (day - first).days >= config.min_history_days]


def training_frame(dataset: Dataset, config: RecommenderConfig, progress: Progress = SILENT) -> pl.DataFrame:
    """One row per cutoff x customer x product: the training pairs of a fit with this configuration.

    Columns: `cutoff`, `customer_id`, `product_id`, `is_bought` (the label: bought within `config.label_days` after the
    cutoff), `weight` (how many pairs the row stands for), `is_candidate` (proposed by a candidate source), then one
    column per feature.

    Raises:
        DataError: no purchase names a customer.
    """
    day = dataset.as_of or dataset.last_day()
    frames = []
    for cutoff in training_cutoffs(dataset, day, config):
        with progress.step(f"pairs at {cutoff}"):
            fitted = fit_sources_at(dataset.at(cutoff), cutoff, config)
            examples = label_pairs(dataset, fitted, config).examples
        history = fitted.history
        names = {
            "cutoff": pl.repeat(cutoff, examples.label.size, eager=True),
            "customer_id": history.customers["customer_id"].gather(examples.people),
            "product_id": history.products["product_id"].gather(examples.products),
            "is_bought": examples.label,
            "weight": examples.weight,
            "is_candidate": examples.candidate,
        }
        features = pl.DataFrame(examples.features, schema=fitted.feature_names)
        frames.append(pl.concat([pl.DataFrame(names), features], how="horizontal"))
    return pl.concat(frames) if frames else pl.DataFrame()


def thinned(examples: Examples, config: RecommenderConfig) -> Examples:
    """Training sample: all positive candidates, `negatives_per_positive` negatives for each, and the wide sample.

    The negatives drawn get the weight of those that were left out, so that probabilities keep their level.

    Args:
        examples: labelled pairs, ordered by person.
        config: size of the sample and seed.
    """
    positive = np.flatnonzero(examples.candidate & examples.label)
    negative = np.flatnonzero(examples.candidate & ~examples.label)
    max_negatives = int(max(positive.size, 20) * config.ranker.negatives_per_positive)
    weight = examples.weight.copy()
    if negative.size > max_negatives:
        weight[negative] = negative.size / max_negatives
        # seeded by the block as well: with one seed every block would draw the same places
        generator = np.random.default_rng([config.seed, int(examples.people[0]), negative.size])
        negative = np.sort(generator.choice(negative, max_negatives, replace=False))
    wide_only = np.flatnonzero(examples.wide & ~examples.candidate)
    rows = np.sort(np.concatenate([positive, negative, wide_only]))
    return replace(examples, weight=weight).take(rows)


def _sample(people: Ints, limit: int, seed: int) -> Ints:
    if people.size <= limit:
        return people
    return np.sort(np.random.default_rng(seed).choice(people, limit, replace=False))


def _wide_keys(fitted: FittedSources, people: Ints, config: RecommenderConfig) -> Ints:
    """Keys of random pairs of people and products with some buyers.

    The ranker is asked about every customer of a product when an audience is chosen: it must have seen such pairs too.
    """
    products = fitted.sold_goods()
    if products.size == 0 or people.size == 0:
        return np.empty(0, np.int64)
    generator = np.random.default_rng([config.seed, fitted.history.as_of.toordinal()])
    size = min(config.ranker.wide_pairs, people.size * products.size)
    return distinct(generator.choice(people, size) * fitted.history.shape[1] + generator.choice(products, size))


def _unfeatured(block: Candidates, label: Flags, wide: Flags) -> Examples:
    """Labelled pairs of a block; their only feature is the row in the block, from which the features are computed."""
    row = np.arange(label.size, dtype=np.float64)[:, None]
    proposed = np.asarray(block.proposed.any(axis=1))
    return Examples(block.people, block.products, row, label, np.ones(label.size, np.float32), proposed, wide)


def _with_features(fitted: FittedSources, block: Candidates, examples: Examples) -> Examples:
    return replace(examples, features=fitted.features.table(block.take(examples.features[:, 0].astype(np.int64))))


def _weighted_for_population(examples: Examples, fitted: FittedSources, people: int) -> Examples:
    """The examples with the weights of the wide sample: it stands for all pairs outside the candidates."""
    wide_only = examples.wide & ~examples.candidate
    candidate_pairs = int(examples.weight[examples.candidate].sum())
    population = people * fitted.sold_goods().size - candidate_pairs
    weight = examples.weight.copy()
    weight[wide_only] = np.clip(population / max(int(wide_only.sum()), 1), 1, _WIDE_WEIGHT_LIMIT)
    return replace(examples, weight=weight)


def _joined(blocks: list[Examples]) -> Examples:
    return Examples(*(np.concatenate([getattr(block, column.name) for block in blocks]) for column in fields(Examples)))
