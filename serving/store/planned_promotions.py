"""Days of planned promotions within the forecast's horizon."""

from pathlib import Path

import numpy as np
import polars as pl

from serving.store.arrays import map_array, write_array
from serving.store.series_index import KeyIndex, write_keys


def write_planned(folder: Path, frame: pl.DataFrame, n_products: int) -> None:
    """Writes the plans.

    Args:
        folder: the answers being written.
        frame: one row per planned promotion: `store` (position; the number of stores stands for every store), `product`
            (position), `first_day` and `last_day` (ordinals, both included).
        n_products: how many products there are.
    """
    ordered = frame.unique().sort("store", "product", "first_day")
    heads = ordered.with_row_index("row").group_by("store", "product", maintain_order=True).agg(pl.col("row").first())
    write_array(folder / "planned.starts.npy", np.append(heads["row"].to_numpy(), len(ordered)), np.int64)
    pairs = heads["store"].to_numpy(), heads["product"].to_numpy()
    write_keys(folder, "planned", *pairs, n_products=n_products, rows=np.arange(len(heads)))
    write_array(folder / "planned.days.npy", ordered.select("first_day", "last_day").to_numpy(), np.int32)


class Planned:
    """Planned promotions by store and product."""

    def __init__(self, folder: Path, n_stores: int, n_products: int) -> None:
        """Maps the files of `write_planned`."""
        self._index = KeyIndex(folder, "planned", n_products)
        self._starts = map_array(folder / "planned.starts.npy")
        self._days = map_array(folder / "planned.days.npy")
        self._everywhere = n_stores

    def is_promoted(self, store: int, product: int, day: int) -> bool:
        """Whether the plans have the product on promotion in a store on a day (ordinal)."""
        for where in (store, self._everywhere):
            row = self._index.find(where, product)
            if row is None:
                continue
            first, last = self._days[self._starts[row] : self._starts[row + 1]].T
            if ((first <= day) & (day <= last)).any():
                return True
        return False
