"""Tables of decisions and comments about orders, what was handed over and arrived, and overrides of forecasts."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
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

DECISIONS = numbered_table(
    "decisions",
    Column("decision_id", Limited("decision_id", 100), nullable=False),
    Column("suggestion_id", Limited("suggestion_id", 100), nullable=False),
    Column("store_id", Text, nullable=False),
    Column("product_id", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("decision", Limited("decision", 20), nullable=False),
    Column("suggested_quantity", Float),
    Column("quantity", Float),
    Column("reason", Text),
    Column("decided_by", Limited("decided_by", 200), nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    # null in rows of older versions: no exception
    Column("is_exception", Boolean),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_by", Limited("withdrawn_by", 200)),
    UniqueConstraint("tenant_id", "decision_id"),
    Index(None, "tenant_id", "suggestion_id"),
)

EXPORTS = Table(
    "exports",
    METADATA,
    Column("export_id", Limited("export_id", 40), primary_key=True),
    tenant_column(),
    Column("target", Text, nullable=False),
    Column("made_by", Limited("made_by", 200), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Index(None, "tenant_id"),
)

EXPORT_LINES = numbered_table(
    "export_lines",
    Column("export_id", Limited("export_id", 40), ForeignKey("exports.export_id"), nullable=False),
    Column("decision_row", _SERIAL, ForeignKey("decisions.id"), nullable=False),
    Column("suggestion_id", Limited("suggestion_id", 100), nullable=False),
    UniqueConstraint("tenant_id", "decision_row"),
    Index(None, "tenant_id", "suggestion_id"),
)

RECEIPTS = numbered_table(
    "receipts",
    Column("receipt_id", Limited("receipt_id", 100), nullable=False),
    Column("suggestion_id", Limited("suggestion_id", 100), nullable=False),
    Column("store_id", Text, nullable=False),
    Column("product_id", Text, nullable=False),
    Column("units", Float, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("note", Text),
    Column("noted_by", Limited("noted_by", 200), nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "receipt_id"),
    Index(None, "tenant_id", "suggestion_id"),
)

LINE_COMMENTS = numbered_table(
    "line_comments",
    Column("comment_id", Limited("comment_id", 100), nullable=False),
    Column("store_id", Text, nullable=False),
    Column("product_id", Text, nullable=False),
    Column("text", Limited("text", 1000), nullable=False),
    Column("commented_by", Limited("commented_by", 200), nullable=False),
    Column("commented_at", UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "comment_id"),
    Index(None, "tenant_id", "store_id", "product_id"),
)

OVERRIDES = numbered_table(
    "overrides",
    Column("override_id", Limited("override_id", 100), nullable=False),
    Column("store_id", Text),
    Column("product_id", Text),
    Column("begins_on", Date, nullable=False),
    Column("ends_on", Date),
    Column("kind", Limited("kind", 20), nullable=False),
    Column("value", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Limited("made_by", 200), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_by", Limited("withdrawn_by", 200)),
    Column("withdrawn_as_of", Date),
    UniqueConstraint("tenant_id", "override_id"),
)
