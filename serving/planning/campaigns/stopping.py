"""Applies the stop rules of running campaigns to what came of their contacts so far."""

import logging
from datetime import date, datetime

from retail_brain.decisions.campaigns.definition import CampaignDefinition
from retail_brain.decisions.campaigns.stop_rules import Progress, due_rule, rule_text
from retail_brain.errors import ConflictError, NotFoundError
from retail_brain.operational.campaign_contacts import PlannedContact, campaign_contacts, stop_campaign
from retail_brain.operational.campaign_effects import effect_looks
from retail_brain.operational.campaign_receipts import receipt_counts
from retail_brain.operational.campaigns import Change, StoredCampaign, campaign
from retail_brain.operational.database import Database
from serving.planning.campaigns.standing import definition_of, state_on

_log = logging.getLogger("bentoml.retail_brain")

BY_RULE = "stop rule"
"""Who stops a campaign by a rule, in its history and the audit."""
_TRIES = 3
"""Times a stop is tried again because somebody else changed the campaign meanwhile. By judgement, not measured."""


def stop_by_rules(
    tenant: str, database: Database, campaign_id: str, today: date, now: datetime
) -> StoredCampaign | None:
    """Stops a campaign where one of its rules says so; None where it goes on, is over, or is none made here.

    Args:
        tenant: whose campaign.
        database: where it is.
        campaign_id: of it.
        today: first day whose contacts are withdrawn.
        now: when.

    Raises:
        UnavailableError: the database does not answer.
    """
    for _ in range(_TRIES):
        try:
            stored = campaign(tenant, database, campaign_id)
        except NotFoundError:
            return None
        if state_on(stored, today) not in {"approved", "running"}:
            return None
        definition = definition_of(stored)
        rule = due_rule(definition.stop, _progress(tenant, database, definition, campaign_id, today))
        if rule is None:
            return None
        change = Change(tenant, campaign_id, stored.version, BY_RULE, now)
        try:
            return stop_campaign(database, change, rule_text(rule, "en"), today, rule)
        except ConflictError:
            continue
    return None


def spent_on(definition: CampaignDefinition, contacts: list[PlannedContact]) -> float:
    """Money for the contacts that were handed over."""
    costs: dict[str, float] = {slot.channel: slot.contact_cost for slot in definition.slots}
    return sum(costs[one.contact.channel] for one in contacts if one.state == "sent")


def _progress(
    tenant: str, database: Database, definition: CampaignDefinition, campaign_id: str, today: date
) -> Progress:
    contacts = [one for one in campaign_contacts(tenant, database, campaign_id) if one.contact.group == "contact"]
    made = [one for one in contacts if one.state == "sent" or (one.contact.day <= today and one.state != "withdrawn")]
    found = effect_looks(tenant, database, campaign_id)
    if found.left_out:
        about = (tenant, campaign_id, found.left_out)
        _log.warning("tenant %s: stop rules of campaign %s leave out %d looks that cannot be read", *about)
    looks = found.read
    reading = (looks[-1].effect.get("reading") if looks else None) or {}
    return Progress(
        reached=len(made),
        opted_out=receipt_counts(tenant, database, campaign_id)["opted_out"],
        spent=spent_on(definition, contacts),
        cheapest=min(slot.contact_cost for slot in definition.slots),
        low=reading.get("low"),
        high=reading.get("high"),
    )
