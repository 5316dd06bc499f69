"""Forecasts of the answers: with a value per day where demand moves, with one value where it is the same every day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from serving.answers.arrays import Array, ArrayWriter, map_array, write_array
from serving.answers.keys import KeyIndex, write_keys


@dataclass(frozen=True)
class ForecastBlock:
    """Forecasts of one store's products.

    Attributes:
        store_id: the store.
        product_ids: one per row of the arrays.
        mean: units per period, shape (products, periods).
        quantiles: units per period, shape (products, periods, quantiles).
        drivers: units per period and driver group, shape (products, periods, groups), NaN where not known; None where
            nothing is known.
    """

    store_id: str
    product_ids: Sequence[str]
    mean: Array
    quantiles: Array
    drivers: Array | None = None


@dataclass
class _Places:
    stores: list[Array]
    products: list[Array]
    rows: list[Array]


def write_forecasts(
    folder: Path,
    blocks: Iterable[ForecastBlock],
    stores: Mapping[str, int],
    products: Mapping[str, int],
    shape: tuple[int, int, int],
) -> int:
    """Writes the forecasts block by block; returns how many series there are.

    Args:
        folder: the answers being written.
        blocks: one or more per store, in any order.
        stores: position of each store.
        products: position of each product.
        shape: numbers of periods, quantiles and driver groups.
    """
    periods, quantiles, groups = shape
    places = _Places([], [], [])
    with (
        ArrayWriter(folder / "forecasts.mean.npy", np.float32, (periods,)) as mean,
        ArrayWriter(folder / "forecasts.quantiles.npy", np.float32, (periods, quantiles)) as spread,
        ArrayWriter(folder / "forecasts.drivers.npy", np.float32, (periods, groups)) as drivers,
        ArrayWriter(folder / "forecasts.flat.npy", np.float32, (1 + quantiles,)) as flat,
    ):
        for block in blocks:
            is_flat = _is_flat(block)
            moving = ~is_flat
            rows = np.where(is_flat, -1 - (flat.rows + np.cumsum(is_flat) - 1), mean.rows + np.cumsum(moving) - 1)
            mean.append(block.mean[moving])
            spread.append(block.quantiles[moving])
            drivers.append(_drivers(block, groups)[moving])
            flat.append(np.concatenate([block.mean[is_flat, :1], block.quantiles[is_flat, 0]], axis=1))
            places.stores.append(np.full(len(rows), stores[block.store_id], dtype=np.int64))
            places.products.append(np.array([products[product] for product in block.product_ids], dtype=np.int64))
            places.rows.append(rows)
    index = [
        np.concatenate(parts) if parts else np.zeros(0, np.int64)
        for parts in (places.stores, places.products, places.rows)
    ]
    write_keys(folder, "forecasts", index[0], index[1], n_products=len(products), rows=index[2])
    return len(index[0])


def _is_flat(block: ForecastBlock) -> Array:
    if block.drivers is not None:
        return np.zeros(len(block.mean), dtype=bool)
    same_mean = (block.mean == block.mean[:, :1]).all(axis=1)
    same_spread = (block.quantiles == block.quantiles[:, :1]).all(axis=(1, 2))
    flat: Array = same_mean & same_spread
    return flat


def _drivers(block: ForecastBlock, groups: int) -> Array:
    if block.drivers is not None:
        return block.drivers
    return np.full((*block.mean.shape, groups), np.nan, dtype=np.float32)


def write_calendar(folder: Path, days: Sequence[date]) -> None:
    """Writes the first days of the forecast's periods."""
    write_array(folder / "forecasts.days.npy", [day.toordinal() for day in days], np.int32)


@dataclass(frozen=True)
class SeriesForecast:
    """One series over the asked periods, rounded to what a person reads.

    Attributes:
        mean: units per period, length periods.
        quantiles: shape (periods, quantiles), in the order of the answers' quantiles.
        drivers: shape (periods explained, groups), or None where there are none.
    """

    mean: list[float]
    quantiles: list[list[float]]
    drivers: list[list[float]] | None


class Forecasts:
    """Forecasts by store and product."""

    def __init__(self, folder: Path, n_products: int) -> None:
        """Maps the files of `write_forecasts`."""
        self.index = KeyIndex(folder, "forecasts", n_products)
        self.days = [date.fromordinal(day).isoformat() for day in map_array(folder / "forecasts.days.npy").tolist()]
        self._mean = map_array(folder / "forecasts.mean.npy")
        self._quantiles = map_array(folder / "forecasts.quantiles.npy")
        self._drivers = map_array(folder / "forecasts.drivers.npy")
        self._flat = map_array(folder / "forecasts.flat.npy")

    def get(self, store: int, product: int, periods: int) -> SeriesForecast | None:
        """The forecast of a series, or None where there is none."""
        row = self.index.find(store, product)
        if row is None:
            return None
        if row < 0:
            values = np.round(self._flat[-1 - row].astype(np.float64), 4).tolist()
            return SeriesForecast([values[0]] * periods, [values[1:]] * periods, None)
        mean, spread = self._mean[row, :periods], self._quantiles[row, :periods]
        drivers = self._drivers[row, :periods]
        explained = int((~np.isnan(drivers[:, 0])).sum()) if drivers.size else 0
        return SeriesForecast(_rounded(mean), _rounded(spread), _rounded(drivers[:explained]) if explained else None)


def _rounded(values: Array) -> list[Any]:
    rounded: list[Any] = np.round(values.astype(np.float64), 4).tolist()
    return rounded
