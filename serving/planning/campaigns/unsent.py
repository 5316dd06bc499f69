"""Contacts of a campaign as they stand on a day: one that nobody sent and nobody can send any more tells nobody.

This is the one place that decides it: caps, promises of stock, who was told, extra demand and lists of people read it.
An effect does not: by intention to treat, everybody stays in the group for which they were drawn.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from retail_brain.operational.campaign_contacts import PlannedContact, campaign_contacts, handed_over
from retail_brain.operational.campaigns import StoredCampaign, list_campaigns
from retail_brain.operational.database import Database
from serving.planning.campaigns.standing import readable

NOT_SENT = "not_sent"
"""State of a contact that was planned, that nobody handed over, and that comes too late by now."""


def counts(one: PlannedContact) -> bool:
    """Whether somebody is, or will be, told of something by a contact."""
    return one.contact.group == "contact" and one.state in {"planned", "sent"}


def settled(
    stored: StoredCampaign, contacts: Iterable[PlannedContact], today: date, *, is_handed_over: bool
) -> list[PlannedContact]:
    """The contacts of a campaign as they stand on a day, in their order: some that were `planned` are `not_sent`.

    Those are the ones left over once the campaign was stopped, or it or their goods are over. One that a push has in
    hand, or had when it broke off, may have gone out and stays `planned`; so do all of a campaign whose definition
    cannot be read, until it is stopped, and of one that nothing is known to have gone out of: its list may have been
    taken elsewhere, by somebody who sends no reports.

    Args:
        stored: the campaign.
        contacts: of it.
        today: first day that is not visible yet.
        is_handed_over: whether any contact of it is known to have gone out (`handed_over`).
    """
    is_stopped, definition = stored.state == "stopped", readable(stored)
    if not is_handed_over or (definition is None and not is_stopped):
        return list(contacts)
    last = date.max if definition is None else definition.ends_on - timedelta(days=1)
    return [
        replace(one, state=NOT_SENT)
        if one.state == "planned" and one.contact.group == "contact" and one.taken_by is None
        # the last evening's answers may know that day already, while contacts go out still
        and (is_stopped or min(last, one.contact.ends_on or last) < today - timedelta(days=1))
        else one
        for one in contacts
    ]  # fmt: skip


def contacts_on(
    tenant: str, database: Database, today: date, campaign_id: str | None = None, *, since: date | None = None
) -> list[PlannedContact]:
    """`campaign_contacts` as they stand on a day.

    Raises:
        UnavailableError: the database does not answer.
    """
    found: dict[str, list[PlannedContact]] = {}
    for one in campaign_contacts(tenant, database, campaign_id, since=since):
        found.setdefault(one.campaign_id, []).append(one)
    known = {one.campaign_id: one for one in list_campaigns(tenant, database)} if found else {}
    gone = handed_over(tenant, database, list(found)) & known.keys()
    return [
        one
        for name, own in found.items()
        for one in (settled(known[name], own, today, is_handed_over=True) if name in gone else own)
    ]
