"""Goods for goods: what could stand in, and what goes with."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from retail_brain.decisions.availability import NO_STORE
from retail_brain.decisions.offer_rules import NO_GOODS, Slate
from serving.http.handlers.call import Call, find_store, names_of, no_champion
from serving.http.handlers.ranking import ProductNames
from serving.http.messages.goods_messages import BasketRequest, SimilarRequest
from serving.planning.people.offers import Offers, Selection, fulfilment_names, offer, origin_ids
from serving.planning.people.reasons import reason_text
from serving.store.answer_set import Answers
from serving.store.arrays import Array

_KINDS = ("subcategory", "category", "brand", "department")


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
    products, scores = answers.similar.get(product) if product >= 0 else (np.zeros(0, np.int64), np.zeros(0))
    codes = [_shared(answers, product, int(other)) for other in products]
    return _goods(call, "similar", (products, scores, codes), [product], request.k, request.store_id)


def complete_basket(request: BasketRequest, call: Call) -> dict[str, Any]:
    """What goes with the goods in a basket, never the goods themselves nor what could stand in for one of them.

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


def _going_with(answers: Answers, products: Sequence[int]) -> tuple[Array, Array, list[str]]:
    """Goods that go with some goods, by summed strength, and which of them each goes with most."""
    assert answers.complements is not None
    parts = [answers.complements.get(product) for product in products]
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0), []
    cause = np.repeat(np.asarray(products, np.int64), [len(part[0]) for part in parts])
    strength = np.concatenate([part[1] for part in parts]).astype(np.float64)
    others, place = np.unique(np.concatenate([part[0] for part in parts]), return_inverse=True)
    total = np.bincount(place, weights=strength, minlength=len(others))
    strongest = np.zeros(len(others), np.int64)
    order = np.argsort(strength, kind="stable")
    strongest[place[order]] = cause[order]
    kept = np.flatnonzero(~_stands_in(answers, others, products))
    kept = kept[np.argsort(-total[kept], kind="stable")]
    codes = [f"goes_with:{answers.products.ids[product]}" for product in strongest[kept].tolist()]
    return others[kept], total[kept], codes


def _stands_in(answers: Answers, others: Array, products: Sequence[int]) -> Array:
    """Which goods are of the kind (subcategory) of one of the products."""
    if answers.attributes is None:
        return np.zeros(len(others), bool)
    kinds = answers.attributes.goods.codes["subcategory"]
    mine = kinds[np.asarray(products, np.int64)]
    return np.isin(kinds[others], mine[mine >= 0])


def _shared(answers: Answers, product: int, other: int) -> str:
    """Why one can stand in for the other: the closest attribute that they share."""
    if answers.attributes is not None:
        goods = answers.attributes.goods
        for name in _KINDS:
            code = int(goods.codes[name][product])
            if code >= 0 and code == int(goods.codes[name][other]):
                value = next(text for text, at in goods.values[name].items() if at == code)
                return f"same_{name}:{value}"
    return f"goes_with:{answers.products.ids[product]}"


def _goods(
    call: Call,
    name: str,
    found: tuple[Array, Array, list[str]],
    without: Sequence[int],
    k: int,
    store_id: str | None,
) -> dict[str, Any]:
    answers = call.answers
    store = NO_STORE if store_id is None else find_store(answers, store_id)
    is_warm = len(found[0]) > 0
    if is_warm:
        products, scores, codes = found
    else:
        products, scores = answers.popular.get(len(answers.stores) if store == NO_STORE else store)
        codes = ["popular"] * len(products)
    stands_in = _stands_in(answers, products, [at for at in without if at >= 0] if name == "goods" else [])
    kept = np.flatnonzero(~np.isin(products, without) & ~stands_in)
    shown = _offered(call, products[kept], scores[kept], store, store_id, k)
    rows = kept[shown.row]
    ids = answers.products.ids.take(products[rows])
    names = ProductNames(answers.products)
    parts = zip(
        ids,
        np.round(scores[rows].astype(np.float64), 6).tolist(),
        [reason_text(codes[row], call.language, names) for row in rows.tolist()],
        fulfilment_names(shown.way),
        origin_ids(shown.origin, answers.stores.ids),
        strict=True,
    )
    listed = [
        {"rank": rank, "product_id": product_id, "score": score, "reason": reason}
        | {"fulfilment": way, "from_store_id": origin}
        for rank, (product_id, score, reason, way, origin) in enumerate(parts, start=1)
    ]
    return {
        name: listed,
        "basis": "warm" if is_warm else "cold",
        "names": names_of(answers.products, products[rows], ids),
    }


def _offered(call: Call, products: Array, scores: Array, store: int, store_id: str | None, k: int) -> Offers:
    """The best k that can be had there; of the rules only those that take goods away count here."""
    answers = call.answers
    many = len(products)
    rules = [one for one in call.view.rules.here(store_id, call.now) if one.rule.action in {"exclude", "allow"}]
    return offer(
        Slate(np.zeros(many, np.int64), products, scores, np.zeros(many, bool)),
        np.full(many, store),
        answers.availability,
        rules,
        NO_GOODS if answers.attributes is None else answers.attributes.goods,
        Selection(k, is_sorted=True),
    )
