"""Contacts and messages that moved to a later day are found without reading all the others."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_LATE = sa.text("sent_on > day")
_NAMES = {"campaign_contacts": "ix_campaign_contacts_late", "trigger_firings": "ix_trigger_firings_late"}


def upgrade() -> None:
    """Adds an index of the late rows alone to each of the two tables."""
    for table, name in _NAMES.items():
        op.create_index(name, table, ["tenant_id", "taken_at"], sqlite_where=_LATE, postgresql_where=_LATE)


def downgrade() -> None:
    """Removes them."""
    for table, name in _NAMES.items():
        op.drop_index(name, table)
