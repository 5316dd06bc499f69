"""Campaigns count the contacts that a report told of when they did not count any more."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; null is none."""
    op.add_column("campaigns", sa.Column("reported_late", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Removes it."""
    op.drop_column("campaigns", "reported_late")
