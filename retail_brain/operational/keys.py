"""Creates, lists, revokes and checks API keys; only their hashes are stored.

A key is 32 random bytes, so one SHA-256 is as hard to reverse as any slow hash; the part before the last underscore is
its public id, by which it is looked up and named in lists, logs and the audit.
"""

import hashlib
import hmac
import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, insert, select, update

from retail_brain.errors import NotFoundError, UsageError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database
from retail_brain.operational.places import HEADQUARTERS, Place, read_place
from retail_brain.operational.tables import API_KEYS, KEY_ID_LENGTH

_NAME_LENGTH = 200
"""Characters of the columns that record who did something; PostgreSQL refuses longer texts."""
_SHORT_ID_LENGTH = 9
"""Characters of a short id: `rb_` and six hexadecimal digits, one of 16 million. Chosen by judgement, not measured."""
ROLES = ("merchandiser", "marketer", "data_scientist", "admin")


@dataclass(frozen=True)
class ApiKey:
    """An API key without its secret.

    Attributes:
        key_id: public name, such as `rb_1f3a5c7e9b0d2f4a`.
        expires_at: first instant at which it is no longer valid; None for never.
        revoked_at: when it was revoked; None while it is valid.
        place: whose rows it opens.
    """

    tenant: str
    key_id: str
    name: str
    role: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    place: Place = HEADQUARTERS


def create_key(
    tenant: str,
    database: Database,
    *,
    role: str,
    name: str,
    now: datetime,
    expires_at: datetime | None = None,
    place: Place = HEADQUARTERS,
) -> str:
    """Creates a key and returns it with its secret; it cannot be shown again.

    Raises:
        UsageError: the role does not exist, or the key would expire before it is created.
        UnavailableError: the database does not answer.
    """
    if role not in ROLES:
        raise UsageError(f"role {role!r} does not exist; wanted one of {', '.join(ROLES)}.")
    if expires_at is not None and expires_at <= now:
        raise UsageError(
            f"the key would expire at {expires_at:%Y-%m-%d %H:%M} UTC, which has passed. Choose a later day."
        )
    key_id = f"rb_{secrets.token_hex(8)}"
    key = f"{key_id}_{secrets.token_urlsafe(32)}"
    row = {"key_id": key_id, "tenant_id": tenant, "name": name, "role": role, "secret_sha256": _digest(key)}
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        connection.execute(insert(API_KEYS).values(**row, created_at=now, expires_at=expires_at, place=place.stored()))
        details = {"role": role, "name": name, "place": place.stored()}
        append_audit(tenant, connection, AuditEntry(now, "command line", "keys.create", key_id, details))
    return key


def list_keys(tenant: str, database: Database) -> list[ApiKey]:
    """A tenant's keys, oldest first.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(API_KEYS).where(API_KEYS.c.tenant_id == tenant).order_by(API_KEYS.c.created_at, API_KEYS.c.key_id)
    with database.reading() as connection:
        return [_api_key(row) for row in connection.execute(query)]


def tenants_with_keys(database: Database, *, now: datetime) -> dict[str, int]:
    """How many valid keys each tenant has, for those that have any.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        rows = connection.execute(select(API_KEYS).order_by(API_KEYS.c.tenant_id))
        return dict(Counter(row.tenant_id for row in rows if _is_valid(row, now)))


def revoke_key(tenant: str, database: Database, key_id: str, *, now: datetime) -> ApiKey:
    """Revokes a key; revoking it again changes nothing.

    Raises:
        NotFoundError: the tenant has no such key.
        UnavailableError: the database does not answer.
    """
    condition = (API_KEYS.c.tenant_id == tenant) & (API_KEYS.c.key_id == key_id)
    with database.writing() as connection:
        row = connection.execute(select(API_KEYS).where(condition)).one_or_none()
        if row is None:
            raise NotFoundError(f"tenant {tenant} has no key {key_id!r}. See `retail-brain keys list`.")
        if row.revoked_at is None:
            connection.execute(update(API_KEYS).where(condition).values(revoked_at=now))
            append_audit(tenant, connection, AuditEntry(now, "command line", "keys.revoke", key_id, {}))
            # read again, so that the key returned says when it was revoked
            row = connection.execute(select(API_KEYS).where(condition)).one()
    return _api_key(row)


def find_key(database: Database, key: str, *, now: datetime) -> ApiKey | None:
    """The valid key with this secret, or None: unknown, expired and revoked keys look alike to the caller.

    The only query without a tenant: the key names it.

    Raises:
        UnavailableError: the database does not answer.
    """
    # the secret part may hold underscores of its own: only the first two divide
    key_id = "_".join(key.split("_", 2)[:2])
    if len(key_id) > KEY_ID_LENGTH:
        return None  # the column would refuse it in words; whoever has no key is told nothing
    with database.reading() as connection:
        row = connection.execute(select(API_KEYS).where(API_KEYS.c.key_id == key_id)).one_or_none()
    # in constant time: the duration of a comparison would tell how many leading characters are right
    if row is None or not hmac.compare_digest(row.secret_sha256, _digest(key)):
        return None
    return _api_key(row) if _is_valid(row, now) else None


def _is_valid(row: Row[tuple[object, ...]], now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > now)


def keys_named(tenant: str, database: Database, name: str, *, now: datetime) -> list[ApiKey]:
    """A tenant's valid keys of a name, oldest first.

    Raises:
        UnavailableError: the database does not answer.
    """
    named = [key for key in list_keys(tenant, database) if key.name == name and key.revoked_at is None]
    return [key for key in named if key.expires_at is None or key.expires_at > now]


def signature(database: Database, key: ApiKey, *, now: datetime) -> str:
    """Name that decisions, overrides, rules and the audit record for what is done with a key.

    It is the key's name; where another valid key of the tenant has the same name, the start of the key's id follows, so
    that the two can be told apart: `Ms Li (rb_1f3a5c)`. A key that replaced a revoked one is the same person's, so
    revoked and expired keys do not count.

    Raises:
        UnavailableError: the database does not answer.
    """
    if len(keys_named(key.tenant, database, key.name, now=now)) < 2:
        return key.name
    suffix = f" ({short_id(key)})"
    return key.name[: _NAME_LENGTH - len(suffix)] + suffix


def short_id(key: ApiKey) -> str:
    """The start of a key's id, enough to tell the keys of one name apart."""
    return key.key_id[:_SHORT_ID_LENGTH]


def _digest(key: str) -> str:
    """SHA-256 of a key, in hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


def _api_key(row: Row[tuple[object, ...]]) -> ApiKey:
    place = read_place(row.place)
    return ApiKey(row.tenant_id, row.key_id, row.name, row.role, row.created_at, row.expires_at, row.revoked_at, place)
