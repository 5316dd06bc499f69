"""Measures which share of the purchases of contacted people the contact caused, by the people held out."""

import numpy as np
import polars as pl

from features.person.past_contacts import has_past_contacts, past_contacts
from retail_brain.dataset import Dataset

_LEAST_PEOPLE = 100
"""People in each group; fewer say nothing. Chosen by judgement, not measured."""
_CERTAIN = 1.64
"""Standard errors by which the groups must differ: one-sided 95 %."""


def caused_share(dataset: Dataset, days: int) -> float | None:
    """Share of the purchases of contacted people that the contact caused; None where nothing was measured.

    It is 1 less the rate of buyers among those held out over the rate among those contacted, over all past campaigns
    with goods, within some days. None as well where the groups are small or do not differ clearly.

    Args:
        dataset: with campaigns, contacts and transactions.
        days: from a contact in which purchases count: the setting `campaigns.effect_days`.
    """
    if not has_past_contacts(dataset):
        return None
    # contacts made here have a measured effect of their own, which updates the share: counted once
    others = past_contacts(dataset, days).filter(pl.col("attribution_id").is_null())
    rates = others.group_by("is_holdout").agg(rate=pl.col("bought").mean(), people=pl.len()).collect()
    groups = {held: (rate, people) for held, rate, people in rates.iter_rows()}
    return _share(groups.get(False, (0.0, 0)), groups.get(True, (0.0, 0)))


def _share(contacted: tuple[float, int], held: tuple[float, int]) -> float | None:
    """The share from rate and size of both groups."""
    if min(contacted[1], held[1]) < _LEAST_PEOPLE:
        return None
    error = np.sqrt(sum(rate * (1 - rate) / people for rate, people in (contacted, held)))
    if contacted[0] - held[0] <= _CERTAIN * error:
        return None
    return 1 - held[0] / contacted[0]
