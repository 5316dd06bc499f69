"""Goods of the answers: what is like what, what sells where, and what lies where."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from serving.answers.arrays import Array, map_array, write_array
from serving.answers.keys import KeyIndex, write_keys


def write_ranked(folder: Path, name: str, frame: pl.DataFrame, n_owners: int) -> None:
    """Writes lists of products, best first.

    Args:
        folder: the answers being written.
        name: of the lists, such as `similar`.
        frame: `owner` (position of a product, or of a store), `product` (position), `score`.
        n_owners: how many lists there are.
    """
    ordered = frame.sort("owner", "score", "product", descending=[False, True, False])
    write_array(
        folder / f"{name}.starts.npy", np.searchsorted(ordered["owner"].to_numpy(), np.arange(n_owners + 1)), np.int64
    )
    write_array(folder / f"{name}.product.npy", ordered["product"].to_numpy(), np.int32)
    write_array(folder / f"{name}.score.npy", ordered["score"].to_numpy(), np.float32)


class Ranked:
    """Lists of products by the position of their owner."""

    def __init__(self, folder: Path, name: str) -> None:
        """Maps the files of `write_ranked`."""
        self._starts = map_array(folder / f"{name}.starts.npy")
        self._product = map_array(folder / f"{name}.product.npy")
        self._score = map_array(folder / f"{name}.score.npy")

    def matrix(self) -> tuple[Array, Array, Array]:
        """All lists as the arrays of a CSR matrix: starts, products, scores."""
        return self._starts, self._product, self._score

    def get(self, owner: int) -> tuple[Array, Array]:
        """Products and scores of a list, best first."""
        held = slice(int(self._starts[owner]), int(self._starts[owner + 1]))
        return self._product[held], self._score[held]


def write_stock(folder: Path, frame: pl.DataFrame, n_products: int) -> None:
    """Writes the stock.

    Args:
        folder: the answers being written.
        frame: one row per store x product: `store`, `product` (positions), `on_hand` (units).
        n_products: how many products there are.
    """
    stores, products = frame["store"].to_numpy(), frame["product"].to_numpy()
    write_keys(folder, "stock", stores, products, n_products=n_products, rows=np.arange(len(frame)))
    units = frame["on_hand"].cast(pl.Float64).fill_null(0.0).to_numpy()
    write_array(folder / "stock.on_hand.npy", units, np.float32)
    network = np.bincount(products, weights=np.maximum(units, 0.0), minlength=n_products)
    write_array(folder / "stock.network.npy", network, np.float32)


class Stock:
    """Units on hand by store and product."""

    def __init__(self, folder: Path, n_products: int) -> None:
        """Maps the files of `write_stock`."""
        self._index = KeyIndex(folder, "stock", n_products)
        self._on_hand = map_array(folder / "stock.on_hand.npy")
        self._network = map_array(folder / "stock.network.npy")

    @property
    def is_known(self) -> bool:
        """Whether any stock is known at all."""
        return len(self._index) > 0

    def has(self, store: int | None, products: Array) -> Array:
        """Which products have stock in a store, or anywhere when no store is named. All do where no stock is known."""
        if not self.is_known:
            return np.ones(len(products), dtype=bool)
        if store is None:
            anywhere: Array = self._network[products] > 0
            return anywhere
        rows, known = self._index.find_many(store, products)
        here: Array = known & (self._on_hand[np.where(known, rows, 0)] > 0)
        return here


def codes_of(column: pl.Series, known: Mapping[str, int]) -> pl.Series:
    """Positions of ids, null for the unknown."""
    return column.replace_strict(known, default=None, return_dtype=pl.Int64)
