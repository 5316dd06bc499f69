"""Goods for goods: what could stand in, and what goes with."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from serving.answers.arrays import Array
from serving.answers.folder import Answers
from serving.api.requests import BasketRequest, SimilarRequest
from serving.queries.call import Call, find_store, names_of, no_champion


def similar(request: SimilarRequest, call: Call) -> dict[str, Any]:
    """What could stand in for a product; for one that nobody knows yet, what sells.

    Raises:
        NotFoundError: the store is not known.
        ModelError: there is no recommender.
    """
    answers = call.answers
    if answers.similar is None:
        raise no_champion("recommender")
    product = answers.products.find(request.product_id)
    found = answers.similar.get(product) if product >= 0 else (np.zeros(0, np.int64), np.zeros(0))
    return _goods(call, "similar", found, [product], request.k, request.store_id)


def complete_basket(request: BasketRequest, call: Call) -> dict[str, Any]:
    """What goes with the goods in a basket.

    Raises:
        NotFoundError: the store is not known.
        ModelError: there is no recommender.
    """
    answers = call.answers
    if answers.complements is None:
        raise no_champion("recommender")
    rows = answers.products.find_many(request.product_ids)
    known = rows[rows >= 0].tolist()
    return _goods(call, "goods", _going_with(answers, known), known, request.k, request.store_id)


def _going_with(answers: Answers, products: Sequence[int]) -> tuple[Array, Array]:
    """Goods that go with some goods, by summed strength."""
    assert answers.complements is not None
    parts = [answers.complements.get(product) for product in products]
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0)
    others, place = np.unique(np.concatenate([part[0] for part in parts]), return_inverse=True)
    strengths = np.concatenate([part[1] for part in parts]).astype(np.float64)
    total = np.bincount(place, weights=strengths, minlength=len(others))
    order = np.argsort(-total, kind="stable")
    return others[order], total[order]


def _goods(
    call: Call, name: str, found: tuple[Array, Array], without: Sequence[int], k: int, store_id: str | None
) -> dict[str, Any]:
    answers = call.answers
    store = None if store_id is None else find_store(answers, store_id)
    sells = answers.popular.get(len(answers.stores) if store is None else store)
    products, scores = found if len(found[0]) else sells
    kept = np.flatnonzero(answers.stock.has(store, products) & ~np.isin(products, without))[:k]
    products, ids = products[kept], answers.products.ids.take(products[kept])
    shown = np.round(scores[kept].astype(np.float64), 6).tolist()
    rows = [
        {"rank": rank, "product_id": product_id, "score": score}
        for rank, (product_id, score) in enumerate(zip(ids, shown, strict=True), start=1)
    ]
    return {
        name: rows,
        "basis": "warm" if len(found[0]) else "cold",
        "names": names_of(answers.products, products, ids),
    }
