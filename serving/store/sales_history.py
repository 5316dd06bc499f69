"""Recent sales of each series: one entry per day with something to tell."""

from pathlib import Path

import numpy as np
import polars as pl

from serving.store.arrays import Array, map_array, write_array
from serving.store.series_index import KeyIndex, write_keys


def write_history(folder: Path, frame: pl.DataFrame, n_products: int) -> None:
    """Writes the history.

    Args:
        folder: the answers being written.
        frame: one row per store x product x date: `store`, `product` (positions), `date`, `units`, `unit_price`,
            `promotion` (bool), `in_stock`.
        n_products: how many products there are.
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


class History:
    """Recent days by store and product."""

    def __init__(self, folder: Path, n_products: int) -> None:
        """Maps the files of `write_history`."""
        self.index = KeyIndex(folder, "history", n_products)
        self._starts = map_array(folder / "history.starts.npy")
        self._day = map_array(folder / "history.day.npy")
        self._values = {name: map_array(folder / f"history.{name}.npy") for name in ("units", "unit_price", "in_stock")}
        self._promotion = map_array(folder / "history.promotion.npy")

    def get(self, store: int, product: int, first_day: int) -> dict[str, Array] | None:
        """What happened from a day on, days counted from 1970-01-01; None where the series is unknown."""
        row = self.index.find(store, product)
        if row is None:
            return None
        start, stop = int(self._starts[row]), int(self._starts[row + 1])
        start += int(np.searchsorted(self._day[start:stop], first_day))
        held = slice(start, stop)
        values = {name: column[held] for name, column in self._values.items()}
        return {"day": self._day[held], "promotion": self._promotion[held]} | values
