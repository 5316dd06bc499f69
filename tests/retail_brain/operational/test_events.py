"""Events received."""

from datetime import UTC, datetime, timedelta

from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, events_after, store_events

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
AT = datetime(2025, 3, 1, 16, 30)  # business time has no zone


def view(event_id: str | None = None, customer_id: str = "顾客1") -> Event:
    return Event(occurred_at=AT, event_type="view", event_id=event_id, customer_id=customer_id, product_id="P1")


def test_events_come_back_as_they_were_sent_in_order_of_arrival(database: Database) -> None:
    sent = [view("a"), Event(occurred_at=AT, event_type="scan", id_type="card", id_value="62")]
    assert store_events("main", database, sent, now=NOW) == 2
    stored = events_after("main", database, after_id=0, since=NOW, limit=10)
    assert [one.event for one in stored] == sent
    assert [one.received_at for one in stored] == [NOW, NOW]


def test_the_same_event_id_is_stored_once_and_events_without_id_always(database: Database) -> None:
    assert store_events("main", database, [view("a"), view("a"), view(), view()], now=NOW) == 3
    assert store_events("main", database, [view("a"), view("b")], now=NOW) == 1


def test_many_events_at_once(database: Database) -> None:
    assert store_events("main", database, [view(str(number)) for number in range(1200)], now=NOW) == 1200
    assert store_events("main", database, [], now=NOW) == 0


def test_reading_goes_on_after_an_id_and_from_an_instant(database: Database) -> None:
    store_events("main", database, [view("a")], now=NOW)
    store_events("main", database, [view("b"), view("c")], now=NOW + timedelta(hours=1))
    first = events_after("main", database, after_id=0, since=NOW, limit=1)
    rest = events_after("main", database, after_id=first[0].id, since=NOW, limit=10)
    late = events_after("main", database, after_id=0, since=NOW + timedelta(minutes=1), limit=10)
    assert [one.event.event_id for one in first] == ["a"]
    assert [one.event.event_id for one in rest] == [one.event.event_id for one in late] == ["b", "c"]


def test_tenants_may_use_the_same_event_id_and_see_only_their_own(database: Database) -> None:
    assert store_events("main", database, [view("a")], now=NOW) == 1
    assert store_events("other", database, [view("a", "someone")], now=NOW) == 1
    seen = events_after("main", database, after_id=0, since=NOW, limit=10)
    assert [one.event.customer_id for one in seen] == ["顾客1"]


def test_what_an_event_came_of_is_kept_with_it(database: Database) -> None:
    told = Event(datetime(2026, 2, 28, 9), "purchase", customer_id="C1", attribution_id="recommend-2026-02-28")
    store_events("main", database, [told], now=datetime(2026, 2, 28, 9, tzinfo=UTC))
    since = datetime(2026, 1, 1, tzinfo=UTC)
    stored = events_after("main", database, after_id=0, since=since, limit=10)
    assert [one.event for one in stored] == [told]
