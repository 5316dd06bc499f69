"""Planned promotions within the forecast horizon, as day ranges per store and product."""

from pathlib import Path

import numpy as np
import polars as pl

from serving.store.arrays import map_array, write_array
from serving.store.series_index import KeyIndex, write_keys


def write_planned_promotions(folder: Path, frame: pl.DataFrame, n_products: int) -> None:
    """Writes the planned promotions.

    Args:
        folder: the answers being written.
        frame: one row per planned promotion: `store` (position; the number of stores stands for every store), `product`
            (position), `first_day` and `last_day` (ordinals, both included).
        n_products: number of products in the catalog.
    """
    ordered = frame.unique().sort("store", "product", "first_day")
    heads = ordered.with_row_index("row").group_by("store", "product", maintain_order=True).agg(pl.col("row").first())
    write_array(folder / "planned.starts.npy", np.append(heads["row"].to_numpy(), len(ordered)), np.int64)
    pairs = heads["store"].to_numpy(), heads["product"].to_numpy()
    write_keys(folder, "planned", *pairs, n_products=n_products, rows=np.arange(len(heads)))
    write_array(folder / "planned.days.npy", ordered.select("first_day", "last_day").to_numpy(), np.int32)


class PlannedPromotions:
    """Planned promotions by store and product position."""

    def __init__(self, folder: Path, n_stores: int, n_products: int) -> None:
        """Maps the files of `write_planned_promotions`."""
        self._index = KeyIndex(folder, "planned", n_products)
        self._starts = map_array(folder / "planned.starts.npy")
        self._days = map_array(folder / "planned.days.npy")
        self._all_stores = n_stores

    def is_promoted(self, store: int, product: int, day: int) -> bool:
        """Whether a promotion of the product in the store, or in all stores, covers a day (ordinal)."""
        for owner in (store, self._all_stores):
            row = self._index.find(owner, product)
            if row is None:
                continue
            first, last = self._days[self._starts[row] : self._starts[row + 1]].T
            if ((first <= day) & (day <= last)).any():
                return True
        return False
