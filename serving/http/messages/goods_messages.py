"""Requests and responses about related goods: substitutes and complements."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from serving.http.messages.common import ONCE, Basis, Count, Id, Names, Strict, config


class SimilarRequest(BaseModel):
    """Substitutes of a product."""

    model_config = config({"product_id": "P021", "k": 5})

    product_id: Id
    k: Count = 10
    store_id: Id | None = None


class BasketRequest(BaseModel):
    """Complements of the goods in a basket."""

    model_config = config({"product_ids": ["P001", "P009"], "k": 5})

    product_ids: Annotated[list[Id], Field(min_length=1, max_length=500), ONCE]
    k: Count = 10
    store_id: Id | None = None


class GoodsRow(Strict):
    """One product of a ranked list."""

    rank: int
    product_id: str
    score: float
    reason: str
    reason_code: Annotated[str, Field(description="of the reason, without its detail")]
    fulfilment: Literal["in_store", "ship", "pickup"] | None
    from_store_id: str | None


class SimilarResponse(Strict):
    """Substitutes, nearest first."""

    similar: list[GoodsRow]
    basis: Basis
    names: Names


class BasketResponse(Strict):
    """Complements, strongest first."""

    goods: list[GoodsRow]
    basis: Basis
    names: Names
