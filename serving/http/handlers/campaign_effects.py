"""Measured effects of campaigns: contacted against held-out people, every look at them, and a look now."""

from typing import Any

from retail_brain.operational.campaign_effects import effect_looks
from retail_brain.operational.campaign_receipts import receipt_counts
from retail_brain.operational.campaigns import campaign
from retail_brain.workspace import Workspace
from serving.http.handlers.call import Call
from serving.http.handlers.campaigns import own_campaign
from serving.http.messages.effect_messages import CampaignEffectRequest, CampaignMeasureRequest
from serving.planning.campaigns.measuring import look_at, look_row
from serving.planning.people.segment_book import open_dataset


def effect(request: CampaignEffectRequest, call: Call) -> dict[str, Any]:
    """The newest measured effect of a campaign, and every look at it.

    Raises:
        NotFoundError: there is no such campaign, and none of that id was measured.
    """
    tenant, database = call.principal.tenant, call.state.database
    if not call.place.is_headquarters:
        own_campaign(request.campaign_id, call)
    looks = effect_looks(tenant, database, request.campaign_id)
    if not looks.read and not looks.left_out:
        campaign(tenant, database, request.campaign_id)
    return {
        "campaign_id": request.campaign_id,
        "effect": looks.read[-1].effect if looks.read else None,
        "looks": [look_row(look) for look in looks.read],
        "looks_left_out": looks.left_out,
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
        own_campaign(request.campaign_id, call)
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
