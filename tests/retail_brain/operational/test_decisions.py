"""Decisions about suggestions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from retail_brain.errors import ConflictError, ImpossibleError, NotFoundError
from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.decisions import Decision, Seen, store_decisions, withdraw_decisions
from retail_brain.operational.exports import make_export
from retail_brain.operational.suggestion_status import suggestion_statuses

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
DAY = date(2025, 2, 28)
APPROVED = Decision("d1", "s1", "西湖店", "牛奶", DAY, "approved", 12.0, 12.0, None, "小李")


def decided(database: Database, day: date = DAY) -> dict[str, Decision]:
    found = suggestion_statuses("main", database, as_of=day)
    return {life.stored.decision.suggestion_id: life.stored.decision for life in found}


def test_a_decision_is_stored_with_who_and_when_and_audited(database: Database) -> None:
    stored = store_decisions("main", database, [APPROVED], now=NOW)
    assert [(one.decision, one.decided_at) for one in stored] == [(APPROVED, NOW)]
    deed = list_audit("main", database)[0]
    assert (deed.actor, deed.action, deed.subject) == ("小李", "suggestion.approved", "s1")
    assert deed.details == {"decision_id": "d1", "quantity": 12.0, "reason": None}


def test_sending_it_again_changes_nothing(database: Database) -> None:
    first = store_decisions("main", database, [APPROVED], now=NOW)
    again = store_decisions("main", database, [APPROVED, APPROVED], now=NOW + timedelta(hours=1))
    assert again == first * 2
    assert len(list_audit("main", database)) == 1


def test_a_decision_id_used_for_something_else_is_refused_and_nothing_of_the_call_is_stored(database: Database) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    new = replace(APPROVED, decision_id="d2", suggestion_id="s2")
    with pytest.raises(ImpossibleError, match="was used before for another decision"):
        store_decisions("main", database, [new, replace(APPROVED, quantity=3.0)], now=NOW)
    assert list(decided(database)) == ["s1"]


def test_one_id_for_two_decisions_of_the_same_call_is_refused(database: Database) -> None:
    with pytest.raises(ImpossibleError):
        store_decisions("main", database, [APPROVED, replace(APPROVED, quantity=3.0)], now=NOW)
    assert decided(database) == {}


def test_the_newest_decision_about_a_suggestion_counts(database: Database) -> None:
    rejected = replace(APPROVED, decision_id="d2", decision="rejected", quantity=0.0, reason="过节")
    store_decisions("main", database, [APPROVED], now=NOW)
    store_decisions("main", database, [rejected], now=NOW)
    assert decided(database)["s1"] == rejected


def test_other_days_and_other_tenants_are_apart(database: Database) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    store_decisions("other", database, [replace(APPROVED, reason="theirs")], now=NOW)
    assert decided(database)["s1"].reason is None
    assert decided(database, date(2025, 3, 1)) == {}
    assert len(list_audit("main", database)) == 1


def test_a_withdrawn_decision_counts_no_more_and_the_one_before_it_does(database: Database) -> None:
    rejected = replace(APPROVED, decision_id="d2", decision="rejected", quantity=0.0, reason="过节")
    store_decisions("main", database, [APPROVED, rejected], now=NOW)
    for _ in range(2):
        (stored,) = withdraw_decisions("main", database, ["d2"], by="小王", now=NOW + timedelta(hours=1))
        assert (stored.withdrawn_by, stored.withdrawn_at) == ("小王", NOW + timedelta(hours=1))
        assert decided(database)["s1"] == APPROVED
    assert [deed.action for deed in list_audit("main", database)].count("suggestion.withdrawn") == 1
    withdraw_decisions("main", database, ["d1"], by="小王", now=NOW)
    assert decided(database) == {}
    assert make_export("main", database, target="f", made_by="erp", now=NOW) is None
    assert store_decisions("main", database, [APPROVED], now=NOW)[0].withdrawn_by == "小王", "the history is kept"


def test_an_exported_decision_cannot_be_taken_back_and_nothing_of_the_call_is(database: Database) -> None:
    other = replace(APPROVED, decision_id="d2", suggestion_id="s2", quantity=0.0, decision="rejected", reason="x")
    store_decisions("main", database, [APPROVED, other], now=NOW)
    make_export("main", database, target="f", made_by="erp", now=NOW)
    with pytest.raises(ImpossibleError, match="'d1' was exported and cannot be taken back"):
        withdraw_decisions("main", database, ["d2", "d1"], by="小王", now=NOW)
    with pytest.raises(NotFoundError, match="no decision 'd9'"):
        withdraw_decisions("main", database, ["d2", "d9"], by="小王", now=NOW)
    with pytest.raises(NotFoundError):
        withdraw_decisions("other", database, ["d2"], by="小王", now=NOW)
    assert set(decided(database)) == {"s1", "s2"}


def test_a_confirmed_exception_is_kept_and_audited(database: Database) -> None:
    (stored,) = store_decisions("main", database, [replace(APPROVED, is_exception=True)], now=NOW)
    assert stored.decision.is_exception
    assert list_audit("main", database)[0].details["is_exception"] is True


def test_of_two_who_saw_the_same_the_later_is_refused_and_told_of_the_first(database: Database) -> None:
    nobody: dict[str, str | None] = {"s1": None}
    store_decisions("main", database, [APPROVED], now=NOW, seen=Seen("小李", nobody))
    late = replace(APPROVED, decision_id="d2", decision="rejected", quantity=0.0, reason="过节", decided_by="小王")
    for seen in (Seen("小王", nobody), Seen("小王", newest=0)):
        with pytest.raises(ConflictError, match="approved with 12 units by 小李"):
            store_decisions("main", database, [late], now=NOW, seen=seen)
    assert decided(database) == {"s1": APPROVED}
    store_decisions("main", database, [late], now=NOW, seen=Seen("小王", {"s1": "d1"}))
    assert decided(database) == {"s1": late}
