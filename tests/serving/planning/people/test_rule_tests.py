"""A/B tests of rules: who gets which by hash, measured on all purchases, promoted by the measured effect."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.offer_rule_definition import Rule
from retail_brain.errors import ImpossibleError, NotFoundError, UsageError
from retail_brain.operational.campaign_effects import campaign_effects
from retail_brain.operational.database import Database
from retail_brain.operational.repeated_contacts import repeats
from retail_brain.operational.rules import current_rules, store_rules
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from serving.planning.people.rule_files import parse_rules, plain_rule, stored_rules
from serving.planning.people.rule_tests import (
    arms,
    drop_test,
    is_in_test,
    look_at_test,
    promote_test,
    rule_test,
)
from tests.serving.planning.people.chain_under_test import PEOPLE, chain_under_test

SET = datetime(2025, 2, 28, 12, tzinfo=UTC)
TEA = Rule(action="pin", values=("T",), name="tea first", test="tea", test_share=0.5)
ALWAYS = Rule(action="exclude", values=("X",), name="recall")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'operational.db'}")
    upgrade(made)
    yield made
    made.close()


def set_rules(database: Database, *rules: Rule, now: datetime = SET) -> None:
    store_rules("main", database, [plain_rule(rule) for rule in rules], set_by="Li", now=now)


def chain(moved: float) -> Dataset:
    return chain_under_test(moved, lambda who: is_in_test(who, TEA))


def look(database: Database, dataset: Dataset) -> Any:
    return look_at_test("main", database, dataset, "tea", Settings(), by="Li", now=SET + timedelta(days=15)).effect


def test_a_rule_under_test_applies_to_the_same_half_of_the_people_always() -> None:
    drawn = [is_in_test(who, TEA) for who in PEOPLE]
    assert 0.42 < sum(drawn) / len(drawn) < 0.58
    assert drawn == [is_in_test(who, TEA) for who in PEOPLE]
    other = TEA.model_copy(update={"test": "another"})
    assert drawn != [is_in_test(who, other) for who in PEOPLE]
    assert is_in_test(None, ALWAYS)
    assert not is_in_test(None, TEA)  # strangers get what there was before
    name = PEOPLE[drawn.index(True)]
    assert (arms(name, [TEA, ALWAYS]), arms(None, [TEA, TEA]), arms(name, [ALWAYS])) == ("+tea", "-tea", "")


def test_the_effect_is_that_on_everybody_drawn_and_promotes_what_is_clearly_better(database: Database) -> None:
    set_rules(database, TEA, ALWAYS)
    with pytest.raises(ImpossibleError, match="nothing was measured"):
        promote_test("main", database, "tea", by="Li", now=SET)
    effect = look(database, chain(moved=2.0))
    assert (effect["contacts"] + effect["holdout"], effect["days"]) == (600, 14)
    # on three of ten days against six
    assert effect["outcomes"]["purchases"]["difference"] == pytest.approx(3.0, abs=0.3)
    assert effect["reading"]["low"] > 0
    stored, reading = promote_test("main", database, "tea", by="Wang", now=SET)
    assert reading == effect["reading"]
    assert [(rule.name, rule.test) for rule in stored_rules(stored)] == [("tea first", ""), ("recall", "")]
    assert current_rules("main", database).set_by == "Wang"
    # a look at a test is none at a campaign, whose share of caused purchases it would change
    (kept,) = campaign_effects("main", database)
    assert repeats(kept.campaign_id)


def test_what_is_not_clearly_better_is_not_promoted_unless_forced(database: Database) -> None:
    set_rules(database, TEA)
    look(database, chain(moved=1.0))
    with pytest.raises(ImpossibleError, match="not clearly better"):
        promote_test("main", database, "tea", by="Li", now=SET)
    assert stored_rules(promote_test("main", database, "tea", by="Li", now=SET, force=True)[0])[0].test == ""
    with pytest.raises(NotFoundError, match="under a test"):
        promote_test("main", database, "tea", by="Li", now=SET)


def test_a_test_begins_when_it_was_set_and_ends_when_it_is_dropped(database: Database) -> None:
    set_rules(database, ALWAYS, now=SET - timedelta(days=9))
    set_rules(database, TEA, ALWAYS)
    set_rules(database, TEA, now=SET + timedelta(days=5))
    assert rule_test("main", database, "tea").since == date(2025, 3, 1)
    with pytest.raises(ImpossibleError, match="'tea' is 2025-03-01"):
        look(database, chain(1.0).at(date(2025, 2, 27)))
    assert drop_test("main", database, "tea", by="Li", now=SET).rules == []


@pytest.mark.parametrize("changed", [{"test_share": 0.2}, {"values": ("U",)}])
def test_a_changed_rule_begins_the_test_anew_and_looks_at_the_one_before_do_not_promote_it(
    database: Database, changed: dict[str, Any]
) -> None:
    set_rules(database, TEA)
    assert look(database, chain(moved=2.0))["reading"]["low"] > 0
    set_rules(database, TEA.model_copy(update=changed), now=SET + timedelta(days=20))
    assert rule_test("main", database, "tea").since == date(2025, 3, 21)
    with pytest.raises(ImpossibleError, match="nothing was measured"):
        promote_test("main", database, "tea", by="Li", now=SET + timedelta(days=20))


def test_a_look_at_a_dropped_test_does_not_promote_another_one_of_its_name(database: Database) -> None:
    set_rules(database, TEA)
    look(database, chain(moved=2.0))
    drop_test("main", database, "tea", by="Li", now=SET + timedelta(days=16))
    set_rules(database, TEA, now=SET + timedelta(days=20))
    with pytest.raises(ImpossibleError, match="nothing was measured"):
        promote_test("main", database, "tea", by="Li", now=SET + timedelta(days=20))


def test_rules_of_one_test_have_one_share() -> None:
    given = [{"action": "pin", "values": ["T"], "test": "tea"}, {"action": "exclude", "values": ["X"], "test": "tea"}]
    assert len(parse_rules(given, "file")) == 2
    with pytest.raises(UsageError, match="give all of its rules one"):
        parse_rules([given[0], given[1] | {"test_share": 0.2}], "file")
    with pytest.raises(UsageError, match="test"):
        parse_rules([given[0] | {"test": "a b"}], "file")
