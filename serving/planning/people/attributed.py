"""Counts what came of lists and contacts: the events that name the attribution id that they came of."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import polars as pl

from retail_brain.operational.events import Event

_ATTRIBUTED: dict[str, pl.DataType | type[pl.DataType]] = {
    "attribution_id": pl.String,
    "event_type": pl.String,
    "events": pl.Int64,
    "people": pl.Int64,
    "first_at": pl.Datetime("us"),
    "last_at": pl.Datetime("us"),
}
"""One row per attribution id x type of event. `people` counts those who are named, by customer id or identifier."""


def count_attributed(events: Iterable[Event]) -> pl.DataFrame:
    """One row per attribution id x event type, columns _ATTRIBUTED; events without an attribution id count nowhere.

    What somebody did after a list is not what the list caused: that is measured against people who got none.
    """
    counts: Counter[tuple[str, str]] = Counter()
    people: dict[tuple[str, str], set[tuple[str, str]]] = {}
    times: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for one in events:
        if one.attribution_id is None:
            continue
        key = one.attribution_id, one.event_type
        counts[key] += 1
        first, last = times.get(key, (one.occurred_at, one.occurred_at))
        times[key] = min(first, one.occurred_at), max(last, one.occurred_at)
        who = ("", one.customer_id) if one.customer_id is not None else (one.id_type or "", one.id_value or "")
        if who[1]:
            people.setdefault(key, set()).add(who)
    rows = [(*key, number, len(people.get(key, ())), *times[key]) for key, number in sorted(counts.items())]
    return pl.DataFrame(rows, schema=_ATTRIBUTED, orient="row")
