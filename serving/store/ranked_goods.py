"""Published ranked lists of products: similar and complementary products, best sellers per store."""

from pathlib import Path

import numpy as np
import polars as pl

from serving.store.arrays import Array, map_array, write_array


def write_ranked(folder: Path, name: str, frame: pl.DataFrame, n_owners: int) -> None:
    """Writes one ranked list of products per owner.

    Args:
        folder: the answers being written.
        name: of the lists, such as `similar`.
        frame: one row per owner x product: `owner` (position of a product or store), `product` (position), `score`.
        n_owners: number of lists, empty ones included.
    """
    ordered = frame.sort("owner", "score", "product", descending=[False, True, False])
    write_array(
        folder / f"{name}.starts.npy", np.searchsorted(ordered["owner"].to_numpy(), np.arange(n_owners + 1)), np.int64
    )
    write_array(folder / f"{name}.product.npy", ordered["product"].to_numpy(), np.int32)
    write_array(folder / f"{name}.score.npy", ordered["score"].to_numpy(), np.float32)


class RankedGoods:
    """Ranked lists of products by the position of their owner."""

    def __init__(self, folder: Path, name: str) -> None:
        """Maps the files of `write_ranked`."""
        self._starts = map_array(folder / f"{name}.starts.npy")
        self._product = map_array(folder / f"{name}.product.npy")
        self._score = map_array(folder / f"{name}.score.npy")

    def matrix(self) -> tuple[Array, Array, Array]:
        """All lists as the arrays of a CSR matrix: starts, products, scores."""
        return self._starts, self._product, self._score

    def get(self, owner: int) -> tuple[Array, Array]:
        """Products and scores of one list, best first."""
        rows = slice(int(self._starts[owner]), int(self._starts[owner + 1]))
        return self._product[rows], self._score[rows]
