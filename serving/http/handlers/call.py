"""Defines `Call`, the context of a request, and look-ups that most handlers share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from retail_brain.errors import ModelError, NotFoundError
from retail_brain.operational.places import Place
from serving.http.access import Principal
from serving.http.state import State
from serving.http.tenant_view import TenantView
from serving.planning.people.reasons import Language
from serving.store.answer_set import Answers
from serving.store.arrays import Array
from serving.store.catalog import Catalog

ANEW = object()
"""What `Route.depends_on` gives where an answer depends on more than can be compared: it is computed every time."""


@dataclass(frozen=True, slots=True)
class Call:
    """Context of one request, given to its handler.

    Attributes:
        principal: tenant, role and name of the API key.
        published: the tenant's answers, events and decisions, as they were when the request came; None where nothing
            is published yet, which only routes that need no answers see.
        state: the worker's tenants and database; handlers that write refresh it.
        language: `zh` or `en`, the first that the client accepts.
        now: the instant of the request, UTC.
        narrow: makes a view of the tenant what the key may see; `published` was made by it.
    """

    principal: Principal
    published: TenantView | None
    state: State
    language: Language
    now: datetime
    narrow: Callable[[TenantView], TenantView] = lambda view: view

    @property
    def view(self) -> TenantView:
        """What is published of the tenant.

        Raises:
            HttpError: nothing is.
        """
        if self.published is None:
            raise self.state.no_answers(self.principal.tenant)
        return self.published

    @property
    def place(self) -> Place:
        """The place of the key."""
        return self.principal.place

    def refreshed_view(self) -> TenantView:
        """The newest view, with what this request stored."""
        view = self.state.view(self.principal.tenant)
        return self.view if view is None else self.narrow(view)

    @property
    def answers(self) -> Answers:
        """The tenant's published answers."""
        return self.view.answers


def whole_answers(call: Call) -> Answers:
    """The answers of every place: what a product is like does not depend on whose key asks; rows of it stay unseen."""
    whole = call.state.view(call.principal.tenant) or call.view
    return whole.answers


def find_store(answers: Answers, store_id: str) -> int:
    """Position of a store in the catalog.

    Raises:
        NotFoundError: there is no such store.
    """
    return _find(answers.stores, store_id, "store")


def find_product(answers: Answers, product_id: str) -> int:
    """Position of a product in the catalog.

    Raises:
        NotFoundError: there is no such product.
    """
    return _find(answers.products, product_id, "product")


def _find(catalog: Catalog, text: str, kind: str) -> int:
    row = catalog.find(text)
    if row < 0:
        raise NotFoundError(
            f"{kind} {text!r} is not known; {len(catalog.order):,} {kind}s are. Look it up with /search.",
            {"problem": f"{kind}_unknown", f"{kind}_id": text},
        )
    return row


def names_of(catalog: Catalog, rows: Array, ids: list[str]) -> dict[str, str]:
    """Names by id, for the ids at some rows of a catalog that have a name."""
    return {text: name for text, name in zip(ids, catalog.names.take(rows), strict=True) if name}


def seen_store(answers: Answers, store_id: str | None) -> str | None:
    """The id of a shop that the answers hold; None for one of another place."""
    return store_id if store_id is not None and answers.stores.find(store_id) >= 0 else None


def product_names(answers: Answers, product_ids: list[str]) -> dict[str, str]:
    """Names of products by id; ids that the answers do not know, such as those of old orders, are left out."""
    rows = answers.products.find_many(product_ids)
    listed = rows >= 0
    ids = [product_id for product_id, is_listed in zip(product_ids, listed.tolist(), strict=True) if is_listed]
    return names_of(answers.products, rows[listed], ids)


def elsewhere_names(answers: Answers, store_ids: Iterable[str | None]) -> dict[str, str]:
    """Names of stores outside the key's place that an answer tells by id, such as the other one of a transfer.

    Those inside are named by /overview.
    """
    ids = [store for store in dict.fromkeys(store_ids) if store and answers.stores.find(store) < 0]
    whole = answers.stores.whole
    rows = whole.find_many(ids)
    known = [store for store, row in zip(ids, rows.tolist(), strict=True) if row >= 0]
    return names_of(whole, rows[rows >= 0], known)


def no_champion(kind: str) -> ModelError:
    """The error where answers of a model (`demand`, `recommender`) were not published."""
    return ModelError(
        f"no {kind} model has been promoted, so this cannot be answered. "
        f"Run `retail-brain train {kind}`, `retail-brain promote {kind}` and `retail-brain publish`.",
        {"problem": f"no_{kind}_model", "kind": kind},
    )
