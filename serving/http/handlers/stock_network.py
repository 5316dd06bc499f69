"""Stock of all stores: transfers, cycle counts, excess stock, and the exceptions over all of them."""

import json
from collections.abc import Sequence
from typing import Any

import polars as pl

from retail_brain.errors import ModelError
from serving.http.handlers.call import Call, elsewhere_names, find_product, find_store, product_names
from serving.http.handlers.open_lines import open_count
from serving.http.messages.network_messages import AttentionRequest, NetworkRequest
from serving.store.rows import rows_of_store


def transfers(request: NetworkRequest, call: Call) -> dict[str, Any]:
    """Transfers between stores, most valuable first; `store_id` keeps those that the store gives or gets.

    Raises:
        NotFoundError: the store or a product is not known.
        ModelError: nothing of the kind was published.
    """
    return _listed("transfers", request, call, ("from_store_id", "to_store_id"))


def counts(request: NetworkRequest, call: Call) -> dict[str, Any]:
    """Cycle counts: series whose stock record is probably wrong, most valuable first.

    Raises:
        NotFoundError: the store or a product is not known.
        ModelError: nothing of the kind was published.
    """
    return _listed("counts", request, call, ("store_id",))


def anomalies(request: NetworkRequest, call: Call) -> dict[str, Any]:
    """Days on which sales fell outside what the forecast allowed, most money first.

    Raises:
        NotFoundError: the store or a product is not known.
        ModelError: nothing of the kind was published.
    """
    return _listed("anomalies", request, call, ("store_id",))


def leftovers(request: NetworkRequest, call: Call) -> dict[str, Any]:
    """Excess or obsolete stock: what will not sell by its date, listing or season, most money at risk first.

    Raises:
        NotFoundError: the store or a product is not known.
        ModelError: nothing of the kind was published.
    """
    answer = _listed("leftovers", request, call, ("store_id",))
    answer["leftovers"] = [with_path(row) for row in answer["leftovers"]]
    return answer


def with_path(row: dict[str, Any]) -> dict[str, Any]:
    """A row of excess stock with its price path as a list, as answers have it."""
    return row | {"price_path": None if row["price_path"] is None else json.loads(row["price_path"])}


def attention(request: AttentionRequest, call: Call) -> dict[str, Any]:
    """Exceptions over all stores, most money at stake first, without those whose suggestion was decided on.

    Raises:
        NotFoundError: the store is not known.
        ModelError: nothing of the kind was published.
    """
    open_lines = open_exceptions(call)
    if request.store_id is not None:
        find_store(call.answers, request.store_id)
        # a transfer concerns both of its stores
        stores = ("store_id", "other_store_id")
        open_lines = rows_of_store(open_lines, request.store_id, stores, call.view.memo)
    # before the filter by kind, so that it shows what it hides
    summed = open_lines.group_by("kind", maintain_order=True).agg(lines=pl.len(), money=pl.col("money").sum())
    if request.kinds is not None:
        open_lines = open_lines.filter(pl.col("kind").is_in(request.kinds))
    shown = open_lines.slice(request.offset, request.limit)
    return {
        "attention": plain_rows(shown, call.language),
        "total": open_lines.height,
        "kinds": summed.with_columns(pl.col("money").round(2)).to_dicts(),
        "open": open_count(call.view, request.store_id),
        "names": product_names(call.answers, shown["product_id"].unique(maintain_order=True).to_list()),
        "store_names": elsewhere_names(call.answers, [*shown["store_id"], *shown["other_store_id"]]),
    }


def open_exceptions(call: Call) -> pl.DataFrame:
    """Exceptions over all stores without those whose suggestion was decided on, most money at stake first.

    Raises:
        ModelError: nothing of the kind was published.
    """
    lines = call.view.exceptions
    return network_rows("attention", call) if lines is None else lines


def network_rows(name: str, call: Call) -> pl.DataFrame:
    """A published table about the stock of all stores.

    Raises:
        ModelError: the present answers have none.
    """
    table = call.answers.rows.get(name)
    if table is None:
        raise ModelError(
            f"the present answers have no {name}: they were published before there was a demand model, or by an older "
            "version. Run `retail-brain publish`.",
            {"problem": "not_in_answers", "part": name},
        )
    return table


def _listed(name: str, request: NetworkRequest, call: Call, stores: Sequence[str]) -> dict[str, Any]:
    table = network_rows(name, call)
    if request.store_id is not None:
        find_store(call.answers, request.store_id)
        table = rows_of_store(table, request.store_id, stores, call.answers.lines_memo)
    if request.product_ids is not None:
        for product_id in request.product_ids:
            find_product(call.answers, product_id)
        table = table.filter(pl.col("product_id").is_in(request.product_ids))
    shown = table.slice(request.offset, request.limit)
    products = shown["product_id"].drop_nulls().unique(maintain_order=True).to_list()
    return {
        name: plain_rows(shown, call.language),
        "total": table.height,
        "names": product_names(call.answers, products),
    }


def plain_rows(frame: pl.DataFrame, language: str) -> list[dict[str, Any]]:
    """Rows with days as text, numbers rounded and the reason in one language."""
    reason = pl.col("reason_zh" if language == "zh" else "reason")
    shown = frame.with_columns(reason=reason).drop("reason_zh")
    return shown.with_columns(pl.col(pl.Date).cast(pl.String), pl.col(pl.Float64).round(4)).to_dicts()
