"""Tables of campaigns and triggers."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)

from retail_brain.operational.tables.columns import (
    _SERIAL,
    LONGEST_CAUSE,
    LONGEST_PERSON,
    Limited,
    UtcDateTime,
    numbered_table,
)

_LATE = text("sent_on > day")
"""Contacts that moved to a later day: an index of them alone, for `repeated_contacts.contacts_mark`."""

CAMPAIGNS = numbered_table(
    "campaigns",
    Column("campaign_id", Limited("campaign_id", 100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Limited("state", 20), nullable=False),
    Column("definition", JSON, nullable=False),
    Column("preview", JSON(none_as_null=True)),
    Column("created_by", Limited("created_by", 200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_by", Limited("changed_by", 200), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("approved_by", Limited("approved_by", 200)),
    Column("approved_at", UtcDateTime),
    Column("stopped_by", Limited("stopped_by", 200)),
    Column("stopped_at", UtcDateTime),
    Column("stop_reason", Text),
    Column("place", JSON(none_as_null=True)),
    Column("measured_by", Limited("measured_by", 200)),
    Column("measured_at", UtcDateTime),
    Column("stop_rule", JSON(none_as_null=True)),
    # contacts that a report told of when they did not count any more; null is none
    Column("reported_late", Integer),
    UniqueConstraint("tenant_id", "campaign_id"),
)

CAMPAIGN_CONTACTS = numbered_table(
    "campaign_contacts",
    Column("campaign_id", Limited("campaign_id", 100), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("contact_id", Limited("contact_id", 40)),
    Column("held", Boolean, nullable=False),
    Column("channel", Limited("channel", 20), nullable=False),
    Column("day", Date, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("store_id", Text),
    Column("product_id", Text, nullable=False),
    Column("probability", Float, nullable=False),
    Column("caused", Float, nullable=False),
    Column("expected_value", Float),
    Column("segment", Text),
    Column("state", Limited("state", 20), nullable=False),
    # the worker that hands it over at present
    Column("taken_by", Limited("taken_by", 40)),
    Column("taken_at", UtcDateTime),
    # day of the contact where it was sent; later than `day` where it was late
    Column("sent_on", Date),
    # last day of the goods that it is about; null without an end
    Column("ends_on", Date),
    UniqueConstraint("tenant_id", "campaign_id", "customer_id"),
    Index(None, "tenant_id", "day"),
    Index(None, "tenant_id", "contact_id"),
    Index("ix_campaign_contacts_late", "tenant_id", "taken_at", sqlite_where=_LATE, postgresql_where=_LATE),
)

CAMPAIGN_EFFECTS = numbered_table(
    "campaign_effects",
    Column("campaign_id", Limited("campaign_id", 200), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("effect", JSON, nullable=False),
    Column("measured_by", Limited("measured_by", 200), nullable=False),
    Column("measured_at", UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "campaign_id", "as_of"),
)

CAMPAIGN_RECEIPTS = numbered_table(
    "campaign_receipts",
    Column("receipt_id", Limited("receipt_id", 200), nullable=False),
    Column("campaign_id", Limited("campaign_id", 200), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("channel", Limited("channel", 20), nullable=False),
    Column("kind", Limited("kind", 20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "receipt_id"),
    Index(None, "tenant_id", "kind"),
)

TRIGGERS = numbered_table(
    "triggers",
    Column("trigger_id", Limited("trigger_id", 100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Limited("state", 20), nullable=False),
    Column("definition", JSON, nullable=False),
    Column("owner", Limited("owner", 200), nullable=False),
    Column("created_by", Limited("created_by", 200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_by", Limited("changed_by", 200), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    # events that came before are no cause: null while the trigger is off
    Column("on_since", UtcDateTime),
    Column("seen_event", _SERIAL, nullable=False),
    UniqueConstraint("tenant_id", "trigger_id"),
)

TRIGGER_FIRINGS = numbered_table(
    "trigger_firings",
    Column("trigger_id", Limited("trigger_id", 100), nullable=False),
    Column("person_id", Limited("person_id", LONGEST_PERSON), nullable=False),
    Column("cause", Limited("cause", LONGEST_CAUSE), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("product_id", Text),
    Column("goes_with", Text),
    Column("probability", Float),
    Column("caused_at", DateTime, nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", Limited("state", 20), nullable=False),
    Column("code", Limited("code", 40)),
    Column("held", Boolean),
    Column("channel", Limited("channel", 20)),
    Column("day", Date),
    Column("store_id", Text),
    Column("segment", Text),
    Column("taken_by", Limited("taken_by", 40)),
    Column("taken_at", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("sent_on", Date),
    Column("contact_id", Limited("contact_id", 40)),
    UniqueConstraint("tenant_id", "trigger_id", "person_id", "cause"),
    Index(None, "tenant_id", "state", "due_at"),
    Index(None, "tenant_id", "contact_id"),
    Index("ix_trigger_firings_late", "tenant_id", "taken_at", sqlite_where=_LATE, postgresql_where=_LATE),
)
