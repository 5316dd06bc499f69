"""Receives interaction events and stores them durably."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from retail_brain.erased_ids import CUSTOMER, ErasedIds
from retail_brain.errors import ImpossibleError
from retail_brain.operational.events import FIELDS, Event, store_events
from serving.http.handlers.call import Call
from serving.http.messages.people_messages import EventIn, EventsRequest


def take_events(request: EventsRequest, call: Call) -> dict[str, Any]:
    """Stores events durably; recommendations reflect them at once in this worker and within a second in the others.

    Events that cannot be read or lie more than a day ahead are named in `refused`; the others are stored.

    Raises:
        ImpossibleError: every event lies more than a day ahead.
    """
    tenant = call.principal.tenant
    # Clocks and zones differ by up to a day; what lies further ahead has not happened.
    last_day = max(call.now.date(), date.fromisoformat(call.answers.manifest.as_of)) + timedelta(days=1)
    unreadable = {refusal["event"] for refusal in request.refused}
    # the client counts all events that it sent, so refusals name places in that list
    places = [place for place in range(len(request.events) + len(unreadable)) if place not in unreadable]
    erased = call.view.opt_outs.erased
    events = [
        (place, _without_erased(_event(event), erased)) for place, event in zip(places, request.events, strict=True)
    ]
    present = [event for _, event in events if event.occurred_at.date() <= last_day]
    ahead = [place for place, event in events if event.occurred_at.date() > last_day]
    if not present:
        raise ImpossibleError(
            f"all {len(events)} events lie in the future; wanted occurred_at no later than {last_day}. "
            "Correct the sender's clock; nothing of this call was stored.",
            {"events": ahead[:20]},
        )
    new = store_events(tenant, call.state.database, present, now=call.now)
    call.state.refresh_events(tenant)
    too_late = [{"event": place, "where": "occurred_at", "problem": f"later than {last_day}"} for place in ahead]
    refused = sorted([*request.refused, *too_late], key=lambda refusal: refusal["event"])
    return {"accepted": new, "duplicates": len(present) - new, "refused": refused}


def _event(given: EventIn) -> Event:
    values = {field: getattr(given, field) for field in FIELDS if field != "occurred_at"}
    return Event(occurred_at=_business_time(given.occurred_at), **values)


def _without_erased(event: Event, erased: ErasedIds | None) -> Event:
    """The event without its person, where that is somebody who was erased by request."""
    if erased is None:
        return event
    by_identifier = (
        event.id_type is not None and event.id_value is not None and erased.holds(event.id_type, event.id_value)
    )
    if by_identifier or (event.customer_id is not None and erased.holds(CUSTOMER, event.customer_id)):
        return replace(event, customer_id=None, id_type=None, id_value=None, session_id=None)
    return event


def _business_time(instant: datetime) -> datetime:
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)
