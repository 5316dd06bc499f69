"""Hands the due contacts of a campaign over to a file or an address, each at least once, with an id for repeats."""

import csv
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from io import StringIO
from itertools import accumulate, groupby, islice
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.addresses import FILE_OR_ADDRESS, address_parts, named_address
from retail_brain.csv_cells import safe_cell
from retail_brain.dataset import Dataset
from retail_brain.decisions.campaigns.definition import CampaignDefinition
from retail_brain.decisions.consents import keep_open, refusals
from retail_brain.errors import ImpossibleError, UsageError
from retail_brain.files import hand_over, write_text
from retail_brain.operational.campaign_contacts import (
    CampaignContact,
    Moving,
    PlannedContact,
    campaign_contacts,
    contact_id,
    mark_sent,
    release_contacts,
)
from retail_brain.operational.campaign_receipts import take_back
from retail_brain.operational.campaigns import StoredCampaign, campaign
from retail_brain.operational.database import Database
from retail_brain.operational.leases import Lease
from retail_brain.operational.repeated_contacts import read_contacts_mark
from retail_brain.past_days import check_past_day
from retail_brain.settings import Settings
from serving.planning.campaigns.joined_people import joined_since
from serving.planning.campaigns.lateness import take_within_caps, within_caps
from serving.planning.campaigns.push_hours import hours_left, push_day
from serving.planning.campaigns.standing import definition_of
from serving.planning.campaigns.stopping import spent_on, stop_by_rules
from serving.planning.people.audience_facts import consents_now
from serving.planning.people.opt_outs import read_opt_outs
from serving.planning.stock.webhook import Delivery, post_json

AT_ONCE = 500
"""Contacts in one call to an address: some hundred kilobytes."""
COLUMNS = (
    "contact_id",
    "campaign_id",
    "customer_id",
    "channel",
    "day",
    "hour",
    "store_id",
    "product_id",
    "text",
    "text_zh",
)
_SENT = ("text", "text_zh")
"""Columns that customers read."""


@dataclass(frozen=True)
class Push:
    """What is handed over.

    Attributes:
        campaign_id: an approved campaign.
        day: contacts planned for this day or before, and not handed over yet.
        target: path of a CSV file, an http(s) address that takes JSON, or `env:NAME` of a variable that holds either.
        by: who does it.
        secret: key of the signature (HMAC-SHA256 of the body in `Retail-Brain-Signature`); None signs nothing.
    """

    campaign_id: str
    day: date
    target: str
    by: str
    secret: str | None = None


@dataclass(frozen=True)
class Pushed:
    """What was handed over.

    Attributes:
        contacts: how many.
        closed: people who were due and whose channel is not open any more.
        taken_back: contacts, of this and other campaigns, of those of them who refused it since the approval.
        elsewhere: due contacts that another push hands over at present, or that were taken back meanwhile.
        capped: late contacts that would break a cap today; they wait for a day on which they do not.
        ended: late contacts about goods that can be had no more; they are never sent.
        joined: people who turned out to be one with others since the approval, and are held out of the goods, or told
            of them, by another card.
        quiet: contacts that wait for a later day: no open hour of today is left, or today is none of the campaign's
            days of the week.
        over: the same, but the campaign, or the goods, end before a later day: they are never sent.
        file: where they are; None where they went to an address, or where nothing was due.
        begins_on: first day of the campaign; nothing is due before it.
    """

    contacts: int
    closed: int
    taken_back: int
    elsewhere: int
    capped: int
    ended: int
    joined: int
    quiet: int
    over: int
    file: Path | None
    begins_on: date


