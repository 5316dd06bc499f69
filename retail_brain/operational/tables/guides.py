"""Tables of guides and their daily lists."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)

from retail_brain.operational.tables.columns import (
    LONGEST_PERSON,
    Limited,
    UtcDateTime,
    numbered_table,
)

GUIDES = numbered_table(
    "guides",
    Column("guide_id", Limited("guide_id", 200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Limited("name", 200)),
    Column("store_id", Text),
    Column("capacity", Integer),
    Column("left_on", Date),
    Column("changed_by", Limited("changed_by", 200), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "guide_id"),
)

GUIDE_CUSTOMERS = numbered_table(
    "guide_customers",
    Column("customer_id", Limited("customer_id", 200), nullable=False),
    Column("guide_id", Limited("guide_id", 200)),
    Column("before", Limited("before", 200)),
    Column("rule", Limited("rule", 210), nullable=False),
    Column("moved_by", Limited("moved_by", 200), nullable=False),
    Column("moved_at", UtcDateTime, nullable=False),
    Index(None, "tenant_id", "customer_id"),
)

GUIDE_TASKS = numbered_table(
    "guide_tasks",
    Column("task_id", Limited("task_id", 40), nullable=False),
    Column("guide_id", Limited("guide_id", 200), nullable=False),
    Column("day", Date, nullable=False),
    Column("person_id", Limited("person_id", LONGEST_PERSON), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("channel", Limited("channel", 20), nullable=False),
    Column("store_id", Text),
    Column("product_id", Text),
    Column("source", Limited("source", 100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_zh", Text, nullable=False),
    Column("probability", Float),
    Column("expected_value", Float),
    Column("segment", Text),
    Column("state", Limited("state", 20), nullable=False),
    Column("answered_at", UtcDateTime),
    UniqueConstraint("tenant_id", "day", "person_id"),
    Index(None, "tenant_id", "guide_id", "day"),
)

GUIDE_ANSWERS = numbered_table(
    "guide_answers",
    Column("answer_id", Limited("answer_id", 200), nullable=False),
    Column("task_id", Limited("task_id", 40), nullable=False),
    Column("guide_id", Limited("guide_id", 200), nullable=False),
    Column("outcome", Limited("outcome", 20), nullable=False),
    Column("note", Text),
    Column("at", UtcDateTime, nullable=False),
    Column("noted_by", Limited("noted_by", 200), nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "answer_id"),
    Index(None, "tenant_id", "task_id"),
)

GUIDE_REFERRALS = numbered_table(
    "guide_referrals",
    Column("referral_id", Limited("referral_id", 200), nullable=False),
    Column("guide_id", Limited("guide_id", 200), nullable=False),
    Column("customer_id", Limited("customer_id", 200), nullable=False),
    Column("referred_by", Limited("referred_by", 200)),
    Column("at", UtcDateTime, nullable=False),
    Column("noted_by", Limited("noted_by", 200), nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    # the first who brings a person has the credit
    UniqueConstraint("tenant_id", "customer_id"),
)
