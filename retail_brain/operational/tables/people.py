"""Tables of segments, of erased people, and of decisions who is who."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from retail_brain.operational.tables.columns import (
    _SERIAL,
    METADATA,
    Limited,
    UtcDateTime,
    numbered_table,
    tenant_column,
)

SEGMENTS = numbered_table(
    "segments",
    Column("name", Limited("name", 100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("expression", JSON, nullable=False),
    Column("is_static", Boolean, nullable=False),
    Column("is_removed", Boolean, nullable=False),
    Column("owner", Limited("owner", 200), nullable=False),
    Column("note", Text, nullable=False),
    Column("people", Integer, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("saved_by", Limited("saved_by", 200), nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("place", JSON(none_as_null=True)),
    UniqueConstraint("tenant_id", "name", "version"),
)

SEGMENT_MEMBERS = Table(
    "segment_members",
    METADATA,
    tenant_column(),
    Column("segment_id", _SERIAL, ForeignKey("segments.id"), primary_key=True, autoincrement=False),
    Column("customer_id", Limited("customer_id", 200), primary_key=True),
)

ERASURES = numbered_table(
    "erasures",
    Column("erasure_id", Limited("erasure_id", 40), nullable=False),
    # who is erased: kept only until the erasure is finished
    Column("subjects", JSON(none_as_null=True)),
    Column("report", JSON(none_as_null=True)),
    Column("requested_by", Limited("requested_by", 200), nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("tenant_id", "erasure_id"),
)

ERASURE_SALTS = Table(
    "erasure_salts",
    METADATA,
    Column("tenant_id", Limited("tenant_id", 40), ForeignKey("tenants.tenant_id"), primary_key=True),
    Column("salt", Limited("salt", 64), nullable=False),
)

ERASED_IDS = numbered_table(
    "erased_ids",
    Column("digest", Limited("digest", 64), nullable=False),
    Column("erasure_id", Limited("erasure_id", 40), nullable=False),
    UniqueConstraint("tenant_id", "digest"),
)

IDENTITY_DECISIONS = numbered_table(
    "identity_decisions",
    Column("decision_id", Limited("decision_id", 40), nullable=False),
    Column("kind", Limited("kind", 20), nullable=False),
    Column("nodes", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Limited("made_by", 200), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("undone_by", Limited("undone_by", 200)),
    Column("undone_at", UtcDateTime),
    UniqueConstraint("tenant_id", "decision_id"),
)
