"""Operators' rules: versions, who set them, and two people at once."""

from datetime import UTC, datetime

import pytest

from retail_brain.errors import ImpossibleError
from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.rules import NO_RULES, current_rules, rule_history, rules_version, store_rules

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
PIN = {"action": "pin", "values": ["P1"], "name": "端午"}


def test_a_tenant_without_rules_has_version_0(database: Database) -> None:
    assert current_rules("main", database) == NO_RULES
    assert rules_version("main", database) == 0


def test_every_change_is_a_new_version_with_its_author(database: Database) -> None:
    first = store_rules("main", database, [PIN], set_by="李", now=NOW)
    second = store_rules("main", database, [], set_by="王", now=NOW, version=first.version)
    assert current_rules("main", database) == second
    assert (second.rules, second.set_by, second.set_at) == ([], "王", NOW)
    assert rules_version("main", database) == second.version > first.version
    assert [(one.set_by, one.rules) for one in rule_history("main", database)] == [("王", []), ("李", [PIN])]
    assert [(deed.actor, deed.action) for deed in list_audit("main", database)][:2] == [
        ("王", "rules.set"),
        ("李", "rules.set"),
    ]


def test_a_change_of_a_list_that_changed_meanwhile_is_refused(database: Database) -> None:
    seen = store_rules("main", database, [PIN], set_by="李", now=NOW).version
    store_rules("main", database, [], set_by="王", now=NOW, version=seen)
    with pytest.raises(ImpossibleError, match="changed by 王"):
        store_rules("main", database, [PIN], set_by="李", now=NOW, version=seen)
    assert current_rules("main", database).rules == []


def test_rules_do_not_cross_between_tenants(database: Database) -> None:
    store_rules("main", database, [PIN], set_by="李", now=NOW)
    assert current_rules("other", database) == NO_RULES
    assert rule_history("other", database) == []


def test_the_list_of_the_same_person_sent_again_is_stored_already(database: Database) -> None:
    seen = store_rules("main", database, [], set_by="李", now=NOW).version
    stored = store_rules("main", database, [PIN], set_by="李", now=NOW, version=seen)
    assert store_rules("main", database, [PIN], set_by="李", now=NOW, version=seen) == stored
    assert len(rule_history("main", database)) == 2
    with pytest.raises(ImpossibleError, match="changed by 李"):
        store_rules("main", database, [PIN], set_by="王", now=NOW, version=seen)
