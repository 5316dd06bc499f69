"""What approved campaigns, triggers and guides leave of people, caps and stock, for whoever plans further contacts."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from retail_brain.decisions.campaigns.definition import CampaignDefinition
from retail_brain.operational.campaign_contacts import PlannedContact, campaign_contacts
from retail_brain.operational.campaigns import list_campaigns
from retail_brain.operational.database import Database
from retail_brain.operational.repeated_contacts import repeated_contacts
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from serving.planning.campaigns.experiments import read_experiments
from serving.planning.campaigns.inputs import TOLD_ROWS, OtherPlans
from serving.planning.campaigns.standing import definition_of, state_on
from serving.planning.demand.overrides import has_database
from serving.planning.people.opt_outs import read_opt_outs


def other_plans(tenant: str, database: Database, campaign_id: str | None, today: date, window_days: int) -> OtherPlans:
    """What the approved campaigns other than one (None: all of them), triggers and guides leave of caps and stock.

    Contacts that were sent or are to come count for the caps, from `window_days` before today on, by the day on which
    they were sent, else the planned one. Promises of stock
    last until a campaign ends or is stopped: then the stock on record shows what was taken. Those of triggers and
    guides last `window_days`. A campaign tells its people of their product, or holds them out of it, on all of its
    days, the same for both groups so that they stay alike.

    Raises:
        UnavailableError: the database does not answer.
    """
    stored = {one.campaign_id: one for one in list_campaigns(tenant, database)}
    since = today - timedelta(days=window_days)
    lasting = {
        name: campaign_contacts(tenant, database, name)
        for name, one in stored.items()
        if name != campaign_id and state_on(one, today) in {"approved", "running"}
    }
    told = [row for name, people in lasting.items() for row in _told(definition_of(stored[name]), people)]
    known = [
        (one.campaign_id, one.contact.customer_id, one.contact.channel, one.counted_on, False)
        for one in campaign_contacts(tenant, database, since=since)
        if one.campaign_id != campaign_id and _counts(one)
    ]
    promised = [
        (one.contact.store_id, one.contact.product_id, one.contact.probability)
        for people in lasting.values()
        for one in people
        if _counts(one)
    ]
    for again in repeated_contacts(tenant, database, since):
        known.append((again.campaign_id, again.customer_id, again.channel, again.day, True))
        if again.product_id is not None:
            promised.append((again.store_id, again.product_id, again.promised))
    none = OtherPlans.none()
    return OtherPlans(
        pl.DataFrame(known, schema=none.contacts.schema, orient="row"),
        pl.DataFrame(promised, schema=none.promises.schema, orient="row"),
        read_opt_outs(tenant, database),
        told=pl.DataFrame(told, schema=TOLD_ROWS, orient="row"),
    )


def tenant_plans(workspace: Workspace, today: date, window_days: int) -> OtherPlans:
    """The same of all campaigns for the verbs, with the experiments; nothing where there is no database yet.

    Raises:
        UnavailableError: the database does not answer.
    """
    with closing(Database(workspace.database_url)) as database:
        if not has_database(workspace, database):
            return OtherPlans.none()
        upgrade(database)
        plans = other_plans(workspace.tenant, database, None, today, window_days)
        return replace(plans, experiments=read_experiments(workspace.tenant, database, today - timedelta(days=1)))


def _told(definition: CampaignDefinition, people: Iterable[PlannedContact]) -> Iterator[tuple[object, ...]]:
    """Rows of `OtherPlans.told` of a campaign that lasts."""
    days = (definition.starts_on, definition.ends_on - timedelta(days=1))
    for one in people:
        held = one.contact.group == "holdout"
        if _counts(one) or (held and one.state != "withdrawn"):
            yield (one.campaign_id, one.contact.customer_id, one.contact.product_id, held, *days)


def _counts(one: PlannedContact) -> bool:
    """Whether somebody is, or will be, told of something by it."""
    return one.contact.group == "contact" and one.state in {"planned", "sent"}
