"""What lies where, and how a person gets it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from retail_brain.decisions.availability import (
    FULFILMENT,
    IN_STORE,
    NO_STORE,
    NOWHERE,
    PICKUP,
    SHIP,
    UNKNOWN,
    Availability,
)
from serving.store.availability import open_availability, write_availability

NEAR, SHOP, FAR, WEB, UNCOUNTED = range(5)
# 0 on the shop's shelf, 1 in the web shop only, 2 in the near shop, 3 in the far one, 4 sold out, 5 not counted at all
ON_HAND = [(SHOP, 0, 3.0), (WEB, 1, 9.0), (NEAR, 2, 1.0), (FAR, 3, 2.0), (SHOP, 4, 0.0), (FAR, 2, 8.0), (WEB, 4, -1.0)]


def stores(**changes: Sequence[Any]) -> pl.DataFrame:
    columns: dict[str, Sequence[Any]] = {
        "is_online": [False, False, None, True, False],
        "daily_fulfilment_capacity": [None, 0.0, None, 50.0, None],
        "latitude": [30.1, 30.2, 31.9, None, None],
        "longitude": [120.1, 120.2, 121.9, None, None],
        "region": ["北", "北", "北", None, "南"],
        "sells": [True] * 5,
    } | changes
    types = {"latitude": pl.Float64, "longitude": pl.Float64, "region": pl.String, "is_online": pl.Boolean}
    return pl.DataFrame(columns, schema_overrides=types | {"daily_fulfilment_capacity": pl.Float64})


def shelves(**changes: Sequence[Any]) -> Availability:
    stock = pl.DataFrame(ON_HAND, schema=["store", "product", "on_hand"], orient="row")
    return Availability.of(stock, stores(**changes), 6, pickup_km=30)


def ways(held: Availability, store: int) -> tuple[list[int], list[int]]:
    goods, here = np.arange(6), np.full(6, store)
    found = held.ways(here, goods)
    return found.tolist(), held.origins(here, goods, found).tolist()


def test_on_the_shelf_shipped_or_held_nearby() -> None:
    way, origin = ways(shelves(), SHOP)
    assert way == [IN_STORE, SHIP, PICKUP, NOWHERE, NOWHERE, NOWHERE]
    assert origin == [SHOP, WEB, NEAR, NO_STORE, NO_STORE, NO_STORE]
    assert [FULFILMENT[code] for code in way[:3]] == ["in_store", "ship", "pickup"]


def test_a_web_shop_ships_what_it_has() -> None:
    way, origin = ways(shelves(), WEB)
    assert (way[1], origin[1]) == (SHIP, WEB)


def test_the_shipper_with_most_sends_it() -> None:
    held = shelves(daily_fulfilment_capacity=[5.0, 5.0, 5.0, 50.0, None])
    way, origin = ways(held, SHOP)
    assert way == [IN_STORE, SHIP, SHIP, SHIP, NOWHERE, NOWHERE]
    assert origin[2] == FAR  # eight units there, one in the near shop


def test_without_coordinates_shops_of_the_same_region_hold_goods() -> None:
    unknown = [None] * 5
    way, origin = ways(shelves(latitude=unknown, longitude=unknown), SHOP)
    assert (way[2], origin[2]) == (PICKUP, FAR)
    assert (way[3], origin[3]) == (PICKUP, FAR)
    elsewhere = shelves(latitude=unknown, longitude=unknown, region=["北", "南", "北", None, "南"])
    assert ways(elsewhere, SHOP)[0][2] == NOWHERE


def test_a_warehouse_holds_nothing_for_pick_up() -> None:
    assert ways(shelves(sells=[False, True, True, True, True]), SHOP)[0][2] == NOWHERE


def test_a_shop_without_counts_may_have_everything() -> None:
    assert ways(shelves(), UNCOUNTED) == ([UNKNOWN] * 6, [NO_STORE] * 6)


def test_without_a_shop_anything_that_some_shop_has_or_nobody_counts() -> None:
    way, origin = ways(shelves(), NO_STORE)
    assert way == [UNKNOWN] * 4 + [NOWHERE, UNKNOWN]
    assert set(origin) == {NO_STORE}


def test_without_any_stock_everything_may_be_everywhere() -> None:
    stock = pl.DataFrame(schema={"store": pl.Int64, "product": pl.Int64, "on_hand": pl.Float64})
    held = Availability.of(stock, stores(), 6, pickup_km=30)
    assert not held.is_known
    for store in (NO_STORE, SHOP):
        assert ways(held, store)[0] == [UNKNOWN] * 6


def test_several_stores_at_once_are_as_each_alone() -> None:
    held = shelves()
    asked = np.repeat([SHOP, WEB, NO_STORE, NEAR, UNCOUNTED], 6)
    goods = np.tile(np.arange(6), 5)
    together = held.ways(asked, goods)
    alone = [ways(held, store) for store in (SHOP, WEB, NO_STORE, NEAR, UNCOUNTED)]
    assert together.tolist() == [code for way, _ in alone for code in way]
    assert held.origins(asked, goods, together).tolist() == [store for _, origin in alone for store in origin]


def test_mapped_shelves_answer_the_same(tmp_path: Path) -> None:
    held = shelves()
    write_availability(tmp_path, held)
    again = open_availability(tmp_path)
    assert ways(again, SHOP) == ways(held, SHOP)
    assert again.stocked.tolist() == [1, 1, 2, 1, 0]


@pytest.mark.parametrize("km", [29, 31])
def test_thirty_kilometres_is_near(km: float) -> None:
    north = 30.2 + km / 111.195
    found = ways(shelves(latitude=[north, 30.2, 31.9, None, None], longitude=[120.2, 120.2, 121.9, None, None]), SHOP)
    assert (found[0][2] == PICKUP) == (km < 30)
