"""Receipts of contacts: stores what came back, and lets opt-outs and stop rules count at once."""

from datetime import UTC
from typing import Any

import numpy as np

from retail_brain.operational.campaign_receipts import store_receipts
from serving.http.handlers.call import Call
from serving.http.handlers.campaigns import campaign_desk
from serving.http.messages.campaign_receipt_messages import CampaignReceiptsRequest, ContactReceiptIn
from serving.http.refusals import rows_in_words
from serving.planning.campaigns.receipts import GivenReceipt, KnownNames, sort_out
from serving.planning.campaigns.stopping import stop_by_rules
from serving.store.campaigns import cards_of


def receive(request: CampaignReceiptsRequest, call: Call) -> dict[str, Any]:
    """Stores receipts; opt-outs count from the next question on, for every card of the person.

    Receipts of unknown campaigns or people, in the future or before the contact are named in `refused`.
    """
    given = [_given(place, one) for place, one in zip(request.places(), request.receipts, strict=True)]
    tenant, database = call.principal.tenant, call.state.database
    sorted_ = sort_out(tenant, database, given, _known_names(call), call.now, call.language)
    cards = cards_of(call.answers)
    new = store_receipts(tenant, database, sorted_.good, by=call.principal.name, now=call.now, cards=cards)
    today = campaign_desk(call).today
    for name in sorted({one.campaign_id for one in sorted_.good if one.kind == "opted_out"}):
        stop_by_rules(tenant, database, name, today, call.now)
    call.state.refresh_opt_outs(tenant)
    call.state.refresh_campaigns(tenant)
    unread = rows_in_words(request.refused, call.language)
    refused = [*(refusal | {"receipt_id": None} for refusal in unread), *sorted_.refused]
    return {
        "stored": new,
        "duplicates": len(sorted_.good) - new,
        "refused": sorted(refused, key=lambda refusal: int(str(refusal["receipt"]))),
    }


def _given(place: int, one: ContactReceiptIn) -> GivenReceipt:
    at = one.at if one.at.tzinfo else one.at.replace(tzinfo=UTC)
    about = (one.attribution_id, one.campaign_id, one.customer_id, one.channel)
    return GivenReceipt(place, one.receipt_id, one.kind, at.astimezone(UTC), *about)


def _known_names(call: Call) -> KnownNames:
    listed = call.answers.rows.get("campaigns")
    lake = {} if listed is None else dict(listed.select("campaign_id", "starts_on").iter_rows())
    customers = call.answers.customers
    return KnownNames(
        lake, lambda name: customers.find(name) >= 0, lambda: customers.ids.take(np.arange(len(customers)))
    )
