"""The recommender: one probability per customer x product, read in both directions."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from features.person.interactions import receipt_lines
from retail_brain.dataset import Dataset
from retail_brain.errors import ModelError
from retail_brain.extensions import extension_names
from retail_brain.files import write_json
from retail_brain.progress import SILENT, Progress
from training.columns import check_columns, column_definitions
from training.recommender.associations import Associations, associations_of
from training.recommender.config import RecommenderConfig
from training.recommender.due_model import DUE_COLUMNS, DueModel, fit_due
from training.recommender.examples import Examples, label_pairs
from training.recommender.fitted_sources import FittedSources, fit_sources_at
from training.recommender.installed_sources import SOURCE_NAMES, missing_sources
from training.recommender.pair_features import REDEFINED, feature_names
from training.recommender.ranker import Ranker, fit_ranker
from training.recommender.scoring import cold_start_lists, score_pairs

FORMAT = 3
"""Of `recommender.json`. A change of what it holds raises it and adds a step to `MIGRATIONS`."""
"""Of the files; raised with every change of what they hold."""


@dataclass(frozen=True)
class RecommenderModel:
    """A fitted recommender.

    Attributes:
        config: what it was fitted with.
        ranker: probability of a pair from its features.
        associations: goods that go together, and what similar goods are.
        due: when goods are bought again.
        fitted_on: last day it saw.
        sources: names of the candidate sources it was fitted with; a later version may have more.
    """

    config: RecommenderConfig
    ranker: Ranker
    associations: Associations
    due: DueModel
    fitted_on: date
    sources: tuple[str, ...] = SOURCE_NAMES

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
        """Fits the ranker on the cutoffs before `as_of`, and the goods on everything up to it.

        Args:
            dataset: needs `transactions` with customer_id; products, customers, events and identities add to it.
            config: defaults to the preset fast.
            as_of: last visible day; defaults to the dataset's.
            examples: labelled pairs made elsewhere, instead of those of `training_cutoffs`.
            progress: told of each cutoff.

        Raises:
            DataError: no purchase names a customer.
        """
        config = config or RecommenderConfig()
        day = as_of or dataset.as_of or dataset.last_day()
        known = dataset.at(day)
        if examples is None:
            examples = [_examples_at(known, c, config, progress) for c in training_cutoffs(known, day, config)]
        with progress.step("ranker") as step:
            ranker = fit_ranker(examples, config)
            step.rows = sum(part.label.size for part in examples)
        with progress.step("due dates"):
            due = fit_due(known, day, config)
        return cls(config, ranker, associations_of(known, day, config), due, day, config.sources)

    def score(
        self,
        dataset: Dataset,
        customers: Sequence[str] | None = None,
        *,
        products: Sequence[str] | None = None,
        per_product: int = 0,
        as_of: date | None = None,
        fitted: FittedSources | None = None,
        progress: Progress = SILENT,
    ) -> Iterator[pl.DataFrame]:
        """Scored pairs, a block of customers at a time (bounded memory), ordered by customer and product.

        Args:
            dataset: what is known now; it may be newer than the fit.
            customers: ids; unknown ones are left out. None = everybody.
            products: score every customer with exactly these goods (an audience), instead of each one's candidates.
            per_product: besides each customer's candidates, so many of the likeliest people for every product with
                at least 5 buyers, so that an audience of rare goods is full.
            as_of: last visible day; defaults to the dataset's.
            fitted: `fit_sources` of that day, if it was called before.
            progress: told of the blocks.

        Yields:
            customer_id, product_id, probability (of a purchase within `config.label_days`), kind (repeat or explore),
            due_on (repeat pairs whose habit lives), reason (a code, see `training.recommender.reasons`), gap_days
            (usual days between purchases), and of repeat pairs the probability of a purchase within 7, 14 and 28 days.

        Raises:
            DataError: no purchase names a customer.
        """
        day = as_of or dataset.as_of or dataset.last_day()
        now = fitted or fit_sources_at(dataset.at(day), day, self.config, self.sources)
        yield from score_pairs(
            now,
            self.ranker,
            due=self.due,
            customers=customers,
            products=products,
            per_product=per_product,
            progress=progress,
        )

    def fit_sources(self, dataset: Dataset, as_of: date | None = None) -> FittedSources:
        """Candidate sources and features at the end of a day; pass them to several calls of `score` to fit them once.

        Raises:
            DataError: no purchase names a customer.
        """
        day = as_of or dataset.as_of or dataset.last_day()
        return fit_sources_at(dataset.at(day), day, self.config, self.sources)

    def similar(self, product_id: str, k: int = 10) -> pl.DataFrame:
        """Substitutes of a product: product_id, rank, score, reason.

        Raises:
            NotFoundError: the product is unknown.
        """
        return self.associations.similar(product_id, k)

    def complete_basket(self, product_ids: Sequence[str], k: int = 10) -> pl.DataFrame:
        """Goods that go with these: product_id, rank, score, reason."""
        return self.associations.complete_basket(product_ids, k)

    def cold_start_lists(self, fitted: FittedSources, k: int = 100) -> pl.DataFrame:
        """What to show somebody unknown: store_id (null = the whole chain), product_id, probability, rank from 1."""
        return cold_start_lists(fitted, k)

    def save(self, folder: Path) -> None:
        """Writes recommender.json, the ranker's and the goods' files into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.ranker.save(folder)
        self.associations.save(folder)
        self.due.save(folder)
        described = {
            "format": FORMAT,
            "fitted_on": self.fitted_on,
            "config": self.config.model_dump(mode="json"),
            "sources": list(self.sources),
            "due_columns": list(self.due.columns),
            "definitions": dict(REDEFINED),
        }
        write_json(folder / "recommender.json", described)

    @classmethod
    def load(cls, folder: Path) -> "RecommenderModel":
        """Reads what `save` wrote.

        Raises:
            ModelError: a file is missing or damaged, or the model needs columns that this version does not compute.
        """
        try:
            described = migrated(json.loads((folder / "recommender.json").read_text(encoding="utf-8")), folder)
            config = RecommenderConfig.model_validate(described["config"])
            fitted_on = date.fromisoformat(described["fitted_on"])
            sources, due_columns = (tuple(described[name]) for name in ("sources", "due_columns"))
            definitions = described["definitions"]
            missing = missing_sources(sources)
            if missing:
                raise ModelError(
                    f"the recommender in {folder} was fitted with the candidate sources {missing}, which no installed "
                    "package declares. Install their package again, or train and promote a recommender without them."
                )
        except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
            raise ModelError(f"no recommender can be read in {folder}: {error}. Train and promote one.") from error
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


