"""Measured effects of campaigns."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "campaign_effects",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("campaign_id", sa.String(length=200), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("effect", sa.JSON(), nullable=False),
        sa.Column("measured_by", sa.String(length=200), nullable=False),
        sa.Column("measured_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_campaign_effects_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_effects")),
        sa.UniqueConstraint(
            "tenant_id", "campaign_id", "as_of", name=op.f("uq_campaign_effects_tenant_id_campaign_id_as_of")
        ),
    )


def downgrade() -> None:
    """Removes it."""
    op.drop_table("campaign_effects")
