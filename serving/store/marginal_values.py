"""Marginal value of stock by product and store, from which online orders are routed.

The files are called `worth.*`: a name of version 0.1 that stays, so that older answers can be read.
"""

from pathlib import Path

import numpy as np

from retail_brain.decisions.transfers import StockValues
from serving.store.arrays import Array, map_array, write_array

_COLUMNS = ("worth", "hold", "on_hand", "keep")


def write_marginal_values(folder: Path, stores: Array, products: Array, giving: StockValues, n_products: int) -> None:
    """Writes the marginal value of stock per series, sorted by product.

    Args:
        folder: the answers being written.
        stores: position of the store of each series.
        products: position of the product of each series.
        giving: expected loss of giving units away, one element per series.
        n_products: number of products in the catalog.
    """
    order = np.lexsort((stores, products))
    write_array(folder / "worth.starts.npy", np.searchsorted(products[order], np.arange(n_products + 1)), np.int64)
    write_array(folder / "worth.store.npy", stores[order], np.int32)
    write_array(folder / "worth.need.npy", giving.need[order], np.float32)
    columns = np.column_stack([getattr(giving, name)[order] for name in _COLUMNS])
    write_array(folder / "worth.columns.npy", columns, np.float32)


class MarginalValues:
    """Marginal value of a product's units in each store that has it."""

    def __init__(self, folder: Path) -> None:
        """Maps the files of `write_marginal_values`."""
        self._starts = map_array(folder / "worth.starts.npy")
        self._store = map_array(folder / "worth.store.npy")
        self._need = map_array(folder / "worth.need.npy")
        self._columns = map_array(folder / "worth.columns.npy")

    def of_product(self, product: int) -> tuple[Array, StockValues]:
        """Positions of the stores of a product, and the expected loss of giving its units away in each."""
        rows = slice(int(self._starts[product]), int(self._starts[product + 1]))
        columns = self._columns[rows].astype(np.float64)
        worth, hold, on_hand, keep = (columns[:, place] for place in range(len(_COLUMNS)))
        return self._store[rows], StockValues(self._need[rows].astype(np.float64), worth, hold, on_hand, keep)
