"""Campaigns over their life: list and look, store or propose a draft, preview, approve and stop it."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from retail_brain.errors import ConflictError, UsageError
from retail_brain.operational.campaign_effects import effect_looks
from retail_brain.operational.campaigns import Change, StoredCampaign, campaign, list_campaigns, no_campaign
from retail_brain.which_day import clock_day
from serving.http.access import Scope
from serving.http.errors import HttpError
from serving.http.handlers.call import Call, elsewhere_names, product_names
from serving.http.handlers.segments import segment_customers
from serving.http.messages.campaign_messages import (
    CampaignActRequest,
    CampaignProposeRequest,
    CampaignRequest,
    CampaignsRequest,
)
from serving.planning.campaigns import life
from serving.planning.campaigns.measuring import look_row
from serving.planning.campaigns.propose import propose as propose_draft
from serving.planning.campaigns.standing import definition_of, history
from serving.store.campaigns import PublishedSource

_log = logging.getLogger("bentoml.retail_brain")


def campaigns(request: CampaignsRequest, call: Call) -> dict[str, Any]:
    """Campaigns, newest first."""
    today = campaign_desk(call).today
    tenant, database = call.principal.tenant, call.state.database
    rows, left_out = shown_campaigns(call)
    found = effect_looks(tenant, database)
    looks = {look.campaign_id: look_row(look) for look in found.read}  # the newest comes last
    wanted = [row for row in rows if request.states is None or row["state"] in request.states]
    page = wanted[request.offset : request.offset + request.limit]
    return {
        "campaigns": [row | {"preview": None, "look": looks.get(row["campaign_id"])} for row in page],
        "total": len(wanted),
        "left_out": left_out,
        "looks_left_out": found.left_out,
        "today": today.isoformat(),
        "clock_day": clock_day(call.now).isoformat(),
        "may_write": call.principal.may(Scope.CAMPAIGNS),
    }


def shown_campaigns(call: Call) -> tuple[list[dict[str, Any]], int]:
    """Campaigns that the key may see, newest first, as they stand.

    And the number of stored ones that cannot be shown, such as one that another version stored; the log
    of each worker names each once.
    """
    own = [one for one in list_campaigns(call.principal.tenant, call.state.database) if _is_own(one, call)]
    rows = []
    for one in own:
        try:
            definition_of(one)
            rows.append(_shown(one, call))
        # a preview of another shape ends in any of these
        except (UsageError, LookupError, TypeError, ValueError, AttributeError) as error:
            about = (call.principal.tenant, one.campaign_id)
            if about not in call.state.unshown:
                call.state.unshown.add(about)
                _log.warning("tenant %s: campaign %s cannot be shown: %s", *about, type(error).__name__)
    return rows, len(own) - len(rows)


def one(request: CampaignRequest, call: Call) -> dict[str, Any]:
    """One campaign; with a definition, its draft is stored first.

    Raises:
        HttpError: the role may only look.
        ConflictError: somebody else changed it since the version given.
        NotFoundError: there is no such campaign.
        ImpossibleError: it is approved already.
    """
    if request.campaign is None:
        return _answer(own_campaign(request.campaign_id, call), call)
    if not call.principal.may(Scope.CAMPAIGNS):
        raise HttpError(
            403,
            "forbidden",
            f"role {call.principal.role} may look at campaigns, not make them.",
            {"problem": "role_may_not"},
        )
    _check_free(request.campaign_id, call)
    change = _change(request.campaign_id, request.version, call)
    return _answer(life.save(campaign_desk(call), change, request.campaign), call)


def act(request: CampaignActRequest, call: Call) -> dict[str, Any]:
    """Previews, approves or stops a campaign.

    Raises:
        ConflictError: somebody else changed it since the version given.
        NotFoundError: the campaign, a product or the segment is not known.
        ImpossibleError: it cannot be done in its state, or nobody is left to contact.
        ModelError: there is no recommender.
    """
    own_campaign(request.campaign_id, call)
    desk, change = campaign_desk(call), _change(request.campaign_id, request.version, call)
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
    desk = campaign_desk(call)
    return _answer(propose_draft(desk, change, request.store_ids, request.product_ids, language=call.language), call)


def own_campaign(campaign_id: str, call: Call, *, or_headquarters: bool = False) -> StoredCampaign:
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


def campaign_desk(call: Call) -> life.Desk:
    """What campaigns are planned from: the published answers, the segments that the key may see, and the settings."""
    return life.Desk(
        call.state.database,
        PublishedSource(call.answers, lambda name: segment_customers(name, call)),
        call.view.settings,
    )


def _is_own(stored: StoredCampaign, call: Call) -> bool:
    """Whether a campaign is of the place of the key; headquarters see all."""
    return call.place.is_headquarters or stored.place == call.place.stored()


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


def _change(campaign_id: str, version: int | None, call: Call) -> Change:
    return Change(call.principal.tenant, campaign_id, version, call.principal.name, call.now, call.place.stored())


def _answer(stored: StoredCampaign, call: Call) -> dict[str, Any]:
    shown = _shown(stored, call)
    if shown["preview"] is not None:
        shown["preview"] |= {"overlaps": _overlaps(shown["preview"].get("overlaps", []), call)}
    preview: Mapping[str, Any] = shown["preview"] or {}
    products = [row["product_id"] for row in preview.get("products", [])]
    products += stored.definition.get("product_ids", ())
    products += [product for row in preview.get("overlaps", []) for product in row["products"]]
    may_write = call.principal.may(Scope.CAMPAIGNS)
    second, is_author = call.view.settings.campaigns.second_person, stored.changed_by == call.principal.name
    return {
        "campaign": shown,
        "history": history(stored, call.state.database, call.principal.tenant, campaign_desk(call).today),
        "today": campaign_desk(call).today.isoformat(),
        "clock_day": clock_day(call.now).isoformat(),
        "may_write": may_write,
        "may_approve": may_write and shown["state"] == "previewed" and not (second and is_author),
        "needs_second_person": second,
        "names": product_names(call.answers, list(dict.fromkeys(products))),
        "store_names": elsewhere_names(call.answers, stored.definition.get("store_ids") or ()),
    }


def _overlaps(rows: Sequence[Mapping[str, Any]], call: Call) -> list[dict[str, Any]]:
    """Overlaps with the names of the campaigns; one that the key may not see has neither id nor name."""
    if not rows:
        return []
    seen = {one["campaign_id"]: one["name"] for one in shown_campaigns(call)[0]}
    return [
        {**row, "campaign_id": row["campaign_id"] if row["campaign_id"] in seen else None,
         "name": seen.get(row["campaign_id"])}
        for row in rows
    ]  # fmt: skip


def _shown(stored: StoredCampaign, call: Call) -> dict[str, Any]:
    return life.summary(stored, campaign_desk(call).today, call.now, call.language)
