"""Times in which published answers left the version of a model test out."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; tests of before were served without a gap as far as anybody knows."""
    op.add_column("model_tests", sa.Column("left_out", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Removes it."""
    op.drop_column("model_tests", "left_out")
