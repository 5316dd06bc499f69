"""Where an online order is sent from: the stock that is least worth keeping where it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Bools, Floats, Ints
from retail_brain.decisions.routing import Sources, free_orders, route_order
from retail_brain.errors import ModelError
from serving.http.handlers.call import Call, find_product, find_store, names_of
from serving.http.handlers.stock_network import network_rows
from serving.http.messages.network_messages import OrderLine, RouteOrderRequest
from serving.store.answer_set import Answers

_MUST_BE_SERVED = 1e6
"""Money that a line not served counts for: an accepted order is sent wherever somebody has it."""


@dataclass(frozen=True)
class _Held:
    """Lines of an order by shop, shape (lines, shops): units on hand, what the order's units cost there."""

    on_hand: Floats
    can_send: Bools
    cost: Floats


def route(request: RouteOrderRequest, call: Call) -> dict[str, Any]:
    """Which shops send an order, what that costs each in expected sales, and whether it can be picked up.

    Raises:
        NotFoundError: a product or store is not known.
        ModelError: nothing of the kind was published.
    """
    answers, costs = call.answers, call.view.settings.network
    products = [find_product(answers, line.product_id) for line in request.lines]
    shops = _shops(request, call)
    held = _held(answers, products, request.lines, shops["store_id"].to_list())
    parcel = np.full(shops.height, costs.parcel_cost)
    if request.region is not None:
        near = (shops["region"] == request.region).fill_null(value=False).to_numpy()
        parcel = np.where(near, costs.parcel_cost, costs.parcel_cost_far)
    sources = Sources(held.can_send, held.cost, parcel, shops["free"].to_numpy().astype(np.float64))
    done = route_order(sources, np.full(len(products), _MUST_BE_SERVED))
    rows = np.array(products, dtype=np.int64)
    return {
        "parcels": _parcels(request.lines, held, shops, done.shop, parcel),
        "unserved": [line.product_id for line, shop in zip(request.lines, done.shop.tolist(), strict=True) if shop < 0],
        "pickup": None if request.store_id is None else _pickup(request, held, shops),
        "names": names_of(answers.products, rows, answers.products.ids.take(rows)),
    }


def _shops(request: RouteOrderRequest, call: Call) -> pl.DataFrame:
    """One row per shop that may be asked: `store_id`, `region`, `free` (orders it can still pick today)."""
    for one in [*request.exclude_store_ids, *request.orders_today]:
        find_store(call.answers, one)
    shops = network_rows("shops", call)
    today = [float(request.orders_today.get(store_id, 0)) for store_id in shops["store_id"]]
    capacity, expected = (
        shops[name].fill_null(float("nan")).to_numpy().astype(np.float64) for name in ("capacity", "expected_orders")
    )
    free = pl.Series("free", free_orders(capacity, expected, today), dtype=pl.Float64)
    return shops.with_columns(free).filter(~pl.col("store_id").is_in(request.exclude_store_ids))


def _held(answers: Answers, products: Sequence[int], lines: Sequence[OrderLine], stores: Sequence[str]) -> _Held:
    """What each shop has of each line, and what giving the units away costs it."""
    if answers.marginal_values is None:
        raise ModelError("the present answers know no stock to send from. Run `retail-brain publish`.")
    place = {answers.stores.find(store_id): at for at, store_id in enumerate(stores)}
    shape = (len(lines), len(stores))
    on_hand, cost = np.zeros(shape), np.zeros(shape)
    can_send = np.zeros(shape, dtype=np.bool_)
    for number, (product, line) in enumerate(zip(products, lines, strict=True)):
        owners, giving = answers.marginal_values.of_product(product)
        mine = np.array([row for row, owner in enumerate(owners.tolist()) if owner in place], dtype=np.int64)
        at: Ints = np.array([place[int(owners[row])] for row in mine], dtype=np.int64)
        on_hand[number, at] = giving.on_hand[mine]
        can_send[number, at] = giving.on_hand[mine] - giving.keep[mine] >= line.units
        cost[number, at] = giving.giving(mine, np.zeros(len(mine)), np.full(len(mine), float(line.units)))
    return _Held(on_hand, can_send, cost)


def _parcels(
    lines: Sequence[OrderLine], held: _Held, shops: pl.DataFrame, shop_of: Ints, parcel: Floats
) -> list[dict[str, Any]]:
    """One entry per shop that sends something."""
    return [
        {
            "store_id": shops["store_id"][shop],
            "parcel_cost": round(float(parcel[shop]), 4),
            "free_orders": _finite(shops["free"][shop]),
            "lines": [_line(lines[number], held, number, shop) for number in np.flatnonzero(shop_of == shop).tolist()],
        }
        for shop in np.unique(shop_of[shop_of >= 0]).tolist()
    ]


def _pickup(request: RouteOrderRequest, held: _Held, shops: pl.DataFrame) -> dict[str, Any]:
    """Whether the shop of the request can hand the whole order over itself, and what is missing."""
    stores = shops["store_id"].to_list()
    if request.store_id not in stores:
        return {"store_id": request.store_id, "possible": False, "missing": [line.product_id for line in request.lines]}
    shop = stores.index(request.store_id)
    can = held.can_send[:, shop]
    missing = [line.product_id for line, has in zip(request.lines, can.tolist(), strict=True) if not has]
    return {
        "store_id": request.store_id,
        "possible": not missing and bool(shops["free"][shop] >= 1),
        "missing": missing,
        "free_orders": _finite(shops["free"][shop]),
        "lines": [_line(line, held, number, shop) for number, line in enumerate(request.lines) if can[number]],
    }


def _line(line: OrderLine, held: _Held, number: int, shop: int) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "units": line.units,
        "on_hand": round(float(held.on_hand[number, shop]), 4),
        "expected_sales_lost": round(float(held.cost[number, shop]), 4),
    }


def _finite(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None
