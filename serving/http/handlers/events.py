"""Taking events in."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from retail_brain.errors import ImpossibleError
from retail_brain.operational.events import FIELDS, Event, store_events
from serving.http.handlers.call import Call
from serving.http.messages.people_messages import EventIn, EventsRequest


def take_events(request: EventsRequest, call: Call) -> dict[str, Any]:
    """Stores events durably; recommendations reflect them at once in this worker and within a second in the others.

    Raises:
        ImpossibleError: an event lies more than a day ahead; none of the call is stored.
    """
    tenant = call.principal.tenant
    events = [_event(event) for event in request.events]
    _check_days(events, max(call.now.date(), date.fromisoformat(call.answers.manifest.as_of)) + timedelta(days=1))
    new = store_events(tenant, call.state.database, events, now=call.now)
    call.state.refresh_events(tenant)
    return {"accepted": new, "duplicates": len(request.events) - new}


def _check_days(events: list[Event], last: date) -> None:
    """Clocks and zones differ by up to a day; what lies further ahead has not happened."""
    ahead = [place for place, event in enumerate(events) if event.occurred_at.date() > last]
    if ahead:
        raise ImpossibleError(
            f"{len(ahead)} of {len(events)} events lie in the future; wanted occurred_at no later than {last}. "
            "Correct the sender's clock; nothing of this call was stored.",
            {"events": ahead[:20]},
        )


def _event(given: EventIn) -> Event:
    values = {field: getattr(given, field) for field in FIELDS if field != "occurred_at"}
    return Event(occurred_at=_business_time(given.occurred_at), **values)


def _business_time(instant: datetime) -> datetime:
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)
