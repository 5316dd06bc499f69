"""Things that several people change, each change to the version that its author saw (optimistic locking)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, Table, select, update

from retail_brain.errors import ConflictError
from retail_brain.operational.audit import AuditEntry, append_audit


class Author(Protocol):
    """Who changes something, and the version that the change was made to (None: to something new)."""

    @property
    def tenant(self) -> str:
        """Whose it is."""
        ...

    @property
    def version(self) -> int | None:
        """That the person saw."""
        ...

    @property
    def by(self) -> str:
        """Who."""
        ...

    @property
    def now(self) -> datetime:
        """When."""
        ...


@dataclass(frozen=True)
class Versioned:
    """A table of things with versions.

    Attributes:
        table: with the columns `tenant_id`, `version`, `changed_by`, `changed_at`.
        key: column of the id.
        what: the thing is, in words and as a name in details of a conflict.
    """

    table: Table
    key: str
    what: str

    def own(self, tenant: str, name: str) -> ColumnElement[bool]:
        """Condition that holds for one thing."""
        return (self.table.c.tenant_id == tenant) & (self.table.c[self.key] == name)

    def locked(self, connection: Connection, tenant: str, name: str) -> Row[tuple[object, ...]] | None:
        """The row of a thing, locked until the caller's transaction ends; None where there is none."""
        return connection.execute(select(self.table).where(self.own(tenant, name)).with_for_update()).one_or_none()

    def change(
        self,
        connection: Connection,
        author: Author,
        name: str,
        version: int,
        values: Mapping[str, Any],
        action: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Stores new values of a thing that is locked, under the next version, with the audit.

        Args:
            connection: of a writing transaction.
            author: who.
            name: id of the thing.
            version: that it has.
            values: columns that change; may name another author.
            action: for the audit.
            details: for the audit.
        """
        who = {"version": version + 1, "changed_by": author.by, "changed_at": author.now}
        connection.execute(update(self.table).where(self.own(author.tenant, name)).values(**(who | dict(values))))
        told = {"version": version + 1, **(details or {})}
        append_audit(author.tenant, connection, AuditEntry(author.now, author.by, action, name, told))

    def conflict(
        self,
        author: Author,
        name: str,
        present: Any,
        mine: Mapping[str, Any] | None = None,
        theirs: Mapping[str, Any] | None = None,
    ) -> ConflictError:
        """The error for a change that was made to another version than the present one, with both.

        Args:
            author: who.
            name: id of the thing.
            present: the thing as it stands: `version`, `changed_by`, `changed_at`.
            mine: what the author wanted to store; None where the change stores no definition.
            theirs: more of the present one.
        """
        seen = "a new one" if author.version is None else f"version {author.version}"
        return ConflictError(
            f"{self.what} {name!r} was changed by {present.changed_by} at {present.changed_at:%Y-%m-%d %H:%M}: "
            f"it has version {present.version}, your change was made to {seen}. Look at both, and make your change to "
            "the present one.",
            {
                "problem": "changed_meanwhile",
                "version": present.version,
                "yours": {"version": author.version, self.what: None if mine is None else dict(mine)},
                "theirs": {
                    "version": present.version,
                    **(theirs or {}),
                    "changed_by": present.changed_by,
                    "changed_at": present.changed_at.isoformat(timespec="seconds"),
                },
            },
        )
