"""Draws the holdout of a campaign by a hash of person and campaign, the same in every run.

A person is named by the account by which they were known first (`Accounts.people`): a card that joins later changes
nothing of what was drawn.
"""

import hashlib

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Bools, Places
from retail_brain.text_column import TextColumn

_SPAN = float(2**64)
"""Number of values of eight bytes, so that a digest becomes a share in [0, 1)."""


def holdout_score(customer_id: str, campaign: str) -> float:
    """A number in [0, 1) that is fixed for a customer and a campaign and unrelated between campaigns.

    >>> holdout_score("c1", "spring") == holdout_score("c1", "spring") != holdout_score("c1", "summer")
    True
    """
    digest = hashlib.sha256(f"{campaign}\x1f{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / _SPAN


def is_holdout(customer_ids: pl.Series, campaign: str, share: float) -> pl.Series:
    """Whether each customer belongs to the campaign's holdout of this share of all customers."""
    if share <= 0:
        return pl.Series("is_holdout", [False], dtype=pl.Boolean).new_from_index(0, len(customer_ids))
    scores = [holdout_score(customer_id, campaign) < share for customer_id in customer_ids.to_list()]
    return pl.Series("is_holdout", scores, dtype=pl.Boolean)


class Holdout:
    """Who of some persons belongs to a campaign's holdout, hashed only for those who are asked about."""

    def __init__(self, first_customer_ids: TextColumn, campaign: str, share: float) -> None:
        """Takes of each person the account known first, the salt of the hash, and the share held out."""
        self._ids, self._campaign, self._share = first_customer_ids, campaign, share

    def one(self, place: int) -> bool:
        """Whether the person at a place is held out."""
        return self._share > 0 and holdout_score(self._ids[place], self._campaign) < self._share

    def many(self, places: Places) -> Bools:
        """The same of persons at several places."""
        if self._share <= 0:
            return np.zeros(len(places), dtype=np.bool_)
        scores = [holdout_score(first, self._campaign) for first in self._ids.take(places)]
        return np.array(scores, dtype=np.float64) < self._share
