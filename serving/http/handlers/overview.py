"""Overview of a tenant's answers, and search of stores, products and customers."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from serving.http.access import ROLE_SCOPES, Scope
from serving.http.errors import HttpError
from serving.http.handlers.call import Call, find_store
from serving.http.handlers.open_lines import open_counts
from serving.http.messages.lookup_messages import OverviewRequest, SearchRequest
from serving.store.arrays import Array
from serving.store.catalog import Catalog

_LISTED_STORES = 500
"""Stores in one answer: enough for a name of every store of most chains; /search finds the others. By judgement."""


def overview(_request: OverviewRequest, call: Call) -> dict[str, Any]:
    """Dates, counts, model versions, consistency checks and the 500 most important stores."""
    manifest, stores = call.answers.manifest, call.answers.stores
    listed = stores.order[:_LISTED_STORES]
    waiting = open_counts(call.view)
    return {
        "tenant": call.principal.tenant,
        "role": call.principal.role,
        "place": {"kind": call.place.kind} | asdict(call.place),
        "as_of": manifest.as_of,
        "published_at": manifest.published_at,
        "answers_id": manifest.answers_id,
        "period": manifest.period,
        "currency": manifest.currency,
        "currency_sign": manifest.money.sign,
        "currency_digits": manifest.money.digits,
        "horizon": len(call.answers.forecasts.days) if call.answers.forecasts else 0,
        "quantiles": manifest.quantiles,
        "label_days": manifest.label_days,
        "counts": manifest.counts,
        "parts": manifest.parts,
        "bundles": manifest.bundles,
        "left_out": manifest.left_out,
        "consistency": [_check(row, call.language) for row in manifest.consistency],
        "open": sum(waiting.values()),
        "scopes": sorted(ROLE_SCOPES.get(call.principal.role, ())),
        "stores": [
            {"id": text, "name": name, "open": waiting.get(text, 0)}
            for text, name in zip(stores.ids.take(listed), stores.names.take(listed), strict=True)
        ],
    }


def _check(row: Mapping[str, Any], language: str) -> dict[str, Any]:
    """A row of the consistency check with its meaning in one language."""
    shown = {name: value for name, value in row.items() if name not in {"reason", "reason_zh"}}
    return shown | {"reason": row["reason_zh" if language == "zh" else "reason"]}


def search(request: SearchRequest, call: Call) -> dict[str, Any]:
    """Stores, products or customers whose name, id or description holds every word of the query.

    Raises:
        HttpError: the role may not see people.
        NotFoundError: the store is not known.
    """
    answers = call.answers
    if request.kind == "customer" and not call.principal.may(Scope.PEOPLE):
        raise HttpError(
            403,
            "forbidden",
            f"role {call.principal.role} may not look people up; wanted a role that may.",
            {"problem": "role_may_not"},
        )
    catalog = {"store": answers.stores, "product": answers.products, "customer": answers.customers}[request.kind]
    rows = catalog.search(request.query)
    if request.store_id is not None and request.kind == "product":
        store = find_store(answers, request.store_id)
        rows = rows[_sold_in(call, store, rows)]
    return {"items": _items(catalog, rows[: request.limit])}


def _sold_in(call: Call, store: int, products: Array) -> Array:
    """Whether each product has a sales history or a forecast in the store."""
    answers = call.answers
    indexes = [answers.history.index] + ([answers.forecasts.index] if answers.forecasts else [])
    sold: Array = np.logical_or.reduce([index.find_many(store, products)[1] for index in indexes])
    return sold


def _items(catalog: Catalog, rows: Array) -> list[dict[str, str]]:
    columns = (catalog.ids.take(rows), catalog.names.take(rows), catalog.details.take(rows))
    return [{"id": text, "name": name or text, "detail": detail} for text, name, detail in zip(*columns, strict=True)]
