"""Splits and merges of accounts by hand: who decided what and why; undone ones stay on record."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any, Literal

from sqlalchemy import Row, insert, select, update

from retail_brain.dataset import IdentityLink
from retail_brain.errors import NotFoundError, UsageError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database
from retail_brain.operational.tables import IDENTITY_DECISIONS

Kind = Literal["split", "merge"]


@dataclass(frozen=True)
class IdentityDecision:
    """That some accounts are one person (`merge`), or each a person of their own (`split`).

    Attributes:
        accounts: customer ids.
        undone_at: when it was taken back; None while it counts.
    """

    decision_id: str
    kind: Kind
    accounts: tuple[str, ...]
    reason: str
    made_by: str
    made_at: datetime
    undone_by: str | None = None
    undone_at: datetime | None = None


def decide_identity(
    tenant: str, database: Database, kind: Kind, accounts: Sequence[str], *, reason: str, by: str, now: datetime
) -> IdentityDecision:
    """Stores a split or merge. Of decisions about the same two accounts the newest counts.

    Raises:
        UsageError: fewer than two accounts, or no reason.
        UnavailableError: the database does not answer.
    """
    named = tuple(dict.fromkeys(accounts))
    if len(named) < 2:
        raise UsageError(f"a {kind} is about two accounts or more; got {len(named)}. Name the customer ids.")
    if not reason.strip():
        raise UsageError(f"a {kind} needs a reason: say what shows it (--reason).")
    decision = IdentityDecision(f"id_{secrets.token_hex(6)}", kind, named, reason, by, now)
    row = {"tenant_id": tenant, "decision_id": decision.decision_id, "kind": kind, "nodes": list(named)}
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        connection.execute(insert(IDENTITY_DECISIONS).values(**row, reason=reason, made_by=by, made_at=now))
        # the accounts stand with the decision alone, so that an erasure finds them in one place
        append_audit(tenant, connection, AuditEntry(now, by, f"identity.{kind}", decision.decision_id, {}))
    return decision


def undo_identity(tenant: str, database: Database, decision_id: str, *, by: str, now: datetime) -> IdentityDecision:
    """Takes a split or merge back; what was decided before counts again. Doing so twice changes nothing.

    Raises:
        NotFoundError: there is no such decision.
        UnavailableError: the database does not answer.
    """
    own = (IDENTITY_DECISIONS.c.tenant_id == tenant) & (IDENTITY_DECISIONS.c.decision_id == decision_id)
    with database.writing() as connection:
        row = connection.execute(select(IDENTITY_DECISIONS).where(own)).one_or_none()
        if row is None:
            raise NotFoundError(
                f"there is no decision {decision_id!r} about identities. `retail-brain identity list` shows them.",
                {"decision_id": decision_id},
            )
        if row.undone_at is None:
            connection.execute(update(IDENTITY_DECISIONS).where(own).values(undone_by=by, undone_at=now))
            append_audit(tenant, connection, AuditEntry(now, by, "identity.undo", decision_id, {}))
        return _decision(connection.execute(select(IDENTITY_DECISIONS).where(own)).one())


def list_identity_decisions(tenant: str, database: Database) -> list[IdentityDecision]:
    """Every split and merge, oldest first, undone ones too; those whose accounts were erased are left out.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(IDENTITY_DECISIONS).where(IDENTITY_DECISIONS.c.tenant_id == tenant).order_by(IDENTITY_DECISIONS.c.id)
    with database.reading() as connection:
        found = [_decision(row) for row in connection.execute(query)]
    return [one for one in found if len(one.accounts) > 1]


def links_in_force(decisions: Sequence[IdentityDecision]) -> list[IdentityLink]:
    """Pairs of accounts that are joined or kept apart by the decisions that count; the newest about a pair decides.

    Args:
        decisions: oldest first.
    """
    newest: dict[tuple[str, str], Kind] = {}
    for decision in decisions:
        if decision.undone_at is None:
            newest |= dict.fromkeys(combinations(sorted(decision.accounts), 2), decision.kind)
    return [IdentityLink(kind, *pair) for pair, kind in sorted(newest.items())]


def overruled(decisions: Sequence[IdentityDecision]) -> dict[str, str]:
    """Decisions that count no more because later ones are about the same accounts: their id -> id of the newest.

    Args:
        decisions: oldest first.
    """
    newest: dict[tuple[str, str], str] = {}
    valid = [one for one in decisions if one.undone_at is None]
    for one in valid:
        newest |= dict.fromkeys(combinations(sorted(one.accounts), 2), one.decision_id)
    places = {one.decision_id: place for place, one in enumerate(valid)}
    out = {}
    for one in valid:
        deciding = {newest[pair] for pair in combinations(sorted(one.accounts), 2)}
        if one.decision_id not in deciding:
            out[one.decision_id] = max(deciding, key=places.__getitem__)
    return out


def _decision(row: Row[Any]) -> IdentityDecision:
    return IdentityDecision(
        row.decision_id,
        row.kind,
        tuple(row.nodes),
        row.reason,
        row.made_by,
        row.made_at,
        row.undone_by,
        row.undone_at,
    )
