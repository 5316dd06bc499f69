"""What an ingest did, table by table."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TableReport:
    """What became of one table.

    Attributes:
        read: rows found in the source.
        new: rows added to the lake.
        changed: rows that took the place of one with the same key.
        unchanged: rows that the lake held already.
        removed: rows that a replacement took out.
        quarantined: rows set aside.
        left_out: rows that the source leaves out on purpose, by reason.
        reasons: rows set aside by reason; a row with two reasons counts in both.
        unknown: column -> rows that name an id which the table it refers to does not hold.
        version: the table's version in the lake.
        seconds: time taken.
        clashes: new receipt lines whose receipt the lake already held with other lines; both are kept.
    """

    name: str
    read: int
    new: int
    changed: int
    unchanged: int
    quarantined: int
    version: int
    seconds: float
    removed: int = 0
    clashes: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did.

    Attributes:
        source: the dataset.
        lake: URI of the lake.
        tables: one entry per table of the dataset.
        warnings: what the reader should know.
    """

    source: str
    lake: str
    tables: Mapping[str, TableReport]
    warnings: tuple[str, ...] = ()

    @property
    def changed_anything(self) -> bool:
        """Whether the lake is different now."""
        return any(table.new or table.changed or table.removed for table in self.tables.values())

    @property
    def versions(self) -> dict[str, int]:
        """Table -> version in the lake."""
        return {name: table.version for name, table in self.tables.items()}
