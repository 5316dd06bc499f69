"""Stores comments on a product in a store: append-only; they decide nothing and are handed over to nobody."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select

from retail_brain.errors import ImpossibleError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database, lock_tenant
from retail_brain.operational.tables import LINE_COMMENTS


@dataclass(frozen=True)
class LineComment:
    """What a person noted about a product in a store.

    Attributes:
        comment_id: idempotency key, given by the client; sending the same one again changes nothing.
        text: at most 1,000 characters.
    """

    comment_id: str
    store_id: str
    product_id: str
    text: str
    commented_by: str


@dataclass(frozen=True)
class StoredComment:
    """A comment with the instant at which it was stored."""

    commented_at: datetime
    comment: LineComment


def store_comment(tenant: str, database: Database, comment: LineComment, *, now: datetime) -> StoredComment:
    """Stores a comment with the audit, and returns it as stored.

    Raises:
        ImpossibleError: its comment_id was used before for another comment.
        UnavailableError: the database does not answer.
    """
    own = and_(LINE_COMMENTS.c.tenant_id == tenant, LINE_COMMENTS.c.comment_id == comment.comment_id)
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        # their numbers appear in order, so that whoever looks for a newer one misses none
        lock_tenant(tenant, connection)
        is_new = not any(_stored(connection, own))
        if is_new:
            row = asdict(comment) | {"tenant_id": tenant, "commented_at": now}
            database.insert_new(connection, LINE_COMMENTS, [row], ["tenant_id", "comment_id"])
        # another writer may have stored the same id after the first look: the insert then kept that row
        stored = next(_stored(connection, own))
        if stored.comment != comment:
            raise ImpossibleError(
                f"comment_id {comment.comment_id!r} was used before for another comment; nothing was stored. "
                "Send the comment under a new comment_id.",
                {"problem": "comment_id_taken", "comment_id": comment.comment_id},
            )
        if is_new:
            # the audit tells that it was said; what was said stands once, in its own table
            details = {name: getattr(comment, name) for name in ("store_id", "product_id")}
            entry = AuditEntry(now, comment.commented_by, "line.commented", comment.comment_id, details)
            append_audit(tenant, connection, entry)
        return stored


def comments_mark(tenant: str, database: Database) -> int:
    """A value that rises with every comment. Cheap to poll.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(func.max(LINE_COMMENTS.c.id)).where(LINE_COMMENTS.c.tenant_id == tenant)
    with database.reading() as connection:
        return connection.execute(query).scalar_one() or 0


def comment_counts(tenant: str, database: Database) -> dict[tuple[str, str], int]:
    """Store and product -> comments on them, in one query; lines without any are left out.

    Raises:
        UnavailableError: the database does not answer.
    """
    keys = (LINE_COMMENTS.c.store_id, LINE_COMMENTS.c.product_id)
    query = select(*keys, func.count()).where(LINE_COMMENTS.c.tenant_id == tenant).group_by(*keys)
    with database.reading() as connection:
        return {(store, product): number for store, product, number in connection.execute(query)}


def comments_about(
    tenant: str, database: Database, store_id: str, product_id: str, *, limit: int
) -> list[StoredComment]:
    """The newest comments on a product in a store, newest first.

    Raises:
        UnavailableError: the database does not answer.
    """
    about = and_(
        LINE_COMMENTS.c.tenant_id == tenant,
        LINE_COMMENTS.c.store_id == store_id,
        LINE_COMMENTS.c.product_id == product_id,
    )
    with database.reading() as connection:
        return list(_stored(connection, about, limit))


def _stored(
    connection: Connection, condition: ColumnElement[bool], limit: int | None = None
) -> Iterator[StoredComment]:
    query = select(LINE_COMMENTS).where(condition).order_by(LINE_COMMENTS.c.id.desc()).limit(limit)
    for row in connection.execute(query):
        fields = {name: getattr(row, name) for name in LineComment.__dataclass_fields__}
        yield StoredComment(row.commented_at, LineComment(**fields))
