"""Order suggestions of a store, and the decisions of people about them."""

import uuid
from collections.abc import Iterable
from typing import Any

import numpy as np

from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.operational.decisions import (
    Decision,
    Seen,
    StoredDecision,
    no_decision,
    store_decisions,
    stores_of_decisions,
    told_decision,
    withdraw_decisions,
)
from retail_brain.operational.plausibility import check_usual
from retail_brain.operational.suggestion_status import SuggestionStatus
from retail_brain.outputs import suggestion_id
from serving.http.handlers.call import Call, find_product, find_store, names_of, no_champion, whole_answers
from serving.http.messages.bulk_messages import BulkLine
from serving.http.messages.stock_messages import DecisionIn, DecisionsRequest, ReplenishRequest
from serving.planning.stock.line_flags import FLAGS
from serving.store.arrays import Array
from serving.store.listing.source_book import SourceBook, claims_of
from serving.store.pieces import check_pieces
from serving.store.suggestions import Suggestions

PAST = {"approve": "approved", "change": "changed", "reject": "rejected"}
"""Action of a request -> the decision that is stored."""
SHOWN_DECIMALS = 4
"""Decimals of quantities in answers, which a client sends back as `seen_quantity`."""


def replenish(request: ReplenishRequest, call: Call) -> dict[str, Any]:
    """Suggestions of a store, the most urgent first, each with the decision taken on it.

    Raises:
        NotFoundError: the store or a product is not known.
        ModelError: there is no demand model.
    """
    answers = call.answers
    store = find_store(answers, request.store_id)
    suggestions = answers.suggestions
    if suggestions is None:
        raise no_champion("demand")
    rows = suggestions.of_store(store)
    if request.product_ids is not None:
        asked = [find_product(answers, product_id) for product_id in request.product_ids]
        rows = rows[np.isin(suggestions.product[rows], asked)]
    if request.budget is not None:
        rows = _within(request.budget, rows, suggestions)
    # after the budget, which all lines of the store share and not only those of this page
    total = len(rows)
    rows = rows[request.offset : request.offset + request.limit]
    products = suggestions.product[rows]
    ids = answers.products.ids.take(products)
    listed = suggestion_rows(suggestions, rows, [request.store_id] * len(rows), ids, call)
    return {"suggestions": listed, "total": total, "names": names_of(answers.products, products, ids)}


def suggestion_rows(
    suggestions: Suggestions, rows: Array, store_ids: list[str], product_ids: list[str], call: Call
) -> list[dict[str, Any]]:
    """Suggestions at some rows, each with its flags, its state and the decision that counts.

    Args:
        suggestions: of the present answers.
        rows: of the suggestions.
        store_ids: store of each row.
        product_ids: product of each row.
        call: whose view of the decisions and language count.
    """
    listed = suggestions.rows(store_ids, product_ids, rows, call.answers.manifest.as_of, call.language)
    flags = suggestions.flags(call.view.settings.replenishment)
    waiting = call.view.waiting[rows].tolist()
    for line, is_open, *raised in zip(listed, waiting, *(flags[name][rows].tolist() for name in FLAGS), strict=True):
        line["flags"] = [name for name, is_raised in zip(FLAGS, raised, strict=True) if is_raised]
        line["is_open"] = is_open
        decided = call.view.decisions.get(line["suggestion_id"])
        line["state"] = "proposed" if decided is None else decided.state
        line["decision"] = None if decided is None else shown_decision(decided.stored) | _outcome(decided)
    return listed


def _within(budget: float, rows: Array, suggestions: Suggestions) -> Array:
    """Rows of the orders that a budget pays for, the most valuable per unit of money first."""
    # an order without a known cost costs nothing here: the budget cannot speak about it
    cost = np.nan_to_num(suggestions.number("order_cost", rows))
    value = np.nan_to_num(suggestions.number("expected_value", rows))
    ordered = suggestions.number("order_quantity", rows) > 0
    best = np.argsort(-value / np.maximum(cost, 1e-9), kind="stable")
    best = best[ordered[best]]
    is_paid = np.zeros(len(rows), dtype=bool)
    is_paid[best] = np.cumsum(cost[best]) <= budget
    return rows[is_paid]


def decide(request: DecisionsRequest, call: Call) -> dict[str, Any]:
    """Stores decisions and takes others back, all or none of each; the same decision_id again changes nothing.

    Raises:
        NotFoundError: a suggestion or a decision does not exist.
        ConflictError: somebody decided about a line since the person saw it.
        ImpossibleError: a suggestion is of another day than the present ones or is not what the person saw, a
            decision_id was used otherwise, or a decision to take back was exported.
        UnconfirmedError: a quantity is beyond the limits of its line and was not confirmed.
    """
    tenant, database = call.principal.tenant, call.state.database
    stored: list[StoredDecision] = []
    withdrawn: list[StoredDecision] = []
    _check_place(request, call)
    if request.decisions:
        sources = _sources_after(request, call)
        decisions = [_decision(decision, sources, call) for decision in request.decisions]
        seen = Seen(call.principal.name, seen_decisions(zip(request.decisions, decisions, strict=True)))
        stored = store_decisions(tenant, database, decisions, now=call.now, seen=seen)
    if request.withdraw:
        withdrawn = withdraw_decisions(tenant, database, request.withdraw, by=call.principal.name, now=call.now)
    call.state.refresh_decisions(tenant)
    return {
        name: [shown_decision(decision) | {"as_of": decision.decision.as_of.isoformat()} for decision in listed]
        for name, listed in (("stored", stored), ("withdrawn", withdrawn))
    }


