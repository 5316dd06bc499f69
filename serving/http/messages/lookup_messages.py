"""Requests and responses of overview, search and profiles."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from serving.http.messages.common import STRING, Count, Id, Strict, config, exactly_one


class ProfileRequest(BaseModel):
    """Profile of one person, product or store."""

    model_config = config(
        {"customer_id": "C00001"},
        {"product_id": "P001"},
        {"store_id": "S01"},
        rule=exactly_one({"customer_id": STRING}, {"product_id": STRING}, {"store_id": STRING}),
    )

    customer_id: Id | None = None
    product_id: Id | None = None
    store_id: Id | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "ProfileRequest":
        if sum(value is not None for value in (self.customer_id, self.product_id, self.store_id)) != 1:
            raise ValueError("give exactly one of customer_id, product_id and store_id")
        return self


class SearchRequest(BaseModel):
    """Search of stores, products or customers by words of their name, id or description."""

    model_config = config({"kind": "product", "query": "牛奶", "limit": 20})

    kind: Literal["store", "product", "customer"]
    query: Annotated[str, Field(max_length=200)] = ""
    store_id: Id | None = None
    limit: Count = 20


class OverviewRequest(BaseModel):
    """Overview of the published answers."""

    model_config = config({})


class ProfileResponse(Strict):
    """A profile in words; its fields are those of the profile's kind."""

    kind: Literal["customer", "product", "store"]
    id: str
    profile: dict[str, Any]


class SearchItem(Strict):
    """One store, product or customer that matches."""

    id: str
    name: str
    detail: str


class SearchResponse(Strict):
    """Matches, most important first."""

    items: list[SearchItem]


class StoreItem(Strict):
    """A store; `open` counts its order suggestions that wait for a decision."""

    id: str
    name: str
    open: int


class BundleItem(Strict):
    """A champion: its version, its last visible day, when it was trained (UTC; none where not noted), its metrics.

    `model` names the demand model, such as `lightgbm`.
    """

    version: int
    model: str | None = None
    as_of: str | None = None
    trained_at: str | None = None
    run_id: str | None = None
    metrics: Annotated[dict[str, float | None], Field(default_factory=dict)]


class ConsistencyItem(Strict):
    """A kind of contradiction among the answers: lines of it, those that name their reason, units and money."""

    check: str
    lines: int
    explained: int
    units: float
    money: float
    reason: str


class PlaceItem(Strict):
    """The place of the key that asks: a region, shops or a guide see only their own rows; headquarters see all."""

    kind: Literal["headquarters", "region", "shop", "guide"]
    regions: list[str]
    stores: list[str]
    guide: str | None


class OverviewResponse(Strict):
    """Dates, counts, models and stores of the published answers.

    `left_out` says of each model that this version cannot read why its answers are missing.

    `consistency` is empty where the answers were published by a version that did not check them. `scopes` are the
    rights of the key, so that nobody is offered what would be refused. Money is shown behind `currency_sign` with
    `currency_digits` after the point.
    """

    tenant: str
    role: str
    place: PlaceItem
    as_of: str
    published_at: str
    answers_id: str
    period: str
    currency: str
    currency_sign: str
    currency_digits: int
    horizon: int
    quantiles: list[float]
    label_days: int
    counts: dict[str, int]
    parts: list[str]
    bundles: dict[str, BundleItem]
    left_out: Annotated[dict[str, str], Field(default_factory=dict)]
    consistency: Annotated[list[ConsistencyItem], Field(default_factory=list)]
    open: int
    scopes: list[str]
    stores: list[StoreItem]
