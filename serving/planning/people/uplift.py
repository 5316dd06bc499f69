"""What a contact causes for each person, learned from past campaigns with a holdout, as audiences take it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from features.person.contact_state import FEATURES, category_history, category_state, person_state
from retail_brain.dataset import Dataset
from retail_brain.decisions.uplift import Uplift
from retail_brain.settings import Settings
from training.uplift.examples import campaigns_of, contact_examples
from training.uplift.learners import RESPONSE
from training.uplift.model import VALIDATION, ChosenUplift, choose_uplift, matrix

_MOST_SCORES = 40_000_000
"""Customers x categories that are scored at most: 160 MB in the published answers. Categories beyond, those least
bought, keep the share of all contacts."""
_AT_ONCE = 500_000
"""Customers x categories whose features are in memory together: some tens of megabytes."""


@dataclass(frozen=True)
class LearnedUplift:
    """A model of what contacts cause, and what it says of everybody.

    Attributes:
        uplift: None where people are ranked by response.
        validation: columns of `model.VALIDATION`: the methods on campaigns that they did not see.
    """

    uplift: Uplift | None
    validation: pl.DataFrame

    @property
    def method(self) -> str:
        """The learner, or `response`."""
        return RESPONSE if self.uplift is None else self.uplift.method


def learned(dataset: Dataset, settings: Settings) -> ChosenUplift:
    """The learner that orders the people of past campaigns best, by campaigns that it did not see.

    Args:
        dataset: as known on a day.
        settings: days in which a purchase counts for a contact (`campaigns.effect_days`).
    """
    examples = contact_examples(dataset, settings.campaigns.effect_days)
    if examples is None:
        return ChosenUplift(RESPONSE, pl.DataFrame(schema=VALIDATION), None)
    rows, known = examples
    return choose_uplift(known, campaigns_of(rows))


def uplift_of(dataset: Dataset, as_of: date, settings: Settings, product_ids: Sequence[str]) -> LearnedUplift:
    """Uplift of every customer who ever bought, for the categories of some goods.

    Args:
        dataset: as known on `as_of`.
        as_of: last visible day.
        settings: of the tenant.
        product_ids: goods on offer.
    """
    chosen = learned(dataset, settings)
    if chosen.scorer is None:
        return LearnedUplift(None, chosen.validation)
    products = dataset.scan_or_empty("products").filter(pl.col("product_id").is_in(list(product_ids)))
    categories = products.select("product_id", "category").unique("product_id").drop_nulls().collect()
    lines = dataset.scan("transactions").filter(pl.col("customer_id").is_not_null(), pl.col("units") > 0)
    people = lines.select("customer_id").unique().sort("customer_id").collect()
    most = max(1, _MOST_SCORES // max(people.height, 1))
    names = _most_bought(lines, categories)[:most]
    keys = people.with_columns(day=pl.lit(as_of + timedelta(days=1)))
    person, history = person_state(dataset, keys), category_history(dataset, keys)
    parts = [_scored(history, person, name, chosen) for name in names]
    schema = {"customer_id": pl.String, "category": pl.String, "uplift": pl.Float32}
    return LearnedUplift(
        Uplift(pl.concat([pl.DataFrame(schema=schema), *parts]), categories, chosen.method), chosen.validation
    )


def _scored(history: pl.DataFrame, person: pl.DataFrame, category: str, chosen: ChosenUplift) -> pl.DataFrame:
    """One row per customer: `customer_id`, `category`, `uplift`."""
    assert chosen.scorer is not None
    keys = person.select("customer_id", "day", category=pl.lit(category))
    known = person.join(category_state(history, keys), on=["customer_id", "day"], how="left", maintain_order="left")
    scores = [
        pl.Series(chosen.scorer(matrix(part.select(FEATURES))), dtype=pl.Float32)
        for part in known.iter_slices(_AT_ONCE)
    ]
    values = pl.concat(scores) if scores else pl.Series([], dtype=pl.Float32)
    return keys.select("customer_id", "category", uplift=values)


def _most_bought(lines: pl.LazyFrame, categories: pl.DataFrame) -> list[str]:
    """The categories by lines bought, most first."""
    bought = lines.join(categories.lazy(), on="product_id").group_by("category").agg(number=pl.len())
    every = categories.lazy().select("category").unique().join(bought, on="category", how="left")
    ranked = every.sort(pl.col("number").fill_null(0), "category", descending=[True, False])
    return ranked.collect()["category"].to_list()
