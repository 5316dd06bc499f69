"""What arrived of the orders."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the receipts."""
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("receipt_id", sa.String(length=100), nullable=False),
        sa.Column("suggestion_id", sa.String(length=100), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("units", sa.Float(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("noted_by", sa.String(length=200), nullable=False),
        sa.Column("noted_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_receipts_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("tenant_id", "receipt_id", name=op.f("uq_receipts_tenant_id_receipt_id")),
    )
    op.create_index(op.f("ix_receipts_tenant_id_suggestion_id"), "receipts", ["tenant_id", "suggestion_id"])


def downgrade() -> None:
    """Removes them."""
    op.drop_table("receipts")
