"""Fits, stores and applies the recommender: one purchase probability per customer x product.

It is read in both directions: products of a customer, and customers of a product (an audience).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from retail_brain.dataset import Dataset
from retail_brain.engine import IN_PROCESS, Executor
from retail_brain.errors import ModelError
from retail_brain.extensions import extension_names
from retail_brain.files import write_json
from retail_brain.progress import SILENT, Progress
from training.columns import check_columns, column_definitions
from training.recommender.associations import Associations, fit_associations
from training.recommender.config import RecommenderConfig, stored_config
from training.recommender.due_features import DUE_COLUMNS
from training.recommender.due_model import DueModel, fit_due
from training.recommender.examples import Examples, label_pairs, training_cutoffs
from training.recommender.fitted_sources import FittedSources, fit_sources_at
from training.recommender.installed_sources import SOURCE_NAMES, missing_sources
from training.recommender.kept_sources import kept_sources
from training.recommender.pair_feature_names import REDEFINED, feature_names
from training.recommender.ranker import Ranker, fit_ranker
from training.recommender.scored_pairs import Choice
from training.recommender.scoring import PairsToScore, cold_start_lists, score_pairs

FORMAT = 3
"""Format of `recommender.json`. A change of what it holds raises it and adds a step to `MIGRATIONS`."""


@dataclass(frozen=True)
class RecommenderModel:
    """A fitted recommender: ranker, product associations and the model of repeat purchases.

    It holds no customers: sources and features are fitted anew on the dataset that is scored.

    Attributes:
        config: hyperparameters that it was fitted with.
        ranker: probability of a pair from its features.
        associations: substitutes and complements of products.
        due: probability of a repeat purchase within 7, 14 and 28 days.
        fitted_on: last day that it saw.
        sources: names of the candidate sources that it was fitted with; a later version may have more.
        kept_in: folder in which sources fitted on what is scored are kept for the next command; None = nowhere.
        executor: scores blocks of people.
    """

    config: RecommenderConfig
    ranker: Ranker
    associations: Associations
    due: DueModel
    fitted_on: date
    sources: tuple[str, ...] = SOURCE_NAMES
    kept_in: Path | None = None
    executor: Executor = IN_PROCESS

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        config: RecommenderConfig | None = None,
        *,
        as_of: date | None = None,
        examples: Sequence[Examples] | None = None,
        progress: Progress = SILENT,
    ) -> "RecommenderModel":
        """The ranker fitted on the cutoffs before `as_of`, the associations on everything up to it.

        Args:
            dataset: needs `transactions` with customer_id; products, customers, events and identities add to it.
            config: defaults to the preset fast.
            as_of: last visible day; defaults to the dataset's.
            examples: labelled pairs of `training_cutoffs`, where a backtest has made them already.
            progress: reporter, a step per cutoff.

        Raises:
            DataError: no purchase names a customer.
        """
        config = config or RecommenderConfig()
        last_day = as_of or dataset.as_of or dataset.last_day()
        visible = dataset.at(last_day)
        if examples is None:
            examples = [_examples_at(visible, c, config, progress) for c in training_cutoffs(visible, last_day, config)]
        with progress.step("ranker") as step:
            ranker = fit_ranker(examples, config)
            step.rows = sum(cutoff_examples.label.size for cutoff_examples in examples)
        with progress.step("due dates"):
            due = fit_due(visible, last_day, config)
        return cls(config, ranker, fit_associations(visible, last_day, config), due, last_day, config.sources)

    def score(
        self,
        dataset: Dataset,
        customers: Sequence[str] | None = None,
        *,
        products: Sequence[str] | None = None,
        per_product: int = 0,
        fitted: FittedSources | None = None,
        choose: Choice | None = None,
        progress: Progress = SILENT,
    ) -> Iterator[pl.DataFrame]:
        """Yields scored pairs, a block of customers at a time, ordered by customer and product.

        Customers without a purchase or an event come last; they share one answer per store and segment.

        Args:
            dataset: interactions up to the day of the answers (`Dataset.at`); it may be newer than the fit.
            customers: ids; unknown ones are left out. None = everybody.
            products: score every customer with exactly these products (an audience), not with their candidates.
            per_product: besides each customer's candidates, so many of the likeliest people for every product with
                at least 5 buyers, so that the audience of a rare product is full.
            fitted: `fit_sources` of that day, if it was called before.
            choose: picks rows of each block, and may add rows and columns: reasons and probabilities over time are
                worked out for what is left; see `ScoredPairs.frame`.
            progress: reporter, a step per block.

        Yields:
            customer_id, product_id, probability (of a purchase within `config.label_days`), kind (repeat or explore),
            due_on (repeat pairs whose habit has not lapsed), reason (a code, see `training.recommender.reasons`),
            gap_days (expected days between purchases), and of repeat pairs the probability of a purchase within 7, 14
            and 28 days.

        Raises:
            DataError: no purchase names a customer.
        """
        now = fitted or self.fit_sources(dataset)
        if products is None:
            wanted = PairsToScore.of_candidates(now, customers, per_product)
        else:
            wanted = PairsToScore.of_products(now, customers, products)
        yield from score_pairs(
            now, self.ranker, wanted, due=self.due, choose=choose, executor=self.executor, progress=progress
        )

    def fit_sources(self, dataset: Dataset, as_of: date | None = None) -> FittedSources:
        """Candidate sources and features at the end of a day; pass them to several calls of `score` to fit them once.

        Raises:
            DataError: no purchase names a customer.
        """
        day = as_of or dataset.as_of or dataset.last_day()
        return kept_sources(dataset.at(day), day, self.config, self.sources, self.kept_in)

    def keeping(self, folder: Path | None) -> "RecommenderModel":
        """The same model, which keeps fitted sources in a folder and reads them there; None = neither."""
        return replace(self, kept_in=folder)

    def on(self, executor: Executor) -> "RecommenderModel":
        """The same model, which scores people in an executor's workers; what `choose` gets must go there by pickle."""
        return replace(self, executor=executor)

    def similar(self, product_id: str, k: int = 10) -> pl.DataFrame:
        """Substitutes of a product, one row each: product_id, rank, score (0 to 1), reason.

        Raises:
            NotFoundError: the product is unknown.
        """
        return self.associations.similar(product_id, k)

    def complete_basket(self, product_ids: Sequence[str], k: int = 10) -> pl.DataFrame:
        """Complements of a basket, one row each: product_id, rank, score, reason."""
        return self.associations.complete_basket(product_ids, k)

    def cold_start_lists(self, fitted: FittedSources, k: int = 100) -> pl.DataFrame:
        """Products for anonymous customers: one row per store (null = the whole chain) x rank from 1.

        Columns store_id, product_id, probability (of a purchase within the label's days), rank.
        """
        return cold_start_lists(fitted, k)

    def save(self, folder: Path) -> None:
        """Writes recommender.json and the files of ranker, associations and due model; makes the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.ranker.save(folder)
        self.associations.save(folder)
        self.due.save(folder)
        facts = {
            "format": FORMAT,
            "fitted_on": self.fitted_on,
            "config": self.config.model_dump(mode="json"),
            "sources": list(self.sources),
            "due_columns": list(self.due.columns),
            "definitions": dict(REDEFINED),
        }
        write_json(folder / "recommender.json", facts)

    @classmethod
    def load(cls, folder: Path) -> "RecommenderModel":
        """Reads what `save` wrote.

        Raises:
            ModelError: a file is missing or damaged, or the model needs columns that this version does not compute.
        """
        try:
            facts = migrated(json.loads((folder / "recommender.json").read_text(encoding="utf-8")), folder)
            config = stored_config(facts["config"])
            fitted_on = date.fromisoformat(facts["fitted_on"])
            sources, due_columns = (tuple(facts[name]) for name in ("sources", "due_columns"))
            definitions = facts["definitions"]
            missing = missing_sources(sources)
            if missing:
                raise ModelError(
                    f"the recommender in {folder} was fitted with the candidate sources {missing}, which no installed "
                    "package declares. Install their package again, or train and promote a recommender without them."
                )
        except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
            raise ModelError(f"no recommender can be read in {folder}: {error}. Train and promote one.") from error
        # what the model was fitted with, whatever the settings say by now
        config = config.model_copy(update={"sources": sources})
        ranker, due = Ranker.load(folder, config), DueModel.load(folder, due_columns)
        fitted = [*sources, *due_columns, *(ranker.booster.feature_name() if ranker.booster is not None else [])]
        present = [*SOURCE_NAMES, *extension_names("candidate_sources"), *DUE_COLUMNS, *feature_names(config)]
        check_columns(
            column_definitions(fitted, definitions),
            column_definitions(present, REDEFINED),
            f"the recommender in {folder}",
        )
        return cls(config, ranker, Associations.load(folder), due, fitted_on, sources)


def _from_2(facts: dict[str, Any]) -> dict[str, Any]:
    """Format 2 did not name its sources and due columns: they were always these."""
    sources = ["own", "neighbours", "user_cf", "item_item", "als", "trending", "new_goods", "spectral"]
    due_columns = [
        "log_gap",
        "log_usual_gap",
        "log_since_last",
        "phase",
        *(f"phase_above_{knot}" for knot in (-2, -1, 0, 1)),
    ]
    due_columns += ["phase_by_count", "log_count", "log_since_first", *(f"log_decayed_{days}d" for days in (7, 28, 90))]
    due_columns += ["log_visits_28d", "log_visits_90d", "log_unseen_days", "person_pace", "product_trend"]
    return facts | {"format": 3, "sources": sources, "due_columns": due_columns, "definitions": {}}


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {2: _from_2}
"""From each older format of `recommender.json` to the next one."""


def migrated(facts: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The content of `recommender.json` in the present format, migrated step by step.

    Args:
        facts: the content in any format.
        folder: names the model in the message.

    Raises:
        ModelError: the format is newer than this software, or too old to be migrated.
    """
    while (number := facts["format"]) != FORMAT:
        if number not in MIGRATIONS:
            raise ModelError(
                f"the recommender in {folder} has format {number!r}; this software reads {[*MIGRATIONS, FORMAT]}. "
                "Train and promote a new model, or use the version that made it."
            )
        facts = MIGRATIONS[number](facts)
    return facts


def _examples_at(dataset: Dataset, cutoff: date, config: RecommenderConfig, progress: Progress) -> Examples:
    with progress.step(f"examples at {cutoff}") as step:
        examples = label_pairs(dataset, fit_sources_at(dataset.at(cutoff), cutoff, config), config).examples
        step.rows = examples.label.size
    return examples
