"""Goods for a person, and goods for goods."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from retail_brain.operational.events import Event
from serving.answers.arrays import Array
from serving.answers.folder import Answers
from serving.answers.goods import Ranked
from serving.answers.identities import identifier
from serving.answers.pairs import KINDS
from serving.api.requests import BasketRequest, RecommendRequest, SimilarRequest
from serving.queries.call import Call, find_store, names_of, no_champion
from serving.queries.online import adjust
from serving.queries.ranking import Ranking, ranking_of


def recommend(request: RecommendRequest, call: Call) -> dict[str, Any]:
    """The best k goods that the store, or without one the network, has; the unknown get what sells.

    Raises:
        NotFoundError: the store is not known.
        ModelError: there is no recommender.
    """
    answers = call.answers
    pairs = answers.pairs
    if pairs is None:
        raise no_champion("recommender")
    store = None if request.store_id is None else find_store(answers, request.store_id)
    customer, key = _person(request, answers)
    rows = pairs.of_customer(customer) if customer >= 0 else np.zeros(0, np.int64)
    events = call.view.recent.of(key, call.now - timedelta(hours=call.state.settings.serving.recent_event_hours))
    customer_id = answers.customers.ids[customer] if customer >= 0 else request.customer_id
    if len(rows):
        ranking = adjust(answers, pairs, rows, events, request.basket)
    else:
        ranking = _cold(answers, store, events, request.basket)
    allowed = _allowed(request, answers, store, ranking)
    chosen = ranking.take(np.flatnonzero(allowed)[: request.k])
    return chosen.shown(answers, customer_id, "warm" if len(rows) else "cold")


def _person(request: RecommendRequest, answers: Answers) -> tuple[int, str]:
    """Position of the customer or -1, and the key under which the newest events are kept."""
    if request.customer_id is not None:
        return answers.customers.find(request.customer_id), request.customer_id
    assert request.id_type is not None
    assert request.id_value is not None
    customer = answers.identities.find(request.id_type, request.id_value)
    if customer < 0:
        return -1, identifier(request.id_type, request.id_value)
    return customer, answers.customers.ids[customer]


def _allowed(request: RecommendRequest, answers: Answers, store: int | None, ranking: Ranking) -> Array:
    refused = answers.products.find_many([*request.exclude, *request.basket])
    allowed: Array = ~np.isin(ranking.product, refused) & answers.stock.has(store, ranking.product)
    if request.kind != "mixed":
        allowed &= ranking.kind == KINDS.index(request.kind)
    return allowed


def _cold(answers: Answers, store: int | None, events: Sequence[Event], basket: Sequence[str]) -> Ranking:
    """What sells in the store, after what goes with the basket and with what was just looked at."""
    product, score = answers.popular.get(len(answers.stores) if store is None else store)
    popular = ranking_of(product, score, "sells well here")
    seen = {event.product_id for event in events if event.product_id}
    wanted = [row for row in answers.products.find_many([*basket, *sorted(seen)]).tolist() if row >= 0]
    related = _related(answers, wanted)
    if not len(related[0]):
        return popular
    first = ranking_of(*related, "goes with what was just looked at or put in the basket")
    rest = popular.take(np.flatnonzero(~np.isin(popular.product, first.product)))
    return first.then(rest)


def _related(answers: Answers, products: Sequence[int]) -> tuple[Array, Array]:
    """Goods beside some goods, by summed score, without those goods themselves."""
    lists = answers.complements or answers.similar
    parts = [lists.get(product) for product in products] if lists is not None else []
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0)
    others = np.concatenate([part[0] for part in parts])
    scores = np.concatenate([part[1] for part in parts]).astype(np.float64)
    distinct, place = np.unique(others, return_inverse=True)
    total = np.bincount(place, weights=scores, minlength=len(distinct))
    kept = ~np.isin(distinct, products)
    order = np.argsort(-total[kept], kind="stable")
    return distinct[kept][order], total[kept][order]


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
    return _goods(call, "similar", found, {product}, request.k, request.store_id)


def complete_basket(request: BasketRequest, call: Call) -> dict[str, Any]:
    """What goes with the goods in a basket.

    Raises:
        NotFoundError: the store is not known.
        ModelError: there is no recommender.
    """
    answers = call.answers
    if answers.complements is None and answers.similar is None:
        raise no_champion("recommender")
    rows = answers.products.find_many(request.product_ids)
    return _goods(
        call, "goods", _related(answers, rows[rows >= 0].tolist()), set(rows.tolist()), request.k, request.store_id
    )


def _goods(
    call: Call, name: str, found: tuple[Array, Array], without: set[int], k: int, store_id: str | None
) -> dict[str, Any]:
    answers = call.answers
    store = None if store_id is None else find_store(answers, store_id)
    basis = "warm" if len(found[0]) else "cold"
    products, scores = found if len(found[0]) else popular(answers, store)
    kept = np.flatnonzero(answers.stock.has(store, products) & ~np.isin(products, list(without)))[:k]
    products, ids = products[kept], answers.products.ids.take(products[kept])
    shown = np.round(scores[kept].astype(np.float64), 6).tolist()
    rows = [
        {"rank": rank, "product_id": product_id, "score": score}
        for rank, (product_id, score) in enumerate(zip(ids, shown, strict=True), start=1)
    ]
    return {name: rows, "basis": basis, "names": names_of(answers.products, products, ids)}


def popular(answers: Answers, store: int | None) -> tuple[Array, Array]:
    """What sells in a store, or in all of them."""
    lists: Ranked = answers.popular
    return lists.get(len(answers.stores) if store is None else store)
