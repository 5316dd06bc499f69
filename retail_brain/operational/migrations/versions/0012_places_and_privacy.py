"""Places of keys, segments and campaigns; erased people; splits and merges of identities."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_PLACED = ("api_keys", "segments", "campaigns")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False)


def _tenant() -> sa.Column[str]:
    return sa.Column("tenant_id", sa.String(length=40), nullable=False)


def _keys(table: str) -> tuple[sa.Constraint, sa.Constraint]:
    return (
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f(f"fk_{table}_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    """Adds the columns and tables."""
    for table in _PLACED:
        op.add_column(table, sa.Column("place", sa.JSON(none_as_null=True)))
    op.create_table(
        "erasure_salts",
        _tenant(),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_erasure_salts_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_erasure_salts")),
    )
    op.create_table(
        "erasures",
        _id(),
        _tenant(),
        sa.Column("erasure_id", sa.String(length=40), nullable=False),
        sa.Column("subjects", sa.JSON(none_as_null=True)),
        sa.Column("report", sa.JSON(none_as_null=True)),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime()),
        *_keys("erasures"),
        sa.UniqueConstraint("tenant_id", "erasure_id", name=op.f("uq_erasures_tenant_id_erasure_id")),
    )
    op.create_table(
        "erased_ids",
        _id(),
        _tenant(),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("erasure_id", sa.String(length=40), nullable=False),
        *_keys("erased_ids"),
        sa.UniqueConstraint("tenant_id", "digest", name=op.f("uq_erased_ids_tenant_id_digest")),
    )
    op.create_table(
        "identity_decisions",
        _id(),
        _tenant(),
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("nodes", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("undone_by", sa.String(length=200)),
        sa.Column("undone_at", sa.DateTime()),
        *_keys("identity_decisions"),
        sa.UniqueConstraint("tenant_id", "decision_id", name=op.f("uq_identity_decisions_tenant_id_decision_id")),
    )


def downgrade() -> None:
    """Removes them."""
    for table in ("identity_decisions", "erased_ids", "erasures", "erasure_salts"):
        op.drop_table(table)
    for table in _PLACED:
        op.drop_column(table, "place")
