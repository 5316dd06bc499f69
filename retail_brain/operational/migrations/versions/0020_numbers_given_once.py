"""SQLite gives no number of a removed row again: who reads on from the last number would not see the next row."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_NUMBERED = (
    "events", "rules", "model_tests", "jobs", "job_lines", "audit",
    "segments", "erasures", "erased_ids", "identity_decisions",
    "campaigns", "campaign_contacts", "campaign_effects", "campaign_receipts", "triggers", "trigger_firings",
    "guides", "guide_customers", "guide_tasks", "guide_answers", "guide_referrals",
    "decisions", "export_lines", "receipts", "overrides", "line_comments",
)  # fmt: skip


def upgrade() -> None:
    """Makes SQLite's tables anew with the same rows and numbers; PostgreSQL's sequences never give one again."""
    _rebuild(is_given_once=True)
    if op.get_bind().dialect.name == "sqlite":
        # triggers keep the last event that they saw, which may have been removed before
        op.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, (SELECT coalesce(max(seen_event), 0) FROM triggers)) "
            "WHERE name = 'events'"
        )


def downgrade() -> None:
    """Makes them as they were."""
    _rebuild(is_given_once=False)


def _rebuild(*, is_given_once: bool) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in _NUMBERED:
        with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_autoincrement": is_given_once}):
            pass
