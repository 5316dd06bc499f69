"""Stores the operators' offer rules: every change stores the whole list as a new version, with who set it and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select

from retail_brain.errors import ImpossibleError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database
from retail_brain.operational.tables import RULES


@dataclass(frozen=True)
class RuleSet:
    """One version of the list of rules, valid until the next.

    Attributes:
        version: rises with every change; 0 = nobody ever set a rule.
        rules: the rules as JSON objects.
        set_by: who set them.
        set_at: when.
    """

    version: int
    rules: list[dict[str, Any]]
    set_by: str | None = None
    set_at: datetime | None = None


NO_RULES: Final = RuleSet(0, [])
"""Version 0 without rules: what a tenant has before any were set."""


def current_rules(tenant: str, database: Database) -> RuleSet:
    """A tenant's newest rules; `NO_RULES` where there never were any.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        return _current(tenant, connection)


def rules_version(tenant: str, database: Database) -> int:
    """Version of a tenant's rules. Cheap to poll.

    Raises:
        UnavailableError: the database does not answer.
    """
    newest = select(RULES.c.id).where(RULES.c.tenant_id == tenant).order_by(RULES.c.id.desc()).limit(1)
    with database.reading() as connection:
        return connection.execute(newest).scalar_one_or_none() or 0


def store_rules(
    tenant: str,
    database: Database,
    rules: Sequence[Mapping[str, Any]],
    *,
    set_by: str,
    now: datetime,
    version: int | None = None,
) -> RuleSet:
    """Replaces the list of rules, with the audit; returns it with its new version.

    The list that the same person stored last, once more to an older version, is stored already: its answer was lost.

    Args:
        tenant: whose rules.
        database: where they are kept.
        rules: all of them, in their order.
        set_by: who does it.
        now: when.
        version: version that the change was made to (optimistic locking); None replaces any.

    Raises:
        ImpossibleError: somebody else changed the rules since that version.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        present = _current(tenant, connection)
        if version is not None and version != present.version:
            if (present.set_by, present.rules) == (set_by, [dict(rule) for rule in rules]):
                return present
            raise ImpossibleError(
                f"the rules were changed by {present.set_by or 'nobody'} since you read them: they have version "
                f"{present.version}, yours is {version}. Read them again, and make your change there.",
                {"problem": "rules_changed", "who": present.set_by, "version": present.version},
            )
        row = {"tenant_id": tenant, "rules": [dict(rule) for rule in rules], "set_by": set_by, "set_at": now}
        # the row id is the version: it rises with every change, for all tenants together
        stored = connection.execute(insert(RULES).values(row).returning(RULES.c.id)).scalar_one()
        details = {"rules": len(rules), "before": len(present.rules), "replaces": present.version}
        append_audit(tenant, connection, AuditEntry(now, set_by, "rules.set", f"version {stored}", details))
        return RuleSet(int(stored), [dict(rule) for rule in rules], set_by, now)


def rule_history(tenant: str, database: Database, *, limit: int = 20) -> list[RuleSet]:
    """The newest versions of a tenant's rules, newest first.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(RULES).where(RULES.c.tenant_id == tenant).order_by(RULES.c.id.desc()).limit(limit)
    with database.reading() as connection:
        return [_rule_set(row) for row in connection.execute(query)]


def _current(tenant: str, connection: Connection) -> RuleSet:
    newest = select(RULES).where(RULES.c.tenant_id == tenant).order_by(RULES.c.id.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return NO_RULES if row is None else _rule_set(row)


def _rule_set(row: Row[tuple[object, ...]]) -> RuleSet:
    return RuleSet(row.id, row.rules, row.set_by, row.set_at)
