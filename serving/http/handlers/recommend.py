"""Recommends goods for a person: published scores, updated by the newest events and the basket, under the rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from retail_brain.decisions.arrays import NO_DAY, day_number
from retail_brain.decisions.attribution import list_id
from retail_brain.decisions.availability import NO_STORE
from retail_brain.decisions.offer_rules import ResolvedRule, Slate, pinned_products
from retail_brain.decisions.offers import KINDS
from retail_brain.erased_ids import CUSTOMER
from retail_brain.hashed_ids import hashed_id
from retail_brain.operational.model_tests import ModelTest
from retail_brain.which_day import data_day
from serving.http.handlers.call import Call, find_store, no_champion
from serving.http.handlers.ranking import ProductNames, Ranking
from serving.http.messages.people_messages import RecommendBatchRequest, RecommendRequest
from serving.planning.people.live_ranking import Complements, Live, Pairs, Ranked, ranked, with_pinned
from serving.planning.people.model_tests import gets_challenger
from serving.planning.people.offers import Offers, Selection, offer
from serving.planning.people.online_tests import arm
from serving.planning.people.reasons import Language, code_alone, note_text, reason_text
from serving.planning.people.recent_events import RecentEvent
from serving.planning.people.rule_files import shown_title
from serving.planning.people.rule_tests import arms, is_in_test
from serving.store.answer_set import Answers
from serving.store.arrays import Array
from serving.store.identities import identifier
from serving.store.scored_pairs import ScoredPairs
from training.recommender.due_model import PROBABILITIES


@dataclass(frozen=True)
class _Person:
    """The customer that goods are asked for: position (-1: anonymous), id, and published scores.

    Attributes:
        scored: rows of `scores`; None for people who were not scored.
        pairs: the scored goods, or the best sellers of the store.
        scores: of the champion, or of the version under test.
    """

    position: int
    customer_id: str | None
    scored: Array | None
    pairs: Pairs
    scores: ScoredPairs

    def known_by(self, events: Sequence[RecentEvent]) -> str:
        """Where the recommendations come from: `purchases`, `events` of the last days, or `nothing`."""
        if bool(self.pairs.is_repeat.any()):
            return "purchases"
        return "events" if events else "nothing"


def recommend(request: RecommendRequest, call: Call) -> dict[str, Any]:
    """The best k goods that the store has or gets, under the operators' rules; anonymous customers get best sellers.

    Raises:
        NotFoundError: the store is not known.
        ModelError: there is no recommender.
    """
    answers = call.answers
    if answers.pairs is None or answers.complements is None or answers.attributes is None:
        raise no_champion("recommender")
    store = NO_STORE if request.store_id is None else find_store(answers, request.store_id)
    request = _as_kept(request, call)
    customer, key = _find_person(request, call)
    events = _events(key, call)
    test = call.view.served_test
    person = _person(request, answers, customer, store, test)
    live = _live(request, answers, events)
    best = ranked(
        person.pairs,
        live,
        Complements(*answers.complements.matrix()),
        kind=request.kind,
        label_days=min(request.due_within_days or answers.manifest.label_days, answers.manifest.label_days),
    )
    book = call.view.rules.with_tests(request.store_id, call.now)
    rules = [ready for ready in book if is_in_test(person.customer_id, ready.rule)]
    if request.kind != "repeat":
        pins = pinned_products(rules)
        best = with_pinned(best, person.pairs, live, pins, answers.attributes.chance[pins]) if pins.size else best
    offers = _offer(request, answers, best, person, store, rules)
    ranking = _ranking(answers, person, best, offers, call.language)
    answer = ranking.shown(answers, person.customer_id, "cold" if person.scored is None else "warm")
    notes = _notes(answers, store, ranking, call.language)
    removed = [{"name": shown_title(name, call.language), "goods": count} for name, count in offers.removed.items()]
    tests = arms(person.customer_id, [ready.rule for ready in book])
    if test is not None:
        tests += arm(test.name, is_in=gets_challenger(person.customer_id, test))
    about = {"attribution_id": list_id("recommend", date.fromisoformat(answers.manifest.as_of)) + tests}
    return answer | about | {"known_by": person.known_by(events), "notes": notes, "rules_applied": removed}


def recommend_batch(request: RecommendBatchRequest, call: Call) -> Iterator[dict[str, Any]]:
    """What `recommend` gives, one answer after the other.

    Raises:
        NotFoundError: the store is not known.
        ModelError: there is no recommender.
    """
    if call.answers.pairs is None:
        raise no_champion("recommender")
    if request.store_id is not None:
        find_store(call.answers, request.store_id)
    return ({"customer_id": one.customer_id} | recommend(one, call) for one in request.each())


def depends_on(request: RecommendRequest, call: Call) -> tuple[list[RecentEvent], tuple[str, ...]]:
    """What the answer depends on besides request and view: the person's newest events, and which rules hold now."""
    # a customer's events stand under the id itself, which need not be looked up
    key = request.customer_id or _find_person(_as_kept(request, call), call)[1]
    return _events(key, call), call.view.rules.phase(call.now)


