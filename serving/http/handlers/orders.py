"""Order book: status of decided suggestions."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from retail_brain.operational.suggestion_status import SuggestionStatus, suggestion_statuses
from retail_brain.past_days import check_past_day
from serving.http.handlers.call import Call, product_names
from serving.http.handlers.open_lines import open_count
from serving.http.messages.stock_messages import OrdersRequest
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
    return order_book(own_statuses(suggestion_statuses(call.principal.tenant, call.state.database, since=first), call))


def own_statuses(statuses: Sequence[SuggestionStatus], call: Call) -> list[SuggestionStatus]:
    """The statuses of suggestions of the key's place."""
    if call.place.is_headquarters:
        return list(statuses)
    stores = call.answers.stores
    return [status for status in statuses if stores.find(status.stored.decision.store_id) >= 0]


def plain_orders(book: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows with days and instants as text."""
    days = pl.col("as_of", "received_on").cast(pl.String)
    instants = pl.col("exported_at", "decided_at").dt.to_string("iso:strict")
    return book.with_columns(days, instants).to_dicts()
