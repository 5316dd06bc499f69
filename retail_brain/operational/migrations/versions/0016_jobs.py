"""Jobs that were started from the page or by `jobs start`, and the lines that they printed."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False)


def _of_job() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
    )


def _keys(table: str, unique: tuple[str, ...]) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f(f"fk_{table}_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("tenant_id", *unique, name=op.f(f"uq_{table}_tenant_id_{'_'.join(unique)}")),
    )


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "jobs",
        _id(),
        *_of_job(),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started_by", sa.String(length=200), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime()),
        sa.Column("cancel_by", sa.String(length=200)),
        sa.Column("cancel_at", sa.DateTime()),
        sa.Column("host", sa.String(length=200)),
        sa.Column("step", sa.Text()),
        sa.Column("step_done", sa.BigInteger()),
        sa.Column("step_total", sa.BigInteger()),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("exit_code", sa.Integer()),
        sa.Column("result", sa.JSON(none_as_null=True)),
        sa.Column("error", sa.JSON(none_as_null=True)),
        *_keys("jobs", ("job_id",)),
    )
    op.create_index(op.f("ix_jobs_tenant_id_state"), "jobs", ["tenant_id", "state"])
    op.create_table(
        "job_lines",
        _id(),
        *_of_job(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        *_keys("job_lines", ("job_id", "number")),
    )


def downgrade() -> None:
    """Removes them."""
    op.drop_table("job_lines")
    op.drop_index(op.f("ix_jobs_tenant_id_state"), "jobs")
    op.drop_table("jobs")
