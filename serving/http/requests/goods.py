"""What the routes about goods that go together take."""

from typing import Annotated

from pydantic import BaseModel, Field

from serving.http.requests.base import Count, Id, config


class SimilarRequest(BaseModel):
    """What could stand in for a product."""

    model_config = config({"product_id": "P0001", "k": 5})

    product_id: Id
    k: Count = 10
    store_id: Id | None = None


class BasketRequest(BaseModel):
    """What goes with the goods in a basket."""

    model_config = config({"product_ids": ["P0001", "P0002"], "k": 5})

    product_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]
    k: Count = 10
    store_id: Id | None = None
