"""One person, product or store in words."""

from typing import Any, Literal

from retail_brain.errors import NotFoundError
from serving.answers.rows import row_at
from serving.api.access import Scope
from serving.api.errors import HttpError
from serving.api.requests import ProfileRequest
from serving.profiles import goods_profile, person_profile, place_profile
from serving.queries.call import Call
from serving.queries.ranking import ProductNames

_TABLES = {
    "customer": ("person", person_profile),
    "product": ("goods", goods_profile),
    "store": ("place", place_profile),
}


def profile(request: ProfileRequest, call: Call) -> dict[str, Any]:
    """The features of one thing, in the asker's language.

    Raises:
        HttpError: the role may not see people.
        NotFoundError: the thing is not known, or its features were not published.
    """
    answers = call.answers
    if request.customer_id is not None:
        if not call.principal.may(Scope.PEOPLE):
            raise HttpError(403, "forbidden", f"role {call.principal.role} may not see people; wanted a role that may.")
        return _profile(call, "customer", request.customer_id, answers.customers.find(request.customer_id))
    if request.product_id is not None:
        return _profile(call, "product", request.product_id, answers.products.find(request.product_id))
    assert request.store_id is not None
    return _profile(call, "store", request.store_id, answers.stores.find(request.store_id))


def _profile(call: Call, kind: Literal["customer", "product", "store"], text: str, row: int) -> dict[str, Any]:
    table, in_words = _TABLES[kind]
    frame = call.answers.rows.get(table)
    if row < 0 or frame is None:
        raise NotFoundError(f"{kind} {text!r} is not known. Look it up with /search.", {f"{kind}_id": text})
    catalog = call.answers.products if kind == "product" else call.answers.stores
    words = in_words(
        row_at(frame, row),
        call.language,
        currency=call.answers.manifest.currency,
        names=ProductNames(catalog),
    )
    return {"kind": kind, "id": text, "profile": words}
