"""Counts the suggestions that wait for a decision; every route and the page take the number from here."""

from collections.abc import Mapping

import numpy as np

from serving.http.tenant import TenantView
from serving.store.arrays import Array


def open_lines(view: TenantView) -> Array:
    """Whether each suggestion of the present answers waits: it asks for a decision and none counts for it."""
    suggestions = view.answers.suggestions
    if suggestions is None:
        return np.zeros(0, dtype=np.bool_)
    waiting: Array = suggestions.flags(view.settings.replenishment)["waits"].copy()
    answers = view.answers
    for status in view.decisions.values():
        decision = status.stored.decision
        store, product = answers.stores.find(decision.store_id), answers.products.find(decision.product_id)
        row = suggestions.index.find(store, product) if store >= 0 and product >= 0 else None
        if row is not None:
            waiting[row] = False
    return waiting


def open_counts(view: TenantView) -> Mapping[str, int]:
    """Number of suggestions that wait for a decision, by store id."""
    suggestions = view.answers.suggestions
    if suggestions is None:
        return {}
    waiting, stores = open_lines(view), view.answers.stores
    counts = [int(waiting[suggestions.of_store(store)].sum()) for store in range(len(stores))]
    return dict(zip(stores.ids.take(np.arange(len(stores))), counts, strict=True))


def open_count(view: TenantView, store_id: str | None = None) -> int:
    """Number of suggestions that wait for a decision, of one store or of all."""
    counts = open_counts(view)
    return sum(counts.values()) if store_id is None else counts.get(store_id, 0)
