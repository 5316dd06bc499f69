"""Orders of the published pairs by customer and by product, written a part at a time in bounded memory."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from serving.store.arrays import Array, MappedRows, write_array

PART_PAIRS = 16_000_000
"""Pairs that are sorted at once, unless one customer or product has more: about 0.7 GB. By judgement; each part reads
all pairs once more."""


def write_order(
    folder: Path, side: str, owner: Array, chance: MappedRows, size: int, part_pairs: int = PART_PAIRS
) -> None:
    """Writes the row numbers of the pairs by owner, the most probable first, and where each owner's begin.

    Args:
        folder: the answers being written.
        side: `customer` or `product`.
        owner: shape (pairs,), the catalog position of each pair's customer or product.
        chance: probability of each pair.
        size: customers or products of the catalog.
        part_pairs: pairs that are sorted at once.
    """
    counts = np.zeros(size, np.int64)
    for first, values in chance.blocks():
        counts += np.bincount(owner[first : first + len(values)], minlength=size)
    starts = np.concatenate([[0], np.cumsum(counts)])
    write_array(folder / f"pairs.{side}_starts.npy", starts, np.int64)
    path = folder / f"pairs.by_{side}.npy"
    if not len(chance):
        write_array(path, np.zeros(0), np.int64)
        return
    order = np.lib.format.open_memmap(path, "w+", np.int64, (len(chance),))
    for low, high in _parts(starts, part_pairs):
        order[starts[low] : starts[high]] = _order_of(owner, chance, low, high)
    order.flush()


def _parts(starts: Array, part_pairs: int) -> Iterator[tuple[int, int]]:
    """Ranges of owners with at most so many pairs each, or of one owner with more."""
    low, size = 0, len(starts) - 1
    while low < size:
        high = int(np.searchsorted(starts, starts[low] + part_pairs, side="right")) - 1
        high = min(max(high, low + 1), size)
        yield low, high
        low = high


def _order_of(owner: Array, chance: MappedRows, low: int, high: int) -> Array:
    """Row numbers of the pairs of the owners from `low` to before `high`, in order."""
    rows, owners, chances = [], [], []
    for first, values in chance.blocks():
        mine = owner[first : first + len(values)]
        found = np.flatnonzero((mine >= low) & (mine < high))
        rows.append(found + first)
        owners.append(mine[found])
        chances.append(-values[found])
    sorted_rows: Array = np.concatenate(rows)[np.lexsort((np.concatenate(chances), np.concatenate(owners)))]
    return sorted_rows
