"""Order book and goods receipts: status of decided suggestions, and what arrived of them."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from retail_brain.errors import ImpossibleError
from retail_brain.operational.goods_receipts import (
    GoodsReceipt,
    never_decided,
    store_goods_receipts,
    suggestions_of_receipts,
)
from retail_brain.operational.suggestion_status import SuggestionStatus, suggestion_statuses
from retail_brain.outputs import suggestion_id
from retail_brain.past_days import check_past_day
from serving.http.handlers.call import Call, product_names
from serving.http.handlers.open_lines import open_count
from serving.http.messages.stock_messages import OrdersRequest, ReceiptIn, ReceiptsRequest
from serving.planning.stock.order_book import order_book

_USUAL_DAYS = 35
"""Days of orders that are listed where the request names none: five weeks. Chosen by judgement, not measured."""


def orders(request: OrdersRequest, call: Call) -> dict[str, Any]:
    """Decided suggestions, newest decision first, of the last five weeks unless asked otherwise.

    Raises:
        UsageError: the day since which they are asked for has not come.
    """
    answers = call.answers
    book = recent_orders(call, request.since)
    if request.store_id is not None:
        book = book.filter(pl.col("store_id") == request.store_id)
    counts = dict(book["state"].value_counts().iter_rows())
    if request.state is not None:
        book = book.filter(pl.col("state") == request.state)
    shown = book.slice(request.offset, request.limit)
    ids = shown["product_id"].unique(maintain_order=True).to_list()
    return {
        "orders": plain_orders(shown),
        "total": book.height,
        "states": counts,
        "open": open_count(call.view, request.store_id),
        "names": product_names(answers, ids),
    }


def recent_orders(call: Call, since: date | None = None) -> pl.DataFrame:
    """The order book of suggestions since a day, five weeks back unless given: newest decision first.

    Raises:
        UsageError: the day has not come.
    """
    if since is not None:
        check_past_day(since, "since")
    first = since or date.fromisoformat(call.answers.manifest.as_of) - timedelta(days=_USUAL_DAYS)
    return order_book(_own(suggestion_statuses(call.principal.tenant, call.state.database, since=first), call))


def receive(request: ReceiptsRequest, call: Call) -> dict[str, Any]:
    """Stores goods receipts, all or none; the same receipt_id again changes nothing.

    Raises:
        NotFoundError: nothing was decided about a suggestion.
        ImpossibleError: a receipt_id was used before for something else.
        UnconfirmedError: units or day are beyond what is usual for the order, and were not confirmed.
    """
    tenant, database = call.principal.tenant, call.state.database
    receipts = [_receipt(given, call.principal.name) for given in request.receipts]
    _check_place(receipts, call)
    new = store_goods_receipts(
        tenant,
        database,
        receipts,
        now=call.now,
        settings=call.view.settings.replenishment,
        confirmed={given.receipt_id for given in request.receipts if given.confirm_exception},
    )
    call.state.refresh_decisions(tenant)
    received = {receipt.suggestion_id for receipt in receipts}
    statuses = suggestion_statuses(tenant, database)
    book = order_book([status for status in statuses if status.stored.decision.suggestion_id in received])
    return {"stored": new, "duplicates": len(receipts) - new, "orders": plain_orders(book)}


def _own(statuses: Sequence[SuggestionStatus], call: Call) -> list[SuggestionStatus]:
    """The statuses of suggestions of the key's place."""
    if call.place.is_headquarters:
        return list(statuses)
    stores = call.answers.stores
    return [status for status in statuses if stores.find(status.stored.decision.store_id) >= 0]


def _check_place(receipts: Sequence[GoodsReceipt], call: Call) -> None:
    """Refuses receipts of other places' orders, in the words for orders that nobody decided on."""
    if call.place.is_headquarters:
        return
    tenant, database = call.principal.tenant, call.state.database
    own = {status.stored.decision.suggestion_id for status in _own(suggestion_statuses(tenant, database), call)}
    asked = list(dict.fromkeys(receipt.suggestion_id for receipt in receipts))
    others = [suggestion for suggestion in asked if suggestion not in own]
    if others:
        raise never_decided(others, len(asked))
    told = suggestions_of_receipts(tenant, database, [receipt.receipt_id for receipt in receipts])
    taken = [receipt_id for receipt_id, suggestion in told.items() if suggestion not in own]
    if taken:
        raise ImpossibleError(
            f"receipt_id {taken[0]!r} cannot be used. Send the receipt under a new one.",
            {"problem": "receipt_id_taken", "receipt_id": taken[0]},
        )


def _receipt(given: ReceiptIn, noted_by: str) -> GoodsReceipt:
    about = given.suggestion_id
    if about is None:
        assert given.store_id is not None
        assert given.product_id is not None
        assert given.as_of is not None
        about = suggestion_id(given.store_id, given.product_id, given.as_of.isoformat())
    return GoodsReceipt(given.receipt_id, about, given.units, given.received_on, given.note, noted_by)


def plain_orders(book: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows with days and instants as text."""
    days = pl.col("as_of", "received_on").cast(pl.String)
    instants = pl.col("exported_at", "decided_at").dt.to_string("iso:strict")
    return book.with_columns(days, instants).to_dicts()
