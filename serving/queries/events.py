"""Taking events in."""

from datetime import UTC, datetime
from typing import Any

from retail_brain.operational.events import FIELDS, Event, store_events
from serving.api.requests import EventIn, EventsRequest
from serving.queries.call import Call


def take_events(request: EventsRequest, call: Call) -> dict[str, Any]:
    """Stores events durably; recommendations reflect them at once in this worker and within a second in the others."""
    tenant = call.principal.tenant
    new = store_events(tenant, call.state.database, [_event(event) for event in request.events], now=call.now)
    call.state.refresh_events(tenant)
    return {"accepted": new, "duplicates": len(request.events) - new}


def _event(given: EventIn) -> Event:
    values = {field: getattr(given, field) for field in FIELDS if field != "occurred_at"}
    return Event(occurred_at=_business_time(given.occurred_at), **values)


def _business_time(instant: datetime) -> datetime:
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)
