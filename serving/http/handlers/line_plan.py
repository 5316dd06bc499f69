"""How the stock of a line goes on and what other order quantities would mean, as the plan has it."""

from math import inf, isinf
from typing import Any

import numpy as np
import polars as pl

from serving.http.handlers.call import Call, find_product, find_store
from serving.http.messages.stock_messages import LinePlanRequest
from serving.store.rows import rows_of_store

_NUMBERS = (
    *("on_hand", "moved_in", "moved_out", "order_quantity", "stock_before"),
    *("least_mean", "least_low", "least_high"),
)
_DAYS = ("arrives_on", "next_arrives_on")
_CHOICE = {"quantities": "quantity", "chances": "chance", "lost_units": "lost_units"}
_MONEY = {"stock_costs": "stock_cost", "values": "value"}


def line_plan(request: LinePlanRequest, call: Call) -> dict[str, Any]:
    """The outlook of a line; nulls with a reason where the plan knows none.

    Raises:
        NotFoundError: the store or the product is not known.
    """
    store = find_store(call.answers, request.store_id)
    product = find_product(call.answers, request.product_id)
    answer: dict[str, Any] = {"as_of": call.answers.manifest.as_of, "reason": None, "arrivals": [], "choices": []}
    answer |= dict.fromkeys((*_NUMBERS, *_DAYS, "undated_units", "source_units"))
    outlook, due = call.answers.rows.get("line_outlook"), call.answers.rows.get("line_arrivals")
    if outlook is None or due is None:
        return answer | {"reason": "not_published"}
    coming = _of_line(due, request, call)
    answer["arrivals"] = [
        {"arrives_on": day.isoformat(), "units": units}
        for day, units in coming.select("arrives_on", "units").iter_rows()
    ]
    on_order = _on_order(call, store, product)
    if on_order is not None:
        answer["undated_units"] = round(max(on_order - sum(one["units"] for one in answer["arrivals"]), 0.0), 4)
    most = _source_units(call, store, product, (request.store_id, request.product_id))
    answer["source_units"] = None if isinf(most) else round(most, 4)
    found = _of_line(outlook, request, call)
    if found.is_empty():
        return answer | {"reason": "stock_unknown" if _is_planned(request, call) else "not_planned"}
    row = found.row(0, named=True)
    answer |= {name: round(row[name], 4) for name in _NUMBERS}
    answer |= {name: row[name].isoformat() for name in _DAYS}
    return answer | {"choices": _choices(row, most)}


def _of_line(frame: pl.DataFrame, request: LinePlanRequest, call: Call) -> pl.DataFrame:
    own = rows_of_store(frame, request.store_id, ["store_id"], call.answers.lines_memo)
    return own.filter(pl.col("product_id") == request.product_id)


def _on_order(call: Call, store: int, product: int) -> float | None:
    """Units on order of the line, with a day of arrival or without; None where nothing is suggested or known."""
    suggestions = call.answers.suggestions
    if suggestions is None:
        return None
    rows, found = suggestions.index.find_pairs(np.array([store]), np.array([product]))
    units = suggestions.number("on_order", rows) if found.all() else np.array([np.nan])
    return None if np.isnan(units[0]) else float(units[0])


def _source_units(call: Call, store: int, product: int, line: tuple[str, str]) -> float:
    """Units that the source store can send the line now; infinite where nothing limits it."""
    suggestions = call.answers.suggestions
    row = None if suggestions is None else suggestions.index.find(store, product)
    if suggestions is None or row is None or (source := suggestions.sources(np.array([row]))[0]) is None:
        return inf
    return call.view.sources.most(line, source, float(suggestions.number("order_quantity", np.array([row]))[0]))


def _is_planned(request: LinePlanRequest, call: Call) -> bool:
    plan = call.answers.rows.get("plan")
    return plan is not None and not _of_line(plan, request, call).is_empty()


def _choices(row: dict[str, Any], most: float) -> list[dict[str, float]]:
    """One row per quantity, each once; more than the source can send means what that means."""
    names = _CHOICE | _MONEY
    table = pl.DataFrame({name: row[column] for column, name in names.items()})
    grid, arriving = table["quantity"].to_numpy(), table["quantity"].clip(upper_bound=most).to_numpy()
    meant = {name: np.interp(arriving, grid, table[name].to_numpy()) for name in table.columns if name != "quantity"}
    table = table.with_columns(pl.Series(name, values) for name, values in meant.items())
    return table.unique("quantity", keep="first", maintain_order=True).with_columns(pl.all().round(4)).to_dicts()
