"""Receives interaction events and stores them durably."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from retail_brain.erased_ids import CUSTOMER, ErasedIds
from retail_brain.errors import ImpossibleError
from retail_brain.hashed_ids import hashed_id
from retail_brain.operational.events import FIELDS, Event, store_events, taken_ids
from serving.http.handlers.call import Call
from serving.http.messages.event_messages import EventIn, EventsRequest
from serving.http.refusals import rows_in_words

_CLOCKS_APART = timedelta(days=1)
"""By how much clocks and zones may differ; what lies further ahead has not happened."""


def take_events(request: EventsRequest, call: Call) -> dict[str, Any]:
    """Stores events durably; recommendations reflect them at once in this worker and within a second in the others.

    Events that cannot be read, lie more than a day ahead or have the id of another event are named in `refused`; the
    others are stored.

    Raises:
        ImpossibleError: every event lies more than a day ahead, or none is of the place of the key.
    """
    last_day = max(call.now.date(), date.fromisoformat(call.answers.manifest.as_of)) + _CLOCKS_APART
    erased = call.view.opt_outs.erased
    given = zip(request.places(), request.events, strict=True)
    events = [(place, _without_erased(_hashed(_event(event), call), erased)) for place, event in given]
    elsewhere = [place for place, event in events if not _is_of_place(event, call)]
    events = [(place, event) for place, event in events if place not in elsewhere]
    present = [(place, event) for place, event in events if event.occurred_at.date() <= last_day]
    ahead = [place for place, event in events if event.occurred_at.date() > last_day]
    if not events:
        raise ImpossibleError(
            f"none of the {len(elsewhere)} events is of {call.place}; wanted its store_id, or people of it. Nothing of "
            "this call was stored.",
            {"problem": "events_elsewhere", "events": elsewhere[:20]},
        )
    if not present:
        raise ImpossibleError(
            f"all {len(events)} events lie in the future; wanted occurred_at no later than {last_day}. "
            "Correct the sender's clock; nothing of this call was stored.",
            {"problem": "events_ahead", "last_day": str(last_day), "events": ahead[:20]},
        )
    new, taken = _stored(present, call)
    not_taken = [{"event": place, "where": "occurred_at", "problem": f"later than {last_day}"} for place in ahead]
    not_taken += [{"event": place, "where": "store_id", "problem": f"not of {call.place}"} for place in elsewhere]
    not_taken += [{"event": place, "where": "event_id", "problem": "used for another event"} for place in taken]
    refused = sorted([*request.refused, *not_taken], key=lambda refusal: refusal["event"])
    return {
        "accepted": new,
        "duplicates": len(present) - new - len(taken),
        "refused": rows_in_words(refused, call.language),
    }


def _stored(events: list[tuple[int, Event]], call: Call) -> tuple[int, list[int]]:
    """Stores events by their place in the list; how many are new, and the places of those whose id another one has."""
    tenant, database = call.principal.tenant, call.state.database
    given = [event for _, event in events]
    new = store_events(tenant, database, given, now=call.now)
    call.state.refresh_events(tenant)
    taken = [] if new == len(given) else taken_ids(tenant, database, given)
    return new, [events[place][0] for place in taken]


def _event(given: EventIn) -> Event:
    values = {field: getattr(given, field) for field in FIELDS if field != "occurred_at"}
    return Event(occurred_at=_business_time(given.occurred_at), **values)


def _hashed(event: Event, call: Call) -> Event:
    """The event with its identifier as it is kept."""
    types = call.view.settings.data.hashed_identifiers
    return replace(event, id_value=hashed_id(event.id_type, event.id_value, types)) if types else event


def _is_of_place(event: Event, call: Call) -> bool:
    """Whether a key with a place may tell of an event: one in its shops, whoever it is about, or of its own people.

    A guide tells of nobody who is a colleague's.
    """
    if call.place.is_headquarters:
        return True
    is_own = event.customer_id is not None and call.answers.customers.find(event.customer_id) >= 0
    if call.place.guide is not None and event.customer_id is not None:
        return is_own
    # other shops' ids are refused before the handler runs
    return event.store_id is not None or is_own


def _without_erased(event: Event, erased: ErasedIds | None) -> Event:
    """The event without its person, where that is somebody who was erased by request."""
    if erased is None:
        return event
    by_identifier = (
        event.id_type is not None and event.id_value is not None and erased.holds(event.id_type, event.id_value)
    )
    if by_identifier or (event.customer_id is not None and erased.holds(CUSTOMER, event.customer_id)):
        return replace(event, customer_id=None, id_type=None, id_value=None, session_id=None, attribution_id=None)
    return event


def _business_time(instant: datetime) -> datetime:
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)
