"""What campaigns, triggers and guides leave of people, caps and stock, for whoever plans further contacts."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from retail_brain.decisions.told_elsewhere import TOLD_ROWS, last_effect_day
from retail_brain.operational.campaign_contacts import PlannedContact, campaign_contacts, handed_over
from retail_brain.operational.campaigns import StoredCampaign, list_campaigns
from retail_brain.operational.database import Database
from retail_brain.operational.repeated_contacts import RepeatedContact, repeated_contacts
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.planning.campaigns.experiments import read_experiments
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.campaigns.standing import readable, state_on, unreadable
from serving.planning.campaigns.unsent import NOT_SENT, contacts_on, counts, settled
from serving.planning.demand.overrides import has_database
from serving.planning.people.opt_outs import read_opt_outs


def other_plans(
    tenant: str, database: Database, campaign_id: str | None, today: date, settings: Settings
) -> OtherPlans:
    """What the campaigns other than one (None: all of them), triggers and guides leave of caps, people and stock.

    Contacts that were sent or are to come count for the caps, from `audience.contact_window_days` before today on, by
    the day on which they were sent, else the planned one. Promises of stock last until a campaign ends or is stopped:
    then the stock on record shows what was taken. Those of triggers and guides last `contact_window_days`, of guides
    a whole unit until the day of the line is over. A campaign
    tells its people of their product, or holds them out of it, on all of its days and those in which its effect is
    counted (`campaigns.effect_days`), the same for both groups so that they stay alike; so do triggers and guides from
    the day of the contact on. Of a campaign that cannot be read (`unreadable`) the days of its contacts are told.

    Raises:
        UnavailableError: the database does not answer.
    """
    stored = [one for one in list_campaigns(tenant, database) if one.campaign_id != campaign_id]
    window, effect = settings.audience.contact_window_days, settings.campaigns.effect_days
    in_doubt = unreadable(stored)
    known = [one for one in stored if one.campaign_id not in in_doubt]
    lasting = in_doubt + [one.campaign_id for one in known if _lasts(one, today)]
    wanted = [one for one in stored if one.campaign_id in lasting or _ended_lately(one, today, effect)]
    gone = handed_over(tenant, database, [one.campaign_id for one in wanted])
    people = {
        one.campaign_id: settled(
            one, campaign_contacts(tenant, database, one.campaign_id), today, is_handed_over=one.campaign_id in gone
        )
        for one in wanted
    }
    since = today - timedelta(days=max(window, effect))
    again = repeated_contacts(tenant, database, since, with_held=True)
    counted = [one for one in again if not one.held and one.day >= today - timedelta(days=window)]
    promised = [
        (one.contact.store_id, one.contact.product_id, one.contact.probability)
        for name in lasting
        for one in people[name]
        if counts(one)
    ]
    promised += [
        (one.store_id, one.product_id, one.promised_on(today)) for one in counted if one.product_id is not None
    ]
    told = [row for one in stored for row in _told(one, people.get(one.campaign_id, ()), effect)]
    told += [row for one in again for row in _told_again(one, effect)]
    none = OtherPlans.none()
    return OtherPlans(
        planned_contacts(tenant, database, campaign_id, today, window),
        pl.DataFrame(promised, schema=none.promises.schema, orient="row"),
        read_opt_outs(tenant, database),
        told=pl.DataFrame(told, schema=TOLD_ROWS, orient="row").filter(pl.col("last") >= today),
        unreadable=tuple(in_doubt),
    )


def planned_contacts(
    tenant: str, database: Database, campaign_id: str | None, today: date, window_days: int
) -> pl.DataFrame:
    """`OtherPlans.contacts`: what counts for the caps of a day, from `window_days` before it on.

    Raises:
        UnavailableError: the database does not answer.
    """
    since = today - timedelta(days=window_days)
    known = [
        (one.campaign_id, one.contact.customer_id, one.contact.channel, one.counted_on, False)
        for one in contacts_on(tenant, database, today, since=since)
        if one.campaign_id != campaign_id and counts(one)
    ]
    known += [
        (one.campaign_id, one.customer_id, one.channel, one.day, True)
        for one in repeated_contacts(tenant, database, since)
    ]
    return pl.DataFrame(known, schema=OtherPlans.none().contacts.schema, orient="row")


def tenant_plans(workspace: Workspace, today: date, settings: Settings) -> OtherPlans:
    """The same of all campaigns for the verbs, with the experiments; nothing where there is no database yet.

    Raises:
        UnavailableError: the database does not answer.
    """
    with closing(Database(workspace.database_url)) as database:
        if not has_database(workspace, database):
            return OtherPlans.none()
        upgrade(database)
        plans = other_plans(workspace.tenant, database, None, today, settings)
        return replace(plans, experiments=read_experiments(workspace.tenant, database, today - timedelta(days=1)))


def _lasts(stored: StoredCampaign, today: date) -> bool:
    """Whether a campaign that can be read, or is over, is approved and not over yet."""
    return stored.measured_at is None and state_on(stored, today) in {"approved", "running"}


def _ended_lately(stored: StoredCampaign, today: date, effect_days: int) -> bool:
    """Whether a campaign is over and purchases may count still for a contact that it made on its last day."""
    if stored.approved_at is None:
        return False
    definition = readable(stored)
    if definition is None:  # its contacts say on which days they were
        return True
    return last_effect_day(definition.ends_on - timedelta(days=1), effect_days) >= today


def _told(stored: StoredCampaign, people: Iterable[PlannedContact], effect_days: int) -> Iterator[tuple[object, ...]]:
    """Rows of `OtherPlans.told` of a campaign; none where it ended before anybody was told.

    Where some were, those whose contact was never sent are kept out of the goods as the held-out are: a contact of
    another source would be counted as an effect of this one.
    """
    people = list(people)
    unsent = any(one.state == NOT_SENT for one in people)
    if not people or (unsent and not any(counts(one) for one in people)):
        return
    definition = readable(stored)
    for one in people:
        held = one.state == NOT_SENT or one.contact.group == "holdout"
        if counts(one) or (held and one.state != "withdrawn"):
            until = last_effect_day(one.counted_on, effect_days)
            first, end = one.contact.day if definition is None else definition.starts_on, until
            # of one that was stopped the days of the effect are left alone
            if definition is not None and stored.state != "stopped":
                end = max(until, definition.ends_on - timedelta(days=1))
            yield (one.campaign_id, one.contact.customer_id, one.contact.product_id, held, first, end)


def _told_again(one: RepeatedContact, effect_days: int) -> Iterator[tuple[object, ...]]:
    """Its row of `OtherPlans.told`, where it is about a product."""
    if one.product_id is not None:
        until = last_effect_day(one.day, effect_days)
        yield (one.campaign_id, one.customer_id, one.product_id, one.held, one.day, until)
