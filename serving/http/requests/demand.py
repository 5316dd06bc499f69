"""What the routes about demand take."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from serving.http.requests.base import Id, Quantity, Text, config


class ForecastRequest(BaseModel):
    """Demand of some products in a store."""

    model_config = config({"store_id": "S001", "product_ids": ["P0001", "P0002"], "horizon": 14})

    store_id: Id
    product_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]
    horizon: Annotated[int, Field(ge=1, le=366, description="periods ahead")] = 28
    quantiles: Annotated[list[Annotated[float, Field(gt=0, lt=1)]], Field(max_length=50)] | None = None
    explain: bool = False


class WhatIfRequest(BaseModel):
    """The same demand at another price or under a promotion."""

    model_config = config({"store_id": "S001", "product_id": "P0001", "horizon": 14, "price": 9.9})

    store_id: Id
    product_id: Id
    horizon: Annotated[int, Field(ge=1, le=366)] = 28
    price: Annotated[float, Field(gt=0, le=1e9)] | None = None
    promotion: bool | None = None


class OverrideIn(BaseModel):
    """What a person puts in the place of forecasts: a factor on them, or units per period; who and when is noted."""

    model_config = config()

    store_id: Annotated[Id | None, Field(description="none: every store")] = None
    product_id: Annotated[Id | None, Field(description="none: every product of the store")] = None
    kind: Literal["factor", "units"]
    value: Quantity
    begins_on: Annotated[date | None, Field(description="first day; none: the first day of the forecast")] = None
    ends_on: Annotated[date, Field(description="first day that it no longer applies to")]
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    override_id: Annotated[Text | None, Field(description="given by the client: the same one twice counts once")] = None

    @model_validator(mode="after")
    def _of_something(self) -> "OverrideIn":
        if self.store_id is None and self.product_id is None:
            raise ValueError("give a store_id, a product_id or both")
        if self.begins_on is not None and self.ends_on <= self.begins_on:
            raise ValueError("ends_on must be later than begins_on")
        if self.kind == "factor" and self.value > 100:
            raise ValueError("a factor is at most 100")
        return self


class OverridesRequest(BaseModel):
    """Overrides to make, to take back, and of which series to list them."""

    model_config = config(
        {},
        {
            "overrides": [
                {
                    "override_id": "o-1",
                    "store_id": "S001",
                    "product_id": "P0001",
                    "kind": "factor",
                    "value": 1.5,
                    "ends_on": "2099-01-01",
                    "reason": "fair next door",
                }
            ]
        },
        {"withdraw": ["o-1"]},
    )

    overrides: Annotated[list[OverrideIn], Field(max_length=500)] = []
    withdraw: Annotated[list[Text], Field(max_length=500)] = []
    store_id: Id | None = None
    product_id: Id | None = None


class LedgerRequest(BaseModel):
    """What each touch of the forecasts was worth: over all origins, per origin, or per person."""

    model_config = config({}, {"scope": "user"})

    scope: Literal["all", "origin", "user"] | None = None


class HistoryRequest(BaseModel):
    """Recent sales of a product in a store."""

    model_config = config({"store_id": "S001", "product_id": "P0001", "days": 90})

    store_id: Id
    product_id: Id
    days: Annotated[int, Field(ge=1, le=3660)] = 90
