"""Related goods: substitutes of a product and complements of a basket."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from retail_brain.decisions.availability import NO_STORE
from retail_brain.decisions.offer_rules import NO_GOODS, ResolvedRule, Slate
from serving.http.handlers.call import Call, find_store, names_of, no_champion
from serving.http.handlers.ranking import ProductNames
from serving.http.messages.goods_messages import BasketRequest, SimilarRequest
from serving.planning.people.offers import Offers, Selection, fulfilment_names, offer, origin_ids
from serving.planning.people.reasons import code_alone, reason_text
from serving.store.answer_set import Answers
from serving.store.arrays import Array

# closest first
_KINDS = ("subcategory", "category", "brand", "department")


def similar(request: SimilarRequest, call: Call) -> dict[str, Any]:
    """Substitutes of a product, nearest first; best sellers for a product that is not known yet.

    Raises:
        NotFoundError: the store is not known.
        ModelError: there is no recommender.
    """
    answers = call.answers
    if answers.similar is None:
        raise no_champion("recommender")
    product = answers.products.find(request.product_id)
    products, scores = answers.similar.get(product) if product >= 0 else (np.zeros(0, np.int64), np.zeros(0))
    codes = [_shared_attribute(answers, product, int(other)) for other in products]
    return _goods(call, "similar", (products, scores, codes), [product], request.k, request.store_id)


def complete_basket(request: BasketRequest, call: Call) -> dict[str, Any]:
    """Complements of the goods in a basket, never the goods themselves nor substitutes of one of them.

    Raises:
        NotFoundError: the store is not known.
        ModelError: there is no recommender.
    """
    answers = call.answers
    if answers.complements is None:
        raise no_champion("recommender")
    rows = answers.products.find_many(request.product_ids)
    basket = rows[rows >= 0].tolist()
    return _goods(call, "goods", _complements(answers, basket), basket, request.k, request.store_id)


def _complements(answers: Answers, products: Sequence[int]) -> tuple[Array, Array, list[str]]:
    """Complements of some goods, strongest first: positions, summed strength, and the good that each goes with most."""
    assert answers.complements is not None
    parts = [answers.complements.get(product) for product in products]
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0), []
    cause = np.repeat(np.asarray(products, np.int64), [len(part[0]) for part in parts])
    strength = np.concatenate([part[1] for part in parts]).astype(np.float64)
    others, place = np.unique(np.concatenate([part[0] for part in parts]), return_inverse=True)
    # a complement of several goods of the basket counts for each of them
    total = np.bincount(place, weights=strength, minlength=len(others))
    strongest = np.zeros(len(others), np.int64)
    order = np.argsort(strength, kind="stable")
    strongest[place[order]] = cause[order]
    chosen = np.flatnonzero(~_is_substitute(answers, others, products))
    chosen = chosen[np.argsort(-total[chosen], kind="stable")]
    codes = [f"goes_with:{answers.products.ids[product]}" for product in strongest[chosen].tolist()]
    return others[chosen], total[chosen], codes


def _is_substitute(answers: Answers, others: Array, products: Sequence[int]) -> Array:
    """Whether each good is of the subcategory of one of the products."""
    if answers.attributes is None:
        return np.zeros(len(others), bool)
    kinds = answers.attributes.goods.codes["subcategory"]
    own_kinds = kinds[np.asarray(products, np.int64)]
    return np.isin(kinds[others], own_kinds[own_kinds >= 0])


def _shared_attribute(answers: Answers, product: int, other: int) -> str:
    """Reason code of a substitute: the closest attribute that the two share."""
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
    ranked: tuple[Array, Array, list[str]],
    without: Sequence[int],
    k: int,
    store_id: str | None,
) -> dict[str, Any]:
    answers = call.answers
    store = NO_STORE if store_id is None else find_store(answers, store_id)
    is_warm = len(ranked[0]) > 0
    if is_warm:
        products, scores, codes = ranked
    else:
        products, scores = answers.popular.get(len(answers.stores) if store == NO_STORE else store)
        codes = ["popular"] * len(products)
    # substitutes of the basket are left out of its complements, not out of the list of substitutes
    basket = [product for product in without if product >= 0] if name == "goods" else []
    is_substitute = _is_substitute(answers, products, basket)
    chosen = np.flatnonzero(~np.isin(products, without) & ~is_substitute)
    offers = _offered(call, products[chosen], scores[chosen], store, store_id, k)
    rows = chosen[offers.row]
    ids = answers.products.ids.take(products[rows])
    names = ProductNames(answers.products)
    parts = zip(
        ids,
        np.round(scores[rows].astype(np.float64), 6).tolist(),
        [reason_text(codes[row], call.language, names) for row in rows.tolist()],
        [code_alone(codes[row]) for row in rows.tolist()],
        fulfilment_names(offers.way),
        origin_ids(offers.origin, answers.stores.ids),
        strict=True,
    )
    listed = [
        {"rank": rank, "product_id": product_id, "score": score, "reason": reason, "reason_code": code}
        | {"fulfilment": way, "from_store_id": origin}
        for rank, (product_id, score, reason, code, way, origin) in enumerate(parts, start=1)
    ]
    return {
        name: listed,
        "basis": "warm" if is_warm else "cold",
        "names": names_of(answers.products, products[rows], ids),
    }


def _offered(call: Call, products: Array, scores: Array, store: int, store_id: str | None, k: int) -> Offers:
    """The best k that the store has or gets. Only rules that take goods away apply: others rank goods for people."""
    answers = call.answers
    count = len(products)
    return offer(
        Slate(np.zeros(count, np.int64), products, scores, np.zeros(count, bool)),
        np.full(count, store),
        answers.availability,
        _rules(store_id, call),
        NO_GOODS if answers.attributes is None else answers.attributes.goods,
        Selection(k, is_sorted=True),
    )


def _rules(store_id: str | None, call: Call) -> list[ResolvedRule]:
    return [ready for ready in call.view.rules.here(store_id, call.now) if ready.rule.action in {"exclude", "allow"}]


def depends_on(request: SimilarRequest | BasketRequest, call: Call) -> list[int]:
    """What the answers depend on besides request and view: the rules that apply at this moment, by identity."""
    return [id(ready) for ready in _rules(request.store_id, call)]
