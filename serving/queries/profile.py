"""One person, product or store in words."""

from typing import Any

from retail_brain.errors import NotFoundError
from serving.answers.rows import row_at
from serving.api.access import Scope
from serving.api.errors import HttpError
from serving.api.requests import ProfileRequest
from serving.queries.call import Call


def profile(request: ProfileRequest, call: Call) -> dict[str, Any]:
    """The features of one thing, in the asker's language.

    Raises:
        HttpError: the role may not see people.
        NotFoundError: the thing is not known.
    """
    answers = call.answers
    if request.customer_id is not None:
        if not call.principal.may(Scope.PEOPLE):
            raise HttpError(403, "forbidden", f"role {call.principal.role} may not see people; wanted a role that may.")
        return _profile(call, "customer", "person", request.customer_id, answers.customers.find(request.customer_id))
    if request.product_id is not None:
        return _profile(call, "product", "goods", request.product_id, answers.products.find(request.product_id))
    assert request.store_id is not None
    return _profile(call, "store", "place", request.store_id, answers.stores.find(request.store_id))


def _profile(call: Call, kind: str, table: str, text: str, row: int) -> dict[str, Any]:
    if row < 0:
        raise NotFoundError(f"{kind} {text!r} is not known. Look it up with /search.", {f"{kind}_id": text})
    frame = call.answers.rows.get(table)
    facts = {} if frame is None else {name: value for name, value in row_at(frame, row).items() if value is not None}
    return {"kind": kind, "id": text, "profile": facts}