def _events(key: str, call: Call) -> list[RecentEvent]:
    """The person's events that are young enough to count; none of nobody (an empty key)."""
    recent = call.view.recent
    if not key or key not in recent:
        return []
    return recent.of(key, call.now - timedelta(hours=call.state.settings.serving.recent_event_hours))


def _as_kept(request: RecommendRequest, call: Call) -> RecommendRequest:
    """The request with its identifier as it is kept: hashed where the settings say so."""
    types = call.view.settings.data.hashed_identifiers
    if request.id_type not in types:
        return request
    return request.model_copy(update={"id_value": hashed_id(request.id_type, request.id_value, types)})


def _find_person(request: RecommendRequest, call: Call) -> tuple[int, str]:
    """Position of the customer or -1, and the key under which the newest events are stored.

    Somebody who asked to be erased is nobody from then on, with an empty key: the answers in use may still know them.
    """
    answers, book = call.answers, call.view.opt_outs
    if request.customer_id is not None:
        if book.is_erased(CUSTOMER, request.customer_id):
            return -1, ""
        return answers.customers.find(request.customer_id), request.customer_id
    assert request.id_type is not None
    assert request.id_value is not None
    if book.is_erased(request.id_type, request.id_value):
        return -1, ""
    customer = answers.identities.find(request.id_type, request.id_value)
    if customer < 0:
        return -1, identifier(request.id_type, request.id_value)
    return customer, answers.customers.ids[customer]


def _person(request: RecommendRequest, answers: Answers, customer: int, store: int, test: ModelTest | None) -> _Person:
    customer_id = answers.customers.ids[customer] if customer >= 0 else request.customer_id
    is_in = test is not None and gets_challenger(customer_id, test)
    scores = answers.challenger if is_in else answers.pairs
    assert scores is not None
    rows = scores.of_customer(customer) if customer >= 0 else np.zeros(0, np.int64)
    if not len(rows):
        return _Person(customer, customer_id, None, _best_sellers(answers, store), scores)
    codes = scores.codes[rows]
    is_repeat = codes[:, 0] == KINDS.index("repeat")
    pairs = Pairs(scores.product[rows], scores.probability[rows], is_repeat, codes[:, 1], codes[:, 3])
    return _Person(customer, customer_id, rows, pairs, scores)


def _best_sellers(answers: Answers, store: int) -> Pairs:
    """Best sellers of the store, or of the whole chain where no store is named or it sold nothing."""
    products, share = answers.popular.get(len(answers.stores) if store == NO_STORE else store)
    if not len(products):
        products, share = answers.popular.get(len(answers.stores))
    nothing = np.full(len(products), NO_DAY)
    return Pairs(products, share, np.zeros(len(products), bool), nothing, None)


def _offer(
    request: RecommendRequest,
    answers: Answers,
    best: Ranked,
    person: _Person,
    store: int,
    rules: Sequence[ResolvedRule],
) -> Offers:
    assert answers.attributes is not None
    count = best.products.size
    is_adult = person.position >= 0 and bool(answers.attributes.adults[person.position])
    return offer(
        Slate(np.zeros(count, np.int64), best.products, best.probability, np.full(count, is_adult)),
        np.full(count, store),
        answers.availability,
        rules,
        answers.attributes.goods,
        Selection(
            k=request.k,
            explore_at_least=min(request.explore_at_least, request.k) if request.kind == "mixed" else 0,
            wanted=request.fulfilment,
            is_sorted=True,
        ),
        is_explore=~best.is_repeat,
    )


