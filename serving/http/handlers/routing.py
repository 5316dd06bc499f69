"""Routes online orders: which stores fulfil the lines at the least parcel cost plus expected sales lost."""

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
"""Money that a line not served counts for: an accepted order is sent wherever some store has it."""


@dataclass(frozen=True)
class _LineStock:
    """Stock for the lines of an order by store, each of shape (lines, stores).

    Attributes:
        on_hand: units.
        can_send: whether the store has the units of the line beyond what it must keep.
        cost: money of sales that the store expects to lose when it gives the units away.
    """

    on_hand: Floats
    can_send: Bools
    cost: Floats


def route(request: RouteOrderRequest, call: Call) -> dict[str, Any]:
    """Which stores send an order, what that costs each in expected sales, and whether it can be picked up.

    Raises:
        NotFoundError: a product or store is not known.
        ModelError: nothing of the kind was published.
    """
    answers, costs = call.answers, call.view.settings.network
    products = [find_product(answers, line.product_id) for line in request.lines]
    shops = _shops(request, call)
    stock = _line_stock(answers, products, request.lines, shops["store_id"].to_list())
    parcel = np.full(shops.height, costs.parcel_cost)
    if request.region is not None:
        # a store whose region is not recorded counts as far
        near = (shops["region"] == request.region).fill_null(value=False).to_numpy()
        parcel = np.where(near, costs.parcel_cost, costs.parcel_cost_far)
    sources = Sources(stock.can_send, stock.cost, parcel, shops["free"].to_numpy().astype(np.float64))
    routed = route_order(sources, np.full(len(products), _MUST_BE_SERVED))
    rows = np.array(products, dtype=np.int64)
    return {
        "parcels": _parcels(request.lines, stock, shops, routed.shop, parcel),
        "unserved": [
            line.product_id for line, shop in zip(request.lines, routed.shop.tolist(), strict=True) if shop < 0
        ],
        "pickup": None if request.store_id is None else _pickup(request, stock, shops),
        "names": names_of(answers.products, rows, answers.products.ids.take(rows)),
    }


def _shops(request: RouteOrderRequest, call: Call) -> pl.DataFrame:
    """One row per store that may send: `store_id`, `region`, `free` (orders that it can still pick today)."""
    for store_id in [*request.exclude_store_ids, *request.orders_today]:
        find_store(call.answers, store_id)
    shops = network_rows("shops", call)
    today = [float(request.orders_today.get(store_id, 0)) for store_id in shops["store_id"]]
    capacity, expected = (
        shops[name].fill_null(float("nan")).to_numpy().astype(np.float64) for name in ("capacity", "expected_orders")
    )
    free = pl.Series("free", free_orders(capacity, expected, today), dtype=pl.Float64)
    return shops.with_columns(free).filter(~pl.col("store_id").is_in(request.exclude_store_ids))


def _line_stock(
    answers: Answers, products: Sequence[int], lines: Sequence[OrderLine], stores: Sequence[str]
) -> _LineStock:
    """Stock of each store for each line, and what giving the units away costs it.

    Raises:
        ModelError: the answers have no marginal values of stock.
    """
    if answers.marginal_values is None:
        raise ModelError(
            "the present answers have no marginal values of stock, so none can send. Run `retail-brain publish`.",
            {"problem": "not_in_answers"},
        )
    column_of = {answers.stores.find(store_id): column for column, store_id in enumerate(stores)}
    shape = (len(lines), len(stores))
    on_hand, cost = np.zeros(shape), np.zeros(shape)
    can_send = np.zeros(shape, dtype=np.bool_)
    for row, (product, line) in enumerate(zip(products, lines, strict=True)):
        owners, giving = answers.marginal_values.of_product(product)
        usable = np.array([i for i, owner in enumerate(owners.tolist()) if owner in column_of], dtype=np.int64)
        columns: Ints = np.array([column_of[int(owners[i])] for i in usable], dtype=np.int64)
        on_hand[row, columns] = giving.on_hand[usable]
        can_send[row, columns] = giving.on_hand[usable] - giving.keep[usable] >= line.units
        cost[row, columns] = giving.giving(usable, np.zeros(len(usable)), np.full(len(usable), float(line.units)))
    return _LineStock(on_hand, can_send, cost)


def _parcels(
    lines: Sequence[OrderLine], stock: _LineStock, shops: pl.DataFrame, shop_of: Ints, parcel: Floats
) -> list[dict[str, Any]]:
    """One entry per store that sends something."""
    return [
        {
            "store_id": shops["store_id"][shop],
            "parcel_cost": round(float(parcel[shop]), 4),
            "free_orders": _finite(shops["free"][shop]),
            "lines": [_line(lines[number], stock, number, shop) for number in np.flatnonzero(shop_of == shop).tolist()],
        }
        for shop in np.unique(shop_of[shop_of >= 0]).tolist()
    ]


def _pickup(request: RouteOrderRequest, stock: _LineStock, shops: pl.DataFrame) -> dict[str, Any]:
    """Whether the store of the request can hand the whole order over itself, and what is missing."""
    stores = shops["store_id"].to_list()
    if request.store_id not in stores:
        return {"store_id": request.store_id, "possible": False, "missing": [line.product_id for line in request.lines]}
    shop = stores.index(request.store_id)
    can = stock.can_send[:, shop]
    missing = [line.product_id for line, has in zip(request.lines, can.tolist(), strict=True) if not has]
    return {
        "store_id": request.store_id,
        "possible": not missing and bool(shops["free"][shop] >= 1),
        "missing": missing,
        "free_orders": _finite(shops["free"][shop]),
        "lines": [_line(line, stock, number, shop) for number, line in enumerate(request.lines) if can[number]],
    }


def _line(line: OrderLine, stock: _LineStock, number: int, shop: int) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "units": line.units,
        "on_hand": round(float(stock.on_hand[number, shop]), 4),
        "expected_sales_lost": round(float(stock.cost[number, shop]), 4),
    }


def _finite(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None
