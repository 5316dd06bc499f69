"""Cards that are no person's: of tills, staff and testers. Found at ingest, kept beside the lake's tables.

Grouping every receipt by card and day would hold them all in memory. So receipts are first counted in cells of a table
of fixed size, by a hash of card and day: a cell holds at least the receipts of any of its days, and only days in full
cells are looked at one by one (a count-min sketch with one row).
"""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from retail_brain.lake.side_lists import read_list, write_list

_LIST = "shared_cards"
_USUAL_SHARE = 0.5
"""Share of a card's days that must be like it: a person's busy days are the exception. By judgement, not measured."""

_COLUMNS = ("transaction_id", "store_id", "customer_id", "sold_at")
_BATCH_LINES = 1_000_000
"""Lines looked at once; bounds the memory. Chosen by judgement, not measured."""
_LEAST_BITS, _MOST_BITS = 10, 26
"""Bits of the number of cells: about one a line, up to 256 MB, where 100 million lines seldom share one."""


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
    is_busy = (pl.col("receipts") >= receipts_per_day) | (pl.col("stores") >= stores_per_day)
    likely = _daily(_busiest(transactions, min(receipts_per_day, stores_per_day)).lazy()).filter(is_busy)
    several = likely.group_by("customer_id").len("days").filter(pl.col("days") >= days).select("customer_id").collect()
    # all days of these few cards, because busy days must be usual for them
    theirs = transactions.join(several.lazy(), on="customer_id", how="semi") if several.height else transactions.head(0)
    daily = _daily(theirs)
    cards = daily.group_by("customer_id").agg(
        days=is_busy.sum(),
        most_receipts=pl.col("receipts").max(),
        most_stores=pl.col("stores").max(),
        is_usual=is_busy.mean() >= _USUAL_SHARE,
    )
    shared = cards.filter(pl.col("is_usual"), pl.col("days") >= days).drop("is_usual")
    return shared.sort("days", "customer_id", descending=[True, False]).collect(engine="streaming")


def _daily(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per card and day: receipts and shops."""
    return lines.group_by("customer_id", day=pl.col("sold_at").dt.date()).agg(
        receipts=pl.struct("store_id", "transaction_id").n_unique(), stores=pl.col("store_id").n_unique()
    )


def _busiest(transactions: pl.LazyFrame, least: int) -> pl.DataFrame:
    """Receipts of all days on which a card may have so many of them; a few other days are among them."""
    lines: int = transactions.select(pl.len()).collect(engine="streaming").item()
    bits = min(max(lines.bit_length(), _LEAST_BITS), _MOST_BITS)
    counts = np.zeros(2**bits, dtype=np.uint32)
    for receipts in _receipts(transactions):
        np.add.at(counts, _cells(receipts, bits), 1)
    if counts.max() < least:
        return transactions.select(_COLUMNS).head(0).collect()
    return pl.concat([part.filter(pl.Series(counts[_cells(part, bits)] >= least)) for part in _receipts(transactions)])


def _receipts(transactions: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Lines of known cards in batches, of each run of lines of one receipt the first: no receipt is lost."""
    named = transactions.select(_COLUMNS).filter(pl.col("customer_id").is_not_null())
    is_first = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in _COLUMNS).fill_null(value=True)
    for batch in named.collect_batches(chunk_size=_BATCH_LINES):
        yield batch.filter(is_first)


def _cells(receipts: pl.DataFrame, bits: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Cell of the card and day of each receipt."""
    both = pl.col("customer_id").hash() ^ pl.col("sold_at").dt.date().hash()
    return receipts.select(both % 2**bits).to_series().to_numpy()


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
