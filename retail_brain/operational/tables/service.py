"""Tables of tenants, keys, events, rules, jobs, tests of models and the audit."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from retail_brain.operational.tables.columns import (
    KEY_ID_LENGTH,
    METADATA,
    Limited,
    UtcDateTime,
    numbered_table,
    tenant_column,
)

TENANTS = Table(
    "tenants",
    METADATA,
    Column("tenant_id", Limited("tenant_id", 40), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
)

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("key_id", Limited("key_id", KEY_ID_LENGTH), primary_key=True),
    tenant_column(),
    Column("name", Limited("name", 200), nullable=False),
    Column("role", Limited("role", 20), nullable=False),
    Column("secret_sha256", Limited("secret_sha256", 64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    # null: headquarters, as in rows of older versions
    Column("place", JSON(none_as_null=True)),
    Index(None, "tenant_id"),
)

EVENTS = numbered_table(
    "events",
    Column("event_id", Limited("event_id", 100)),
    Column("received_at", UtcDateTime, nullable=False),
    Column("occurred_at", DateTime, nullable=False),
    Column("event_type", Limited("event_type", 100), nullable=False),
    Column("customer_id", Text),
    Column("id_type", Limited("id_type", 100)),
    Column("id_value", Text),
    Column("product_id", Text),
    Column("store_id", Text),
    Column("channel", Limited("channel", 100)),
    Column("session_id", Text),
    Column("attribution_id", Limited("attribution_id", 100)),
    UniqueConstraint("tenant_id", "event_id"),
    Index(None, "tenant_id", "received_at"),
)

RULES = numbered_table(
    "rules",
    Column("rules", JSON, nullable=False),
    Column("set_by", Limited("set_by", 200), nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
    Index(None, "tenant_id"),
)

MODEL_TESTS = numbered_table(
    "model_tests",
    Column("name", Limited("name", 40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("share", Float, nullable=False),
    Column("begun_by", Limited("begun_by", 200), nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("served_at", UtcDateTime),
    # from when to when answers were published without its version: pairs of instants in UTC, the last may have no end
    Column("left_out", JSON(none_as_null=True)),
    Column("ended_by", Limited("ended_by", 200)),
    Column("ended_at", UtcDateTime),
    # promoted or dropped
    Column("outcome", Limited("outcome", 20)),
    # a name is used once: the hash of its people and its looks are its own
    UniqueConstraint("tenant_id", "name"),
)

JOBS = numbered_table(
    "jobs",
    Column("job_id", Limited("job_id", 40), nullable=False),
    Column("kind", Limited("kind", 40), nullable=False),
    Column("arguments", JSON, nullable=False),
    # waiting, running, done, failed, cancelled or stopped
    Column("state", Limited("state", 20), nullable=False),
    Column("started_by", Limited("started_by", 200), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("cancel_by", Limited("cancel_by", 200)),
    Column("cancel_at", UtcDateTime),
    # of the machine whose process runs it; null while none has taken it
    Column("host", Limited("host", 200)),
    Column("step", Text),
    Column("step_done", BigInteger),
    Column("step_total", BigInteger),
    Column("steps", JSON, nullable=False),
    Column("exit_code", Integer),
    Column("result", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
    UniqueConstraint("tenant_id", "job_id"),
    Index(None, "tenant_id", "state"),
)

JOB_LINES = numbered_table(
    "job_lines",
    Column("job_id", Limited("job_id", 40), nullable=False),
    # from 1 on, in the order of printing
    Column("number", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("tenant_id", "job_id", "number"),
)

AUDIT = numbered_table(
    "audit",
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Limited("actor", 200), nullable=False),
    Column("action", Limited("action", 100), nullable=False),
    Column("subject", Limited("subject", 200), nullable=False),
    Column("details", JSON, nullable=False),
    Index(None, "tenant_id", "at"),
)
