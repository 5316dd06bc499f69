"""Stock of all shops together: what to move, to count and to sell off, and what matters most."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from retail_brain.errors import ModelError
from serving.http.handlers.call import Call, find_product, find_store, names_of
from serving.http.handlers.open_lines import open_count
from serving.http.messages.network_messages import AttentionRequest, NetworkRequest

_DECIDED = ("stockout", "unknown_stock", "large_order", "losing_order", "unusual")
"""Kinds of lines that are settled by a decision about their suggestion."""


def transfers(request: NetworkRequest, call: Call) -> dict[str, Any]:
    """What to move between shops, most valuable first; a store asks for what it gives and what it gets.

    Raises:
        NotFoundError: the store or a product is not known.
        ModelError: nothing of the kind was published.
    """
    return _listed("transfers", request, call, ("from_store_id", "to_store_id"))


def counts(request: NetworkRequest, call: Call) -> dict[str, Any]:
    """Shelves to count, most valuable first.

    Raises:
        NotFoundError: the store or a product is not known.
        ModelError: nothing of the kind was published.
    """
    return _listed("counts", request, call, ("store_id",))


def leftovers(request: NetworkRequest, call: Call) -> dict[str, Any]:
    """Goods that will not sell by their date, most money at risk first.

    Raises:
        NotFoundError: the store or a product is not known.
        ModelError: nothing of the kind was published.
    """
    return _listed("leftovers", request, call, ("store_id",))


def attention(request: AttentionRequest, call: Call) -> dict[str, Any]:
    """The lines that matter over all shops, most money at stake first, without those that were decided on.

    Raises:
        NotFoundError: the store is not known.
        ModelError: nothing of the kind was published.
    """
    found = network_rows("attention", call)
    if request.store_id is not None:
        find_store(call.answers, request.store_id)
        found = found.filter((pl.col("store_id") == request.store_id) | (pl.col("other_store_id") == request.store_id))
    decided = [
        (life.stored.decision.store_id, life.stored.decision.product_id) for life in call.view.decisions.values()
    ]
    done = pl.DataFrame(decided, schema={"store_id": pl.String, "product_id": pl.String}, orient="row")
    settled = found.filter(pl.col("kind").is_in(_DECIDED)).join(done, on=["store_id", "product_id"], how="semi")
    open_lines = found.join(settled, on=["kind", "store_id", "product_id"], how="anti", maintain_order="left")
    summed = open_lines.group_by("kind", maintain_order=True).agg(lines=pl.len(), money=pl.col("money").sum())
    if request.kinds is not None:
        open_lines = open_lines.filter(pl.col("kind").is_in(request.kinds))
    shown = open_lines.slice(request.offset, request.limit)
    return {
        "attention": _plain(shown, call.language),
        "total": open_lines.height,
        "kinds": summed.with_columns(pl.col("money").round(2)).to_dicts(),
        "open": open_count(call.view, request.store_id),
        "names": _names(call, shown),
    }


def network_rows(name: str, call: Call) -> pl.DataFrame:
    """A published table about the stock of all shops.

    Raises:
        ModelError: the present answers have none.
    """
    found = call.answers.rows.get(name)
    if found is None:
        raise ModelError(
            f"the present answers have no {name}: they were published before there was a demand model, or by an older "
            "version. Run `retail-brain publish`.",
            {"part": name},
        )
    return found


def _listed(name: str, request: NetworkRequest, call: Call, stores: Sequence[str]) -> dict[str, Any]:
    found = network_rows(name, call)
    if request.store_id is not None:
        find_store(call.answers, request.store_id)
        found = found.filter(pl.any_horizontal(pl.col(stores) == request.store_id))
    if request.product_ids is not None:
        for product_id in request.product_ids:
            find_product(call.answers, product_id)
        found = found.filter(pl.col("product_id").is_in(request.product_ids))
    shown = found.slice(request.offset, request.limit)
    return {name: _plain(shown, call.language), "total": found.height, "names": _names(call, shown)}


def _plain(frame: pl.DataFrame, language: str) -> list[dict[str, Any]]:
    """Rows with days as text, numbers rounded and the reason in one language."""
    reason = pl.col("reason_zh" if language == "zh" else "reason")
    shown = frame.with_columns(reason=reason).drop("reason_zh")
    return shown.with_columns(pl.col(pl.Date).cast(pl.String), pl.col(pl.Float64).round(4)).to_dicts()


def _names(call: Call, frame: pl.DataFrame) -> dict[str, str]:
    """Names of the products that occur."""
    products = call.answers.products
    ids = frame["product_id"].unique(maintain_order=True).to_list()
    rows = products.find_many(ids)
    known = [place for place, row in enumerate(rows.tolist()) if row >= 0]
    return names_of(products, rows[known], [ids[place] for place in known])
