"""Chance that a firing's person buys what it is about."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column."""
    op.add_column("trigger_firings", sa.Column("probability", sa.Float()))


def downgrade() -> None:
    """Removes it."""
    op.drop_column("trigger_firings", "probability")
