"""Index from store x product to a row: a sorted, memory-mapped key array, searched by bisection.

A dictionary of millions of series would be built and held by every worker.
"""

from pathlib import Path

import numpy as np

from serving.store.arrays import Array, map_array, write_array


def write_keys(folder: Path, name: str, stores: Array, products: Array, *, n_products: int, rows: Array) -> None:
    """Writes the index; of a pair that occurs twice, the last row counts.

    Args:
        folder: where to write `NAME.keys.npy` and `NAME.rows.npy`.
        name: of the part.
        stores: position of the store of each pair.
        products: position of the product of each pair.
        n_products: number of products in the catalog.
        rows: row that `KeyIndex.find` returns for each pair.
    """
    keys = stores.astype(np.int64) * n_products + products
    order = np.argsort(keys, kind="stable")  # stable, so that the last of equal keys is the last written
    keys = keys[order]
    last = np.ones(len(keys), dtype=bool)
    last[:-1] = keys[1:] != keys[:-1]
    write_array(folder / f"{name}.keys.npy", keys[last], np.int64)
    write_array(folder / f"{name}.rows.npy", rows[order][last], np.int64)


class KeyIndex:
    """Rows by store and product position."""

    def __init__(self, folder: Path, name: str, n_products: int) -> None:
        """Maps the two files of `write_keys`."""
        self._keys = map_array(folder / f"{name}.keys.npy")
        self._rows = map_array(folder / f"{name}.rows.npy")
        self._n_products = n_products

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, store: int, product: int) -> int | None:
        """Row of a pair, or None."""
        key = store * self._n_products + product
        place = int(np.searchsorted(self._keys, key))
        return int(self._rows[place]) if place < len(self._keys) and self._keys[place] == key else None

    def find_many(self, store: int, products: Array) -> tuple[Array, Array]:
        """Rows of several products in a store, and a mask of those that have one."""
        return self.find_pairs(np.full(len(products), store), products)

    def find_pairs(self, stores: Array, products: Array) -> tuple[Array, Array]:
        """Rows of pairs of store and product, and a mask of those that have one."""
        if not len(self._keys):
            return np.zeros(len(products), np.int64), np.zeros(len(products), bool)
        keys = stores.astype(np.int64) * self._n_products + products.astype(np.int64)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return self._rows[places], self._keys[places] == keys

    def of(self, store: int | None, product: int | None) -> Array:
        """Rows of all pairs of a store, of a product, or of both; None stands for all."""
        matches = np.ones(len(self._keys), bool)
        if store is not None:
            matches &= self._keys // self._n_products == store
        if product is not None:
            matches &= self._keys % self._n_products == product
        return self._rows[matches]

    def of_store(self, store: int) -> tuple[Array, Array]:
        """Products of a store in catalog order, and their rows."""
        bounds = np.searchsorted(self._keys, [store * self._n_products, (store + 1) * self._n_products])
        entries = slice(int(bounds[0]), int(bounds[1]))
        return self._keys[entries] - store * self._n_products, self._rows[entries]