def push_contacts(
    tenant: str,
    database: Database,
    dataset: Dataset,
    push: Push,
    *,
    settings: Settings,
    lease: Lease,
    delivery: Delivery,
) -> Pushed:
    """Hands the due contacts over; the held-out and those who refused since are never among them.

    A file of an earlier push is not overwritten (`files.hand_over`).

    Consents are asked again: the lake's as they are in `dataset`, and the opt-outs that came back of contacts. Earlier
    days of a campaign that still runs are caught up, where the caps leave room on the day on which they are and the
    goods can be had still.

    Contacts count as handed over once the target took them. One that is cut off is repeated with the same contact_ids
    and the same `Idempotency-Key`, so that a receiver who stores them can ignore it. Two pushes at once hand each
    contact over once: what one has taken the other leaves out until the lease ends, at once where its process is over.

    Args:
        tenant: whose campaign.
        database: where it is.
        dataset: consents of the lake.
        push: what is handed over, where to, and by whom.
        settings: the caps, which late contacts must keep on their new day, and the days of an effect.
        lease: hold of this push on the contacts, begun now.
        delivery: how an address is tried.

    Raises:
        NotFoundError: there is no such campaign.
        ImpossibleError: it is not approved, was stopped, or is over, or all of its hours became quiet ones.
        UsageError: the target is neither a file nor an http(s) address, or the day is later than tomorrow (UTC).
        RetailBrainError: the address did not take them; what it did not take goes out the next time.
    """
    stored, now = campaign(tenant, database, push.campaign_id), lease.begun_at
    # whoever refuses until a later day would be in the receiver's hands already
    check_past_day(push.day, "day")
    if stored.state != "approved":
        raise ImpossibleError(
            f"campaign {push.campaign_id!r} is {stored.state}: only an approved one is handed over. Approve it first.",
            {"problem": "campaign_not_approved", "campaign_id": push.campaign_id, "state": stored.state},
        )
    definition = definition_of(stored)
    today = push_day(stored, definition, push.day, now)
    target = resolved_target(push.target)
    planned = campaign_contacts(tenant, database, push.campaign_id)
    due, closed, refused = _due(tenant, database, dataset, push, planned)
    taken_back = sum(
        take_back(tenant, database, people["customer_id"].to_list(), str(channel), by=push.by, now=now)
        for (channel,), people in refused.partition_by("channel", as_dict=True, maintain_order=True).items()
    )
    ended = [one for one in due if one.ends_on is not None and one.ends_on < max(one.day, today)]
    due = [one for one in due if one.ends_on is None or one.ends_on >= max(one.day, today)]
    about = (tenant, push.campaign_id, definition.starts_on, today)
    joined = joined_since(database, dataset, planned, due, about=about, settings=settings)
    due = [one for one in due if one.customer_id not in joined]
    left = hours_left(definition, due, settings, now, today)
    due = [one for one in due if one.customer_id in left.hours]
    late = [one for one in due if one.day < today]
    able = partial(_able, tenant, database, dataset, push.campaign_id, today, settings)
    # before the caps are counted: plans made meanwhile are seen when the contacts are taken
    moving = Moving(today, read_contacts_mark(tenant, database))
    kept = able(late)
    capped = len(late) - len(kept)
    due = _affordable([one for one in due if one.day >= today or one.customer_id in kept], definition, planned)
    is_address = address_parts(target).scheme in {"http", "https"}
    handed, late_full, file = 0, 0, None
    for wanted in _calls(due, planned) if is_address else filter(None, [due]):
        part, full = take_within_caps(tenant, database, push.campaign_id, wanted, lease, moving, able)
        late_full += full
        if not part:
            continue
        try:
            rows = contact_rows(stored, [replace(one, hour=left.hours[one.customer_id]) for one in part], today)
            if is_address:
                post_rows(target, stored.campaign_id, rows, push.secret, delivery)
            else:
                file = write_contacts(Path(target), rows)
            mark_sent(tenant, database, push.campaign_id, part, today=today, by=push.by, now=now)
        except BaseException:
            release_contacts(tenant, database, push.campaign_id, part, lease)
            raise
        handed += len(part)
    stop_by_rules(tenant, database, push.campaign_id, push.day, now)
    waits = (capped + late_full, len(ended), len(joined), left.quiet, left.over)
    return Pushed(handed, closed, taken_back, len(due) - handed - late_full, *waits, file, definition.starts_on)


def _calls(due: Sequence[CampaignContact], planned: Sequence[PlannedContact]) -> Iterator[list[CampaignContact]]:
    """What goes out together: what a push that was cut off had in hand as it had it, so that its repeat is the same."""
    hands = {one.contact.customer_id: one.taken_by or "" for one in planned}
    ordered = sorted(due, key=lambda one: hands[one.customer_id], reverse=True)
    for _, held in groupby(ordered, lambda one: hands[one.customer_id]):
        own = list(held)
        yield from (own[start : start + AT_ONCE] for start in range(0, len(own), AT_ONCE))


def _able(
    tenant: str,
    database: Database,
    dataset: Dataset,
    campaign_id: str,
    today: date,
    settings: Settings,
    late: Sequence[CampaignContact],
) -> set[str]:
    """Customer ids of the late contacts that keep every cap today."""
    return within_caps(tenant, database, dataset, campaign_id, late, today, settings.audience)


