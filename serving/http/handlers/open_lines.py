"""Counts the suggestions that wait for a decision; every route and the page take the number from here."""

from collections.abc import Mapping

from serving.http.tenant_view import TenantView


def open_counts(view: TenantView) -> Mapping[str, int]:
    """Number of suggestions that wait for a decision, by store id."""
    return view.open_by_store


def open_count(view: TenantView, store_id: str | None = None) -> int:
    """Number of suggestions that wait for a decision, of one store or of all."""
    counts = open_counts(view)
    return sum(counts.values()) if store_id is None else counts.get(store_id, 0)