def _live(request: RecommendRequest, answers: Answers, events: Sequence[RecentEvent]) -> Live:
    """Events since the answers were published, by the chain's calendar: today is the next day or the newest event's."""
    viewed = [
        (event.event_type, product, day_number(event.occurred_at))
        for event in events
        if event.product_id is not None and (product := answers.products.find(event.product_id)) >= 0
    ]
    tomorrow = day_number(data_day(date.fromisoformat(answers.manifest.as_of)))
    return Live(
        today=max([tomorrow, *(day for _, _, day in viewed)]),
        events=viewed,
        basket=_positions(answers, request.basket),
        exclude=_positions(answers, request.exclude),
    )


def _positions(answers: Answers, product_ids: Sequence[str]) -> list[int]:
    return [row for text in product_ids if (row := answers.products.find(text)) >= 0]


def _ranking(answers: Answers, person: _Person, best: Ranked, offers: Offers, language: Language) -> Ranking:
    chosen = offers.row
    row = best.row[chosen]
    scored = row >= 0
    return Ranking(
        best.products[chosen],
        best.probability[chosen],
        best.is_repeat[chosen],
        np.where(scored, person.pairs.due_day[row], NO_DAY) if person.pairs.due_day.size else np.full(row.size, NO_DAY),
        *_reasons(answers, person, best, chosen, language),
        _within(person, best, chosen),
        offers,
    )


def _within(person: _Person, best: Ranked, chosen: Array) -> Array:
    """P(bought within 7, 14, 28 days), shape (goods, 3).

    Events may have raised the probability since it was published. The same factor on the hazard (log of the survival)
    raises the three, so that they stay in order and below 1.
    """
    if person.scored is None or not len(chosen):
        return np.full((len(chosen), len(PROBABILITIES)), np.nan)
    row = best.row[chosen]
    within = person.scores.within[person.scored[row]].astype(np.float64)
    before = person.pairs.probability[row].astype(np.float64)
    raised = np.flatnonzero(best.probability[chosen] != before)
    if raised.size:
        now, then = best.probability[chosen[raised]], np.clip(before[raised], 1e-9, 1 - 1e-9)
        factor = np.log1p(-np.clip(now, 0, 1 - 1e-9)) / np.log1p(-then)
        within[raised] = -np.expm1(np.log1p(-within[raised]) * factor[:, None])
    within[row < 0] = np.nan
    return within


def _reasons(
    answers: Answers, person: _Person, best: Ranked, chosen: Array, language: Language
) -> tuple[list[str], list[str | None]]:
    """Why, in words, and the codes: the newest event where that raised the product, otherwise the published reason."""
    row = best.row[chosen]
    codes: list[str | None]
    if person.scored is None:
        reasons, codes = [reason_text("popular", language)] * len(chosen), ["popular"] * len(chosen)
    else:
        scored = person.scored[row]
        reasons, codes = person.scores.reasons(scored, language), person.scores.reason_codes(scored)
    names = ProductNames(answers.products)
    for place, candidate in enumerate(chosen.tolist()):
        cause = int(best.why[candidate])
        if cause < 0 and row[place] >= 0:
            continue
        event = best.event[candidate]
        detailed = f"looked_at:{event}" if event else f"goes_with:{answers.products.ids[cause]}"
        code = detailed if cause >= 0 else "pinned"
        reasons[place], codes[place] = reason_text(code, language, names), code_alone(code)
    return reasons, codes


def _notes(answers: Answers, store: int, ranking: Ranking, language: Language) -> list[dict[str, str]]:
    """Notes on the list: unknown stock, empty shelves, nothing left to recommend."""
    codes = []
    availability = answers.availability
    if store != NO_STORE and availability.is_known:
        if not availability.counted[store]:
            codes.append("stock_unknown")
        elif not availability.stocked[store]:
            codes.append("empty_shelves")
    if not len(ranking.product):
        codes.append("nothing_left")
    return [{"code": code, "text": note_text(code, language)} for code in codes]
