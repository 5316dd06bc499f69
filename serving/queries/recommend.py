"""Goods for a person, ranked by what was scored before and what happened since."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from retail_brain.operational.events import Event
from serving.answers.arrays import Array
from serving.answers.folder import Answers
from serving.answers.identities import identifier
from serving.answers.pairs import KINDS, NO_DAY
from serving.api.requests import RecommendRequest
from serving.queries.call import Call, find_store, no_champion
from serving.queries.ranking import ProductNames, Ranking
from serving.reasons import Language, reason_text
from training.recommender.online import Complements, Live, Pairs, Ranked, ranked

_EPOCH = 719_163


def recommend(request: RecommendRequest, call: Call) -> dict[str, Any]:
    """The best k goods that the store, or without one the network, has; the unknown get what sells.

    Raises:
        NotFoundError: the store is not known.
        ModelError: there is no recommender.
    """
    answers = call.answers
    if answers.pairs is None or answers.complements is None:
        raise no_champion("recommender")
    store = None if request.store_id is None else find_store(answers, request.store_id)
    customer, key = _person(request, answers)
    rows = answers.pairs.of_customer(customer) if customer >= 0 else np.zeros(0, np.int64)
    events = call.view.recent.of(key, call.now - timedelta(hours=call.state.settings.serving.recent_event_hours))
    pairs, scored = _warm(answers, rows) if len(rows) else _stranger(answers, store)
    best = ranked(
        pairs,
        _live(request, answers, events),
        Complements(*answers.complements.matrix()),
        kind=request.kind,
        label_days=answers.manifest.label_days,
    )
    kept = np.flatnonzero(answers.stock.has(store, best.products))[: request.k]
    customer_id = answers.customers.ids[customer] if customer >= 0 else request.customer_id
    ranking = Ranking(
        best.products[kept],
        best.probability[kept],
        best.is_repeat[kept],
        np.where(best.row[kept] >= 0, pairs.due_day[best.row[kept]], NO_DAY),
        _reasons(answers, scored, best, kept, call.language),
    )
    return ranking.shown(answers, customer_id, "warm" if len(rows) else "cold")


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


def _warm(answers: Answers, rows: Array) -> tuple[Pairs, Array]:
    held = answers.pairs
    assert held is not None
    codes = held.codes[rows]
    is_repeat = codes[:, 0] == KINDS.index("repeat")
    pairs = Pairs(held.product[rows], held.probability[rows], is_repeat, codes[:, 1], codes[:, 3])
    return pairs, rows


def _stranger(answers: Answers, store: int | None) -> tuple[Pairs, None]:
    products, share = answers.popular.get(len(answers.stores) if store is None else store)
    nothing = np.full(len(products), NO_DAY)
    return Pairs(products, share, np.zeros(len(products), bool), nothing, None), None


def _live(request: RecommendRequest, answers: Answers, events: Sequence[Event]) -> Live:
    """What happened since, by the chain's own calendar: today is the day after the answers, or the newest event's."""
    seen = [
        (event.event_type, product, event.occurred_at.toordinal() - _EPOCH)
        for event in events
        if event.product_id is not None and (product := answers.products.find(event.product_id)) >= 0
    ]
    tomorrow = date.fromisoformat(answers.manifest.as_of).toordinal() - _EPOCH + 1
    return Live(
        today=max([tomorrow, *(day for _, _, day in seen)]),
        events=seen,
        basket=_positions(answers, request.basket),
        exclude=_positions(answers, request.exclude),
    )


def _positions(answers: Answers, product_ids: Sequence[str]) -> list[int]:
    return [row for text in product_ids if (row := answers.products.find(text)) >= 0]


def _reasons(answers: Answers, scored: Array | None, best: Ranked, kept: Array, language: Language) -> list[str]:
    """Why, in words: what just happened where that raised the product, otherwise what was known before."""
    if scored is None or answers.pairs is None:
        reasons = [reason_text("popular", language)] * len(kept)
    else:
        reasons = answers.pairs.reasons(scored[best.row[kept]], language)
    names = ProductNames(answers.products)
    for place, row in enumerate(kept.tolist()):
        cause = int(best.why[row])
        if cause >= 0:
            code = f"looked_at:{best.event[row]}" if best.event[row] else f"goes_with:{answers.products.ids[cause]}"
            reasons[place] = reason_text(code, language, names)
    return reasons
