"""People of campaigns: who is assigned to which, who is contacted or held out, and the hand-over of due contacts."""

from datetime import timedelta
from typing import Any

from retail_brain.errors import NotFoundError, UsageError
from retail_brain.operational.campaign_contacts import campaign_contacts, contacts_page, handed_over
from retail_brain.operational.leases import Lease
from retail_brain.workspace import Workspace
from serving.http.handlers.call import Call, product_names, seen_store
from serving.http.handlers.campaigns import campaign_desk, own_campaign
from serving.http.messages.campaign_people_messages import (
    CampaignAssignRequest,
    CampaignContactsRequest,
    CampaignPushRequest,
)
from serving.planning.campaigns import life
from serving.planning.campaigns.push import Push, push_contacts, resolved_target, secret_of
from serving.planning.campaigns.push_hours import usual_day
from serving.planning.campaigns.together import assign_together, narrow_to
from serving.planning.campaigns.unsent import settled
from serving.planning.people.segment_book import open_dataset
from serving.planning.stock.webhook import Delivery


def assign(request: CampaignAssignRequest, call: Call) -> dict[str, Any]:
    """Shares people out among the campaigns that are not approved, beside what runs.

    Raises:
        NotFoundError: there is no such campaign.
        ImpossibleError: one named is approved already, or none can be planned.
        ConflictError: somebody changed one meanwhile.
        ModelError: there is no recommender.
    """
    tenant, desk = call.principal.tenant, campaign_desk(call)
    assigned = assign_together(desk, tenant, request.campaign_ids, per_customer=request.per_customer)
    stored = narrow_to(desk, tenant, assigned, by=call.principal.name, now=call.now) if request.apply else {}
    return {
        "campaigns": assigned.campaigns.to_dicts(),
        "left_out": [{"campaign_id": name, "problem": why} for name, why in assigned.left_out.items()],
        "value": assigned.value,
        "bound": assigned.bound,
        "stored": len(stored),
        "beyond_stock": assigned.beyond_stock,
    }


def contacts(request: CampaignContactsRequest, call: Call) -> dict[str, Any]:
    """People of an approved campaign.

    Raises:
        NotFoundError: there is no such campaign.
    """
    tenant, database = call.principal.tenant, call.state.database
    stored = own_campaign(request.campaign_id, call, or_headquarters=True)
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
    is_handed_over = bool(handed_over(tenant, database, [request.campaign_id]))
    shown = settled(stored, page, campaign_desk(call).today, is_handed_over=is_handed_over)
    listed = [life.contact_row(row) for row in shown]
    for row in listed:  # a guide's key knows no shop
        row["store_id"] = seen_store(call.answers, row["store_id"])
    names = product_names(call.answers, list(dict.fromkeys(row["product_id"] for row in listed)))
    return {"contacts": listed, "total": total, "names": names}


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
    desk = campaign_desk(call)
    day = request.day or usual_day(own_campaign(request.campaign_id, call), desk.source.as_of, call.now)
    asked = Push(request.campaign_id, day, address, call.principal.name, secret_of(settings.push_secret_env))
    tenant = call.principal.tenant
    dataset = open_dataset(Workspace(call.state.home, tenant), call.view.settings)
    delivery = Delivery(usual.export_timeout_seconds, usual.export_attempts, usual.export_retry_seconds)
    lease = Lease(timedelta(seconds=call.view.settings.triggers.lease_seconds), call.now)
    whole = call.view.settings
    done = push_contacts(tenant, call.state.database, dataset, asked, settings=whole, lease=lease, delivery=delivery)
    call.state.refresh_campaigns(tenant)
    names = ("contacts", "closed", "taken_back", "elsewhere", "capped", "ended", "joined", "quiet", "over")
    counted = {name: getattr(done, name) for name in names}
    return counted | {"day": day.isoformat()}
