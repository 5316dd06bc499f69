"""Moves contacts that were made, and clicks on them, from the operational database into the lake."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.files import scratch_folder
from retail_brain.ingest import IngestReport, ingest
from retail_brain.operational.campaign_contacts import PlannedContact, campaign_contacts, contact_id
from retail_brain.operational.campaign_receipts import clicks
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, attributed_events
from retail_brain.operational.guide_tasks import GuideTask, list_tasks
from retail_brain.operational.repeated_contacts import CAMPAIGN_PREFIX, DAILY
from retail_brain.operational.trigger_firings import Firing, firings
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from retail_brain.tables import TABLES
from serving.planning.campaigns.receipts import earliest_receipt

_TALKED = ("done", "bought", "refused")
"""Outcomes of a line after which a guide has spoken to the person."""
_SHOWN = "impression"
_HELD_AT = time(12)
"""Hour of contacts withheld by a trigger or a list, and of those handed over before their day: any, always the same."""


def collect_contacts(
    tenant: str, database: Database, lake: str, settings: Settings, progress: Progress, *, as_of: date
) -> IngestReport | None:
    """Brings contacts made into the lake's `contacts`, and clicks into `responses`; None where there are none.

    Contacts of campaigns, triggers and guides' lists up to a day, held-out people among them, each with the
    attribution id that its receiver knows. Planned ones and those taken back are not. Safe to run again: what the lake
    holds already is not added twice, and whoever counts contacts counts one that the lake holds once.

    Args:
        tenant: whose contacts.
        database: that holds them.
        lake: URI of the lake.
        settings: of the tenant.
        progress: told of the tables.
        as_of: last day of contacts; days to come may still change.

    Raises:
        DataError: too many of them are bad, or the lake holds no sales.
        UnavailableError: the database does not answer.
    """
    made = [row for row in _contacts(tenant, database) if row["contacted_at"].date() <= as_of]
    with scratch_folder("contacts") as folder:
        clicks = list(_clicks(tenant, database, made, as_of))
        answers = [*clicks, *_deeds(tenant, database, made, clicks, as_of)]
        rows = _write(made, "contacts", folder) + _write(answers, "responses", folder)
        return ingest(str(folder), lake, _of_own_campaigns(settings), progress) if rows else None


def _of_own_campaigns(settings: Settings) -> Settings:
    """The settings without the limit on unknown ids: what is made here is not in the lake's table of campaigns."""
    return settings.model_copy(update={"data": settings.data.model_copy(update={"min_matched_share": 0.0})})


def _contacts(tenant: str, database: Database) -> Iterator[dict[str, Any]]:
    """One row per contact made or withheld: the columns of `contacts`, and `product_id`."""
    for planned in campaign_contacts(tenant, database):
        if planned.state == "sent" or planned.contact.group == "holdout":
            yield _of_campaign(planned)
    for fired in firings(tenant, database):
        if fired.state in {"sent", "held"}:
            yield _of_trigger(fired)
    for line in list_tasks(tenant, database):
        if line.source == DAILY and (line.held or line.state in _TALKED):
            yield _of_line(line)


def _of_campaign(planned: PlannedContact) -> dict[str, Any]:
    one = planned.contact
    return {
        "campaign_id": planned.campaign_id,
        "customer_id": one.customer_id,
        "channel": one.channel,
        "contacted_at": datetime.combine(planned.counted_on, time(one.hour)),
        "is_holdout": one.group == "holdout",
        "attribution_id": contact_id(planned.campaign_id, one.customer_id),
        "product_id": one.product_id,
    }


def _of_trigger(fired: Firing) -> dict[str, Any]:
    day, sent = fired.counted_on, _local(fired.sent_at)
    assert day is not None
    # caps count the day of the contact, and on an evening that the answers know messages of the next day go out
    at = sent if sent is not None and sent.date() == day else datetime.combine(day, _HELD_AT)
    return {
        "campaign_id": CAMPAIGN_PREFIX + fired.trigger_id,
        "customer_id": fired.customer_id,
        "channel": fired.channel,
        "contacted_at": at,
        "is_holdout": fired.state == "held",
        "attribution_id": fired.contact_id,
        "product_id": fired.product_id,
    }


def _of_line(line: GuideTask) -> dict[str, Any]:
    return {
        "campaign_id": DAILY,
        "customer_id": line.customer_id,
        "channel": line.channel,
        "contacted_at": _local(line.answered_at) or datetime.combine(line.day, _HELD_AT),
        "is_holdout": line.held,
        "attribution_id": line.task_id,
        "product_id": line.product_id,
    }


def _local(at: datetime | None) -> datetime | None:
    """An instant in business time: the machine's zone."""
    return None if at is None else at.astimezone().replace(tzinfo=None, microsecond=0)


def _clicks(tenant: str, database: Database, made: list[dict[str, Any]], as_of: date) -> Iterator[dict[str, Any]]:
    """One row per click on a contact: the columns of `responses`; of a person told again the contact before it."""
    told: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in sorted(made, key=lambda one: one["contacted_at"]):
        told.setdefault((row["campaign_id"], row["customer_id"]), []).append(row)
    for campaign, customer, at in clicks(tenant, database):
        moment = _local(at)
        assert moment is not None
        if moment.date() > as_of:
            continue
        about = _clicked(told.get((campaign, customer), []), moment) or {}
        yield {
            "campaign_id": campaign,
            "customer_id": customer,
            "product_id": about.get("product_id"),
            "responded_at": moment,
            "value": None,
            "attribution_id": about.get("attribution_id"),
        }


def _deeds(
    tenant: str, database: Database, made: list[dict[str, Any]], clicks: Sequence[Mapping[str, Any]], as_of: date
) -> Iterator[dict[str, Any]]:
    """One row per contact x day on which an event tells of it and no click does: the first such event.

    That something was shown is no response.
    """
    contacts = {row["attribution_id"]: row for row in made if not row["is_holdout"]}
    known = {(row["attribution_id"], row["responded_at"].date()) for row in clicks}
    first: dict[tuple[str, date], Event] = {}
    for event in attributed_events(tenant, database):
        about = event.attribution_id or "", event.occurred_at.date()
        is_response = about[0] in contacts and event.event_type != _SHOWN and about not in known and about[1] <= as_of
        if is_response and (about not in first or event.occurred_at < first[about].occurred_at):
            first[about] = event
    for (name, _), event in first.items():
        contact = contacts[name]
        yield {
            "campaign_id": contact["campaign_id"],
            "customer_id": contact["customer_id"],
            "product_id": event.product_id or contact["product_id"],
            "responded_at": event.occurred_at,
            "value": None,
            "attribution_id": name,
        }


def _clicked(told: Sequence[Mapping[str, Any]], moment: datetime) -> Mapping[str, Any] | None:
    """The contact, of one person by rising moment, that a click is on; None where it lies before them all.

    Clocks differ: a click on the day of the contact is a click on it. Where the receiver's zone is behind the shop's,
    the day before may be that day.
    """
    before = [row for row in told if row["contacted_at"].date() <= moment.date()]
    if before:
        return before[-1]
    return next((row for row in told if moment >= earliest_receipt(row["contacted_at"].date())), None)


def _write(rows: Any, name: str, folder: Path) -> int:
    """Writes rows as a canonical table; returns how many there are."""
    schema = TABLES[name].types
    frame = pl.DataFrame(
        [{column: row[column] for column in schema} for row in rows], schema=schema, infer_schema_length=None
    )
    if frame.height:
        frame.write_parquet(folder / f"{name}.parquet")
    return frame.height
