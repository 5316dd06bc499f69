"""The operators' rules: every change stores the whole list as a new version, so who set what is never lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from retail_brain.errors import ImpossibleError
from retail_brain.operational.audit import Deed, record
from retail_brain.operational.database import Database
from retail_brain.operational.tables import RULES
from retail_brain.operational.tenants import ensure_tenant


@dataclass(frozen=True)
class RuleSet:
    """The list that counts from one change to the next.

    Attributes:
        version: grows with every change; 0 = nobody ever set a rule.
        rules: as they were written.
        set_by: who set them.
        set_at: when.
    """

    version: int
    rules: list[dict[str, Any]]
    set_by: str | None = None
    set_at: datetime | None = None


NO_RULES = RuleSet(0, [])
"""Version 0 without rules: what a tenant has before any were set."""


def current_rules(tenant: str, database: Database) -> RuleSet:
    """A tenant's rules, `NO_RULES` where there never were any."""
    with database.reading() as connection:
        return _current(tenant, connection)


def rules_version(tenant: str, database: Database) -> int:
    """Version of a tenant's rules: a cheap way to see whether they changed."""
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
    """Puts a list of rules in place of the present one, with the audit; returns it with its version.

    Args:
        tenant: whose rules.
        database: where they are kept.
        rules: all of them, in their order.
        set_by: who does it.
        now: when.
        version: of the list that was looked at before the change; None = whatever there is.

    Raises:
        ImpossibleError: somebody else changed the rules since that version.
    """
    with database.writing() as connection:
        ensure_tenant(tenant, database, connection, now=now)
        present = _current(tenant, connection)
        if version is not None and version != present.version:
            raise ImpossibleError(
                f"the rules were changed by {present.set_by or 'nobody'} since you read them: they have version "
                f"{present.version}, yours is {version}. Read them again, and make your change there.",
                {"version": present.version},
            )
        row = {"tenant_id": tenant, "rules": [dict(rule) for rule in rules], "set_by": set_by, "set_at": now}
        stored = connection.execute(insert(RULES).values(row).returning(RULES.c.id)).scalar_one()
        details = {"rules": len(rules), "before": len(present.rules), "replaces": present.version}
        record(tenant, connection, Deed(now, set_by, "rules.set", f"version {stored}", details))
        return RuleSet(int(stored), [dict(rule) for rule in rules], set_by, now)


def rule_history(tenant: str, database: Database, *, limit: int = 20) -> list[RuleSet]:
    """The newest lists of a tenant, newest first."""
    query = select(RULES).where(RULES.c.tenant_id == tenant).order_by(RULES.c.id.desc()).limit(limit)
    with database.reading() as connection:
        return [_rule_set(row) for row in connection.execute(query)]


def _current(tenant: str, connection: Connection) -> RuleSet:
    newest = select(RULES).where(RULES.c.tenant_id == tenant).order_by(RULES.c.id.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return NO_RULES if row is None else _rule_set(row)


def _rule_set(row: Row[tuple[object, ...]]) -> RuleSet:
    return RuleSet(row.id, row.rules, row.set_by, row.set_at)
