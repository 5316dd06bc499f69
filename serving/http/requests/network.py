"""What the routes about the stock of all shops take."""

from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from serving.http.requests.base import AttentionKind, Count, Id, config


class NetworkRequest(BaseModel):
    """Stock of all shops together, most money first."""

    model_config = config({"store_id": "S001", "limit": 50}, {})

    store_id: Id | None = None
    product_ids: Annotated[list[Id], Field(min_length=1, max_length=2000)] | None = None
    limit: Annotated[int, Field(ge=1, le=5000)] = 500
    offset: Annotated[int, Field(ge=0)] = 0


class AttentionRequest(BaseModel):
    """The lines that matter, over all shops."""

    model_config = config({"limit": 20}, {"store_id": "S001", "kinds": ["phantom", "leftover"]})

    store_id: Id | None = None
    kinds: Annotated[list[AttentionKind], Field(min_length=1)] | None = None
    limit: Count = 20
    offset: Annotated[int, Field(ge=0)] = 0


class OrderLine(BaseModel):
    """Units of a product that a customer ordered."""

    model_config = config()

    product_id: Id
    units: Annotated[float, Field(gt=0, le=1e6)]


class RouteOrderRequest(BaseModel):
    """An online order that wants to be sent, or picked up in `store_id`."""

    model_config = config({"lines": [{"product_id": "P0001", "units": 2}], "store_id": "S001", "region": "杭州"})

    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=100)]
    store_id: Annotated[Id | None, Field(description="shop in which the customer would pick it up")] = None
    region: Annotated[Id | None, Field(description="the customer's; parcels from its shops are cheaper")] = None
    exclude_store_ids: Annotated[list[Id], Field(max_length=2000)] = []
    orders_today: Annotated[
        dict[Id, Annotated[int, Field(ge=0, le=10**6)]],
        Field(description="orders already sent to a shop today, beside those it expects of its own"),
    ] = {}

    @model_validator(mode="after")
    def _each_product_once(self) -> "RouteOrderRequest":
        if len({line.product_id for line in self.lines}) != len(self.lines):
            raise ValueError("a product stands in two lines; add their units")
        return self
