"""What stock is worth where it lies, by product: the ground on which an order is routed."""

from pathlib import Path

import numpy as np

from retail_brain.decisions.transfers import StockValues
from serving.store.arrays import Array, map_array, write_array

_COLUMNS = ("worth", "hold", "on_hand", "keep")


def write_worth(folder: Path, stores: Array, products: Array, giving: StockValues, n_products: int) -> None:
    """Writes what a unit less is worth in each series.

    Args:
        folder: the answers being written.
        stores: position of the store of each series.
        products: position of the product of each series.
        giving: one element per series.
        n_products: how many products there are.
    """
    order = np.lexsort((stores, products))
    write_array(folder / "worth.starts.npy", np.searchsorted(products[order], np.arange(n_products + 1)), np.int64)
    write_array(folder / "worth.store.npy", stores[order], np.int32)
    write_array(folder / "worth.need.npy", giving.need[order], np.float32)
    columns = np.column_stack([getattr(giving, name)[order] for name in _COLUMNS])
    write_array(folder / "worth.columns.npy", columns, np.float32)


class Worth:
    """What units are worth in the stores that have a product."""

    def __init__(self, folder: Path) -> None:
        """Maps the files of `write_worth`."""
        self._starts = map_array(folder / "worth.starts.npy")
        self._store = map_array(folder / "worth.store.npy")
        self._need = map_array(folder / "worth.need.npy")
        self._columns = map_array(folder / "worth.columns.npy")

    def of_product(self, product: int) -> tuple[Array, StockValues]:
        """Stores that sell a product, and what its units are worth in each."""
        held = slice(int(self._starts[product]), int(self._starts[product + 1]))
        columns = self._columns[held].astype(np.float64)
        parts = {name: columns[:, place] for place, name in enumerate(_COLUMNS)}
        return self._store[held], StockValues(need=self._need[held].astype(np.float64), **parts)
