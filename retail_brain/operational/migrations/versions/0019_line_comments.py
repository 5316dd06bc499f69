"""Comments of people on a product in a store, which decide nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "line_comments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("comment_id", sa.String(length=100), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("commented_by", sa.String(length=200), nullable=False),
        sa.Column("commented_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_line_comments_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_comments")),
        sa.UniqueConstraint("tenant_id", "comment_id", name=op.f("uq_line_comments_tenant_id_comment_id")),
    )
    columns = ["tenant_id", "store_id", "product_id"]
    op.create_index(op.f("ix_line_comments_tenant_id_store_id_product_id"), "line_comments", columns)


def downgrade() -> None:
    """Removes it."""
    op.drop_table("line_comments")
