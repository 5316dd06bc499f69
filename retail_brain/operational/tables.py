"""Schema of the operational database (SQLAlchemy tables). Every row has the tenant it belongs to."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from retail_brain.errors import UsageError


class _UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, stored as UTC without zone in every database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The instant in UTC, without zone."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The instant with its zone put back."""
        return None if value is None else value.replace(tzinfo=UTC)


class _Limited(TypeDecorator[str]):
    """Text of limited length: more is refused in words, by SQLite, which ignores limits, as by PostgreSQL."""

    impl = String
    cache_ok = True

    def __init__(self, column: str, length: int) -> None:
        super().__init__(length)
        self.column, self.most = column, length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text as it is.

        Raises:
            UsageError: it is too long.
        """
        if value is not None and len(value) > self.most:
            raise UsageError(
                f"{self.column} has at most {self.most} characters; got {len(value)}. Shorten it.",
                {"problem": "too_long", "column": self.column, "limit": self.most, "length": len(value)},
            )
        return value


KEY_ID_LENGTH = 20
"""Characters of the public name of a key: `rb_`, 16 digits and one to spare."""
LONGEST_CAUSE, LONGEST_PERSON = 300, 200
"""Characters of what triggers a message, and of a person's id: parts of an index, whose rows PostgreSQL limits."""

# fixed names: a later migration must be able to name a constraint that it changes
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column of exactly the type INTEGER
_SERIAL = BigInteger().with_variant(Integer, "sqlite")


def _serial() -> Column[int]:
    return Column("id", _SERIAL, primary_key=True, autoincrement=True)


def _tenant() -> Column[str]:
    return Column("tenant_id", _Limited("tenant_id", 40), ForeignKey("tenants.tenant_id"), nullable=False)


TENANTS = Table(
    "tenants",
    METADATA,
    Column("tenant_id", _Limited("tenant_id", 40), primary_key=True),
    Column("created_at", _UtcDateTime, nullable=False),
)

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("key_id", _Limited("key_id", KEY_ID_LENGTH), primary_key=True),
    _tenant(),
    Column("name", _Limited("name", 200), nullable=False),
    Column("role", _Limited("role", 20), nullable=False),
    Column("secret_sha256", _Limited("secret_sha256", 64), nullable=False),
    Column("created_at", _UtcDateTime, nullable=False),
    Column("expires_at", _UtcDateTime),
    Column("revoked_at", _UtcDateTime),
    # null: headquarters, as in rows of older versions
    Column("place", JSON(none_as_null=True)),
    Index(None, "tenant_id"),
)

EVENTS = Table(
    "events",
    METADATA,
    _serial(),
    _tenant(),
    Column("event_id", _Limited("event_id", 100)),
    Column("received_at", _UtcDateTime, nullable=False),
    Column("occurred_at", DateTime, nullable=False),
    Column("event_type", _Limited("event_type", 100), nullable=False),
    Column("customer_id", Text),
    Column("id_type", _Limited("id_type", 100)),
    Column("id_value", Text),
    Column("product_id", Text),
    Column("store_id", Text),
    Column("channel", _Limited("channel", 100)),
    Column("session_id", Text),
    Column("attribution_id", _Limited("attribution_id", 100)),
    UniqueConstraint("tenant_id", "event_id"),
    Index(None, "tenant_id", "received_at"),
)

