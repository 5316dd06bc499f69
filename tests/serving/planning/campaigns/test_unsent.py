"""Contacts that nobody sent and nobody can send any more: caps, goods, demand and lists agree that nobody was told."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

import pytest

from retail_brain.errors import ConflictError
from retail_brain.operational.campaign_contacts import (
    PlannedContact,
    campaign_contacts,
    handed_over,
    mark_sent,
    take_contacts,
)
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.campaigns import campaign
from retail_brain.operational.database import Database
from retail_brain.operational.leases import Lease
from retail_brain.operational.repeated_contacts import plans_seen_mark, read_contacts_mark
from retail_brain.settings import AudienceSettings, Settings
from serving.planning.campaigns import life, unsent
from serving.planning.campaigns import other_plans as other_plans_module
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.campaigns.measuring import _own
from serving.planning.campaigns.other_plans import _ended_lately, other_plans
from serving.planning.campaigns.unsent import contacts_on, settled

SETTINGS = Settings()
NOW = datetime(2025, 3, 1, 9, tzinfo=UTC)
ENDS = date(2025, 3, 4)


@pytest.fixture
def desk(database: Database, make_source: Any, define: Any, change: Any) -> life.Desk:
    made = life.Desk(database, make_source(people=20), SETTINGS)
    life.save(made, change("spring"), define(holdout_share=0.3, ends_on=str(ENDS)))
    life.preview(made, change("spring", 1))
    life.approve(made, change("spring", 2))
    return made


def drawn(desk: life.Desk, group: str = "contact") -> list[PlannedContact]:
    return [one for one in campaign_contacts("main", desk.database, "spring") if one.contact.group == group]


def send(desk: life.Desk, number: int) -> set[str]:
    part = [one.contact for one in drawn(desk)][:number]
    mark_sent("main", desk.database, "spring", part, today=part[0].day, by="Li", now=NOW)
    return {one.customer_id for one in part}


def plans(desk: life.Desk, today: date) -> OtherPlans:
    return other_plans("main", desk.database, None, today, SETTINGS)


def states(desk: life.Desk, today: date) -> set[tuple[str, str]]:
    return {(one.contact.group, one.state) for one in contacts_on("main", desk.database, today, "spring")}


def test_a_campaign_of_which_nothing_is_known_to_have_gone_out_may_have_been_taken_elsewhere(desk: life.Desk) -> None:
    for today in (ENDS, ENDS + timedelta(days=1)):
        found = plans(desk, today)
        assert states(desk, today) == {("contact", "planned"), ("holdout", "planned")}
        assert found.contacts.height == len(drawn(desk))
        assert not found.told.is_empty()


def test_what_is_left_of_a_campaign_that_was_handed_over_adds_no_demand(desk: life.Desk) -> None:
    sent = send(desk, 3)
    # on the last evening contacts may go out still while the answers know the day
    for today, state in ((ENDS, "planned"), (ENDS + timedelta(days=1), "not_sent")):
        assert states(desk, today) == {("contact", state), ("contact", "sent"), ("holdout", "planned")}
        counted = plans(desk, today).contacts.height
        assert counted == (len(drawn(desk)) if state == "planned" else len(sent))


def test_of_a_campaign_that_told_some_the_others_fill_no_cap_and_stay_out_of_the_goods_as_the_held_out_do(
    desk: life.Desk,
) -> None:
    sent, held = send(desk, 3), {one.contact.customer_id for one in drawn(desk, "holdout")}
    unsent = {one.contact.customer_id for one in drawn(desk)} - sent
    found = plans(desk, ENDS + timedelta(days=1))
    assert set(found.contacts["customer_id"]) == sent
    told = {name: set(rows["customer_id"]) for (name,), rows in found.told.partition_by("held", as_dict=True).items()}
    assert told == {False: sent, True: unsent | held}
    # by intention to treat everybody is measured in the group for which they were drawn
    people, _ = _own("main", desk.database, campaign("main", desk.database, "spring"))
    assert dict(people.group_by("held").len().iter_rows()) == {False: len(sent | unsent), True: len(held)}


def test_a_late_contact_of_a_stopped_campaign_fills_no_cap(database: Database, desk: life.Desk, change: Any) -> None:
    sent = send(desk, 1)
    later = life.Desk(database, replace(desk.source, as_of=date(2025, 3, 1)), SETTINGS)
    life.stop(later, change("spring", 3), "why")
    assert {one.contact.day for one in drawn(desk)} == {date(2025, 3, 1)}  # before the first day that is taken back
    assert states(desk, later.today) == {("contact", "sent"), ("contact", "not_sent"), ("holdout", "planned")}
    found = plans(desk, later.today)
    assert set(found.contacts["customer_id"]) == sent
    assert found.promises.height == 0


def test_what_a_push_had_in_hand_when_it_broke_off_may_have_gone_out(desk: life.Desk) -> None:
    whole = [one.contact for one in drawn(desk)]
    take_contacts("main", desk.database, "spring", whole[:2], Lease(timedelta(minutes=5), NOW))
    counted = plans(desk, ENDS + timedelta(days=2)).contacts
    assert set(counted["customer_id"]) == {one.customer_id for one in whole[:2]}


def test_a_report_says_that_a_list_was_handed_over_in_another_way(desk: life.Desk) -> None:
    one, other, held = *drawn(desk)[:2], drawn(desk, "holdout")[0]
    kinds = zip((one, other, held), ("opened", "failed", "delivered"), strict=True)
    receipts = [
        ContactReceipt(f"r{number}", "spring", of.contact.customer_id, "sms", kind, NOW)
        for number, (of, kind) in enumerate(kinds)
    ]
    store_receipts("main", desk.database, receipts, by="provider", now=NOW)
    counted = plans(desk, ENDS + timedelta(days=2)).contacts
    assert counted.select("customer_id", "day").rows() == [(one.contact.customer_id, one.contact.day)]


def test_a_report_that_comes_after_a_stop_says_who_was_told_before_it(desk: life.Desk, change: Any) -> None:
    life.stop(desk, change("spring", 3), "why")
    one, other, held = *drawn(desk)[:2], drawn(desk, "holdout")[0]
    assert {row.state for row in (one, other, held)} == {"withdrawn"}
    receipts = [
        ContactReceipt(f"r{row.contact.customer_id}", "spring", row.contact.customer_id, "sms", "delivered", NOW)
        for row in (one, held)
    ]
    store_receipts("main", desk.database, receipts, by="provider", now=NOW)
    found = plans(desk, desk.today)
    assert found.contacts.select("customer_id", "day").rows() == [(one.contact.customer_id, one.contact.day)]
    assert found.told.select("customer_id", "held").rows() == [(one.contact.customer_id, False)]


def test_people_of_an_ended_campaign_are_read_until_the_last_day_of_its_effect(desk: life.Desk) -> None:
    stored = campaign("main", desk.database, "spring")  # its last day is 3 March
    assert [_ended_lately(stored, date(2025, 3, day), 14) for day in (16, 17)] == [True, False]


def test_contacts_of_campaigns_long_over_are_not_read(desk: life.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    send(desk, 1)
    assert handed_over("main", desk.database, ["spring", "other"]) == {"spring"}
    assert handed_over("main", desk.database, ["other"]) == set()
    asked = list[str]()

    def noted(_tenant: str, _database: Database, names: list[str]) -> set[str]:
        asked.extend(names)
        return set()

    for module in (unsent, other_plans_module):
        monkeypatch.setattr(module, "handed_over", noted)
    plans(desk, ENDS)
    assert set(asked) == {"spring"}
    asked.clear()
    plans(desk, ENDS + timedelta(days=365))
    assert asked == []


def test_goods_that_ended_promise_nothing_and_a_campaign_that_cannot_be_read_keeps_its_contacts(
    desk: life.Desk,
) -> None:
    stored, day = campaign("main", desk.database, "spring"), date(2025, 3, 3)
    one = drawn(desk)[0]
    short = replace(one, contact=replace(one.contact, ends_on=date(2025, 3, 1)))
    assert [row.state for row in settled(stored, [one, short], day, is_handed_over=True)] == ["planned", "not_sent"]
    odd = replace(stored, definition={})
    for state, shown in (("approved", "planned"), ("stopped", "not_sent")):
        found = settled(replace(odd, state=state), [one, short], date(2026, 1, 1), is_handed_over=True)
        assert [row.state for row in found] == [shown, shown]


def report(desk: life.Desk, number: int, kind: str = "delivered", at: datetime = NOW) -> None:
    """A provider tells of one of the people of the campaign."""
    who = drawn(desk)[number].contact.customer_id
    told = [ContactReceipt(f"{kind}{who}", "spring", who, "sms", kind, at)]
    store_receipts("main", desk.database, told, by="provider", now=at)


def marks(desk: life.Desk) -> tuple[Any, Any]:
    return read_contacts_mark("main", desk.database), plans_seen_mark("main", desk.database)


def moved(desk: life.Desk, **told: Any) -> bool:
    """Whether plans that were made before a report are looked at again; both marks agree."""
    before = marks(desk)
    report(desk, **told)
    contacts, seen = (one != other for one, other in zip(before, marks(desk), strict=True))
    assert contacts == seen
    return contacts


def test_a_report_moves_the_marks_of_plans_only_where_its_contact_did_not_count(desk: life.Desk, change: Any) -> None:
    # a list that was taken elsewhere: its reports stream in while it runs, and every contact counts already
    assert not any(moved(desk, number=number) for number in range(4))
    assert not moved(desk, number=0, kind="opened"), "told of before"
    late = datetime.combine(ENDS, time(12), UTC)
    assert moved(desk, number=4, at=late)
    assert not moved(desk, number=4, kind="opened", at=late)
    assert not moved(desk, number=5, kind="failed", at=late)
    life.stop(desk, change("spring", 3), "why")
    assert moved(desk, number=6)


def test_a_campaign_that_is_approved_while_a_late_report_comes_keeps_the_caps(
    desk: life.Desk, define: Any, change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    life.stop(desk, change("spring", 3), "why")
    first = drawn(desk)[0].contact
    once = life.Desk(desk.database, desk.source, Settings(audience=AudienceSettings(max_contacts=1)))
    life.save(once, change("next"), define(name="next", product_ids=["P2"], ends_on="2025-03-02"))
    life.preview(once, change("next", 1))
    plan, calls = life.plan_campaign, count()

    def planned(*given: Any) -> Any:
        found = plan(*given)
        if next(calls) == 0:  # it was delivered elsewhere before the stop, and is told of now
            report(desk, 0)
        return found

    monkeypatch.setattr(life, "plan_campaign", planned)
    with pytest.raises(ConflictError, match="its plan changed since the preview"):
        life.approve(once, change("next", 2))
    assert next(calls) == 2
    life.approve(once, change("next", campaign("main", desk.database, "next").version))
    told = {one.contact.customer_id for one in campaign_contacts("main", desk.database, "next")}
    assert told
    assert first.customer_id not in told
