"""Profile of a person, product or store: its features, labelled and in words."""

from typing import Any, Literal

from retail_brain.erased_ids import CUSTOMER
from retail_brain.errors import NotFoundError
from serving.http.access import Scope
from serving.http.errors import HttpError
from serving.http.handlers.call import Call
from serving.http.handlers.ranking import ProductNames
from serving.http.messages.lookup_messages import ProfileRequest
from serving.planning.profile.sentences import goods_profile, person_profile, place_profile
from serving.store.rows import row_at

_TABLES = {
    "customer": ("person", person_profile),
    "product": ("goods", goods_profile),
    "store": ("place", place_profile),
}


def profile(request: ProfileRequest, call: Call) -> dict[str, Any]:
    """The features of one person, product or store, in the language of the request.

    Raises:
        HttpError: the role may not see people.
        NotFoundError: it is not known, or its features were not published.
    """
    answers = call.answers
    if request.customer_id is not None:
        if not call.principal.may(Scope.PEOPLE):
            raise HttpError(
                403,
                "forbidden",
                f"role {call.principal.role} may not see people; wanted a role that may.",
                {"problem": "role_may_not"},
            )
        is_erased = call.view.opt_outs.is_erased(CUSTOMER, request.customer_id)
        row = -1 if is_erased else answers.customers.find(request.customer_id)
        return _profile(call, "customer", request.customer_id, row)
    if request.product_id is not None:
        return _profile(call, "product", request.product_id, answers.products.find(request.product_id))
    assert request.store_id is not None
    return _profile(call, "store", request.store_id, answers.stores.find(request.store_id))


def _profile(call: Call, kind: Literal["customer", "product", "store"], text: str, row: int) -> dict[str, Any]:
    table, in_words = _TABLES[kind]
    frame = call.answers.rows.get(table)
    if row < 0 or frame is None:
        raise NotFoundError(
            f"{kind} {text!r} is not known. Look it up with /search.",
            {"problem": f"{kind}_unknown", f"{kind}_id": text},
        )
    # the shop of a person whom the key may see is named, though a guide's key knows no shop
    catalog = call.answers.products if kind == "product" else call.answers.stores.whole
    words = in_words(
        row_at(frame, row),
        call.language,
        currency=call.answers.manifest.currency,
        names=ProductNames(catalog),
        outside=[
            (key, tuple(label), tuple(unit)) for key, label, unit in call.answers.manifest.feature_facts.get(table, [])
        ],
    )
    if kind == "product":
        words |= _price_response(call, row)
    return {"kind": kind, "id": text, "profile": words}


def _price_response(call: Call, row: int) -> dict[str, Any]:
    """Own-price elasticity of a product, in numbers and words; null where its price never changed."""
    table = call.answers.rows.get("elasticities")
    estimate = None if table is None else row_at(table, row)
    if estimate is None or estimate["elasticity"] is None:
        return {"price_response": None}
    numbers = {name: round(estimate[name], 3) for name in estimate if name not in {"product_id", "changed_days"}}
    # the elasticity is constant, so a price 10 % lower multiplies demand by 0.9 to its power
    fall = 100 * (1 - 0.9 ** estimate["elasticity"])
    low, high = (100 * (0.9 ** estimate[name] - 1) for name in ("high", "low"))
    if call.language == "zh":
        sentence = f"降价 10% 销量约增 {-fall:.0f}%（九成把握在 {low:.0f}% 到 {high:.0f}% 之间）。"
    else:
        sentence = f"A price 10 % lower sells about {-fall:.0f} % more ({low:.0f} to {high:.0f} %, nine times in ten)."
    return {"price_response": numbers | {"changed_days": estimate["changed_days"], "sentence": sentence}}
