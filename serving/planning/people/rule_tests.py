"""A/B tests of rules: a rule under test applies to a share of the people, drawn by hash, until its effect decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.campaigns.measure import PEOPLE, PURCHASES, Measured
from retail_brain.decisions.holdout import holdout_score, is_holdout
from retail_brain.decisions.offer_rules import Rule
from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.operational.campaign_effects import StoredEffect, campaign_effects
from retail_brain.operational.database import Database
from retail_brain.operational.repeated_contacts import RULES_PREFIX
from retail_brain.operational.rules import RuleSet, current_rules, rule_history, store_rules
from retail_brain.settings import Settings
from serving.planning.campaigns.measuring import keep_look, margins, purchases_of
from serving.planning.people.rule_files import plain_rule, stored_rules

_VERSIONS = 10_000
"""Versions of the list that are looked through for the start of a test: some decades of daily changes."""
_KNOWN_DAYS = 365
"""Days before the test within which somebody must have bought to be compared: those who left add only noise."""


@dataclass(frozen=True)
class RuleTest:
    """A test that counts now.

    Attributes:
        name: of the test.
        share: of the people to whom its rules apply.
        since: first whole day on which its rules applied as they are now.
    """

    name: str
    share: float
    since: date


def is_in_test(customer_id: str | None, rule: Rule) -> bool:
    """Whether a rule applies to a person: always without a test; in a test to a share, by a hash that stays.

    People who are not known get what there was before.
    """
    if not rule.test:
        return True
    return customer_id is not None and holdout_score(customer_id, RULES_PREFIX + rule.test) < rule.test_share


def arms(customer_id: str | None, rules: Sequence[Rule]) -> str:
    """What an attribution id says of the tests that count: `+NAME` for those that the person is in, else `-NAME`."""
    tests = {rule.test: is_in_test(customer_id, rule) for rule in rules if rule.test}
    return "".join(f"{'+' if is_in else '-'}{name}" for name, is_in in sorted(tests.items()))


def rule_test(tenant: str, database: Database, name: str) -> RuleTest:
    """A test of the present rules, with its first day.

    Raises:
        NotFoundError: no rule is under a test of that name.
    """
    own = _of_test(current_rules(tenant, database), name)
    if not own:
        raise NotFoundError(f"no rule is under a test {name!r}. `rules list` shows them.", {"test": name})
    begun: datetime | None = None
    for version in rule_history(tenant, database, limit=_VERSIONS):
        # other rules, or another share, are another test: people were drawn and served otherwise before
        if _of_test(version, name) != own:
            break
        begun = version.set_at
    assert begun is not None
    starts = [begun, *(rule.starts_at for rule in own if rule.starts_at is not None)]
    first = max(starts).astimezone().date() + timedelta(days=1)
    return RuleTest(name, own[0].test_share, first)


def look_at_test(
    tenant: str, database: Database, dataset: Dataset, name: str, settings: Settings, *, by: str, now: datetime
) -> StoredEffect:
    """Measures a test as of the dataset's day and keeps the look; see `Measured.effect`.

    Everybody who bought within a year before the test is compared as they were drawn, whether they asked for anything
    or not, over all goods and all days of the test.

    Raises:
        NotFoundError: there is no such test.
        ImpossibleError: no whole day of it is in the data yet.
    """
    test, as_of = rule_test(tenant, database, name), dataset.as_of or dataset.last_day()
    if as_of < test.since:
        raise ImpossibleError(
            f"the first whole day of test {name!r} is {test.since}, and the data end on {as_of}. Ask again when sales "
            "of it have come.",
            {"since": test.since.isoformat(), "as_of": as_of.isoformat()},
        )
    people = _people(dataset, test)
    purchases = margins(dataset, purchases_of(dataset, people), settings).select(*PURCHASES).collect()
    days = (as_of - test.since).days + 1
    effect = Measured(as_of, days, people, purchases).effect()
    return keep_look(tenant, database, RULES_PREFIX + name, effect, by=by, now=now)


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
    # looks from before its first day are those of an earlier test of the name, or of other rules under it
    looks = [one for one in campaign_effects(tenant, database, RULES_PREFIX + name) if one.as_of >= test.since]
    reading = looks[-1].effect["reading"] if looks else None
    if not force and (reading is None or reading["low"] <= 0):
        said = (
            "nothing was measured yet"
            if reading is None
            else f"purchases per person differ by {reading['low']:.4f} to {reading['high']:.4f}"
        )
        raise ImpossibleError(
            f"the test {name!r} is not clearly better: {said}. Measure it again later (`rules effect {name}`), drop "
            "it, or promote it with --force.",
            {"test": name, "reading": reading},
        )
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


def _people(dataset: Dataset, test: RuleTest) -> pl.DataFrame:
    """Who is compared: columns PEOPLE."""
    day = pl.col("sold_at").dt.date()
    bought = dataset.scan("transactions").filter(
        pl.col("customer_id").is_not_null(), day < test.since, day >= test.since - timedelta(days=_KNOWN_DAYS)
    )
    ids = bought.select("customer_id").unique().sort("customer_id").collect()["customer_id"]
    in_test = is_holdout(ids, RULES_PREFIX + test.name, test.share)
    frame = pl.DataFrame({"customer_id": ids, "held": ~in_test, "channel": "recommend", "day": test.since, "cost": 0.0})
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in PEOPLE.items() if name not in frame.columns]
    return frame.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in PEOPLE.items())
