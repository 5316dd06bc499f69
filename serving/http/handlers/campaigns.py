"""Campaigns: list, look, store a draft, preview, approve, stop, and the people of an approved one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any

import numpy as np

from retail_brain.errors import ConflictError, NotFoundError, UsageError
from retail_brain.operational.campaign_contacts import campaign_contacts, contacts_page
from retail_brain.operational.campaign_effects import campaign_effects
from retail_brain.operational.campaign_receipts import receipt_counts, store_receipts
from retail_brain.operational.campaigns import Change, StoredCampaign, campaign, list_campaigns, no_campaign
from retail_brain.operational.leases import Lease
from retail_brain.workspace import Workspace
from serving.http.access import Scope
from serving.http.errors import HttpError
from serving.http.handlers.call import Call, elsewhere_names, product_names, seen_store
from serving.http.handlers.segments import segment_customers
from serving.http.messages.campaign_messages import (
    CampaignActRequest,
    CampaignAssignRequest,
    CampaignContactsRequest,
    CampaignEffectRequest,
    CampaignMeasureRequest,
    CampaignProposeRequest,
    CampaignPushRequest,
    CampaignReceiptsRequest,
    CampaignRequest,
    CampaignsRequest,
    ContactReceiptIn,
)
from serving.http.refusals import rows_in_words
from serving.planning.campaigns import life
from serving.planning.campaigns.measuring import look_at, look_row
from serving.planning.campaigns.propose import propose as propose_draft
from serving.planning.campaigns.push import Push, push_contacts, resolved_target, secret_of
from serving.planning.campaigns.receipts import GivenReceipt, KnownNames, sort_out
from serving.planning.campaigns.standing import history
from serving.planning.campaigns.stopping import stop_by_rules
from serving.planning.campaigns.together import assign_together, narrow_to
from serving.planning.people.segment_book import open_dataset
from serving.planning.stock.webhook import Delivery
from serving.store.campaigns import PublishedSource, cards_of


def campaigns(request: CampaignsRequest, call: Call) -> dict[str, Any]:
    """Campaigns, newest first."""
    today = _desk(call).today
    tenant, database = call.principal.tenant, call.state.database
    rows = shown_campaigns(call)
    looks = {look.campaign_id: look_row(look) for look in campaign_effects(tenant, database)}  # the newest comes last
    wanted = [row for row in rows if request.states is None or row["state"] in request.states]
    page = wanted[request.offset : request.offset + request.limit]
    return {
        "campaigns": [row | {"preview": None, "look": looks.get(row["campaign_id"])} for row in page],
        "total": len(wanted),
        "today": today.isoformat(),
        "may_write": call.principal.may(Scope.CAMPAIGNS),
    }


def shown_campaigns(call: Call) -> list[dict[str, Any]]:
    """Campaigns that the key may see, newest first, as they stand."""
    stored = list_campaigns(call.principal.tenant, call.state.database)
    return [_shown(one, call) for one in stored if _is_own(one, call)]


def one(request: CampaignRequest, call: Call) -> dict[str, Any]:
    """One campaign; with a definition, its draft is stored first.

    Raises:
        HttpError: the role may only look.
        ConflictError: somebody else changed it since the version given.
        NotFoundError: there is no such campaign.
        ImpossibleError: it is approved already.
    """
    if request.campaign is None:
        return _answer(_own_campaign(request.campaign_id, call), call)
    if not call.principal.may(Scope.CAMPAIGNS):
        raise HttpError(
            403,
            "forbidden",
            f"role {call.principal.role} may look at campaigns, not make them.",
            {"problem": "role_may_not"},
        )
    _check_free(request.campaign_id, call)
    return _answer(life.save(_desk(call), _change(request.campaign_id, request.version, call), request.campaign), call)


def act(request: CampaignActRequest, call: Call) -> dict[str, Any]:
    """Previews, approves or stops a campaign.

    Raises:
        ConflictError: somebody else changed it since the version given.
        NotFoundError: the campaign, a product or the segment is not known.
        ImpossibleError: it cannot be done in its state, or nobody is left to contact.
        ModelError: there is no recommender.
    """
    _own_campaign(request.campaign_id, call)
    desk, change = _desk(call), _change(request.campaign_id, request.version, call)
    if request.act == "preview":
        return _answer(life.preview(desk, change), call)
    stored = life.approve(desk, change) if request.act == "approve" else life.stop(desk, change, request.reason or "")
    # the forecast has the units of the campaign from the next question on
    call.state.refresh_campaigns(call.principal.tenant)
    return _answer(stored, call)


def propose(request: CampaignProposeRequest, call: Call) -> dict[str, Any]:
    """Stores and previews a draft for excess stock.

    Raises:
        ConflictError: a campaign of that id is there already.
        NotFoundError: a shop or product has no excess stock.
        ImpossibleError: nothing is left over that could still be sold.
        ModelError: the answers hold no excess stock or no scored pairs.
    """
    _check_free(request.campaign_id, call)
    change = _change(request.campaign_id, None, call)
    desk = _desk(call)
    return _answer(propose_draft(desk, change, request.store_ids, request.product_ids, language=call.language), call)


def assign(request: CampaignAssignRequest, call: Call) -> dict[str, Any]:
    """Shares people out among the campaigns that are not approved, beside what runs.

    Raises:
        NotFoundError: there is no such campaign.
        ImpossibleError: one named is approved already, or none can be planned.
        ConflictError: somebody changed one meanwhile.
        ModelError: there is no recommender.
    """
    tenant, desk = call.principal.tenant, _desk(call)
    found = assign_together(desk, tenant, request.campaign_ids, per_customer=request.per_customer)
    stored = narrow_to(desk, tenant, found, by=call.principal.name, now=call.now) if request.apply else {}
    return {
        "campaigns": found.campaigns.to_dicts(),
        "left_out": [{"campaign_id": name, "problem": why} for name, why in found.left_out.items()],
        "value": found.value,
        "bound": found.bound,
        "stored": len(stored),
        "beyond_stock": found.beyond_stock,
    }


def contacts(request: CampaignContactsRequest, call: Call) -> dict[str, Any]:
    """People of an approved campaign.

    Raises:
        NotFoundError: there is no such campaign.
    """
    tenant, database = call.principal.tenant, call.state.database
    _own_campaign(request.campaign_id, call, or_headquarters=True)
    if call.place.is_headquarters:
        about = (request.campaign_id, request.group)
        page, total = contacts_page(tenant, database, *about, limit=request.limit, offset=request.offset)
    else:  # who is of a place only the answers know
        rows = campaign_contacts(tenant, database, request.campaign_id)
        wanted = [
            row
            for row in rows
            if request.group in {None, row.contact.group} and call.answers.customers.find(row.contact.customer_id) >= 0
        ]
        page, total = wanted[request.offset : request.offset + request.limit], len(wanted)
    listed = [life.contact_row(row) for row in page]
    for row in listed:  # a guide's key knows no shop
        row["store_id"] = seen_store(call.answers, row["store_id"])
    names = product_names(call.answers, list(dict.fromkeys(row["product_id"] for row in listed)))
    return {"contacts": listed, "total": total, "names": names}


def effect(request: CampaignEffectRequest, call: Call) -> dict[str, Any]:
    """The newest measured effect of a campaign, and every look at it.

    Raises:
        NotFoundError: there is no such campaign, and none of that id was measured.
    """
    tenant, database = call.principal.tenant, call.state.database
    if not call.place.is_headquarters:
        _own_campaign(request.campaign_id, call)
    looks = campaign_effects(tenant, database, request.campaign_id)
    if not looks:
        campaign(tenant, database, request.campaign_id)
    return {
        "campaign_id": request.campaign_id,
        "effect": looks[-1].effect if looks else None,
        "looks": [look_row(look) for look in looks],
        "receipts": receipt_counts(tenant, database, request.campaign_id),
    }


def measure(request: CampaignMeasureRequest, call: Call) -> dict[str, Any]:
    """Measures a campaign as of the last day of the lake, keeps the look and gives it with all others.

    Raises:
        NotFoundError: there is no such campaign, or no lake.
        ImpossibleError: it is not approved, or nobody was reached yet.
    """
    tenant, settings = call.principal.tenant, call.view.settings
    if not call.place.is_headquarters:
        _own_campaign(request.campaign_id, call)
    dataset = open_dataset(Workspace(call.state.home, tenant), settings)
    look_at(
        tenant,
        call.state.database,
        dataset,
        request.campaign_id,
        settings,
        by=call.principal.name,
        now=call.now,
    )
    call.state.refresh_campaigns(tenant)  # a rule may have stopped it
    return effect(CampaignEffectRequest(campaign_id=request.campaign_id), call)


def push(request: CampaignPushRequest, call: Call) -> dict[str, Any]:
    """Hands the due contacts over to an address that the operator named in the settings.

    Raises:
        NotFoundError: there is no such campaign, target or lake.
        ImpossibleError: it is not approved, was stopped, or is over.
        UsageError: the setting names no http(s) address.
        RetailBrainError: the address did not take them.
    """
    settings, usual = call.view.settings.campaigns, call.view.settings.replenishment
    if request.target not in settings.push_targets:
        known = sorted(settings.push_targets)
        raise NotFoundError(
            f"there is no target {request.target!r}; the setting campaigns.push_targets names {known or 'none'}.",
            {"problem": "push_target_unknown", "target": request.target, "known": known},
        )
    address = resolved_target(settings.push_targets[request.target])
    if not address.startswith(("http://", "https://")):
        raise UsageError(
            f"target {request.target!r} is no http(s) address: the service writes no files. Use `campaign push`.",
            {"problem": "push_target_no_address", "target": request.target},
        )
    day = request.day or _desk(call).today
    asked = Push(request.campaign_id, day, address, call.principal.name, secret_of(settings.push_secret_env))
    tenant = call.principal.tenant
    dataset = open_dataset(Workspace(call.state.home, tenant), call.view.settings)
    delivery = Delivery(usual.export_timeout_seconds, usual.export_attempts, usual.export_retry_seconds)
    lease = Lease(timedelta(seconds=call.view.settings.triggers.lease_seconds), call.now)
    caps = call.view.settings.audience
    done = push_contacts(tenant, call.state.database, dataset, asked, settings=caps, lease=lease, delivery=delivery)
    call.state.refresh_campaigns(tenant)
    counted = {name: getattr(done, name) for name in ("contacts", "closed", "taken_back", "elsewhere", "capped")}
    return counted | {"day": day.isoformat()}


def receive(request: CampaignReceiptsRequest, call: Call) -> dict[str, Any]:
    """Stores receipts; opt-outs count from the next question on, for every card of the person.

    Receipts of unknown campaigns or people, in the future or before the contact are named in `refused`.
    """
    unreadable = {refusal["receipt"] for refusal in request.refused}
    # the client counts all receipts that it sent, so refusals name places in that list
    places = [place for place in range(len(request.receipts) + len(unreadable)) if place not in unreadable]
    given = [_given(place, one) for place, one in zip(places, request.receipts, strict=True)]
    tenant, database = call.principal.tenant, call.state.database
    sorted_ = sort_out(tenant, database, given, _known_names(call), call.now, call.language)
    cards = cards_of(call.answers)
    new = store_receipts(tenant, database, sorted_.good, by=call.principal.name, now=call.now, cards=cards)
    today = _desk(call).today
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


def _is_own(stored: StoredCampaign, call: Call) -> bool:
    """Whether a campaign is of the place of the key; headquarters see all."""
    return call.place.is_headquarters or stored.place == call.place.stored()


def _own_campaign(campaign_id: str, call: Call, *, or_headquarters: bool = False) -> StoredCampaign:
    """A campaign that the key may see.

    Args:
        campaign_id: of the campaign.
        call: of the request.
        or_headquarters: whether headquarters' campaigns, which contact people of every place, are meant too.

    Raises:
        NotFoundError: there is none.
    """
    stored = campaign(call.principal.tenant, call.state.database, campaign_id)
    if not _is_own(stored, call) and not (or_headquarters and stored.place is None):
        raise no_campaign(campaign_id)
    return stored


def _check_free(campaign_id: str, call: Call) -> None:
    """Refuses an id that a campaign of another place has, and tells nothing of that.

    Raises:
        ConflictError: it is taken.
    """
    if call.place.is_headquarters:
        return
    listed = list_campaigns(call.principal.tenant, call.state.database)
    if any(one.campaign_id == campaign_id and not _is_own(one, call) for one in listed):
        raise ConflictError(
            f"the campaign_id {campaign_id!r} is taken. Choose another.",
            {"problem": "campaign_id_taken", "campaign_id": campaign_id},
        )


def _desk(call: Call) -> life.Desk:
    return life.Desk(
        call.state.database,
        PublishedSource(call.answers, lambda name: segment_customers(name, call)),
        call.view.settings,
    )


def _change(campaign_id: str, version: int | None, call: Call) -> Change:
    return Change(call.principal.tenant, campaign_id, version, call.principal.name, call.now, call.place.stored())


def _answer(stored: StoredCampaign, call: Call) -> dict[str, Any]:
    shown = _shown(stored, call)
    if shown["preview"] is not None:
        shown["preview"] |= {"overlaps": _overlaps(shown["preview"].get("overlaps", []), call)}
    preview: Mapping[str, Any] = shown["preview"] or {}
    told = [row["product_id"] for row in preview.get("products", [])] + list(stored.definition.get("product_ids", ()))
    told += [product for row in preview.get("overlaps", []) for product in row["products"]]
    may_write = call.principal.may(Scope.CAMPAIGNS)
    second, is_author = call.view.settings.campaigns.second_person, stored.changed_by == call.principal.name
    return {
        "campaign": shown,
        "history": history(stored, call.state.database, call.principal.tenant, _desk(call).today),
        "today": _desk(call).today.isoformat(),
        "may_write": may_write,
        "may_approve": may_write and shown["state"] == "previewed" and not (second and is_author),
        "needs_second_person": second,
        "names": product_names(call.answers, list(dict.fromkeys(told))),
        "store_names": elsewhere_names(call.answers, stored.definition.get("store_ids") or ()),
    }


def _overlaps(rows: Sequence[Mapping[str, Any]], call: Call) -> list[dict[str, Any]]:
    """Overlaps with the names of the campaigns; one that the key may not see has neither id nor name."""
    if not rows:
        return []
    seen = {one["campaign_id"]: one["name"] for one in shown_campaigns(call)}
    return [
        {**row, "campaign_id": row["campaign_id"] if row["campaign_id"] in seen else None,
         "name": seen.get(row["campaign_id"])}
        for row in rows
    ]  # fmt: skip


def _shown(stored: StoredCampaign, call: Call) -> dict[str, Any]:
    return life.summary(stored, _desk(call).today, call.language)
