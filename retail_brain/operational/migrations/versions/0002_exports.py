"""Orders handed to another system."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the exports and their lines."""
    op.create_table(
        "exports",
        sa.Column("export_id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_exports_tenant_id")),
        sa.PrimaryKeyConstraint("export_id", name=op.f("pk_exports")),
    )
    op.create_index(op.f("ix_exports_tenant_id"), "exports", ["tenant_id"])
    op.create_table(
        "export_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("export_id", sa.String(length=40), nullable=False),
        sa.Column("decision_row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("suggestion_id", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["decision_row"], ["decisions.id"], name=op.f("fk_export_lines_decision_row")),
        sa.ForeignKeyConstraint(["export_id"], ["exports.export_id"], name=op.f("fk_export_lines_export_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_export_lines_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_lines")),
        sa.UniqueConstraint("tenant_id", "decision_row", name=op.f("uq_export_lines_tenant_id_decision_row")),
    )
    op.create_index(op.f("ix_export_lines_tenant_id_suggestion_id"), "export_lines", ["tenant_id", "suggestion_id"])


def downgrade() -> None:
    """Removes them."""
    op.drop_table("export_lines")
    op.drop_table("exports")
