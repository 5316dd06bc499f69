"""Referrals of guides: stores whom they brought, and names those that cannot be stored."""

from typing import Any

from retail_brain.operational.guide_tasks import Referral, store_referrals
from serving.http.handlers.call import Call
from serving.http.handlers.guides import unknown_guide, utc_of
from serving.http.handlers.triggers import trigger_desk
from serving.http.messages.guide_messages import GuideReferralsRequest
from serving.http.refusals import rows_in_words
from serving.planning.guides.people import all_guides, check_past, is_ahead
from serving.planning.guides.referrals import sort_referrals
from serving.store.triggers import PublishedTriggerSource


def receive(request: GuideReferralsRequest, call: Call) -> dict[str, Any]:
    """Stores whom guides brought; those that cannot be read or stored are named in `refused`.

    Raises:
        NotFoundError: no guide that is named is known, or a guide's key names others alone; nothing is stored.
        ImpossibleError: all lie in the future; nothing is stored.
    """
    places = request.places()
    given = [
        Referral(one.referral_id, one.guide_id, one.customer_id, one.referred_by, utc_of(one.at))
        for one in request.referrals
    ]
    if all(is_ahead(one.at, call.now) for one in given):
        check_past([(one.referral_id, one.at) for one in given], call.now)
    guides = _known_guides(call)
    if not any(one.guide_id in guides for one in given):
        raise unknown_guide(given[0].guide_id)
    # customers of other places are known too: the whole answers say so, and nothing else of them
    whole = call.state.view(call.principal.tenant) or call.view
    source = PublishedTriggerSource(whole.answers)
    sorted_ = sort_referrals(source, given, call.language, guides=guides, now=call.now)
    tenant, by = call.principal.tenant, call.principal.name
    new = store_referrals(tenant, call.state.database, sorted_.good, by=by, now=call.now)
    unread = [one | {"referral_id": None} for one in rows_in_words(request.refused, call.language)]
    refused = [*unread, *(one | {"referral": places[int(str(one["referral"]))]} for one in sorted_.refused)]
    return {
        "stored": new,
        "duplicates": len(sorted_.good) - new,
        "refused": sorted(refused, key=lambda one: int(str(one["referral"]))),
    }


def _known_guides(call: Call) -> set[str]:
    """Guides whose referrals the key may send; a guide's key its own alone."""
    if call.place.guide is not None:
        return {call.place.guide}
    desk = trigger_desk(call)
    if call.place.is_headquarters:
        return {one.guide_id for one in all_guides(desk)}
    return set(desk.guides.values())
