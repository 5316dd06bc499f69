"""What the routes give that look things up."""

from typing import Any, Literal

from serving.http.responses.base import Strict


class ProfileResponse(Strict):
    """A profile in words; its fields are those of the profile's kind."""

    kind: Literal["customer", "product", "store"]
    id: str
    profile: dict[str, Any]


class SearchItem(Strict):
    """One thing found."""

    id: str
    name: str
    detail: str


class SearchResponse(Strict):
    """Things found, most important first."""

    items: list[SearchItem]


class StoreItem(Strict):
    """A store."""

    id: str
    name: str


class OverviewResponse(Strict):
    """What there is."""

    tenant: str
    role: str
    as_of: str
    published_at: str
    answers_id: str
    period: str
    currency: str
    horizon: int
    quantiles: list[float]
    label_days: int
    counts: dict[str, int]
    parts: list[str]
    bundles: dict[str, Any]
    stores: list[StoreItem]
