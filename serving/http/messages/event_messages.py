"""Requests and responses of interaction events."""

from typing import Annotated

from pydantic import BaseModel, Field

from serving.http.messages.common import Id, Instant, Strict, Text, config
from serving.http.messages.partly_read import PartlyRead


class EventIn(BaseModel):
    """One interaction; a time with a zone is taken as UTC."""

    model_config = config()

    occurred_at: Instant
    event_type: Text
    event_id: Annotated[Text | None, Field(description="the sender's own id: the same one twice counts once")] = None
    customer_id: Id | None = None
    id_type: Text | None = None
    id_value: Id | None = None
    product_id: Id | None = None
    store_id: Id | None = None
    channel: Text | None = None
    session_id: Id | None = None
    attribution_id: Annotated[
        Text | None, Field(description="of the recommendation, audience or contact that it came of")
    ] = None


_MAX_EVENTS = 1000
"""Events of one call. Chosen by judgement, not measured."""


class EventsRequest(PartlyRead):
    """Events, as a list or under `events`."""

    list_field, row_model, row_name, most_rows = "events", EventIn, "event", _MAX_EVENTS
    may_be_bare = True
    model_config = config(
        {
            "events": [
                {
                    "event_id": "e-1",
                    "occurred_at": "2026-02-28T10:15:00Z",
                    "event_type": "bag_add",
                    "customer_id": "C00001",
                    "product_id": "P001",
                    "store_id": "S01",
                }
            ]
        }
    )

    events: Annotated[list[EventIn], Field(min_length=1, max_length=_MAX_EVENTS)]


class RefusedEvent(Strict):
    """An event that was not stored: its place in the list, from 0, and what is wrong with it."""

    event: int
    where: str
    problem: str


class EventsResponse(Strict):
    """How many events were new, how many had been sent before, and which could not be read."""

    accepted: int
    duplicates: int
    refused: list[RefusedEvent]
