"""Cards that are no person's: of tills, staff and testers. Found at ingest, kept beside the lake's tables."""

from collections.abc import Mapping

import polars as pl

from retail_brain.lake.side_lists import read_list, write_list

_LIST = "shared_cards"
_USUAL_SHARE = 0.5
"""Share of a card's days that must be like it: a person's busy days are the exception. By judgement, not measured."""


def find_shared_cards(
    transactions: pl.LazyFrame, *, receipts_per_day: int, stores_per_day: int, days: int
) -> pl.DataFrame:
    """One row per card that is used like a till's: `customer_id`, `days`, `most_receipts`, `most_stores`.

    Args:
        transactions: receipt lines.
        receipts_per_day: receipts of a card on one day from which the day counts.
        stores_per_day: shops of a card on one day from which the day counts.
        days: such days from which a card is nobody's, if at least half of its days are like it.
    """
    is_named = pl.col("customer_id").is_not_null()
    daily = (
        transactions.filter(is_named)
        .group_by("customer_id", day=pl.col("sold_at").dt.date())
        .agg(receipts=pl.struct("store_id", "transaction_id").n_unique(), stores=pl.col("store_id").n_unique())
    )
    is_busy = (pl.col("receipts") >= receipts_per_day) | (pl.col("stores") >= stores_per_day)
    cards = daily.group_by("customer_id").agg(
        days=is_busy.sum(),
        most_receipts=pl.col("receipts").max(),
        most_stores=pl.col("stores").max(),
        is_usual=is_busy.mean() >= _USUAL_SHARE,
    )
    shared = cards.filter(pl.col("is_usual"), pl.col("days") >= days).drop("is_usual")
    return shared.sort("days", "customer_id", descending=[True, False]).collect(engine="streaming")


def write_shared_cards(uri: str, cards: pl.DataFrame, options: Mapping[str, str]) -> None:
    """Replaces the list of shared cards of a lake; a lake without any has no list.

    Raises:
        UsageError: the lake's URI is empty.
    """
    write_list(uri, _LIST, cards, options)


def read_shared_cards(uri: str, options: Mapping[str, str]) -> tuple[str, ...]:
    """Ids of the shared cards of a lake.

    Raises:
        UsageError: the lake's URI is empty.
    """
    cards = read_list(uri, _LIST, options)
    return () if cards is None else tuple(cards["customer_id"])
