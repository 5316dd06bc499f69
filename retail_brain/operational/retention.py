"""Rows about people in the operational database that are older than they may be kept: counted and deleted by kind.

Opt-outs and erasures stay for good: a refusal must hold however long ago it was said, and an erased person must not
come back with an older export.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final, Literal

from sqlalchemy import ColumnElement, Date, Table, and_, delete, func, not_, or_, select

from retail_brain.operational.database import Database
from retail_brain.operational.tables import (
    AUDIT,
    CAMPAIGN_CONTACTS,
    CAMPAIGN_RECEIPTS,
    EVENTS,
    GUIDE_ANSWERS,
    GUIDE_REFERRALS,
    GUIDE_TASKS,
    TRIGGER_FIRINGS,
)

Kind = Literal["events", "contacts", "exports", "logs"]
LEFT_THE_HOUSE: Final = ("campaign.sent", "trigger.sent", "contacts.exported")
"""Beginnings of actions of the audit by which people's rows went to another system."""
_OF_ERASURES = "privacy."
"""Beginning of the actions that prove erasures; they name nobody."""


@dataclass(frozen=True)
class _Rule:
    """Rows of a table that are of a kind: by their day, and by what else must hold of them."""

    table: Table
    day: ColumnElement[date] | ColumnElement[datetime]
    condition: ColumnElement[bool] | None = None


_SENT = or_(*(AUDIT.c.action.startswith(action) for action in LEFT_THE_HOUSE))
_RULES: Final[Mapping[Kind, tuple[_Rule, ...]]] = {
    "events": (_Rule(EVENTS, EVENTS.c.received_at),),
    "contacts": (
        _Rule(CAMPAIGN_CONTACTS, func.coalesce(CAMPAIGN_CONTACTS.c.sent_on, CAMPAIGN_CONTACTS.c.day)),
        _Rule(CAMPAIGN_RECEIPTS, CAMPAIGN_RECEIPTS.c.at, CAMPAIGN_RECEIPTS.c.kind != "opted_out"),
        # what was not decided yet is work to do
        _Rule(TRIGGER_FIRINGS, TRIGGER_FIRINGS.c.noted_at, TRIGGER_FIRINGS.c.state.not_in(["waiting", "taken"])),
        _Rule(GUIDE_TASKS, GUIDE_TASKS.c.day),
        _Rule(GUIDE_ANSWERS, GUIDE_ANSWERS.c.at),
        _Rule(GUIDE_REFERRALS, GUIDE_REFERRALS.c.at),
    ),
    "exports": (_Rule(AUDIT, AUDIT.c.at, _SENT),),
    "logs": (_Rule(AUDIT, AUDIT.c.at, and_(not_(_SENT), not_(AUDIT.c.action.startswith(_OF_ERASURES)))),),
}


def count_old_rows(tenant: str, database: Database, kind: Kind, cutoff: date) -> dict[str, int]:
    """Table -> rows of a kind from before a day (UTC), of tables that have any; what `delete_old_rows` would delete.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        counted = {
            rule.table.name: connection.execute(
                select(func.count()).select_from(rule.table).where(_old(rule, tenant, cutoff))
            ).scalar_one()
            for rule in _RULES[kind]
        }
    return {name: rows for name, rows in counted.items() if rows}


def delete_old_rows(tenant: str, database: Database, kind: Kind, cutoff: date) -> dict[str, int]:
    """Deletes rows of a kind from before a day (UTC), in one transaction: table -> rows that went.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        gone = {
            rule.table.name: connection.execute(delete(rule.table).where(_old(rule, tenant, cutoff))).rowcount
            for rule in _RULES[kind]
        }
    return {name: rows for name, rows in gone.items() if rows}


def _old(rule: _Rule, tenant: str, cutoff: date) -> ColumnElement[bool]:
    border = cutoff if isinstance(rule.day.type, Date) else datetime.combine(cutoff, time(), tzinfo=UTC)
    parts = [rule.table.c.tenant_id == tenant, rule.day < border]
    if rule.condition is not None:
        parts.append(rule.condition)
    return and_(*parts)