def _affordable(
    due: list[CampaignContact], definition: CampaignDefinition, contacts: list[PlannedContact]
) -> list[CampaignContact]:
    """The first of the contacts that the stop rule on money still covers; all where there is none."""
    if definition.stop.spent is None:
        return due
    costs: dict[str, float] = {slot.channel: slot.contact_cost for slot in definition.slots}
    spent = accumulate((costs[one.channel] for one in due), initial=spent_on(definition, contacts))
    most = definition.stop.spent * (1 + 1e-12)
    return [one for one, money in zip(due, islice(spent, 1, None), strict=True) if money <= most]


def contact_rows(stored: StoredCampaign, contacts: Sequence[CampaignContact], today: date) -> list[dict[str, Any]]:
    """One row per contact, the columns of COLUMNS, with the message of its channel; late ones are of today."""
    slots = {str(slot.channel): slot for slot in definition_of(stored).slots}
    return [
        {
            "contact_id": contact_id(stored.campaign_id, one.customer_id),
            "campaign_id": stored.campaign_id,
            "customer_id": one.customer_id,
            "channel": one.channel,
            "day": max(one.day, today).isoformat(),
            "hour": one.hour,
            "store_id": one.store_id,
            "product_id": one.product_id,
            "text": slots[one.channel].text,
            "text_zh": slots[one.channel].text_zh,
        }
        for one in contacts
    ]


def _due(
    tenant: str, database: Database, dataset: Dataset, push: Push, contacts: Sequence[PlannedContact]
) -> tuple[list[CampaignContact], int, pl.DataFrame]:
    """The contacts that are due, how many others have a closed channel, and which of these refused it.

    Who refused is `customer_id` x `channel`. A channel that was merely never granted may still be: such contacts wait.
    """
    planned = [
        one.contact
        for one in contacts
        if one.state == "planned" and one.contact.group == "contact" and one.contact.day <= push.day
    ]
    consents, closed = consents_now(dataset, dataset.as_of or push.day, read_opt_outs(tenant, database))
    pairs = pl.DataFrame(
        {"customer_id": [one.customer_id for one in planned], "channel": [one.channel for one in planned]},
        schema={"customer_id": pl.String, "channel": pl.String},
    )
    is_open = set(keep_open(pairs, consents, closed).iter_rows())
    due = [one for one in planned if (one.customer_id, one.channel) in is_open]
    refused = pairs.join(refusals(consents, closed), on=["customer_id", "channel"], how="semi", maintain_order="left")
    return due, len(planned) - len(due), refused


def post_rows(
    target: str, campaign_id: str, rows: Sequence[dict[str, Any]], secret: str | None, delivery: Delivery
) -> None:
    """Posts rows of COLUMNS to an address, with a key that is the same at every repeat.

    Raises:
        RetailBrainError: the address did not take them.
    """
    key = hashlib.sha256("".join(row["contact_id"] for row in rows).encode()).hexdigest()[:32]
    post_json(
        target,
        {"campaign_id": campaign_id, "contacts": list(rows)},
        headers={"Idempotency-Key": key},
        what=f"{len(rows)} contacts of campaign {campaign_id}",
        delivery=delivery,
        signed_with=secret,
    )


def write_contacts(target: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Writes rows of COLUMNS as CSV without overwriting an earlier file; returns where they are.

    Messages stand as people shall read them; ids that a spreadsheet would run as a formula get an apostrophe.
    """
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(name, value) for name, value in row.items()} for row in rows)
    return hand_over(target, lambda aside: write_text(aside, text.getvalue()))


def _cell(name: str, value: Any) -> Any:
    # the file goes to the program that sends: an apostrophe in front of "-20 %" would reach the customer
    return safe_cell(value) if isinstance(value, str) and name not in _SENT else value


def resolved_target(target: str) -> str:
    """The target itself, or what the environment variable holds that it names.

    Raises:
        UsageError: there is no such variable, or the target is neither a file nor an http(s) address.
    """
    found = named_address(target, FILE_OR_ADDRESS)
    if not found or address_parts(found).scheme not in {"", "http", "https"}:
        raise UsageError(
            f"contacts cannot go to such a target; wanted {FILE_OR_ADDRESS}.",
            {"problem": "push_target_unusable"},
        )
    return found


def secret_of(name: str | None) -> str | None:
    """The key of the signature from an environment variable; None where none is named.

    Raises:
        UsageError: there is no such variable.
    """
    if name is None:
        return None
    if not os.environ.get(name):
        raise UsageError(
            f"the environment variable {name} that --secret-env names is not set. Set it to the key.",
            {"problem": "push_target_unusable"},
        )
    return os.environ[name]
