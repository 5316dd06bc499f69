"""What the routes take that look things up."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from serving.http.requests.base import Count, Id, config


class ProfileRequest(BaseModel):
    """One person, product or store in words."""

    model_config = config({"customer_id": "C00001"}, {"product_id": "P0001"}, {"store_id": "S001"})

    customer_id: Id | None = None
    product_id: Id | None = None
    store_id: Id | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "ProfileRequest":
        if sum(value is not None for value in (self.customer_id, self.product_id, self.store_id)) != 1:
            raise ValueError("give exactly one of customer_id, product_id and store_id")
        return self


class SearchRequest(BaseModel):
    """Things by words of their name, id or description."""

    model_config = config({"kind": "product", "query": "牛奶", "limit": 20})

    kind: Literal["store", "product", "customer"]
    query: Annotated[str, Field(max_length=200)] = ""
    store_id: Id | None = None
    limit: Count = 20


class OverviewRequest(BaseModel):
    """What there is."""

    model_config = config({})
