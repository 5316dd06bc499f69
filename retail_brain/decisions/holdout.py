"""Draws the holdout of a campaign by a hash of person and campaign, the same in every run.

A person is named by the account by which they were known first (`Accounts.people`): a card that joins later changes
nothing of what was drawn.
"""

import hashlib

import polars as pl

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
    scores = [holdout_score(customer_id, campaign) < share for customer_id in customer_ids.to_list()]
    return pl.Series("is_holdout", scores, dtype=pl.Boolean)