def _from_2(described: dict[str, Any]) -> dict[str, Any]:
    """Format 2 left unsaid which sources and columns of due dates there were: always these."""
    sources = ["own", "neighbours", "user_cf", "item_item", "als", "trending", "new_goods", "spectral"]
    due = ["log_gap", "log_usual_gap", "log_since_last", "phase", *(f"phase_above_{knot}" for knot in (-2, -1, 0, 1))]
    due += ["phase_by_count", "log_count", "log_since_first", *(f"log_decayed_{days}d" for days in (7, 28, 90))]
    due += ["log_visits_28d", "log_visits_90d", "log_unseen_days", "person_pace", "product_trend"]
    return described | {"format": 3, "sources": sources, "due_columns": due, "definitions": {}}


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {2: _from_2}
"""From each older format of `recommender.json` to the next one."""


def migrated(described: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What `recommender.json` says, in the present format.

    Raises:
        ModelError: the format is newer than this software, or too old to be migrated.
    """
    while (number := described["format"]) != FORMAT:
        if number not in MIGRATIONS:
            raise ModelError(
                f"the recommender in {folder} has format {number!r}; this software reads {[*MIGRATIONS, FORMAT]}. "
                "Train and promote a new model, or use the version that made it."
            )
        described = MIGRATIONS[number](described)
    return described


def training_cutoffs(dataset: Dataset, as_of: date, config: RecommenderConfig) -> list[date]:
    """Days whose following `label_days` are visible, the newest first, as far back as history reaches."""
    named = receipt_lines(dataset, as_of).filter(pl.col("customer_id").is_not_null())
    first = named.select(pl.col("date").min()).collect().item()
    days = [as_of - timedelta(days=config.label_days * back) for back in range(1, config.cutoffs + 1)]
    return [day for day in days if first is not None and (day - first).days >= config.min_history_days]


def _examples_at(dataset: Dataset, cutoff: date, config: RecommenderConfig, progress: Progress) -> Examples:
    with progress.step(f"examples at {cutoff}") as step:
        examples = label_pairs(dataset, fit_sources_at(dataset.at(cutoff), cutoff, config), config).examples
        step.rows = examples.label.size
    return examples
