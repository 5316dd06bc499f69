"""Decisions about suggestions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from retail_brain.errors import ImpossibleError
from retail_brain.operational.audit import list_deeds
from retail_brain.operational.database import Database
from retail_brain.operational.decisions import Decision, last_decision_id, latest_decisions, store_decisions

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
DAY = date(2025, 2, 28)
APPROVED = Decision("d1", "s1", "西湖店", "牛奶", DAY, "approved", 12.0, 12.0, None, "小李")


def test_a_decision_is_stored_with_who_and_when_and_audited(database: Database) -> None:
    stored = store_decisions("main", database, [APPROVED], now=NOW)
    assert [(one.decision, one.decided_at) for one in stored] == [(APPROVED, NOW)]
    deed = list_deeds("main", database)[0]
    assert (deed.actor, deed.action, deed.subject) == ("小李", "suggestion.approved", "s1")
    assert deed.details == {"decision_id": "d1", "quantity": 12.0, "reason": None}


def test_sending_it_again_changes_nothing(database: Database) -> None:
    first = store_decisions("main", database, [APPROVED], now=NOW)
    again = store_decisions("main", database, [APPROVED, APPROVED], now=NOW + timedelta(hours=1))
    assert again == first * 2
    assert len(list_deeds("main", database)) == 1


def test_a_decision_id_used_for_something_else_is_refused_and_nothing_of_the_call_is_stored(database: Database) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    new = replace(APPROVED, decision_id="d2", suggestion_id="s2")
    with pytest.raises(ImpossibleError, match="was used before for another decision"):
        store_decisions("main", database, [new, replace(APPROVED, quantity=3.0)], now=NOW)
    assert list(latest_decisions("main", database, as_of=DAY)) == ["s1"]


def test_one_id_for_two_decisions_of_the_same_call_is_refused(database: Database) -> None:
    with pytest.raises(ImpossibleError):
        store_decisions("main", database, [APPROVED, replace(APPROVED, quantity=3.0)], now=NOW)
    assert latest_decisions("main", database, as_of=DAY) == {}


def test_the_newest_decision_about_a_suggestion_counts(database: Database) -> None:
    rejected = replace(APPROVED, decision_id="d2", decision="rejected", quantity=0.0, reason="过节")
    store_decisions("main", database, [APPROVED], now=NOW)
    store_decisions("main", database, [rejected], now=NOW)
    assert latest_decisions("main", database, as_of=DAY)["s1"].decision == rejected


def test_the_newest_decision_is_known_by_its_place(database: Database) -> None:
    assert last_decision_id("main", database) == 0
    first = store_decisions("main", database, [APPROVED], now=NOW)[0].id
    store_decisions("other", database, [APPROVED], now=NOW)
    assert last_decision_id("main", database) == first
    assert last_decision_id("other", database) > first


def test_other_days_and_other_tenants_are_apart(database: Database) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    store_decisions("other", database, [replace(APPROVED, reason="theirs")], now=NOW)
    assert latest_decisions("main", database, as_of=DAY)["s1"].decision.reason is None
    assert latest_decisions("main", database, as_of=date(2025, 3, 1)) == {}
    assert len(list_deeds("main", database)) == 1
