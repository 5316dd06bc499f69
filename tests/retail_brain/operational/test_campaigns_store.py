"""Campaigns in the operational database: versions, who and when, frozen people."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert

from retail_brain.errors import ConflictError, ImpossibleError, NotFoundError
from retail_brain.operational.audit import list_audit
from retail_brain.operational.campaign_contacts import (
    CampaignContact,
    approve_campaign,
    campaign_contacts,
    contact_id,
    contacts_by_id,
    contacts_named,
    contacts_page,
    mark_sent,
    release_contacts,
    stop_campaign,
    take_contacts,
)
from retail_brain.operational.campaign_effects import StoredEffect, campaign_effects, store_effect
from retail_brain.operational.campaign_receipts import (
    ContactReceipt,
    opt_outs,
    opt_outs_mark,
    receipt_counts,
    store_receipts,
    take_back,
)
from retail_brain.operational.campaigns import (
    Change,
    StoredCampaign,
    campaign,
    list_campaigns,
    note_preview,
    save_campaign,
)
from retail_brain.operational.database import Database
from retail_brain.operational.leases import Lease
from retail_brain.operational.refusals import remove_refusals
from retail_brain.operational.repeated_contacts import read_contacts_mark
from retail_brain.operational.tables import CAMPAIGN_RECEIPTS
from retail_brain.processes import kernel_prefix, process_name

NOW = datetime(2025, 3, 1, 9, tzinfo=UTC)


def change(version: int | None, by: str = "Li", campaign_id: str = "spring", tenant: str = "main") -> Change:
    return Change(tenant, campaign_id, version, by, NOW)


def person(name: str, day: int = 3, group: str = "contact") -> CampaignContact:
    return CampaignContact(name, group, "sms", date(2025, 3, day), 10, "S1", "P1", 0.5, 0.1, None, "朋友")


def previewed(database: Database, campaign_id: str = "spring") -> StoredCampaign:
    save_campaign(database, change(None, campaign_id=campaign_id), {"name": "春"})
    return note_preview(database, change(1, campaign_id=campaign_id), {"size": 2})


def approved(database: Database, *people: CampaignContact) -> StoredCampaign:
    seen = previewed(database)
    found = approve_campaign(database, change(seen.version, "Wang"), people, read_contacts_mark("main", database))
    assert found is not None
    return found


def test_a_campaign_goes_from_draft_to_preview_to_approval_with_who_and_when(database: Database) -> None:
    done = approved(database, person("A"), person("B", group="holdout"))
    assert (done.state, done.version, done.created_by, done.approved_by, done.approved_at) == (
        "approved",
        3,
        "Li",
        "Wang",
        NOW,
    )
    assert campaign("main", database, "spring") == done == list_campaigns("main", database)[0]
    listed = campaign_contacts("main", database, "spring")
    assert [one.contact for one in listed] == [person("A"), person("B", group="holdout")]
    assert {one.state for one in listed} == {"planned"}
    actions = [(entry.action, entry.actor) for entry in list_audit("main", database)]
    assert actions == [("campaign.approved", "Wang"), ("campaign.previewed", "Li"), ("campaign.made", "Li")]
    assert list_campaigns("other", database) == []


def test_a_change_to_an_older_version_is_refused_with_both(database: Database) -> None:
    save_campaign(database, change(None), {"name": "a"})
    save_campaign(database, change(1, "Wang"), {"name": "theirs"})
    with pytest.raises(ConflictError, match="changed by Wang") as caught:
        save_campaign(database, change(1), {"name": "mine"})
    assert caught.value.details["yours"] == {"version": 1, "campaign": {"name": "mine"}}
    assert caught.value.details["theirs"]["campaign"] == {"name": "theirs"}
    assert campaign("main", database, "spring").definition == {"name": "theirs"}
    with pytest.raises(ConflictError, match="a new one"):
        save_campaign(database, change(None), {"name": "again"})


def test_of_two_people_at_once_one_is_refused(database: Database) -> None:
    save_campaign(database, change(None), {"name": "a"})

    def attempt(by: str) -> bool:
        try:
            save_campaign(database, change(1, by), {"name": by})
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, ["Li", "Wang"])) == [False, True]


def test_the_same_of_the_same_person_sent_again_is_stored_already(database: Database) -> None:
    first = save_campaign(database, change(None), {"name": "春"})
    assert save_campaign(database, change(None), {"name": "春"}) == first
    seen = note_preview(database, change(1), {"contacts": 5})
    assert save_campaign(database, change(None), {"name": "春"}) == seen, "as it stands"
    second = save_campaign(database, change(2), {"name": "夏"})
    assert save_campaign(database, change(2), {"name": "夏"}) == second
    assert [deed.action for deed in list_audit("main", database)].count("campaign.changed") == 1
    for other, definition in ((change(2, by="Wang"), {"name": "夏"}), (change(None), {"name": "春"})):
        with pytest.raises(ConflictError, match="changed by Li"):
            save_campaign(database, other, definition)


def test_a_stop_sent_again_changes_nothing(database: Database) -> None:
    done = approved(database, person("c1"))
    stopped = stop_campaign(database, change(done.version), "sold out", date(2025, 3, 3))
    assert stop_campaign(database, change(done.version), "sold out", date(2025, 3, 3)) == stopped
    assert [deed.action for deed in list_audit("main", database)].count("campaign.stopped") == 1
    for other, reason in ((change(done.version, by="Wang"), "sold out"), (change(done.version), "rain")):
        with pytest.raises(ConflictError):
            stop_campaign(database, other, reason, date(2025, 3, 3))


def test_a_changed_campaign_needs_another_preview(database: Database) -> None:
    seen = previewed(database)
    save_campaign(database, change(seen.version), {"name": "other"})
    again = campaign("main", database, "spring")
    assert (again.state, again.preview) == ("draft", None)
    with pytest.raises(ImpossibleError, match="is draft"):
        approve_campaign(database, change(again.version), [], read_contacts_mark("main", database))


def test_an_approval_that_another_overtook_stores_nothing(database: Database) -> None:
    seen = previewed(database)
    mark = read_contacts_mark("main", database)
    other = previewed(database, "summer")
    assert approve_campaign(database, change(other.version, campaign_id="summer"), [person("A")], mark)
    assert approve_campaign(database, change(seen.version), [person("A")], mark) is None
    assert campaign("main", database, "spring").state == "previewed"
    assert campaign_contacts("main", database, "spring") == []


def test_stopping_withdraws_what_is_still_to_come(database: Database) -> None:
    done = approved(database, person("A", 2), person("B", 5))
    with pytest.raises(ImpossibleError, match="reason"):
        stop_campaign(database, change(done.version), " ", date(2025, 3, 3))
    stopped = stop_campaign(database, change(done.version), "sold out", date(2025, 3, 3))
    assert (stopped.state, stopped.stop_reason) == ("stopped", "sold out")
    assert [one.state for one in campaign_contacts("main", database)] == ["planned", "withdrawn"]
    with pytest.raises(ImpossibleError, match="is stopped"):
        stop_campaign(database, change(stopped.version), "again", date(2025, 3, 3))


@pytest.mark.parametrize(
    "act",
    [
        lambda database, changed: save_campaign(database, changed, {}),
        lambda database, changed: note_preview(database, changed, {}),
        lambda database, changed: stop_campaign(database, changed, "why", date(2025, 3, 3)),
    ],
)
def test_nobody_changes_what_is_not_there_or_not_theirs(database: Database, act: Callable[..., object]) -> None:
    save_campaign(database, change(None), {"name": "a"})
    for changed in (change(1, campaign_id="nothing"), change(1, tenant="other")):
        with pytest.raises(NotFoundError, match="no campaign"):
            act(database, changed)
    with pytest.raises(NotFoundError):
        campaign("main", database, "nothing")


def test_every_look_at_an_effect_is_kept_and_one_of_the_same_day_is_replaced(database: Database) -> None:
    for day, number in ((3, 1), (2, 2), (3, 3)):
        store_effect("main", database, StoredEffect("spring", date(2025, 3, day), {"n": number}, "Li", NOW))
    looks = campaign_effects("main", database, "spring")
    assert [(look.as_of.day, look.effect["n"], look.measured_by) for look in looks] == [(2, 2, "Li"), (3, 3, "Li")]
    assert campaign_effects("main", database) == looks
    assert campaign_effects("other", database) == []


def test_receipts_count_once_and_an_opt_out_withdraws_what_is_planned_by_that_channel(database: Database) -> None:
    approved(database, person("A"), person("B"), person("C", group="holdout"))
    refusal = ContactReceipt("r1", "spring", "A", "sms", "opted_out", NOW)
    read = ContactReceipt("r2", "spring", "B", "sms", "opened", NOW)
    assert store_receipts("main", database, [refusal, read], by="gateway", now=NOW) == 2
    assert store_receipts("main", database, [refusal], by="gateway", now=NOW) == 0
    assert opt_outs("main", database).rows() == [("A", "sms", NOW.replace(tzinfo=None))]
    assert opt_outs("other", database).is_empty()
    assert opt_outs_mark("main", database) > opt_outs_mark("other", database) == (0, 0)
    assert receipt_counts("main", database, "spring") == {
        "delivered": 0,
        "opened": 1,
        "clicked": 0,
        "failed": 0,
        "opted_out": 1,
    }
    states = {one.contact.customer_id: one.state for one in campaign_contacts("main", database, "spring")}
    assert states == {"A": "opted_out", "B": "sent", "C": "planned"}  # what was opened was made


def test_an_opt_out_takes_back_what_is_planned_for_every_card_of_the_person(database: Database) -> None:
    approved(database, person("A"), person("B"), person("C"))
    refusal = ContactReceipt("r1", "spring", "A", "sms", "opted_out", NOW)
    owned = {"A": ["A", "B"]}
    store_receipts("main", database, [refusal], by="gateway", now=NOW, cards=lambda card: owned[card])
    states = {one.contact.customer_id: one.state for one in campaign_contacts("main", database, "spring")}
    assert states == {"A": "opted_out", "B": "opted_out", "C": "planned"}


def test_who_refuses_otherwise_is_taken_back_by_channel_or_by_all(database: Database) -> None:
    approved(database, person("A"), person("B"), person("C", group="holdout"))
    assert take_back("main", database, ["A", "C"], "email", by="Li", now=NOW) == 0
    assert take_back("main", database, ["A", "C"], "any", by="Li", now=NOW) == 1
    assert take_back("other", database, ["B"], "sms", by="Li", now=NOW) == 0
    states = {one.contact.customer_id: one.state for one in campaign_contacts("main", database, "spring")}
    assert states == {"A": "opted_out", "B": "planned", "C": "planned"}


def test_contacts_are_found_by_customer_and_by_attribution_id(database: Database) -> None:
    approved(database, person("A"), person("B"))
    assert list(contacts_named("main", database, "spring", ["B", "X"])) == ["B"]
    name = contact_id("spring", "A")
    found = contacts_by_id("main", database, [name, "nothing"])
    assert {key: one.contact.customer_id for key, one in found.items()} == {name: "A"}
    assert contacts_by_id("other", database, [name]) == {}


def test_a_final_look_measures_a_campaign_and_the_first_one_counts(database: Database) -> None:
    approved(database, person("A"))
    for day, final, by in ((3, False, "Li"), (4, True, "Wang"), (5, True, "Zhao")):
        store_effect("main", database, StoredEffect("spring", date(2025, 3, day), {"is_final": final}, by, NOW))
    found = campaign("main", database, "spring")
    assert (found.state, found.version, found.measured_by, found.measured_at) == ("approved", 3, "Wang", NOW)


def test_a_repeated_receipt_takes_nothing_back_that_was_planned_since(database: Database) -> None:
    refusal = ContactReceipt("r1", "before", "A", "sms", "opted_out", NOW)
    store_receipts("main", database, [refusal], by="gateway", now=NOW)
    approved(database, person("A"))  # A consented again meanwhile
    assert store_receipts("main", database, [refusal], by="gateway", now=NOW) == 0
    assert [one.state for one in campaign_contacts("main", database, "spring")] == ["planned"]
    again = ContactReceipt("r2", "before", "A", "sms", "opted_out", NOW)
    assert store_receipts("main", database, [refusal, again], by="gateway", now=NOW) == 1
    assert [one.state for one in campaign_contacts("main", database, "spring")] == ["opted_out"]


def test_contacts_that_were_handed_over_are_sent_and_stay_so(database: Database) -> None:
    done = approved(database, person("A"), person("B", 5))
    mark_sent("main", database, "spring", [person("A")], today=date(2025, 3, 1), by="Li", now=NOW)
    stop_campaign(database, change(done.version), "why", date(2025, 3, 1))
    assert [one.state for one in campaign_contacts("main", database, "spring")] == ["sent", "withdrawn"]


def test_the_people_of_a_campaign_come_in_pages_with_the_whole_number(database: Database) -> None:
    approved(database, *(person(f"c{number}") for number in range(4)), person("held", group="holdout"))

    def page(group: str | None, limit: int, offset: int) -> tuple[list[str], int]:
        rows, total = contacts_page("main", database, "spring", group, limit=limit, offset=offset)
        return [one.contact.customer_id for one in rows], total

    assert page(None, 3, 2) == (["c2", "c3", "held"], 5)
    assert page("contact", 2, 2) == (["c2", "c3"], 4)
    assert page("holdout", 9, 0) == (["held"], 1)
    assert contacts_page("second", database, "spring", None, limit=9, offset=0) == ([], 0)


def test_contacts_that_many_pushes_take_at_once_are_each_taken_by_one(database: Database) -> None:
    people = [person(f"c{number:04}") for number in range(700)]
    approved(database, *people, person("held", group="holdout"))
    lease = timedelta(minutes=5)

    def take(worker: str, at: datetime = NOW) -> list[str]:
        found = take_contacts("main", database, "spring", [*people, person("held")], Lease(lease, at, worker))
        assert found is not None
        return [one.customer_id for one in found]

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take, "abcd"))
    assert sorted(one for part in taken for one in part) == [one.customer_id for one in people]
    assert take("e") == []
    # of those given back by another than their holder none is free
    release_contacts("main", database, "spring", people, Lease(lease, NOW, "e"))
    assert take("e") == []
    for worker in "abcd":
        release_contacts("main", database, "spring", people, Lease(lease, NOW, worker))
    assert len(take("e")) == len(people)
    mark_sent("main", database, "spring", people[:1], today=date(2025, 3, 1), by="Li", now=NOW)
    assert len(take("f", NOW + 2 * lease)) == len(people) - 1


def test_contacts_that_a_killed_push_of_this_machine_took_are_free_at_once(database: Database) -> None:
    people = [person("a"), person("b"), person("c")]
    approved(database, *people)

    def take(worker: str, *wanted: CampaignContact, at: datetime = NOW) -> list[str]:
        found = take_contacts("main", database, "spring", wanted, Lease(timedelta(minutes=5), at, worker))
        assert found is not None
        return [one.customer_id for one in found]

    gone = 2**22 + 1  # a number that no process can have
    assert take(f"{kernel_prefix()}{gone}.x", people[0]) == ["a"]
    assert take(f"{'0' * 16}-{gone}.x", people[1]) == ["b"]  # of another machine: nobody here can tell
    assert take(f"{process_name()}.x", people[2]) == ["c"]
    assert take("next", *people) == ["a"]
    assert take("later", *people, at=NOW + timedelta(minutes=6)) == ["a", "b", "c"]


def test_a_contact_that_is_sent_late_counts_on_that_day(database: Database) -> None:
    approved(database, person("A", 3), person("B", 5))
    people = [person("A", 3), person("B", 5)]
    mark_sent("main", database, "spring", people, today=date(2025, 3, 4), by="Li", now=NOW)
    rows = campaign_contacts("main", database, "spring")
    assert [(one.contact.day.day, one.sent_on, one.counted_on.day) for one in rows] == [
        (3, date(2025, 3, 4), 4), (5, date(2025, 3, 5), 5),
    ]  # fmt: skip
    since = campaign_contacts("main", database, since=date(2025, 3, 4))
    assert [one.contact.customer_id for one in since] == ["A", "B"]


def test_an_opt_out_that_is_stored_after_a_report_of_a_higher_number_is_seen(database: Database) -> None:
    """As on a server, where two transactions end in another order than they began."""
    row = {"tenant_id": "main", "campaign_id": "C", "customer_id": "A", "channel": "sms", "at": NOW, "noted_at": NOW}

    def store(number: int, kind: str, campaign: str = "C") -> None:
        told = {"id": number, "receipt_id": f"r{number}", "kind": kind, "campaign_id": campaign}
        with database.writing() as connection:
            database.ensure_tenant("main", connection, now=NOW)
            connection.execute(insert(CAMPAIGN_RECEIPTS), row | told)

    store(1, "opted_out", "refusals:lake")
    store(12, "delivered")
    mark = opt_outs_mark("main", database)
    store(11, "opted_out")
    remove_refusals("main", database, [1], by="Li", now=NOW)
    assert opt_outs_mark("main", database) != mark
    assert opt_outs("main", database, after=mark[0])["customer_id"].to_list() == ["A"]
