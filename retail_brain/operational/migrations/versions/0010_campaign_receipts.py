"""What came back of a campaign's contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "campaign_receipts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("receipt_id", sa.String(length=200), nullable=False),
        sa.Column("campaign_id", sa.String(length=200), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("noted_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_campaign_receipts_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_receipts")),
        sa.UniqueConstraint("tenant_id", "receipt_id", name=op.f("uq_campaign_receipts_tenant_id_receipt_id")),
    )
    op.create_index(op.f("ix_campaign_receipts_tenant_id_kind"), "campaign_receipts", ["tenant_id", "kind"])


def downgrade() -> None:
    """Removes it."""
    op.drop_table("campaign_receipts")
