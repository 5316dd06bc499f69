"""A/B tests of rules: a rule under test applies to a share of the people, drawn by hash, until its effect decides."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from retail_brain.dataset import Dataset
from retail_brain.decisions.offer_rule_definition import Rule
from retail_brain.errors import NotFoundError
from retail_brain.operational.campaign_effects import StoredEffect
from retail_brain.operational.database import Database
from retail_brain.operational.repeated_contacts import RULES_PREFIX
from retail_brain.operational.rules import RuleSet, current_rules, rule_history, store_rules
from retail_brain.settings import Settings
from serving.planning.people.online_tests import OnlineTest, arm, deciding_reading, first_day, is_drawn, look_at
from serving.planning.people.rule_files import plain_rule, stored_rules

_VERSIONS = 10_000
"""Versions of the list that are looked through for the start of a test: some decades of daily changes."""


def is_in_test(customer_id: str | None, rule: Rule) -> bool:
    """Whether a rule applies to a person: always without a test; in a test to a share, by a hash that stays.

    People who are not known get what there was before.
    """
    return not rule.test or is_drawn(customer_id, RULES_PREFIX + rule.test, rule.test_share)


def arms(customer_id: str | None, rules: Sequence[Rule]) -> str:
    """What an attribution id says of the tests that count: `+NAME` for those that the person is in, else `-NAME`."""
    tests = {rule.test: is_in_test(customer_id, rule) for rule in rules if rule.test}
    return "".join(arm(name, is_in=is_in) for name, is_in in sorted(tests.items()))


def rule_test(tenant: str, database: Database, name: str) -> OnlineTest:
    """A test of the present rules, with its first day.

    Raises:
        NotFoundError: no rule is under a test of that name.
    """
    own = _of_test(current_rules(tenant, database), name)
    if not own:
        raise NotFoundError(
            f"no rule is under a test {name!r}. `rules list` shows them.",
            {"problem": "rule_test_unknown", "test": name},
        )
    begun: datetime | None = None
    for version in rule_history(tenant, database, limit=_VERSIONS):
        # other rules, or another share, are another test: people were drawn and served otherwise before
        if _of_test(version, name) != own:
            break
        begun = version.set_at
    assert begun is not None
    starts = [begun, *(rule.starts_at for rule in own if rule.starts_at is not None)]
    return OnlineTest(RULES_PREFIX, name, own[0].test_share, first_day(max(starts)))


def look_at_test(
    tenant: str, database: Database, dataset: Dataset, name: str, settings: Settings, *, by: str, now: datetime
) -> StoredEffect:
    """Measures a test as of the dataset's day and keeps the look; see `online_tests.look_at`.

    Raises:
        NotFoundError: there is no such test.
        ImpossibleError: no whole day of it is in the data yet.
    """
    return look_at(tenant, database, dataset, rule_test(tenant, database, name), settings, by=by, now=now)


def promote_test(
    tenant: str, database: Database, name: str, *, by: str, now: datetime, force: bool = False
) -> tuple[RuleSet, dict[str, Any] | None]:
    """Lets the rules of a test apply to everybody, where its newest look says for sure that they bring purchases.

    Args:
        tenant: whose rules.
        database: where they are.
        name: of the test.
        by: who does it.
        now: when.
        force: whatever was measured.

    Returns:
        The rules, and the reading that decided; None where there is none.

    Raises:
        NotFoundError: there is no such test.
        ImpossibleError: nothing was measured, or it is not clearly better.
    """
    test = rule_test(tenant, database, name)
    reading = deciding_reading(tenant, database, test, measure="rules effect", force=force)
    return _changed(tenant, database, name, by=by, now=now, keep=True), reading


def drop_test(tenant: str, database: Database, name: str, *, by: str, now: datetime) -> RuleSet:
    """Takes the rules of a test away.

    Raises:
        NotFoundError: there is no such test.
    """
    rule_test(tenant, database, name)
    return _changed(tenant, database, name, by=by, now=now, keep=False)


def _changed(tenant: str, database: Database, name: str, *, by: str, now: datetime, keep: bool) -> RuleSet:
    present = current_rules(tenant, database)
    rules = [
        rule.model_copy(update={"test": "", "test_share": Rule.model_fields["test_share"].default})
        if rule.test == name
        else rule
        for rule in stored_rules(present)
        if keep or rule.test != name
    ]
    plain = [plain_rule(rule) for rule in rules]
    return store_rules(tenant, database, plain, set_by=by, now=now, version=present.version)


def _of_test(kept: RuleSet, name: str) -> list[Rule]:
    return [rule for rule in stored_rules(kept) if rule.test == name]
