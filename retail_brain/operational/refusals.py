"""Stores refusals that came by another way than a contact of ours: told by command, or found in the lake's consents.

They stand beside the opt-outs that receipts and guides bring: one list, which everybody asks who contacts people.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, exists, select

from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.campaign_receipts import take_back_within
from retail_brain.operational.campaigns import lock_plans
from retail_brain.operational.database import Database, in_parts
from retail_brain.operational.tables import CAMPAIGN_CONTACTS, CAMPAIGN_RECEIPTS, GUIDE_TASKS, TRIGGER_FIRINGS

Source = Literal["refusals:told", "refusals:lake", "refusals:ungranted"]
"""In the place of the campaign: told by command, refused in the lake's consents, or granted by nobody in the first
consents of a chain. No campaign's id holds a colon."""
TOLD: Source = "refusals:told"
LAKE: Source = "refusals:lake"
UNGRANTED: Source = "refusals:ungranted"
_OF_LAKE = (LAKE, UNGRANTED)
Cards = Callable[[Sequence[str]], Sequence[str]]
"""Gives every customer id of the persons of some customer ids."""


@dataclass(frozen=True)
class Refusal:
    """Somebody refuses a channel.

    Attributes:
        channel: of contact, or `any` for all.
        at: when (UTC).
    """

    customer_id: str
    channel: str
    at: datetime


def note_refusals(
    tenant: str,
    database: Database,
    refusals: Sequence[Refusal],
    source: Source,
    *,
    by: str,
    now: datetime,
    cards: Cards = list,
) -> tuple[int, int]:
    """Stores refusals, each once, and takes back at once what is still planned for these people by the channel.

    Returns:
        How many are new, and how many planned contacts were taken back.

    Raises:
        UnavailableError: the database does not answer.
    """
    if not refusals:
        return 0, 0
    rows = [
        {"tenant_id": tenant, "receipt_id": _receipt_id(one, source), "campaign_id": source,
         "customer_id": one.customer_id, "channel": one.channel, "kind": "opted_out", "at": one.at, "noted_at": now}
        for one in refusals
    ]  # fmt: skip
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        # who plans contacts meanwhile sees the refusal in `contacts_mark`, or their plans are there to be taken back
        lock_plans(tenant, connection)
        new = database.insert_new(connection, CAMPAIGN_RECEIPTS, rows, ["tenant_id", "receipt_id"])
        taken = 0
        for channel in sorted({one.channel for one in refusals}):
            people = list(dict.fromkeys(one.customer_id for one in refusals if one.channel == channel))
            taken += take_back_within(tenant, connection, cards(people), channel)
        details = {"new": new, "contacts": taken}
        append_audit(tenant, connection, AuditEntry(now, by, "contacts.refused", source, details))
    return new, taken


def lake_refusals(tenant: str, database: Database) -> list[tuple[int, str, str]]:
    """Number, customer and channel of what was found refused, or granted by nobody, in the lake's consents.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = CAMPAIGN_RECEIPTS.c
    query = select(table.id, table.customer_id, table.channel)
    with database.reading() as connection:
        rows = connection.execute(
            query.where(table.tenant_id == tenant, table.campaign_id.in_(_OF_LAKE)).order_by(table.id)
        )
        return [(row.id, row.customer_id, row.channel) for row in rows]


def remove_refusals(tenant: str, database: Database, numbers: Sequence[int], *, by: str, now: datetime) -> None:
    """Removes refusals that the lake's consents do not say any more.

    Raises:
        UnavailableError: the database does not answer.
    """
    if not numbers:
        return
    own = (CAMPAIGN_RECEIPTS.c.tenant_id == tenant) & CAMPAIGN_RECEIPTS.c.campaign_id.in_(_OF_LAKE)
    with database.writing() as connection:
        for part in in_parts(numbers):
            connection.execute(delete(CAMPAIGN_RECEIPTS).where(own, CAMPAIGN_RECEIPTS.c.id.in_(part)))
        entry = AuditEntry(now, by, "contacts.reopened", LAKE, {"refusals": len(numbers)})
        append_audit(tenant, connection, entry)


def plans_contacts(tenant: str, database: Database) -> bool:
    """Whether a campaign, a trigger or a guide's list still plans a contact with anybody.

    Raises:
        UnavailableError: the database does not answer.
    """
    planned = ((CAMPAIGN_CONTACTS, "planned"), (TRIGGER_FIRINGS, "taken"), (GUIDE_TASKS, "open"))
    with database.reading() as connection:
        return any(
            connection.execute(select(exists().where(table.c.tenant_id == tenant, table.c.state == state))).scalar()
            for table, state in planned
        )


def _receipt_id(one: Refusal, source: Source) -> str:
    """The same for the same refusal, without the customer's id in it."""
    told = "\t".join((one.customer_id, one.channel, one.at.isoformat()))
    return f"{source}:{hashlib.sha256(told.encode()).hexdigest()[:32]}"
