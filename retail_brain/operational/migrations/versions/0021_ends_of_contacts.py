"""Contacts of campaigns keep the last day of the goods that they are about: late ones are not sent after it."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; of campaigns approved before, no end is known."""
    op.add_column("campaign_contacts", sa.Column("ends_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Removes it."""
    op.drop_column("campaign_contacts", "ends_on")
