"""Receipts of triggers and of the guides' lists: of people who were told, never of held-out ones."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

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
