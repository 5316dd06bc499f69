"""Builds the order book: one line per decided suggestion, with its export and receipts."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from retail_brain.operational.suggestion_status import SuggestionStatus

BOOK: dict[str, pl.DataType | type[pl.DataType]] = {
    "suggestion_id": pl.String,
    "store_id": pl.String,
    "product_id": pl.String,
    "as_of": pl.Date,
    "state": pl.String,
    "decision": pl.String,
    "suggested_quantity": pl.Float64,
    "order_quantity": pl.Float64,
    "received_units": pl.Float64,
    "open_units": pl.Float64,
    "received_on": pl.Date,
    "exported_at": pl.Datetime("us", "UTC"),
    "reason": pl.String,
    "decided_by": pl.String,
    "decided_at": pl.Datetime("us", "UTC"),
    "decision_id": pl.String,
    "is_exception": pl.Boolean,
}


def _book_row(life: SuggestionStatus) -> dict[str, Any]:
    """A line of the order book: the columns of BOOK."""
    decision = life.stored.decision
    return {
        "suggestion_id": decision.suggestion_id,
        "store_id": decision.store_id,
        "product_id": decision.product_id,
        "as_of": decision.as_of,
        "state": life.state,
        "decision": decision.decision,
        "suggested_quantity": decision.suggested_quantity,
        "order_quantity": decision.quantity,
        "received_units": life.received_units,
        "open_units": life.open_units,
        "received_on": life.received_on,
        "exported_at": life.exported_at,
        "reason": decision.reason,
        "decided_by": decision.decided_by,
        "decided_at": life.stored.decided_at,
        "decision_id": decision.decision_id,
        "is_exception": decision.is_exception,
    }


def order_book(lives: Sequence[SuggestionStatus], *, state: str | None = None) -> pl.DataFrame:
    """One row per suggestion that was decided on, newest decision first: columns BOOK."""
    rows = [_book_row(life) for life in reversed(lives) if state is None or life.state == state]
    return pl.DataFrame(rows, schema=BOOK)
