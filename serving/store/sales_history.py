"""Published sales history: one entry per series and day with sales, or without stock."""

from pathlib import Path

import numpy as np
import polars as pl

from serving.store.arrays import Array, map_array, write_array
from serving.store.series_index import KeyIndex, write_keys


def write_history(folder: Path, frame: pl.DataFrame, n_products: int) -> None:
    """Writes the sales history.

    Args:
        folder: the answers being written.
        frame: one row per store x product x date: `store`, `product` (positions), `date`, `units`, `unit_price`,
            `promotion` (bool), `in_stock`.
        n_products: number of products in the catalog.
    """
    ordered = frame.sort("store", "product", "date")
    starts = ordered.select(start=(pl.struct("store", "product").rle_id().diff().fill_null(1) != 0).arg_true())[
        "start"
    ].to_numpy()
    write_array(folder / "history.starts.npy", np.append(starts, len(ordered)), np.int64)
    heads = ordered[starts] if len(ordered) else ordered
    pairs = heads["store"].to_numpy(), heads["product"].to_numpy()
    write_keys(folder, "history", *pairs, n_products=n_products, rows=np.arange(len(heads)))
    write_array(folder / "history.day.npy", ordered["date"].cast(pl.Int32).to_numpy(), np.int32)
    for name in ("units", "unit_price", "in_stock"):
        values = ordered[name].cast(pl.Float32).fill_null(float("nan")).to_numpy()
        write_array(folder / f"history.{name}.npy", values, np.float32)
    write_array(folder / "history.promotion.npy", ordered["promotion"].fill_null(value=False).to_numpy(), np.bool_)


class SalesHistory:
    """Recent days by store and product position."""

    def __init__(self, folder: Path, n_products: int) -> None:
        """Maps the files of `write_history`."""
        self.index = KeyIndex(folder, "history", n_products)
        self._starts = map_array(folder / "history.starts.npy")
        self._day = map_array(folder / "history.day.npy")
        self._values = {name: map_array(folder / f"history.{name}.npy") for name in ("units", "unit_price", "in_stock")}
        self._promotion = map_array(folder / "history.promotion.npy")

    def get(self, store: int, product: int, first_day: int) -> dict[str, Array] | None:
        """Columns of a series from a day on (days since 1970-01-01); None where the series has no history."""
        row = self.index.find(store, product)
        if row is None:
            return None
        start, stop = int(self._starts[row]), int(self._starts[row + 1])
        start += int(np.searchsorted(self._day[start:stop], first_day))
        rows = slice(start, stop)
        values = {name: column[rows] for name, column in self._values.items()}
        return {"day": self._day[rows], "promotion": self._promotion[rows]} | values
