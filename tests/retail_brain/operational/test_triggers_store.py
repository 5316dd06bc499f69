"""Storing triggers and what they fired: every cause once, whoever looks how often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from retail_brain.errors import ConflictError, ImpossibleError, NotFoundError, UsageError
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.firing_pages import firing_counts, firings_page
from retail_brain.operational.leases import Lease
from retail_brain.operational.repeated_contacts import (
    CAMPAIGN_PREFIX,
    read_contacts_mark,
    repeated_by_id,
    repeated_contacts,
    repeated_people,
)
from retail_brain.operational.tables import GUIDE_TASKS, LONGEST_CAUSE, LONGEST_PERSON
from retail_brain.operational.trigger_firings import (
    Cause,
    Decision,
    Sent,
    close_firings,
    due_firings,
    firings,
    note_causes,
    release_firings,
    store_decisions,
    take_firings,
)
from retail_brain.operational.triggers import (
    StoredTrigger,
    TriggerChange,
    list_triggers,
    remove_trigger,
    save_trigger,
    trigger,
)
from retail_brain.processes import kernel_prefix, process_name

NOW = datetime(2025, 3, 1, 10, tzinfo=UTC)
LEASE = timedelta(minutes=5)
GONE = 2**22 + 1
"""A number that no process can have."""
OVER, ELSEWHERE = f"{kernel_prefix()}{GONE}.a", f"{'0' * 16}-{GONE}.a"


def change(version: int | None = None, *, name: str = "bag", by: str = "Li", at: datetime = NOW) -> TriggerChange:
    return TriggerChange("main", name, version, by, at)


def cause(person: str, text: str = "bag:P1", at: datetime = NOW) -> Cause:
    return Cause(person, text, person, "P1", None, 0.3, datetime(2025, 3, 1, 9), at)


@pytest.fixture
def made(database: Database) -> StoredTrigger:
    return save_trigger(database, change(), {"name": "袋"}, owner=None, is_on=True)


def note(database: Database, *causes: Cause, seen: int | None = None) -> int:
    return note_causes("main", database, "bag", causes, now=NOW, seen_event=seen)


def decide(database: Database, *decisions: Decision) -> bool:
    return store_decisions("main", database, decisions, read_contacts_mark("main", database))


def take(database: Database, worker: str, at: datetime = NOW) -> list[str]:
    return [one.person_id for one in take_firings("main", database, lease(worker, at), limit=10)]


def lease(worker: str, at: datetime = NOW) -> Lease:
    return Lease(LEASE, at, worker)


def test_a_trigger_is_stored_with_its_owner_and_a_version_that_rises(database: Database, made: StoredTrigger) -> None:
    assert (made.version, made.state, made.owner, made.on_since) == (1, "on", "Li", NOW)
    changed = save_trigger(database, change(1, by="Wang"), {"name": "袋2"}, owner=None, is_on=True)
    assert (changed.version, changed.owner, changed.changed_by, changed.definition) == (
        2,
        "Li",
        "Wang",
        {"name": "袋2"},
    )
    assert made.campaign_id == "trigger:bag"


@pytest.mark.parametrize("version", [None, 7])
def test_a_stale_change_is_refused_with_both_versions(
    database: Database, made: StoredTrigger, version: int | None
) -> None:
    with pytest.raises(ConflictError, match="version 1") as caught:
        save_trigger(database, change(version, by="Wang"), {"name": "mine"}, owner=None, is_on=True)
    assert caught.value.details["yours"]["trigger"] == {"name": "mine"}
    assert caught.value.details["theirs"]["trigger"] == {"name": "袋"}


def test_an_id_too_long_for_the_lists_of_guides_is_refused(database: Database) -> None:
    most = GUIDE_TASKS.c.source.type.length - len(CAMPAIGN_PREFIX)
    assert save_trigger(database, change(name="x" * most), {}, owner=None, is_on=True).version == 1
    with pytest.raises(ImpossibleError, match=f"at most {most} characters; got {most + 1}"):
        save_trigger(database, change(name="x" * (most + 1)), {}, owner=None, is_on=True)


def test_an_unknown_trigger_is_said_to_be_unknown(database: Database) -> None:
    for ask in (lambda: trigger("main", database, "x"), lambda: remove_trigger(database, change(1))):
        with pytest.raises(NotFoundError, match="there is no trigger"):
            ask()


def test_a_removed_trigger_leaves_the_list_and_its_id_may_be_used_again(
    database: Database, made: StoredTrigger
) -> None:
    note(database, cause("a"))
    remove_trigger(database, change(made.version))
    assert list_triggers("main", database) == []
    assert [one.state for one in list_triggers("main", database, removed=True)] == ["removed"]
    assert firing_counts("main", database)["bag"] == {"dropped": 1, "dropped:switched_off": 1}
    again = save_trigger(database, change(by="Wang"), {"name": "new"}, owner=None, is_on=True)
    assert (again.version, again.owner, again.state) == (3, "Wang", "on")


def test_what_a_trigger_fired_comes_in_pages_with_the_whole_number(database: Database, made: StoredTrigger) -> None:
    note(database, *(cause(f"c{number}") for number in range(5)))
    first = due_firings("main", database, NOW, limit=1)[0]
    decide(database, Decision(first.id, "dropped", "expired"))

    def page(state: str | None, **place: int) -> tuple[list[str], int]:
        rows, total = firings_page("main", database, "bag", state, **place)
        return [one.person_id for one in rows], total

    assert page(None, limit=2, offset=1) == (["c1", "c2"], 5)
    assert page("waiting", limit=2, offset=2) == (["c3", "c4"], 4)
    assert page("sent", limit=2, offset=0) == ([], 0)
    assert firings_page("second", database, "bag", None, limit=2, offset=0) == ([], 0)


def test_switching_on_starts_with_the_events_that_come_from_then_on(database: Database) -> None:
    store_events("main", database, [Event(datetime(2025, 3, 1), "bag_add", event_id="e1")], now=NOW)
    off = save_trigger(database, change(), {}, owner="Wang", is_on=False)
    assert (off.state, off.on_since, off.seen_event, off.owner) == ("off", None, 0, "Wang")
    on = save_trigger(database, change(1), {}, owner=None, is_on=True)
    assert on.seen_event > 0
    assert on.on_since == NOW


def test_a_cause_is_noted_once_for_ever(database: Database, made: StoredTrigger) -> None:
    assert note(database, cause("a"), cause("b"), seen=5) == 2
    assert note(database, cause("a"), cause("a", "bag:P2"), seen=3) == 1
    assert trigger("main", database, "bag").seen_event == 5


def test_a_trigger_that_is_off_notes_nothing_and_drops_what_waits(database: Database, made: StoredTrigger) -> None:
    note(database, cause("a"))
    save_trigger(database, change(1), {}, owner=None, is_on=False)
    assert note(database, cause("b")) == 0
    assert [(one.person_id, one.state, one.code) for one in firings("main", database)] == [
        ("a", "dropped", "switched_off")
    ]


def test_many_workers_that_note_and_take_at_once_do_each_thing_once(database: Database, made: StoredTrigger) -> None:
    causes = [cause(f"c{number}") for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: note(database, *causes), range(4))) == 40
        rows = firings("main", database)
        decisions = [Decision(one.id, "taken", None, False, "sms", date(2025, 3, 1)) for one in rows]
        # of decisions made under the same plans one is stored: the others must look again
        mark = read_contacts_mark("main", database)
        stored = list(pool.map(lambda _: store_decisions("main", database, decisions, mark), range(4)))
        assert stored.count(True) == 1
        taken = list(pool.map(lambda worker: take_firings("main", database, lease(str(worker)), limit=40), range(4)))
    assert sorted(one.person_id for part in taken for one in part) == sorted(one.person_id for one in causes)


def test_only_what_is_due_is_decided_and_the_first_decision_stays(database: Database, made: StoredTrigger) -> None:
    later = NOW + timedelta(hours=2)
    note(database, cause("a"), cause("b", at=later))
    due = due_firings("main", database, NOW, limit=10)
    assert [one.person_id for one in due] == ["a"]
    assert decide(database, Decision(due[0].id, "held", None, True, "sms", date(2025, 3, 1), "S1", "friend"))
    assert decide(database, Decision(due[0].id, "taken", None, False, "sms", date(2025, 3, 2)))
    (first, _) = firings("main", database)
    assert (first.state, first.held, first.day, first.store_id, first.segment) == (
        "held", True, date(2025, 3, 1), "S1", "friend",
    )  # fmt: skip
    assert [one.person_id for one in due_firings("main", database, later, limit=10)] == ["b"]


def test_what_a_worker_took_is_its_own_until_the_lease_ends(database: Database, made: StoredTrigger) -> None:
    note(database, cause("a"))
    (row,) = due_firings("main", database, NOW, limit=10)
    decide(database, Decision(row.id, "taken", None, False, "sms", date(2025, 3, 1)))
    assert take(database, "one") == ["a"]
    assert take(database, "two") == []
    assert take(database, "two", NOW + LEASE * 2) == ["a"]
    release_firings("main", database, lease("one"), [row])  # whose lease ended: it is another's by now
    assert take(database, "three", NOW + LEASE * 2) == []
    release_firings("main", database, lease("two"), [row])
    (taken,) = take_firings("main", database, lease("three"), limit=10)
    close_firings("main", database, [taken], Sent(NOW.date()), now=NOW, by="Li")
    assert take(database, "four", NOW + LEASE * 9) == []
    assert [(one.state, one.sent_at) for one in firings("main", database, "bag")] == [("sent", NOW)]


@pytest.mark.parametrize(
    ("worker", "is_free"),
    [(OVER, True), (process_name(), False), (ELSEWHERE, False)],
    ids=["over", "running", "elsewhere"],  # the names differ from one process of the tests to the next
)
def test_what_a_killed_worker_of_this_machine_took_is_free_at_once_and_taken_as_it_was(
    database: Database, made: StoredTrigger, worker: str, is_free: bool
) -> None:
    def decided(*people: str) -> None:
        note(database, *(cause(one) for one in people))
        for row in due_firings("main", database, NOW, limit=10):
            decide(database, Decision(row.id, "taken", None, False, "sms", date(2025, 3, 1)))

    decided("a", "b")
    assert take(database, worker) == ["a", "b"]
    decided("c")
    if is_free:
        assert take(database, "two") == ["a", "b"]
    assert take(database, "three") == ["c"]
    assert take(database, "four", NOW + LEASE * 2) == ["a", "b"]


def test_an_opt_out_takes_back_what_is_not_handed_over_yet(database: Database, made: StoredTrigger) -> None:
    note(database, cause("a"))
    (row,) = due_firings("main", database, NOW, limit=10)
    decide(database, Decision(row.id, "taken", None, False, "sms", date(2025, 3, 1)))
    refused = ContactReceipt("r1", "K1", "a", "sms", "opted_out", NOW)
    store_receipts("main", database, [refused], by="Li", now=NOW)
    assert take(database, "one") == []
    assert [one.state for one in firings("main", database, since=date(2025, 3, 1))] == ["opted_out"]


def test_a_tenant_sees_nothing_of_another(database: Database, made: StoredTrigger) -> None:
    note(database, cause("a"))
    assert list_triggers("second", database) == []
    assert firings("second", database) == []
    assert due_firings("second", database, NOW, limit=10) == []


def test_a_cause_longer_than_its_column_is_kept_by_its_digest_and_noted_once(
    database: Database, made: StoredTrigger
) -> None:
    long = [cause("a", f"stock:{'P' * 400}:{end}") for end in "xy"]
    assert [note(database, *long), note(database, *long)] == [2, 0]
    stored = firings("main", database)
    assert {len(one.cause) for one in stored} == {LONGEST_CAUSE}
    assert len({one.contact_id for one in stored}) == 2


def test_an_id_longer_than_its_column_is_refused_by_sqlite_as_by_postgresql(
    database: Database, made: StoredTrigger
) -> None:
    assert note(database, cause("c" * LONGEST_PERSON)) == 1
    with pytest.raises(
        UsageError, match=f"person_id has at most {LONGEST_PERSON} characters; got {LONGEST_PERSON + 1}"
    ):
        note(database, cause("c" * (LONGEST_PERSON + 1)))
    assert len(firings("main", database)) == 1


def test_a_message_that_is_sent_late_counts_on_that_day(database: Database, made: StoredTrigger) -> None:
    note(database, cause("a"))
    (row,) = due_firings("main", database, NOW, limit=10)
    decide(database, Decision(row.id, "taken", None, False, "sms", date(2025, 3, 1)))
    late = date(2025, 3, 4)
    taken = take_firings("main", database, lease("one"), limit=1)
    close_firings("main", database, taken, Sent(late), now=NOW, by="Li")
    assert [(one.day, one.counted_on) for one in firings("main", database, since=late)] == [(date(2025, 3, 1), late)]
    assert [one.day for one in repeated_contacts("main", database, late)] == [late]


def test_whom_a_trigger_told_or_held_out_is_known_by_customer_and_by_the_id_of_the_message(
    database: Database, made: StoredTrigger
) -> None:
    note(database, cause("told"), cause("held"), cause("waiting"))
    rows = {one.person_id: one for one in firings("main", database)}
    day = date(2025, 3, 1)
    decide(database, Decision(rows["told"].id, "taken", None, False, "sms", day),
           Decision(rows["held"].id, "held", None, True, "sms", day))  # fmt: skip
    found = repeated_people("main", database, made.campaign_id, ["told", "held", "waiting", "other"])
    assert {name: (one.held, one.channel, one.day) for name, one in found.items()} == {
        "told": (False, "sms", day), "held": (True, "sms", day),
    }  # fmt: skip
    by_id = repeated_by_id("main", database, [rows["held"].contact_id, "unknown"])
    assert list(by_id.values()) == [found["held"]]
