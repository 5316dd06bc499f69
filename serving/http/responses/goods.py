"""What the routes about goods that go together give."""

from typing import Literal

from serving.http.responses.base import Basis, Names, Strict


class GoodsRow(Strict):
    """One product of a ranked list."""

    rank: int
    product_id: str
    score: float
    reason: str
    fulfilment: Literal["in_store", "ship", "pickup"] | None
    from_store_id: str | None


class SimilarResponse(Strict):
    """What could stand in."""

    similar: list[GoodsRow]
    basis: Basis
    names: Names


class BasketResponse(Strict):
    """What goes with the basket."""

    goods: list[GoodsRow]
    basis: Basis
    names: Names
