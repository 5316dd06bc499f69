"""Goods receipts: stores what arrived of orders, and names the receipts that cannot be stored."""

from collections.abc import Mapping
from typing import Any, Final

from retail_brain.errors import RetailBrainError
from retail_brain.operational.goods_receipts import GoodsReceipt, ReceiptTerms, store_good_receipts
from retail_brain.operational.suggestion_status import suggestion_statuses
from retail_brain.outputs import suggestion_id
from serving.http.handlers.call import Call
from serving.http.handlers.orders import own_statuses, plain_orders
from serving.http.messages.goods_receipt_messages import ReceiptIn, ReceiptsRequest
from serving.http.refusals import rows_in_words
from serving.planning.people.reasons import Language
from serving.planning.stock.order_book import order_book

_PROBLEMS: Final[Mapping[str, tuple[str, Mapping[Language, str]]]] = {
    "orders_never_decided": (
        "suggestion_id",
        {
            "en": "its order was never decided here; name the suggestion_id of the export, or store_id, product_id and "
            "the as_of of the suggestion",
            "zh": "对应的建议从未在此决定；请用导出文件中的 suggestion_id，或建议的 store_id、product_id 和 as_of",
        },
    ),
    "receipt_id_taken": (
        "receipt_id",
        {
            "en": "was used before for another receipt; to correct one, send the difference under a new receipt_id",
            "zh": "已用于别的收货；要更正，请用新的 receipt_id 发送差额",
        },
    ),
    "units": (
        "units",
        {
            "en": "brings units received to {received:,.10g}, more than {limit:,.10g}: correct or confirm_exception",
            "zh": "累计收货 {received:,.10g}，超过 {limit:,.10g}：请更正，或用 confirm_exception 确认",
        },
    ),
    "negative": (
        "units",
        {
            "en": "brings units received to {received:,.10g}, less than nothing: correct it or confirm_exception",
            "zh": "累计收货 {received:,.10g}，小于零：请更正，或用 confirm_exception 确认",
        },
    ),
    "late_day": (
        "received_on",
        {
            "en": "is dated {received_on}, later than {limit}: correct it or confirm_exception",
            "zh": "收货日期 {received_on} 晚于 {limit}：请更正，或用 confirm_exception 确认",
        },
    ),
    "early_day": (
        "received_on",
        {
            "en": "is dated {received_on}, before its order was suggested ({limit}): correct it or confirm_exception",
            "zh": "收货日期 {received_on} 早于建议日期 {limit}：请更正，或用 confirm_exception 确认",
        },
    ),
}
"""Problem of a receipt, or the first limit that it goes beyond -> its field, and what is wrong with it."""


def receive(request: ReceiptsRequest, call: Call) -> dict[str, Any]:
    """Stores goods receipts; the same receipt_id again changes nothing.

    Receipts that cannot be read or stored are named in `refused`.

    Raises:
        NotFoundError: nothing was decided about any of the suggestions.
        ImpossibleError: no receipt can be stored, the first since its receipt_id was used before for something else.
        UnconfirmedError: the same, the first since its units or day are beyond what is usual for the order, and were
            not confirmed.
    """
    tenant, database = call.principal.tenant, call.state.database
    receipts = [_receipt(given, call.principal.name) for given in request.receipts]
    confirmed = {given.receipt_id for given in request.receipts if given.confirm_exception}
    terms = ReceiptTerms(call.view.settings.replenishment, confirmed, _own_suggestions(call))
    stored = store_good_receipts(tenant, database, receipts, terms, now=call.now)
    call.state.refresh_decisions(tenant)
    kept = {one.suggestion_id for index, one in enumerate(receipts) if index not in stored.refused}
    statuses = suggestion_statuses(tenant, database)
    book = order_book([status for status in statuses if status.stored.decision.suggestion_id in kept])
    places, unread = request.places(), rows_in_words(request.refused, call.language)
    refused = [one | {"receipt_id": None, "code": "malformed"} for one in unread]
    for index, error in stored.refused.items():
        about = {"receipt": places[index], "receipt_id": receipts[index].receipt_id, "code": error.code}
        refused.append(about | _problem(error, call.language))
    return {
        "stored": stored.new,
        "duplicates": len(receipts) - len(stored.refused) - stored.new,
        "orders": plain_orders(book),
        "refused": sorted(refused, key=lambda one: int(one["receipt"])),
    }


def _own_suggestions(call: Call) -> set[str] | None:
    """Decided suggestions of the key's place; None: it sees all."""
    if call.place.is_headquarters:
        return None
    statuses = own_statuses(suggestion_statuses(call.principal.tenant, call.state.database), call)
    return {status.stored.decision.suggestion_id for status in statuses}


def _problem(error: RetailBrainError, language: Language) -> dict[str, str]:
    """The field that keeps a receipt from being stored, and what is wrong with it."""
    facts = next(iter(error.details.get("problems", ())), {"code": error.details["problem"]})
    where, texts = _PROBLEMS[facts["code"]]
    return {"where": where, "problem": texts[language].format(**facts)}


def _receipt(given: ReceiptIn, noted_by: str) -> GoodsReceipt:
    about = given.suggestion_id
    if about is None:
        assert given.store_id is not None
        assert given.product_id is not None
        assert given.as_of is not None
        about = suggestion_id(given.store_id, given.product_id, given.as_of.isoformat())
    return GoodsReceipt(given.receipt_id, about, given.units, given.received_on, given.note, noted_by)
