"""Decisions that were taken back, and those confirmed as exceptions."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; older decisions are neither."""
    op.add_column("decisions", sa.Column("is_exception", sa.Boolean(), nullable=True))
    op.add_column("decisions", sa.Column("withdrawn_at", sa.DateTime(), nullable=True))
    op.add_column("decisions", sa.Column("withdrawn_by", sa.String(length=200), nullable=True))


def downgrade() -> None:
    """Removes them."""
    for name in ("withdrawn_by", "withdrawn_at", "is_exception"):
        op.drop_column("decisions", name)
