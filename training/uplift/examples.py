"""Randomised contacts of past campaigns as a learner takes them, with what is known of each person.

That is the state on the day before, and traits that no purchase changes, as the settings name them.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from features.person.contact_state import FEATURES, category_history, category_state, person_state
from features.person.past_contacts import has_past_contacts, past_contacts, with_categories
from features.person.traits import trait_flags
from retail_brain.dataset import Dataset
from training.uplift.learners import Contacts
from training.uplift.model import matrix

_ROWS = ("campaign_id", "customer_id", "day", "category", "is_holdout", "bought")


def contact_examples(
    dataset: Dataset, effect_days: int, traits: Sequence[str] = ()
) -> tuple[pl.DataFrame, Contacts] | None:
    """Contacts whose days are over, of campaigns that held somebody out and whose goods have a category.

    Args:
        dataset: with contacts, campaigns, products and transactions.
        effect_days: after a contact in which a purchase of the campaign's goods counts.
        traits: columns of `customers` that are learned from; `customers` says what they are now, so that one that
            purchases change would tell of days after the contact.

    Returns:
        The contacts (columns _ROWS, by campaign and customer) and the same as arrays; None where there are none.
    """
    if not has_past_contacts(dataset):
        return None
    rows = (
        with_categories(past_contacts(dataset, effect_days), dataset)
        .filter(pl.col("category").is_not_null())
        .unique(["campaign_id", "customer_id"], keep="first", maintain_order=True)
        .filter(pl.col("is_holdout").any().over("campaign_id"), ~pl.col("is_holdout").all().over("campaign_id"))
        .sort("campaign_id", "customer_id")
        .select(_ROWS)
        .collect()
    )
    if rows.is_empty():
        return None
    days = rows.select("customer_id", "day").unique()
    person, history = person_state(dataset, days), category_history(dataset, days)
    category = category_state(history, rows.select("customer_id", "day", "category").unique())
    known = rows.join(person, on=["customer_id", "day"], how="left", maintain_order="left").join(
        category, on=["customer_id", "day", "category"], how="left", maintain_order="left"
    )
    inputs = pl.concat([known.select(FEATURES), trait_flags(dataset, rows["customer_id"], traits)], how="horizontal")
    share = known.select((~pl.col("is_holdout")).mean().over("campaign_id"))["is_holdout"].to_numpy()
    treated = (~known["is_holdout"]).to_numpy()
    outcome = known["bought"].cast(pl.Float64).to_numpy()
    return rows, Contacts(matrix(inputs), outcome, treated, share)


def campaigns_of(rows: pl.DataFrame) -> npt.NDArray[np.str_]:
    """Campaign of each contact."""
    return rows["campaign_id"].to_numpy().astype(np.str_)
