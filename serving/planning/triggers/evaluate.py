"""Notes the causes of triggers: events as they come, and what the published tables hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import polars as pl

from retail_brain.decisions.persons import Accounts
from retail_brain.decisions.triggers.definition import OF_EVENTS, TriggerDefinition
from retail_brain.errors import RetailBrainError
from retail_brain.operational.events import StoredEvent, Touched, events_after
from retail_brain.operational.tables import LONGEST_PERSON
from retail_brain.operational.trigger_firings import Cause, note_causes
from retail_brain.operational.triggers import StoredTrigger, list_triggers
from serving.planning.triggers.causes import SERVICE_EVENTS, Look, is_about, members, table_causes
from serving.planning.triggers.desk import Desk, definition_of

_BATCH = 5_000
"""Events read at once, as the service reads them. Chosen by judgement, not measured."""
_SETTLE = timedelta(seconds=3)
"""Time in which writers of other processes may still commit events with smaller numbers, as in `http.tenant`."""
_TYPES = {"bag_add": frozenset({"bag_add"}), "service_finished": SERVICE_EVENTS}
"""Kind -> types of the events that cause it."""


@dataclass
class Noted:
    """What one look at a trigger found.

    Attributes:
        causes: causes seen, those noted before among them.
        new: noted for the first time.
        unknown: events of nobody who is known.
        others: events of people or goods that the trigger leaves out.
        stale: events that happened longer ago than the message is worth sending.
        too_long: causes of people whose id is longer than the database takes.
        problem: why it could not be evaluated; None where it was.
    """

    trigger_id: str
    causes: int = 0
    new: int = 0
    unknown: int = 0
    others: int = 0
    stale: int = 0
    too_long: int = 0
    problem: str | None = None


Seen = set[tuple[str, int, str]]
"""Trigger, version and set of answers whose tables were looked at: they hold nothing new for it."""


def evaluate(desk: Desk, trigger_ids: Sequence[str] = (), seen: Seen | None = None) -> list[Noted]:
    """Looks once at every trigger that is on (or at those named) and notes new causes; safe to repeat at any time.

    A trigger that cannot be evaluated, such as one whose segment was removed, does not keep the others from it.

    Args:
        desk: where triggers are worked on.
        trigger_ids: only these; none: all.
        seen: looks at published tables that need not be repeated; this one's are added. None: all tables are looked at.

    Raises:
        UnavailableError: the database does not answer.
    """
    found = []
    for stored in list_triggers(desk.tenant, desk.database):
        if stored.state != "on" or (trigger_ids and stored.trigger_id not in trigger_ids):
            continue
        noted = Noted(stored.trigger_id)
        found.append(noted)
        try:
            definition = definition_of(stored)
            if definition.kind in OF_EVENTS:
                _note_events(desk, stored, definition, noted)
            elif seen is None or (key := (stored.trigger_id, stored.version, desk.source.answers_id)) not in seen:
                _note_tables(desk, stored, definition, noted)
                if seen is not None:
                    seen.add(key)
        except RetailBrainError as error:
            noted.problem = str(error)
    return found


def _note_tables(desk: Desk, stored: StoredTrigger, definition: TriggerDefinition, noted: Noted) -> None:
    rows = table_causes(definition, desk.source, Look(desk.settings.triggers, desk.interested, desk.today))
    named = desk.source.facts(()).accounts.with_person(rows)
    due_at = desk.now + timedelta(minutes=definition.delay_minutes)
    complements = {product: desk.source.goes_with(product) for product in rows["product_id"].drop_nulls().unique()}
    causes = [
        Cause(
            row["person_id"],
            row["cause"],
            row["customer_id"],
            row["product_id"],
            complements.get(row["product_id"]),
            row["probability"] if row["product_id"] is not None else None,
            datetime.combine(row["since"], time()),
            due_at,
        )
        for row in named.iter_rows(named=True)
    ]
    kept = _of_fitting_ids(causes, noted)
    noted.new = note_causes(desk.tenant, desk.database, stored.trigger_id, kept, now=desk.now)


def _of_fitting_ids(causes: Sequence[Cause], noted: Noted) -> list[Cause]:
    """Those of the causes that the database can hold; all of them are counted."""
    kept = [one for one in causes if len(one.person_id) <= LONGEST_PERSON]
    noted.causes += len(causes)
    noted.too_long += len(causes) - len(kept)
    return kept


def _note_events(desk: Desk, stored: StoredTrigger, definition: TriggerDefinition, noted: Noted) -> None:
    """Notes the events since the last look; the mark moves on in the transaction that stores their causes."""
    assert stored.on_since is not None
    allowed = _allowed(desk, definition)
    accounts = desk.source.facts(()).accounts
    after = stored.seen_event
    while True:
        events = events_after(desk.tenant, desk.database, after_id=after, since=stored.on_since, limit=_BATCH)
        causes = _causes_of(desk, definition, events, accounts, allowed, noted)
        settled = [one.id for one in events if desk.database.is_sqlite or one.received_at < desk.now - _SETTLE]
        kept = _of_fitting_ids(causes, noted)
        mark = max(settled, default=None)
        noted.new += note_causes(desk.tenant, desk.database, stored.trigger_id, kept, now=desk.now, seen_event=mark)
        if len(events) < _BATCH:
            return
        after = events[-1].id


def _allowed(desk: Desk, definition: TriggerDefinition) -> set[str] | None:
    """Customers whom the trigger may tell; None: everybody."""
    if not definition.store_ids and definition.segment is None:
        return None
    people = desk.source.facts(()).customers.select("customer_id", "home_store_id")
    if definition.store_ids:
        people = people.filter(pl.col("home_store_id").is_in(list(definition.store_ids)))
    if definition.segment is not None:
        people = people.join(members(definition, desk.source), on="customer_id", how="semi")
    return set(people["customer_id"])


def _causes_of(
    desk: Desk,
    definition: TriggerDefinition,
    events: Sequence[StoredEvent],
    accounts: Accounts,
    allowed: set[str] | None,
    noted: Noted,
) -> list[Cause]:
    wanted = [one for one in events if one.event.event_type in _TYPES[definition.kind]]
    about = is_about(definition, desk.source, {one.event.product_id for one in wanted if one.event.product_id})
    earliest = desk.local - timedelta(hours=definition.expires_hours)
    kept: list[tuple[str, StoredEvent]] = []
    for one in wanted:
        event = one.event
        owner = desk.owner(Touched(event.customer_id, event.id_type, event.id_value, "", event.occurred_at))
        has_goods = event.product_id is not None or definition.kind != "bag_add"
        limited = definition.product_ids or definition.category is not None
        if owner is None:
            noted.unknown += 1
        elif event.occurred_at < earliest:
            noted.stale += 1
        elif (
            not has_goods
            or (allowed is not None and owner not in allowed)
            or ((event.product_id is not None or limited) and event.product_id not in about)
        ):
            noted.others += 1
        else:
            kept.append((owner, one))
    frame = pl.DataFrame({"customer_id": [owner for owner, _ in kept]}, schema={"customer_id": pl.String})
    persons = accounts.with_person(frame)["person_id"].to_list()
    return [_cause(desk, definition, person, owner, one) for person, (owner, one) in zip(persons, kept, strict=True)]


def _cause(desk: Desk, definition: TriggerDefinition, person: str, owner: str, stored: StoredEvent) -> Cause:
    event, product = stored.event, stored.event.product_id
    # laid into the bag twice on a day is one wish; a service is one each time
    moment = event.occurred_at.date() if definition.kind == "bag_add" else event.occurred_at
    return Cause(
        person,
        f"{definition.kind}:{product or ''}:{moment.isoformat()}",
        owner,
        product,
        None if product is None else desk.source.goes_with(product),
        None,
        event.occurred_at,
        stored.received_at + timedelta(minutes=definition.delay_minutes),
    )
