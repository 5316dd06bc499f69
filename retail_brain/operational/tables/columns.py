"""Column types that the tables of the operational database share, and the SQLAlchemy metadata that holds them all."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

from retail_brain.errors import UsageError


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, stored as UTC without zone in every database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The instant in UTC, without zone."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The instant with its zone put back."""
        return None if value is None else value.replace(tzinfo=UTC)


class Limited(TypeDecorator[str]):
    """Text of limited length: more is refused in words, by SQLite, which ignores limits, as by PostgreSQL."""

    impl = String
    cache_ok = True

    def __init__(self, column: str, length: int) -> None:
        super().__init__(length)
        self.column, self.most = column, length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text as it is.

        Raises:
            UsageError: it is too long.
        """
        if value is not None and len(value) > self.most:
            raise UsageError(
                f"{self.column} has at most {self.most} characters; got {len(value)}. Shorten it.",
                {"problem": "too_long", "column": self.column, "limit": self.most, "length": len(value)},
            )
        return value


KEY_ID_LENGTH = 20
"""Characters of the public name of a key: `rb_`, 16 digits and one to spare."""

LONGEST_CAUSE, LONGEST_PERSON = 300, 200
"""Characters of what triggers a message, and of a person's id: parts of an index, whose rows PostgreSQL limits."""

# fixed names: a later migration must be able to name a constraint that it changes
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column of exactly the type INTEGER
_SERIAL = BigInteger().with_variant(Integer, "sqlite")


def numbered_table(name: str, *parts: SchemaItem) -> Table:
    """A table whose rows belong to a tenant and have a rising `id`, by which readers read on from the last they saw.

    No number is given twice, also not that of a removed newest row (SQLite would, PostgreSQL never does): a reader
    would not see the next row.
    """
    number = Column("id", _SERIAL, primary_key=True, autoincrement=True)
    return Table(name, METADATA, number, tenant_column(), *parts, sqlite_autoincrement=True)


def tenant_column() -> Column[str]:
    return Column("tenant_id", Limited("tenant_id", 40), ForeignKey("tenants.tenant_id"), nullable=False)
