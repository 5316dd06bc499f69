"""Exports of decisions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.decisions import Decision, store_decisions
from retail_brain.operational.exports import make_export, mark_delivered, pending_exports

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
APPROVED = Decision("d1", "s1", "西湖店", "牛奶", date(2025, 2, 28), "approved", 12.0, 12.0, None, "小李")
REJECTED = replace(APPROVED, decision_id="d2", decision="rejected", quantity=0.0)


def export(database: Database, tenant: str = "main") -> list[str] | None:
    made = make_export(tenant, database, target="orders.csv", made_by="erp", now=NOW)
    return None if made is None else [line.decision.decision_id for line in made.lines]


def test_a_decision_goes_out_once(database: Database) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    assert export(database) == ["d1"]
    assert export(database) is None


def test_only_the_newest_decision_of_a_suggestion_goes_out(database: Database) -> None:
    changed = replace(APPROVED, decision_id="d2", decision="changed", quantity=6.0)
    store_decisions("main", database, [APPROVED], now=NOW)
    store_decisions("main", database, [changed], now=NOW)
    assert export(database) == ["d2"]


def test_a_rejection_goes_out_only_to_take_back_what_went_out(database: Database) -> None:
    store_decisions("main", database, [replace(REJECTED, suggestion_id="s2", decision_id="d0")], now=NOW)
    assert export(database) is None
    store_decisions("main", database, [APPROVED], now=NOW)
    assert export(database) == ["d1"]
    store_decisions("main", database, [REJECTED], now=NOW)
    assert export(database) == ["d2"]


def test_an_export_is_pending_with_its_lines_until_it_arrived(database: Database) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    made = make_export("main", database, target="http://erp/orders", made_by="erp", now=NOW)
    assert made is not None
    assert pending_exports("main", database) == [made]
    mark_delivered("main", database, made.export_id, now=NOW + timedelta(minutes=1))
    mark_delivered("main", database, made.export_id, now=NOW + timedelta(minutes=2))
    assert pending_exports("main", database) == []
    assert [deed.action for deed in list_audit("main", database)] == [
        "orders.delivered",
        "orders.export",
        "suggestion.approved",
    ]


def test_tenants_export_their_own(database: Database) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    store_decisions("other", database, [replace(APPROVED, decision_id="d9")], now=NOW)
    assert export(database) == ["d1"]
    assert pending_exports("other", database) == []
    assert export(database, "other") == ["d9"]