DECISIONS = Table(
    "decisions",
    METADATA,
    _serial(),
    _tenant(),
    Column("decision_id", _Limited("decision_id", 100), nullable=False),
    Column("suggestion_id", _Limited("suggestion_id", 100), nullable=False),
    Column("store_id", Text, nullable=False),
    Column("product_id", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("decision", _Limited("decision", 20), nullable=False),
    Column("suggested_quantity", Float),
    Column("quantity", Float),
    Column("reason", Text),
    Column("decided_by", _Limited("decided_by", 200), nullable=False),
    Column("decided_at", _UtcDateTime, nullable=False),
    # null in rows of older versions: no exception
    Column("is_exception", Boolean),
    Column("withdrawn_at", _UtcDateTime),
    Column("withdrawn_by", _Limited("withdrawn_by", 200)),
    UniqueConstraint("tenant_id", "decision_id"),
    Index(None, "tenant_id", "suggestion_id"),
)

EXPORTS = Table(
    "exports",
    METADATA,
    Column("export_id", _Limited("export_id", 40), primary_key=True),
    _tenant(),
    Column("target", Text, nullable=False),
    Column("made_by", _Limited("made_by", 200), nullable=False),
    Column("made_at", _UtcDateTime, nullable=False),
    Column("delivered_at", _UtcDateTime),
    Index(None, "tenant_id"),
)

EXPORT_LINES = Table(
    "export_lines",
    METADATA,
    _serial(),
    _tenant(),
    Column("export_id", _Limited("export_id", 40), ForeignKey("exports.export_id"), nullable=False),
    Column("decision_row", _SERIAL, ForeignKey("decisions.id"), nullable=False),
    Column("suggestion_id", _Limited("suggestion_id", 100), nullable=False),
    UniqueConstraint("tenant_id", "decision_row"),
    Index(None, "tenant_id", "suggestion_id"),
)

RECEIPTS = Table(
    "receipts",
    METADATA,
    _serial(),
    _tenant(),
    Column("receipt_id", _Limited("receipt_id", 100), nullable=False),
    Column("suggestion_id", _Limited("suggestion_id", 100), nullable=False),
    Column("store_id", Text, nullable=False),
    Column("product_id", Text, nullable=False),
    Column("units", Float, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("note", Text),
    Column("noted_by", _Limited("noted_by", 200), nullable=False),
    Column("noted_at", _UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "receipt_id"),
    Index(None, "tenant_id", "suggestion_id"),
)

RULES = Table(
    "rules",
    METADATA,
    _serial(),
    _tenant(),
    Column("rules", JSON, nullable=False),
    Column("set_by", _Limited("set_by", 200), nullable=False),
    Column("set_at", _UtcDateTime, nullable=False),
    Index(None, "tenant_id"),
)

SEGMENTS = Table(
    "segments",
    METADATA,
    _serial(),
    _tenant(),
    Column("name", _Limited("name", 100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("expression", JSON, nullable=False),
    Column("is_static", Boolean, nullable=False),
    Column("is_removed", Boolean, nullable=False),
    Column("owner", _Limited("owner", 200), nullable=False),
    Column("note", Text, nullable=False),
    Column("people", Integer, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("saved_by", _Limited("saved_by", 200), nullable=False),
    Column("saved_at", _UtcDateTime, nullable=False),
    Column("place", JSON(none_as_null=True)),
    UniqueConstraint("tenant_id", "name", "version"),
)

SEGMENT_MEMBERS = Table(
    "segment_members",
    METADATA,
    _tenant(),
    Column("segment_id", _SERIAL, ForeignKey("segments.id"), primary_key=True, autoincrement=False),
    Column("customer_id", _Limited("customer_id", 200), primary_key=True),
)

OVERRIDES = Table(
    "overrides",
    METADATA,
    _serial(),
    _tenant(),
    Column("override_id", _Limited("override_id", 100), nullable=False),
    Column("store_id", Text),
    Column("product_id", Text),
    Column("begins_on", Date, nullable=False),
    Column("ends_on", Date),
    Column("kind", _Limited("kind", 20), nullable=False),
    Column("value", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", _Limited("made_by", 200), nullable=False),
    Column("made_at", _UtcDateTime, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("withdrawn_at", _UtcDateTime),
    Column("withdrawn_by", _Limited("withdrawn_by", 200)),
    Column("withdrawn_as_of", Date),
    UniqueConstraint("tenant_id", "override_id"),
)

CAMPAIGNS = Table(
    "campaigns",
    METADATA,
    _serial(),
    _tenant(),
    Column("campaign_id", _Limited("campaign_id", 100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", _Limited("state", 20), nullable=False),
    Column("definition", JSON, nullable=False),
    Column("preview", JSON(none_as_null=True)),
    Column("created_by", _Limited("created_by", 200), nullable=False),
    Column("created_at", _UtcDateTime, nullable=False),
    Column("changed_by", _Limited("changed_by", 200), nullable=False),
    Column("changed_at", _UtcDateTime, nullable=False),
    Column("approved_by", _Limited("approved_by", 200)),
    Column("approved_at", _UtcDateTime),
    Column("stopped_by", _Limited("stopped_by", 200)),
    Column("stopped_at", _UtcDateTime),
    Column("stop_reason", Text),
    Column("place", JSON(none_as_null=True)),
    Column("measured_by", _Limited("measured_by", 200)),
    Column("measured_at", _UtcDateTime),
    Column("stop_rule", JSON(none_as_null=True)),
    UniqueConstraint("tenant_id", "campaign_id"),
)

CAMPAIGN_CONTACTS = Table(
    "campaign_contacts",
    METADATA,
    _serial(),
    _tenant(),
    Column("campaign_id", _Limited("campaign_id", 100), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("contact_id", _Limited("contact_id", 40)),
    Column("held", Boolean, nullable=False),
    Column("channel", _Limited("channel", 20), nullable=False),
    Column("day", Date, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("store_id", Text),
    Column("product_id", Text, nullable=False),
    Column("probability", Float, nullable=False),
    Column("caused", Float, nullable=False),
    Column("expected_value", Float),
    Column("segment", Text),
    Column("state", _Limited("state", 20), nullable=False),
    # the worker that hands it over at present
    Column("taken_by", _Limited("taken_by", 40)),
    Column("taken_at", _UtcDateTime),
    # day of the contact where it was sent; later than `day` where it was late
    Column("sent_on", Date),
    UniqueConstraint("tenant_id", "campaign_id", "customer_id"),
    Index(None, "tenant_id", "day"),
    Index(None, "tenant_id", "contact_id"),
)

CAMPAIGN_EFFECTS = Table(
    "campaign_effects",
    METADATA,
    _serial(),
    _tenant(),
    Column("campaign_id", _Limited("campaign_id", 200), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("effect", JSON, nullable=False),
    Column("measured_by", _Limited("measured_by", 200), nullable=False),
    Column("measured_at", _UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "campaign_id", "as_of"),
)

CAMPAIGN_RECEIPTS = Table(
    "campaign_receipts",
    METADATA,
    _serial(),
    _tenant(),
    Column("receipt_id", _Limited("receipt_id", 200), nullable=False),
    Column("campaign_id", _Limited("campaign_id", 200), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("channel", _Limited("channel", 20), nullable=False),
    Column("kind", _Limited("kind", 20), nullable=False),
    Column("at", _UtcDateTime, nullable=False),
    Column("noted_at", _UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "receipt_id"),
    Index(None, "tenant_id", "kind"),
)

TRIGGERS = Table(
    "triggers",
    METADATA,
    _serial(),
    _tenant(),
    Column("trigger_id", _Limited("trigger_id", 100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", _Limited("state", 20), nullable=False),
    Column("definition", JSON, nullable=False),
    Column("owner", _Limited("owner", 200), nullable=False),
    Column("created_by", _Limited("created_by", 200), nullable=False),
    Column("created_at", _UtcDateTime, nullable=False),
    Column("changed_by", _Limited("changed_by", 200), nullable=False),
    Column("changed_at", _UtcDateTime, nullable=False),
    # events that came before are no cause: null while the trigger is off
    Column("on_since", _UtcDateTime),
    Column("seen_event", _SERIAL, nullable=False),
    UniqueConstraint("tenant_id", "trigger_id"),
)

TRIGGER_FIRINGS = Table(
    "trigger_firings",
    METADATA,
    _serial(),
    _tenant(),
    Column("trigger_id", _Limited("trigger_id", 100), nullable=False),
    Column("person_id", _Limited("person_id", LONGEST_PERSON), nullable=False),
    Column("cause", _Limited("cause", LONGEST_CAUSE), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("product_id", Text),
    Column("goes_with", Text),
    Column("probability", Float),
    Column("caused_at", DateTime, nullable=False),
    Column("noted_at", _UtcDateTime, nullable=False),
    Column("due_at", _UtcDateTime, nullable=False),
    Column("state", _Limited("state", 20), nullable=False),
    Column("code", _Limited("code", 40)),
    Column("held", Boolean),
    Column("channel", _Limited("channel", 20)),
    Column("day", Date),
    Column("store_id", Text),
    Column("segment", Text),
    Column("taken_by", _Limited("taken_by", 40)),
    Column("taken_at", _UtcDateTime),
    Column("sent_at", _UtcDateTime),
    Column("sent_on", Date),
    Column("contact_id", _Limited("contact_id", 40)),
    UniqueConstraint("tenant_id", "trigger_id", "person_id", "cause"),
    Index(None, "tenant_id", "state", "due_at"),
    Index(None, "tenant_id", "contact_id"),
)

GUIDES = Table(
    "guides",
    METADATA,
    _serial(),
    _tenant(),
    Column("guide_id", _Limited("guide_id", 200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", _Limited("name", 200)),
    Column("store_id", Text),
    Column("capacity", Integer),
    Column("left_on", Date),
    Column("changed_by", _Limited("changed_by", 200), nullable=False),
    Column("changed_at", _UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "guide_id"),
)

GUIDE_CUSTOMERS = Table(
    "guide_customers",
    METADATA,
    _serial(),
    _tenant(),
    Column("customer_id", _Limited("customer_id", 200), nullable=False),
    Column("guide_id", _Limited("guide_id", 200)),
    Column("before", _Limited("before", 200)),
    Column("rule", _Limited("rule", 210), nullable=False),
    Column("moved_by", _Limited("moved_by", 200), nullable=False),
    Column("moved_at", _UtcDateTime, nullable=False),
    Index(None, "tenant_id", "customer_id"),
)

GUIDE_TASKS = Table(
    "guide_tasks",
    METADATA,
    _serial(),
    _tenant(),
    Column("task_id", _Limited("task_id", 40), nullable=False),
    Column("guide_id", _Limited("guide_id", 200), nullable=False),
    Column("day", Date, nullable=False),
    Column("person_id", _Limited("person_id", LONGEST_PERSON), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("channel", _Limited("channel", 20), nullable=False),
    Column("store_id", Text),
    Column("product_id", Text),
    Column("source", _Limited("source", 100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_zh", Text, nullable=False),
    Column("probability", Float),
    Column("expected_value", Float),
    Column("segment", Text),
    Column("state", _Limited("state", 20), nullable=False),
    Column("answered_at", _UtcDateTime),
    UniqueConstraint("tenant_id", "day", "person_id"),
    Index(None, "tenant_id", "guide_id", "day"),
)

GUIDE_ANSWERS = Table(
    "guide_answers",
    METADATA,
    _serial(),
    _tenant(),
    Column("answer_id", _Limited("answer_id", 200), nullable=False),
    Column("task_id", _Limited("task_id", 40), nullable=False),
    Column("guide_id", _Limited("guide_id", 200), nullable=False),
    Column("outcome", _Limited("outcome", 20), nullable=False),
    Column("note", Text),
    Column("at", _UtcDateTime, nullable=False),
    Column("noted_by", _Limited("noted_by", 200), nullable=False),
    Column("noted_at", _UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "answer_id"),
    Index(None, "tenant_id", "task_id"),
)

GUIDE_REFERRALS = Table(
    "guide_referrals",
    METADATA,
    _serial(),
    _tenant(),
    Column("referral_id", _Limited("referral_id", 200), nullable=False),
    Column("guide_id", _Limited("guide_id", 200), nullable=False),
    Column("customer_id", _Limited("customer_id", 200), nullable=False),
    Column("referred_by", _Limited("referred_by", 200)),
    Column("at", _UtcDateTime, nullable=False),
    Column("noted_by", _Limited("noted_by", 200), nullable=False),
    Column("noted_at", _UtcDateTime, nullable=False),
    # the first who brings a person has the credit
    UniqueConstraint("tenant_id", "customer_id"),
)

ERASURES = Table(
    "erasures",
    METADATA,
    _serial(),
    _tenant(),
    Column("erasure_id", _Limited("erasure_id", 40), nullable=False),
    # who is erased: kept only until the erasure is finished
    Column("subjects", JSON(none_as_null=True)),
    Column("report", JSON(none_as_null=True)),
    Column("requested_by", _Limited("requested_by", 200), nullable=False),
    Column("requested_at", _UtcDateTime, nullable=False),
    Column("finished_at", _UtcDateTime),
    UniqueConstraint("tenant_id", "erasure_id"),
)

ERASURE_SALTS = Table(
    "erasure_salts",
    METADATA,
    Column("tenant_id", _Limited("tenant_id", 40), ForeignKey("tenants.tenant_id"), primary_key=True),
    Column("salt", _Limited("salt", 64), nullable=False),
)

ERASED_IDS = Table(
    "erased_ids",
    METADATA,
    _serial(),
    _tenant(),
    Column("digest", _Limited("digest", 64), nullable=False),
    Column("erasure_id", _Limited("erasure_id", 40), nullable=False),
    UniqueConstraint("tenant_id", "digest"),
)

IDENTITY_DECISIONS = Table(
    "identity_decisions",
    METADATA,
    _serial(),
    _tenant(),
    Column("decision_id", _Limited("decision_id", 40), nullable=False),
    Column("kind", _Limited("kind", 20), nullable=False),
    Column("nodes", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", _Limited("made_by", 200), nullable=False),
    Column("made_at", _UtcDateTime, nullable=False),
    Column("undone_by", _Limited("undone_by", 200)),
    Column("undone_at", _UtcDateTime),
    UniqueConstraint("tenant_id", "decision_id"),
)

MODEL_TESTS = Table(
    "model_tests",
    METADATA,
    _serial(),
    _tenant(),
    Column("name", _Limited("name", 40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("share", Float, nullable=False),
    Column("begun_by", _Limited("begun_by", 200), nullable=False),
    Column("begun_at", _UtcDateTime, nullable=False),
    Column("served_at", _UtcDateTime),
    Column("ended_by", _Limited("ended_by", 200)),
    Column("ended_at", _UtcDateTime),
    # promoted or dropped
    Column("outcome", _Limited("outcome", 20)),
    # a name is used once: the hash of its people and its looks are its own
    UniqueConstraint("tenant_id", "name"),
)

JOBS = Table(
    "jobs",
    METADATA,
    _serial(),
    _tenant(),
    Column("job_id", _Limited("job_id", 40), nullable=False),
    Column("kind", _Limited("kind", 40), nullable=False),
    Column("arguments", JSON, nullable=False),
    # waiting, running, done, failed, cancelled or stopped
    Column("state", _Limited("state", 20), nullable=False),
    Column("started_by", _Limited("started_by", 200), nullable=False),
    Column("started_at", _UtcDateTime, nullable=False),
    Column("seen_at", _UtcDateTime, nullable=False),
    Column("finished_at", _UtcDateTime),
    Column("cancel_by", _Limited("cancel_by", 200)),
    Column("cancel_at", _UtcDateTime),
    # of the machine whose process runs it; null while none has taken it
    Column("host", _Limited("host", 200)),
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

JOB_LINES = Table(
    "job_lines",
    METADATA,
    _serial(),
    _tenant(),
    Column("job_id", _Limited("job_id", 40), nullable=False),
    # from 1 on, in the order of printing
    Column("number", Integer, nullable=False),
    Column("at", _UtcDateTime, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("tenant_id", "job_id", "number"),
)

AUDIT = Table(
    "audit",
    METADATA,
    _serial(),
    _tenant(),
    Column("at", _UtcDateTime, nullable=False),
    Column("actor", _Limited("actor", 200), nullable=False),
    Column("action", _Limited("action", 100), nullable=False),
    Column("subject", _Limited("subject", 200), nullable=False),
    Column("details", JSON, nullable=False),
    Index(None, "tenant_id", "at"),
)
