"""The newest events of people in memory: each once, and never more than the limits."""

from datetime import UTC, datetime, timedelta

from retail_brain.operational.events import Event, StoredEvent
from retail_brain.settings import ServingSettings
from serving.planning.people.recent_events import RecentEvents

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = datetime(2026, 3, 1)  # business time has no zone


def view(number: int, product_id: str = "tea") -> StoredEvent:
    return StoredEvent(number, NOON + timedelta(minutes=number), Event(DAY, "view", product_id=product_id))


def remembered(**limits: int) -> RecentEvents:
    return RecentEvents(ServingSettings(**limits))


def products(recent: RecentEvents, person: str, minutes: int = 0) -> list[str | None]:
    return [event.product_id for event in recent.of(person, NOON + timedelta(minutes=minutes))]


def test_a_persons_newest_events_are_kept_oldest_first_each_once() -> None:
    recent = remembered(recent_events_per_customer=2)
    events = [("li", view(1, "tea")), ("li", view(2, "cup")), ("li", view(2, "cup")), ("li", view(3, "jam"))]
    assert recent.add([*events, ("", view(4))]) == 3
    assert products(recent, "li") == ["cup", "jam"]
    assert products(recent, "li", minutes=3) == ["jam"]
    assert products(recent, "wang") == []
    assert len(recent) == 2


def test_the_longest_unseen_go_first_where_people_or_events_are_too_many() -> None:
    recent = remembered(recent_customers=2)
    recent.add([("li", view(1)), ("wang", view(2)), ("li", view(3)), ("hu", view(4))])
    assert [len(products(recent, person)) for person in ("li", "wang", "hu")] == [2, 0, 1]
    recent = remembered(recent_events=3)
    recent.add([("li", view(1)), ("li", view(2)), ("wang", view(3)), ("hu", view(4))])
    assert [len(products(recent, person)) for person in ("li", "wang", "hu")] == [0, 1, 1]
    assert len(recent) == 2


def test_people_without_a_young_event_are_forgotten() -> None:
    recent = remembered()
    recent.add([("li", view(1)), ("li", view(9)), ("wang", view(2))])
    recent.forget(NOON + timedelta(minutes=5))
    assert [len(products(recent, person)) for person in ("li", "wang")] == [2, 0]
    assert len(recent) == 2
