"""Triggers and what they fired; guides, their people, daily lists and answers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = (
    "guide_referrals",
    "guide_answers",
    "guide_tasks",
    "guide_customers",
    "guides",
    "trigger_firings",
    "triggers",
)


def upgrade() -> None:
    """Adds the tables."""
    _add_triggers()
    _add_guides()
    _add_tasks()


def downgrade() -> None:
    """Removes them."""
    for name in _TABLES:
        op.drop_table(name)


def _serial(name: str = "id", *, is_key: bool = True) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=is_key, nullable=False)


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    """The columns and keys that every one of the tables has."""
    return [
        _serial(),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f(f"fk_{table}_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _text(name: str, length: int | None, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text() if length is None else sa.String(length=length), nullable=nullable)


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    names = ("tenant_id", *columns)
    return sa.UniqueConstraint(*names, name=op.f(f"uq_{table}_{'_'.join(names)}"))


def _index(table: str, *columns: str) -> None:
    names = ("tenant_id", *columns)
    op.create_index(op.f(f"ix_{table}_{'_'.join(names)}"), table, list(names))


def _add_triggers() -> None:
    op.create_table(
        "triggers",
        *_owned("triggers"),
        _text("trigger_id", 100),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("state", 20),
        sa.Column("definition", sa.JSON(), nullable=False),
        _text("owner", 200),
        _text("created_by", 200),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        _text("changed_by", 200),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("on_since", sa.DateTime()),
        _serial("seen_event", is_key=False),
        _unique("triggers", "trigger_id"),
    )
    op.create_table(
        "trigger_firings",
        *_owned("trigger_firings"),
        _text("trigger_id", 100),
        _text("person_id", 200),
        _text("cause", 300),
        _text("customer_id", None),
        _text("product_id", None, nullable=True),
        _text("goes_with", None, nullable=True),
        sa.Column("caused_at", sa.DateTime(), nullable=False),
        sa.Column("noted_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        _text("state", 20),
        _text("code", 40, nullable=True),
        sa.Column("held", sa.Boolean()),
        _text("channel", 20, nullable=True),
        sa.Column("day", sa.Date()),
        _text("store_id", None, nullable=True),
        _text("segment", None, nullable=True),
        _text("taken_by", 40, nullable=True),
        sa.Column("taken_at", sa.DateTime()),
        sa.Column("sent_at", sa.DateTime()),
        _unique("trigger_firings", "trigger_id", "person_id", "cause"),
    )
    _index("trigger_firings", "state", "due_at")


def _add_guides() -> None:
    op.create_table(
        "guides",
        *_owned("guides"),
        _text("guide_id", 200),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("name", 200, nullable=True),
        _text("store_id", None, nullable=True),
        sa.Column("capacity", sa.Integer()),
        sa.Column("left_on", sa.Date()),
        _text("changed_by", 200),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        _unique("guides", "guide_id"),
    )
    op.create_table(
        "guide_customers",
        *_owned("guide_customers"),
        _text("customer_id", 200),
        _text("guide_id", 200, nullable=True),
        _text("before", 200, nullable=True),
        _text("rule", 40),
        _text("moved_by", 200),
        sa.Column("moved_at", sa.DateTime(), nullable=False),
    )
    _index("guide_customers", "customer_id")


def _add_tasks() -> None:
    op.create_table(
        "guide_tasks",
        *_owned("guide_tasks"),
        _text("task_id", 40),
        _text("guide_id", 200),
        sa.Column("day", sa.Date(), nullable=False),
        _text("person_id", 200),
        _text("customer_id", None),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        _text("channel", 20),
        _text("store_id", None, nullable=True),
        _text("product_id", None, nullable=True),
        _text("source", 100),
        _text("reason", None),
        _text("reason_zh", None),
        _text("text", None),
        _text("text_zh", None),
        sa.Column("probability", sa.Float()),
        sa.Column("expected_value", sa.Float()),
        _text("segment", None, nullable=True),
        _text("state", 20),
        sa.Column("answered_at", sa.DateTime()),
        _unique("guide_tasks", "day", "person_id"),
    )
    _index("guide_tasks", "guide_id", "day")
    op.create_table(
        "guide_answers",
        *_owned("guide_answers"),
        _text("answer_id", 200),
        _text("task_id", 40),
        _text("guide_id", 200),
        _text("outcome", 20),
        _text("note", None, nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        _text("noted_by", 200),
        sa.Column("noted_at", sa.DateTime(), nullable=False),
        _unique("guide_answers", "answer_id"),
    )
    _index("guide_answers", "task_id")
    op.create_table(
        "guide_referrals",
        *_owned("guide_referrals"),
        _text("referral_id", 200),
        _text("guide_id", 200),
        _text("customer_id", 200),
        _text("referred_by", 200, nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        _text("noted_by", 200),
        sa.Column("noted_at", sa.DateTime(), nullable=False),
        _unique("guide_referrals", "customer_id"),
    )
