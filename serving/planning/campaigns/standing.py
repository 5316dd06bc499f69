"""How a stored campaign stands on a day, and its definition."""

from datetime import date

from retail_brain.decisions.campaigns.definition import CampaignDefinition, parse_definition
from retail_brain.operational.campaigns import StoredCampaign


def definition_of(stored: StoredCampaign) -> CampaignDefinition:
    """The definition of a stored campaign.

    Raises:
        UsageError: it was stored by another version and cannot be read.
    """
    return parse_definition(stored.definition, f"campaign {stored.campaign_id!r}")


def state_on(stored: StoredCampaign, today: date) -> str:
    """How a campaign stands on a day: `draft`, `previewed`, `approved`, `running`, `ended`, `stopped`."""
    if stored.state != "approved":
        return stored.state
    definition = definition_of(stored)
    if today < definition.starts_on:
        return "approved"
    return "running" if today < definition.ends_on else "ended"
