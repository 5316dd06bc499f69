"""Requests and responses about what people decided and noted about a product in a store."""

from typing import Annotated

from pydantic import BaseModel, Field

from serving.http.messages.common import WHOLE, Id, Strict, Text, config
from serving.http.messages.stock_messages import DecisionRow


class LineHistoryRequest(BaseModel):
    """What was decided and noted about a product in a store."""

    model_config = config({"store_id": "S01", "product_id": "P068"})

    store_id: Id
    product_id: Id
    limit: Annotated[int, Field(strict=True, ge=1, le=200), WHOLE] = 20


class LineCommentRequest(BaseModel):
    """A comment on a product in a store; it decides nothing."""

    model_config = config({"comment_id": "c-1", "store_id": "S01", "product_id": "P068", "text": "fair next door"})

    store_id: Id
    product_id: Id
    text: Annotated[
        str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$", description="not only spaces")
    ]
    comment_id: Annotated[Text | None, Field(description="given by the client: the same one twice counts once")] = None


class LineCommentRow(Strict):
    """What a person noted about a product in a store."""

    comment_id: str
    store_id: str
    product_id: str
    text: str
    commented_by: str
    commented_at: str


class LineHistoryResponse(Strict):
    """Decisions about a product in a store, also of earlier days and those taken back, and comments on it.

    Each newest first, and `limit` of each at most.
    """

    decisions: list[DecisionRow]
    comments: list[LineCommentRow]
