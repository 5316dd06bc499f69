"""Receipts of triggers and of the guides' lists: of people who were told, never of held-out ones."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from retail_brain.operational.campaign_receipts import opt_outs, store_receipts
from retail_brain.operational.database import Database
from retail_brain.operational.guide_tasks import GuideTask, store_tasks, task_id
from retail_brain.operational.repeated_contacts import DAILY, read_contacts_mark
from retail_brain.operational.trigger_firings import Cause, Decision, firings, note_causes, store_decisions
from retail_brain.operational.triggers import TriggerChange, save_trigger
from serving.planning.campaigns.receipts import GivenReceipt, KnownNames, sort_out

NOW = datetime(2025, 3, 1, 10, tzinfo=UTC)
DAY = date(2025, 3, 1)
KNOWN = KnownNames({}, lambda name: name in {"told", "held", "other"}, lambda: ["held", "other", "told"])


@pytest.fixture
def told(database: Database) -> Database:
    """A trigger and a list that tell `told` and hold `held` out."""
    save_trigger(database, TriggerChange("main", "bag", None, "Li", NOW), {}, owner=None, is_on=True)
    causes = [Cause(who, "bag:P1", who, "P1", None, None, datetime(2025, 3, 1, 9), NOW) for who in ("told", "held")]
    note_causes("main", database, "bag", causes, now=NOW)
    states = {"told": ("taken", False), "held": ("held", True)}
    decisions = [
        Decision(one.id, states[one.person_id][0], None, states[one.person_id][1], "sms", DAY)
        for one in firings("main", database)
    ]
    store_decisions("main", database, decisions, read_contacts_mark("main", database))
    tasks = [
        GuideTask(
            task_id(DAY, who), "G1", DAY, who, who, held, 1, "guide", "S1", "P1", DAILY, "due", "到期", "a", "b", 0.4,
            1.0, None, "held" if held else "open",
        )
        for who, held in (("told", False), ("held", True))
    ]  # fmt: skip
    store_tasks("main", database, tasks, by="Li", now=NOW)
    return database


def sort(database: Database, **about: Any) -> str | None:
    """The field that is refused; None where the receipt is stored."""
    usual = {"kind": "delivered", "at": NOW + timedelta(hours=3)}
    one = GivenReceipt(0, "r", **(usual | about))
    found = sort_out("main", database, [one], KNOWN, NOW + timedelta(hours=4), "en")
    assert len(found.good) + len(found.refused) == 1
    return str(found.refused[0]["where"]) if found.refused else None


@pytest.mark.parametrize(("campaign", "channel"), [("trigger:bag", "sms"), (DAILY, "guide")])
def test_nothing_was_delivered_to_who_is_held_out_or_was_not_told(told: Database, campaign: str, channel: str) -> None:
    def refused(who: str, kind: str) -> str | None:
        return sort(told, campaign_id=campaign, customer_id=who, channel=channel, kind=kind)

    assert [refused(who, "delivered") for who in ("told", "held", "other")] == [None, "customer_id", "customer_id"]
    assert [refused(who, "opted_out") for who in ("told", "held", "other")] == [None, None, None]


def test_a_message_of_a_trigger_is_known_by_its_attribution_id(told: Database) -> None:
    rows = {one.person_id: one for one in firings("main", told)}
    given = GivenReceipt(0, "r", "opened", NOW + timedelta(hours=3), rows["told"].contact_id)
    (kept,) = sort_out("main", told, [given], KNOWN, NOW + timedelta(hours=4), "en").good
    assert (kept.campaign_id, kept.customer_id, kept.channel) == ("trigger:bag", "told", "sms")
    assert sort(told, attribution_id=rows["held"].contact_id) == "customer_id"
    assert sort(told, attribution_id="nothing") == "attribution_id"


def test_another_receipt_under_a_used_id_is_refused_and_an_opt_out_is_heard(told: Database) -> None:
    rows = {one.person_id: one for one in firings("main", told)}
    about = {"campaign_id": "trigger:bag", "customer_id": "told", "channel": "sms"}
    delivered = GivenReceipt(0, "r1", "delivered", NOW, **about)
    now = NOW + timedelta(hours=4)
    first = sort_out("main", told, [delivered], KNOWN, now, "en")
    store_receipts("main", told, first.good, by="Li", now=now)
    again = GivenReceipt(0, "r1", "delivered", NOW + timedelta(hours=1), attribution_id=rows["told"].contact_id)
    opened = GivenReceipt(1, "r1", "opened", NOW, **about)
    refusal = GivenReceipt(2, "r1", "opted_out", NOW, **about)
    sorted_ = sort_out("main", told, [again, opened, refusal, refusal], KNOWN, now, "en")
    assert [(one["receipt"], one["where"]) for one in sorted_.refused] == [(1, "receipt_id")]
    assert [one.kind for one in sorted_.good] == ["delivered", "opted_out", "opted_out"]
    assert store_receipts("main", told, sorted_.good, by="Li", now=now) == 1
    assert opt_outs("main", told)["customer_id"].to_list() == ["told"]
    within = sort_out(
        "main",
        told,
        [replace(again, receipt_id="r2", place=1), replace(opened, receipt_id="r2", place=0)],
        KNOWN,
        now,
        "zh",
    )
    assert [one["receipt"] for one in within.refused] == [0]


def test_an_opt_out_from_a_clock_that_is_ahead_counts_from_now(told: Database) -> None:
    about = {"campaign_id": "trigger:bag", "customer_id": "told", "channel": "sms"}
    now = NOW + timedelta(hours=4)
    ahead = [GivenReceipt(0, "r1", "opted_out", NOW + timedelta(days=40), **about)]
    assert [one.at for one in sort_out("main", told, ahead, KNOWN, now, "en").good] == [now]
