"""What every use case is given beside its request."""

from dataclasses import dataclass
from datetime import datetime

from retail_brain.errors import ModelError, NotFoundError
from serving.http.access import Principal
from serving.http.state import State
from serving.http.tenant import TenantView
from serving.planning.people.reasons import Language
from serving.store.answer_set import Answers
from serving.store.arrays import Array
from serving.store.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Call:
    """One request's surroundings.

    Attributes:
        principal: who asks.
        view: the tenant's answers, events and decisions, as they were when the request came.
        state: the worker's state; writes go through it.
        language: `zh` or `en`, the first that the asker accepts.
        now: the instant of the request.
    """

    principal: Principal
    view: TenantView
    state: State
    language: Language
    now: datetime

    @property
    def answers(self) -> Answers:
        """The tenant's answers."""
        return self.view.answers


def find_store(answers: Answers, store_id: str) -> int:
    """Position of a store.

    Raises:
        NotFoundError: there is no such store.
    """
    return _find(answers.stores, store_id, "store")


def find_product(answers: Answers, product_id: str) -> int:
    """Position of a product.

    Raises:
        NotFoundError: there is no such product.
    """
    return _find(answers.products, product_id, "product")


def _find(catalog: Catalog, text: str, kind: str) -> int:
    row = catalog.find(text)
    if row < 0:
        raise NotFoundError(
            f"{kind} {text!r} is not known; {len(catalog):,} {kind}s are. Look it up with /search.",
            {f"{kind}_id": text},
        )
    return row


def names_of(catalog: Catalog, rows: Array, ids: list[str]) -> dict[str, str]:
    """Names by id, for those that have one."""
    return {text: name for text, name in zip(ids, catalog.names.take(rows), strict=True) if name}


def no_champion(kind: str) -> ModelError:
    """The part of the answers that a model of this kind would have given is not there."""
    return ModelError(
        f"no {kind} model has been promoted, so this cannot be answered. "
        f"Run `retail-brain train {kind}`, `retail-brain promote {kind}` and `retail-brain publish`.",
        {"kind": kind},
    )
