"""Leases and the day of sending of contacts, ids of what triggers send, and rules of moves that name any guide."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_AT_ONCE = 5_000
"""Firings that get their id in one statement: some megabytes of memory."""


def upgrade() -> None:
    """Adds the columns; what triggers fired before gets the id that its receivers know."""
    op.add_column("campaign_contacts", sa.Column("taken_by", sa.String(length=40), nullable=True))
    op.add_column("campaign_contacts", sa.Column("taken_at", sa.DateTime(), nullable=True))
    op.add_column("campaign_contacts", sa.Column("sent_on", sa.Date(), nullable=True))
    op.add_column("trigger_firings", sa.Column("sent_on", sa.Date(), nullable=True))
    op.add_column("trigger_firings", sa.Column("contact_id", sa.String(length=40), nullable=True))
    op.create_index(op.f("ix_trigger_firings_tenant_id_contact_id"), "trigger_firings", ["tenant_id", "contact_id"])
    _widen(sa.String(length=40), sa.String(length=210))
    _name_firings()


def downgrade() -> None:
    """Removes them."""
    _widen(sa.String(length=210), sa.String(length=40))
    op.drop_index(op.f("ix_trigger_firings_tenant_id_contact_id"), "trigger_firings")
    for name in ("contact_id", "sent_on"):
        op.drop_column("trigger_firings", name)
    for name in ("sent_on", "taken_at", "taken_by"):
        op.drop_column("campaign_contacts", name)


def _widen(before: sa.String, after: sa.String) -> None:
    with op.batch_alter_table("guide_customers") as table:
        table.alter_column("rule", existing_type=before, type_=after, existing_nullable=False)


def _name_firings() -> None:
    """As `trigger_firings.message_id` does; a migration stays as it was written, so it has its own copy."""
    table = sa.table("trigger_firings", *(sa.column(name) for name in ("id", "trigger_id", "person_id", "cause")))
    named = sa.table("trigger_firings", sa.column("id"), sa.column("contact_id"))
    change = sa.update(named).where(named.c.id == sa.bindparam("row")).values(contact_id=sa.bindparam("name"))
    connection, last = op.get_bind(), 0
    while True:
        query = sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(_AT_ONCE)
        rows = connection.execute(query).all()
        if not rows:
            return
        ids = [f"trigger:{row.trigger_id}\x1f{row.person_id}\x1f{row.cause}".encode() for row in rows]
        names = [hashlib.sha256(one).hexdigest()[:32] for one in ids]
        connection.execute(change, [{"row": row.id, "name": name} for row, name in zip(rows, names, strict=True)])
        last = rows[-1].id
