"""Says which late contacts still keep the caps: made on another day than planned, they meet other contacts."""

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.decisions.contact_caps import with_open_days
from retail_brain.decisions.reach import caps_of, contact_log
from retail_brain.errors import ConflictError
from retail_brain.operational.campaign_contacts import CampaignContact, Moving, take_contacts
from retail_brain.operational.database import TRIES, Database
from retail_brain.operational.leases import Lease
from retail_brain.operational.repeated_contacts import read_contacts_mark
from retail_brain.settings import AudienceSettings
from serving.planning.campaigns.other_plans import planned_contacts
from serving.planning.people.audience_facts import persons_of


def take_within_caps(
    tenant: str,
    database: Database,
    campaign_id: str,
    contacts: Sequence[CampaignContact],
    lease: Lease,
    moving: Moving,
    able: Callable[[Sequence[CampaignContact]], set[str]],
) -> tuple[list[CampaignContact], int]:
    """Takes contacts for a push; late ones only under the plans that their caps were counted under.

    Args:
        tenant: whose campaign.
        database: where it is.
        campaign_id: of it.
        contacts: wanted; the late ones kept every cap when `moving.mark` was read.
        lease: of the push.
        moving: today, and the mark.
        able: customer ids of late contacts that keep every cap now; asked again where plans changed meanwhile.

    Returns:
        Those taken, and how many late ones would break a cap by now.

    Raises:
        ConflictError: plans changed again and again.
        UnavailableError: the database does not answer.
    """
    wanted = list(contacts)
    for _ in range(TRIES):
        has_late = any(one.day < moving.today for one in wanted)
        taken = take_contacts(tenant, database, campaign_id, wanted, lease, moving if has_late else None)
        if taken is not None:
            return taken, len(contacts) - len(wanted)
        moving.mark = read_contacts_mark(tenant, database)
        kept = able([one for one in wanted if one.day < moving.today])
        wanted = [one for one in wanted if one.day >= moving.today or one.customer_id in kept]
    raise ConflictError(
        f"late contacts were not handed over: other plans changed meanwhile, {TRIES} times. Run it again.",
        {"problem": "plans_changed"},
    )


def within_caps(
    tenant: str,
    database: Database,
    dataset: Dataset,
    campaign_id: str,
    late: Sequence[CampaignContact],
    today: date,
    settings: AudienceSettings,
) -> set[str]:
    """Customer ids of the late contacts of a campaign that keep every cap when they are made today.

    Args:
        tenant: whose campaign.
        database: with what other campaigns, triggers and guides plan and did.
        dataset: contacts made that the lake knows, and which cards are of one person.
        campaign_id: of it.
        late: its contacts that were planned for an earlier day.
        today: day on which they would be made.
        settings: the caps.

    Raises:
        UnavailableError: the database does not answer.
    """
    if not late:
        return set()
    told = pl.DataFrame(
        [(one.customer_id, one.channel) for one in late],
        schema={"customer_id": pl.String, "channel": pl.String},
        orient="row",
    )
    facts = AudienceFacts(
        customers=told,
        contacts=dataset.scan("contacts").collect() if dataset.has("contacts") else None,
        planned=planned_contacts(tenant, database, campaign_id, today, settings.contact_window_days),
        persons=persons_of(dataset, dataset.as_of or today),
    )
    options = facts.accounts.with_person(told)
    return set(with_open_days(options, contact_log(facts), [today], caps_of(settings))["customer_id"])
