"""Requests and responses of goods receipts: what arrived of the orders."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from serving.http.messages.common import (
    AMOUNT,
    AMOUNT_RULE,
    LEAST_AMOUNT,
    STRING,
    Comment,
    Day,
    Flag,
    Id,
    Number,
    Strict,
    Text,
    config,
    exactly_one,
)
from serving.http.messages.partly_read import PartlyRead
from serving.http.messages.stock_messages import OrderRow


class ReceiptIn(BaseModel):
    """Goods that arrived for one suggestion; negative units correct an earlier receipt."""

    model_config = config(
        rule=exactly_one({"suggestion_id": STRING}, {"store_id": STRING, "product_id": STRING, "as_of": STRING})
    )

    receipt_id: Annotated[Text, Field(description="given by the client: the same one twice counts once")]
    units: Annotated[
        Number,
        Field(ge=-1e7, le=1e7, description=f"0, or at least {LEAST_AMOUNT} either way", json_schema_extra=AMOUNT_RULE),
        AMOUNT,
    ]
    received_on: Day
    suggestion_id: Text | None = None
    store_id: Id | None = None
    product_id: Id | None = None
    as_of: Annotated[Day | None, Field(description="day of the suggestion")] = None
    note: Comment | None = None
    confirm_exception: Annotated[
        Flag, Field(description="it counts though units or day are beyond what is usual for the order")
    ] = False

    @model_validator(mode="after")
    def _one_suggestion(self) -> "ReceiptIn":
        given = [part is not None for part in (self.store_id, self.product_id, self.as_of)]
        if not all(given) if self.suggestion_id is None else any(given):
            raise ValueError("give either suggestion_id, or store_id, product_id and as_of")
        return self


_MOST_RECEIPTS = 1000
"""Receipts of one call, as of events. Chosen by judgement, not measured."""


class ReceiptsRequest(PartlyRead):
    """Goods receipts of decided orders; those that cannot be read or stored are named, the others are kept."""

    list_field, row_model, row_name, most_rows = "receipts", ReceiptIn, "receipt", _MOST_RECEIPTS
    model_config = config(
        {
            "receipts": [
                {
                    "receipt_id": "GR-1",
                    "store_id": "S01",
                    "product_id": "P068",
                    "as_of": "2026-02-28",
                    "units": 24,
                    "received_on": "2026-03-09",
                }
            ]
        }
    )

    receipts: Annotated[list[ReceiptIn], Field(min_length=1, max_length=_MOST_RECEIPTS)]


class RefusedGoodsReceipt(Strict):
    """A receipt that was not stored: its place in the list, from 0, its id, and what is wrong with it.

    The id is null where the receipt cannot be read; `code` is that of the error which the receipt alone would be.
    """

    receipt: int
    receipt_id: str | None
    code: Literal["malformed", "not_found", "impossible", "unconfirmed"]
    where: str
    problem: str


class ReceiptsResponse(Strict):
    """How many receipts were new, the orders they are of as they stand now, and which were refused."""

    stored: int
    duplicates: int
    orders: list[OrderRow]
    refused: list[RefusedGoodsReceipt]