def seen_decisions(pairs: Iterable[tuple[DecisionIn | BulkLine, Decision]]) -> dict[str, str | None]:
    """The decision that a person saw on each line, by suggestion id; lines whose request does not say are left out."""
    return {
        decision.suggestion_id: given.seen_decision_id
        for given, decision in pairs
        if "seen_decision_id" in given.model_fields_set
    }


def newest_decision(call: Call) -> int:
    """Row id of the newest decision that counts in the asker's view; 0 where none does."""
    last = next(reversed(call.view.decisions.values()), None)
    return 0 if last is None else last.stored.id


def _check_place(request: DecisionsRequest, call: Call) -> None:
    """Refuses ids of decisions about the suggestions of other places, in the words for those that do not exist."""
    if call.place.is_headquarters:
        return
    given = [one.decision_id for one in request.decisions if one.decision_id is not None]
    stores = stores_of_decisions(call.principal.tenant, call.state.database, [*given, *request.withdraw])
    for decision_id in request.withdraw:
        if call.answers.stores.find(stores.get(decision_id, "")) < 0:
            raise no_decision(decision_id)
    taken = [one for one in given if one in stores and call.answers.stores.find(stores[one]) < 0]
    if taken:
        raise ImpossibleError(
            f"decision_id {taken[0]!r} cannot be used. Decide anew under a new decision_id.",
            {"problem": "decision_id_taken", "decision_id": taken[0]},
        )


def _sources_after(request: DecisionsRequest, call: Call) -> SourceBook:
    """What warehouses can send when all of a request is stored: its lines share their stock."""
    suggestions = call.answers.suggestions
    if suggestions is None:
        raise no_champion("demand")
    asked = {
        (one.store_id, one.product_id): {"approve": None, "change": one.order_quantity}.get(one.action, 0.0)
        for one in request.decisions
    }
    return call.view.sources.with_quantities(claims_of(call.answers, suggestions, asked))


def _decision(given: DecisionIn, sources: SourceBook, call: Call) -> Decision:
    answers = call.answers
    as_of = given.as_of.isoformat()
    suggestions = answers.suggestions
    if suggestions is None:
        raise no_champion("demand")
    store, product = find_store(answers, given.store_id), find_product(answers, given.product_id)
    if as_of != answers.manifest.as_of:
        raise ImpossibleError(
            f"the suggestion is of {as_of}, the present ones are of {answers.manifest.as_of}. "
            "Load the suggestions again and decide on those.",
            {"problem": "suggestions_renewed", "as_of": as_of, "present": answers.manifest.as_of},
        )
    row = suggestions.index.find(store, product)
    if row is None:
        raise NotFoundError(
            f"there is no suggestion for product {given.product_id!r} in store {given.store_id!r}. See /replenish.",
            {"problem": "suggestion_unknown", "store_id": given.store_id, "product_id": given.product_id},
        )
    suggested = float(suggestions.number("order_quantity", np.array([row]))[0])
    _check_seen(given, suggested)
    beyond = _check_quantity(given, row, sources, call) if given.action == "change" else False
    quantity = {"approve": suggested, "change": given.order_quantity or 0.0, "reject": 0.0}[given.action]
    return Decision(
        decision_id=given.decision_id or uuid.uuid4().hex,
        suggestion_id=suggestion_id(given.store_id, given.product_id, as_of),
        store_id=given.store_id,
        product_id=given.product_id,
        as_of=given.as_of,
        decision=PAST[given.action],
        suggested_quantity=suggested,
        quantity=quantity,
        reason=given.reason,
        decided_by=call.principal.name,
        is_exception=beyond,
    )


def _check_seen(given: DecisionIn, suggested: float) -> None:
    """Refuses a decision about a suggestion that is not what the person saw any more."""
    seen = given.seen_quantity
    if seen is not None and round(seen, SHOWN_DECIMALS) != round(suggested, SHOWN_DECIMALS):
        raise ImpossibleError(
            f"the suggestion for product {given.product_id!r} in store {given.store_id!r} is {suggested:g} units now; "
            f"{seen:g} were seen. Nothing was stored: load the suggestions again and decide on those.",
            {
                "problem": "suggestion_changed",
                "store_id": given.store_id,
                "product_id": given.product_id,
                "seen_quantity": seen,
                "suggested_quantity": suggested,
            },
        )


def _check_quantity(given: DecisionIn, row: int, sources: SourceBook, call: Call) -> bool:
    """Whether a changed quantity is beyond its line's limits, and confirmed."""
    usual, suggestions = call.view.settings.replenishment, call.answers.suggestions
    assert suggestions is not None
    source = sources.sent.get((given.store_id, given.product_id), float("inf"))
    limits = suggestions.limits(row, usual.large_order_cycles, usual.exception_least_units, source)
    quantity = given.order_quantity or 0.0
    check_pieces(whole_answers(call), {(given.store_id, given.product_id): quantity})
    beyond = limits.beyond(quantity)
    if not given.confirm_exception:
        check_usual(
            beyond,
            what=f"{quantity:,.10g} units of product {given.product_id!r} in store {given.store_id!r}",
            confirm="send confirm_exception: true",
            details={"store_id": given.store_id, "product_id": given.product_id, "order_quantity": quantity},
        )
    return bool(beyond)


def _outcome(status: SuggestionStatus) -> dict[str, Any]:
    """Export and goods receipts of a decided suggestion."""
    return {
        "exported_at": None if status.exported_at is None else status.exported_at.isoformat(),
        "received_units": status.received_units,
        "received_on": None if status.received_on is None else status.received_on.isoformat(),
    }


def shown_decision(stored: StoredDecision) -> dict[str, Any]:
    """A decision as answers tell it, without its day."""
    own = {"suggestion_id": stored.decision.suggestion_id, "is_exception": stored.decision.is_exception}
    return told_decision(stored) | own
