"""Cards that are no person's: of tills, staff and testers. Found at ingest, kept beside the lake's tables.

Grouping every receipt by card and day would hold them all in memory. So receipts are first counted in cells of a table
of fixed size, by a hash of card and day: a cell holds at least the receipts of any of its days (a count-min sketch with
one row). Cards that had a receipt in a full cell on enough days are suspects, and only their receipts are read again.
"""

from collections.abc import Iterator, Mapping
from math import ceil

import numpy as np
import polars as pl

from retail_brain.lake.side_lists import read_list, write_list

_LIST = "shared_cards"
_USUAL_SHARE = 0.5
"""Share of a card's days that must be like it: a person's busy days are the exception. By judgement, not measured."""

_BATCH_LINES = 1_000_000
"""Lines looked at once; bounds the memory. Chosen by judgement, not measured."""
_LEAST_BITS, _MOST_BITS = 10, 26
"""Bits of the number of cells: about one a line, up to 256 MB, where 100 million lines seldom share one."""
_LIKELY_RECEIPTS = 10_000_000
"""Receipts of busy days looked at once: about 1 GB. There are so many only where most cards are shared."""
_Counts = np.ndarray[tuple[int], np.dtype[np.uint32]]
_Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]


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
    lines = transactions.filter(pl.col("customer_id").is_not_null()).select(
        "transaction_id", "store_id", "customer_id", day=pl.col("sold_at").dt.date()
    )
    counts, suspects = _count(lines, min(receipts_per_day, stores_per_day), days)
    hashed = pl.col("customer_id").hash(1)
    theirs = lines.filter(hashed.is_in(pl.Series(suspects).implode()))
    slices = ceil(counts / _LIKELY_RECEIPTS) if len(suspects) else 0
    found = [_cards(theirs.filter(hashed % slices == number), is_busy, days) for number in range(slices)]
    schema = {"customer_id": pl.String, "days": pl.UInt32, "most_receipts": pl.UInt32, "most_stores": pl.UInt32}
    cards = pl.concat([pl.DataFrame(schema=schema), *(part.cast(schema) for part in found)])  # type: ignore[arg-type]
    return cards.sort("days", "customer_id", descending=[True, False])


def _cards(lines: pl.LazyFrame, is_busy: pl.Expr, days: int) -> pl.DataFrame:
    """The shared cards among those of some lines."""
    cards = (
        _daily(lines)
        .group_by("customer_id")
        .agg(
            days=is_busy.sum(),
            most_receipts=pl.col("receipts").max(),
            most_stores=pl.col("stores").max(),
            is_usual=is_busy.mean() >= _USUAL_SHARE,
        )
    )
    shared = cards.filter(pl.col("is_usual"), pl.col("days") >= days).drop("is_usual")
    return shared.collect(engine="streaming")


def _daily(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per card and day: receipts and shops."""
    return lines.group_by("customer_id", "day").agg(
        receipts=pl.struct("store_id", "transaction_id").n_unique(), stores=pl.col("store_id").n_unique()
    )


def _count(lines: pl.LazyFrame, least: int, days: int) -> tuple[int, _Hashes]:
    """Receipts in full cells, and hashes of the cards that had some there on enough days; reads the lines once.

    A cell counts receipts of all cards and days that share it, or more where a receipt's lines do not follow each
    other. The batch in which a day's last receipt lies finds its cell full if the day is busy.
    """
    size: int = lines.select(pl.len()).collect(engine="streaming").item()
    counts: _Counts = np.zeros(2 ** min(max(size.bit_length(), _LEAST_BITS), _MOST_BITS), dtype=np.uint32)
    card = pl.col("customer_id").hash(1).alias("card")
    seen = [pl.DataFrame(schema={"card": pl.UInt64, "day": pl.Date})]
    for receipts in _receipts(lines):
        cells = _cells(receipts, len(counts))
        np.add.at(counts, cells, np.uint32(1))
        seen.append(receipts.filter(pl.Series(counts[cells] >= least)).select(card, "day").unique())
    suspects = pl.concat(seen).unique().group_by("card").len().filter(pl.col("len") >= days)
    return int(counts[counts >= least].sum()), suspects["card"].to_numpy()


def _receipts(lines: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Lines in batches, of each run of lines of one receipt the first: no receipt is lost."""
    is_first = pl.any_horizontal(pl.all() != pl.all().shift()).fill_null(value=True)
    for batch in lines.collect_batches(chunk_size=_BATCH_LINES):
        yield batch.filter(is_first)


def _cells(receipts: pl.DataFrame, cells: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Cell of the card and day of each receipt, in the type of places: in any other NumPy adds twenty times slower."""
    both = pl.col("customer_id").hash() ^ pl.col("day").hash()
    return receipts.select(both % cells).to_series().to_numpy().astype(np.intp)


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
