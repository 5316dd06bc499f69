"""Published forecasts: mean, quantiles and drivers per series; one value per series where all periods are equal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np

from serving.store.arrays import Array, RowWriter, map_array, open_rows, write_array
from serving.store.series_index import KeyIndex, write_keys

_AT_ONCE = 10_000
"""Series read at once: some 10 MB of 28 periods with seven quantiles."""


@dataclass(frozen=True)
class ForecastBlock:
    """Forecasts of products in one store.

    Attributes:
        store_id: the store.
        product_ids: one per row of the arrays.
        mean: units per period, shape (products, periods).
        quantiles: units per period, shape (products, periods, quantiles).
        drivers: units per period and driver group, shape (products, periods, groups), NaN where not computed; None
            where none were.
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
    """Writes the forecasts block by block; returns the number of series.

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
        RowWriter(folder / "forecasts.units.arrow", np.float32, (periods, 1 + quantiles)) as units,
        RowWriter(folder / "forecasts.drivers.arrow", np.float32, (periods, groups)) as drivers,
        RowWriter(folder / "forecasts.flat.arrow", np.float32, (1 + quantiles,)) as flat,
    ):
        for block in blocks:
            is_flat = _is_flat(block)
            moving = ~is_flat
            # The sign says which file a row is in: flat rows are numbered -1, -2, ...
            rows = np.where(is_flat, -1 - (flat.rows + np.cumsum(is_flat) - 1), units.rows + np.cumsum(moving) - 1)
            both = np.concatenate([block.mean[:, :, None], block.quantiles], axis=2)
            units.append(both[moving])
            drivers.append(_drivers(block, groups)[moving])
            flat.append(both[is_flat, 0])
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
    # drivers differ from period to period even where the units do not
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
    """Writes the first day of each forecast period."""
    write_array(folder / "forecasts.days.npy", [day.toordinal() for day in days], np.int32)


class Forecasts:
    """Forecasts by store and product position."""

    def __init__(self, folder: Path, n_products: int) -> None:
        """Maps the files of `write_forecasts`."""
        self.index = KeyIndex(folder, "forecasts", n_products)
        self.days = [date.fromordinal(day).isoformat() for day in map_array(folder / "forecasts.days.npy").tolist()]
        self._units = open_rows(folder, "forecasts.units")
        self._drivers = open_rows(folder, "forecasts.drivers")
        self._flat = open_rows(folder, "forecasts.flat")

    def get(self, store: int, product: int, periods: int) -> list[list[float]] | None:
        """Units per period: mean, then quantiles, rounded to 4 digits; None where the series has no forecast."""
        row = self.index.find(store, product)
        if row is None:
            return None
        if row < 0:
            return _rounded(self._flat.row(-1 - row)[None]) * periods
        return _rounded(self._units.row(row)[:periods])

    def peak(self, store: int | None, product: int | None) -> float | None:
        """Highest mean forecast of a period, units, of the series of a store, a product or both; None: of all.

        None where no such series has a forecast. It reads every row that matches, so ask it for what a person writes.
        """
        if store is None and product is None:
            return self._peak_of_all
        return self._peak(self.index.of(store, product))

    @cached_property
    def _peak_of_all(self) -> float | None:
        return self._peak(self.index.of(None, None))

    def _peak(self, rows: Array) -> float | None:
        highest: float | None = None
        # in parts: a row holds all quantiles of all periods, and a chain a million of them
        for part in (rows[first : first + _AT_ONCE] for first in range(0, len(rows), _AT_ONCE)):
            for mean in (self._units[part[part >= 0]][..., 0], self._flat[-1 - part[part < 0]][..., 0]):
                if mean.size:
                    highest = max(float(mean.max()), highest or 0.0)
        return highest

    def drivers(self, store: int, product: int, periods: int) -> list[list[float]]:
        """Units per period and driver, for the periods that have drivers."""
        row = self.index.find(store, product)
        if row is None or row < 0 or 0 in self._drivers.shape:
            return []
        drivers = self._drivers.row(row)[:periods]
        return _rounded(drivers[~np.isnan(drivers[:, 0])])


def _rounded(values: Array) -> list[list[float]]:
    # as float64: a rounded float32 has more digits again when it is printed
    rounded: list[list[float]] = values.astype(np.float64).round(4).tolist()
    return rounded
