"""Computes how each product can reach a person: from the store, shipped, or by pick-up in another store."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

NO_STORE = -1
"""Position that stands for no store."""
NOWHERE, IN_STORE, SHIP, PICKUP, UNKNOWN = range(5)
"""Codes of the ways that a product gets to a person, in the order of FULFILMENT."""
FULFILMENT: tuple[str | None, ...] = (None, "in_store", "ship", "pickup", None)
"""Names of the codes; null where nothing is known, or where no shop was named."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Availability:
    """Units on hand by product and store (sparse, sorted by key), and which stores ship or hold goods for pick-up.

    Attributes:
        keys: product x stores + store of everything in stock, ascending.
        starts: per product where its keys begin, and the end of all.
        units: of each.
        unknown: keys of everything whose stock was counted, but so long ago that nobody knows what is left.
        shipper: per product the store that can ship it and has most of it, -1 = none.
        named: per product whether its stock is known wherever it was counted; others may be there.
        counted: per store whether anything is counted there; in others everything may be there.
        stocked: per store how many products it has.
        ships: per store whether it picks orders.
        sells: per store whether anything was ever sold there; a mere warehouse holds nothing for pick-up.
        online: per store whether it is a web shop: what it has is shipped.
        place: per store latitude and longitude in degrees, NaN = unknown.
        region: per store a code, -1 = unknown.
        pickup_km: a shop this near holds goods for pick-up, by the setting `network.pickup_km`; without coordinates,
            one of the same region does.
    """

    keys: Array
    starts: Array
    units: Array
    unknown: Array
    shipper: Array
    named: Array
    counted: Array
    stocked: Array
    ships: Array
    sells: Array
    online: Array
    place: Array
    region: Array
    pickup_km: float

    @classmethod
    def of(cls, stock: pl.DataFrame, stores: pl.DataFrame, n_products: int, pickup_km: float) -> "Availability":
        """The availability from counts and the table of stores.

        Args:
            stock: one row per store x product: `store`, `product` (positions), `on_hand` (units; null: not known any
                more).
            stores: one row per store, in the order of the positions: is_online, daily_fulfilment_capacity, latitude,
                longitude, region, sells.
            n_products: how many products there are.
            pickup_km: a shop this near holds goods for pick-up, by the setting `network.pickup_km`; without
                coordinates, one of the same region does.
        """
        n_stores = stores.height
        lost = stock.filter(pl.col("on_hand").is_null())
        named = np.bincount(stock["product"].to_numpy(), minlength=n_products) > 0
        named &= np.bincount(lost["product"].to_numpy(), minlength=n_products) == 0
        counted = np.bincount(stock["store"].to_numpy(), minlength=n_stores) > 0
        in_stock = stock.filter(pl.col("on_hand") > 0).sort("product", "store")
        # Sorted by product and store, the keys below ascend and can be searched.
        product, store = in_stock["product"].to_numpy().astype(np.int64), in_stock["store"].to_numpy().astype(np.int64)
        units = in_stock["on_hand"].cast(pl.Float32).to_numpy()
        online = stores["is_online"].fill_null(value=False).to_numpy()
        sells = stores["sells"].to_numpy()
        ships = online | (stores["daily_fulfilment_capacity"].fill_null(0).to_numpy() > 0)
        place = stores.select("latitude", "longitude").cast(pl.Float64).fill_null(float("nan")).to_numpy()
        # ranks begin at 1, so an unknown region becomes -1
        region = stores["region"].rank("dense").cast(pl.Int32).fill_null(0).to_numpy() - 1
        shipper = _most(product, store, units, ships, n_products)
        stocked = np.bincount(store, minlength=n_stores)
        keys = product * n_stores + store
        starts = np.searchsorted(keys, np.arange(n_products + 1) * n_stores)
        unknown = np.sort(lost["product"].to_numpy().astype(np.int64) * n_stores + lost["store"].to_numpy())
        return cls(
            keys,
            starts,
            units,
            unknown,
            shipper,
            named,
            counted,
            stocked,
            ships,
            sells,
            online,
            place,
            region,
            pickup_km,
        )

    @property
    def is_known(self) -> bool:
        """Whether any stock is known at all."""
        return bool(self.counted.any())

    def ways(self, stores: Array, products: Array) -> Array:
        """How each product gets to a person in each store: a code of FULFILMENT, NOWHERE where it cannot.

        Args:
            stores: positions, `NO_STORE` where no store is meant: then anything that any store has may be had.
            products: positions, as many.
        """
        starts, ends = self.starts[products], self.starts[products + 1]
        placed = stores >= 0
        if not placed.any():
            return np.where((ends > starts) | ~self.named[products], UNKNOWN, NOWHERE).astype(np.int8)
        counted = placed & self.counted[stores]
        own_stock = counted & self._has(self.keys, stores, products)
        ways = np.full(len(products), NOWHERE, np.int8)
        ways[~placed & ((ends > starts) | ~self.named[products])] = UNKNOWN
        ways[placed & ~counted] = UNKNOWN
        ways[counted & (self.shipper[products] >= 0)] = SHIP
        elsewhere = np.flatnonzero(counted & ~own_stock & (ways == NOWHERE) & (ends > starts))
        if elsewhere.size:
            rows, _, _ = self._near_holders(stores[elsewhere], starts[elsewhere], ends[elsewhere])
            ways[elsewhere[rows]] = PICKUP
        ways[counted & (ways == NOWHERE) & self._has(self.unknown, stores, products)] = UNKNOWN
        # Last, because stock of the own store goes before every other way.
        ways[own_stock] = np.where(self.online[stores[own_stock]], SHIP, IN_STORE)
        return ways

    def origins(self, stores: Array, products: Array, ways: Array) -> Array:
        """Which store each product comes from, `NO_STORE` where that is not known."""
        placed = stores >= 0
        if not placed.any():
            return np.full(len(products), NO_STORE)
        own_stock = ((ways == IN_STORE) | (ways == SHIP)) & placed
        own_stock[own_stock] = self._has(self.keys, stores[own_stock], products[own_stock])
        origin = np.where(own_stock, stores, np.where(ways == SHIP, self.shipper[products], NO_STORE))
        pickup = np.flatnonzero(ways == PICKUP)
        if pickup.size:
            goods = products[pickup]
            rows, places, apart = self._near_holders(stores[pickup], self.starts[goods], self.starts[goods + 1])
            # the nearest shop, and of equally near ones that with most of it
            order = np.lexsort((-self.units[places], apart, rows))
            first = order[np.r_[True, rows[order][1:] != rows[order][:-1]]]
            origin[pickup[rows[first]]] = self.keys[places[first]] % len(self.counted)
        return origin

    def _has(self, keys: Array, stores: Array, products: Array) -> Array:
        """Whether each store and product is among sorted keys."""
        if not len(keys):
            return np.zeros(len(products), bool)
        key = products.astype(np.int64) * len(self.counted) + stores
        index = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        return np.asarray(keys[index] == key)

    def _near_holders(self, stores: Array, starts: Array, ends: Array) -> tuple[Array, Array, Array]:
        """Which other stores hold the goods near enough: row, place in `keys`, and km apart (0 = same region)."""
        n_holders = ends - starts
        rows = np.repeat(np.arange(len(stores)), n_holders)
        places = (
            np.arange(int(n_holders.sum()))
            - np.repeat(np.cumsum(n_holders) - n_holders, n_holders)
            + np.repeat(starts, n_holders)
        )
        holder, asking = self.keys[places] % len(self.counted), stores[rows]
        apart = _kilometres(self.place[asking], self.place[holder])
        both = (self.region[asking] >= 0) & (self.region[holder] >= 0)
        same = ~both | (self.region[asking] == self.region[holder])
        near = (holder != asking) & self.sells[holder] & ~self.online[holder]
        near &= np.where(np.isnan(apart), same, apart <= self.pickup_km)
        return rows[near], places[near], np.nan_to_num(apart[near])


def _most(product: Array, store: Array, units: Array, ships: Array, n_products: int) -> Array:
    """Per product the store with most units among those that ship, the first where equal; -1 = none."""
    shipper = np.full(n_products, NO_STORE, np.int32)
    rows = np.flatnonzero(ships[store])
    # Later rows overwrite earlier ones, so the most units come last, and of equals the first store.
    order = rows[np.lexsort((-store[rows], units[rows], product[rows]))]
    shipper[product[order]] = store[order]
    return shipper


def _kilometres(origin: Array, destination: Array) -> Array:
    """Great-circle distance of points in degrees (haversine, radius 6,371 km)."""
    a, b = np.radians(origin), np.radians(destination)
    half = np.sin((b - a) / 2) ** 2
    return np.asarray(12_742 * np.arcsin(np.sqrt(half[:, 0] + np.cos(a[:, 0]) * np.cos(b[:, 0]) * half[:, 1])))
