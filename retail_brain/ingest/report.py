"""Report of an ingest: rows read, written, quarantined and left out, per table."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TableReport:
    """Counts of rows of one table.

    Attributes:
        read: rows of the source.
        new: rows added to the lake.
        changed: rows that replaced one with the same key.
        unchanged: rows that the lake had already.
        removed: rows that a replacement deleted.
        quarantined: bad rows.
        left_out: rows that the source leaves out on purpose, by reason.
        reasons: quarantined rows by reason; a row with two reasons counts in both.
        unknown: column -> rows whose id is not in the table that the column refers to.
        version: the table's version in the lake.
        seconds: time taken.
        notes: sentences on the rows, such as consents that close a channel.
        clashes: new receipt lines whose receipt the lake already had with other lines; both are kept.
        corrected: receipts that the lake had with other lines and that were replaced.
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
    corrected: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class IngestReport:
    """Report of an ingest.

    Attributes:
        source: the dataset.
        lake: URI of the lake.
        tables: one entry per table of the dataset.
        warnings: sentences for the user, such as files that were ignored.
        is_repeat: whether dataset and lake were as the last ingest left them, so that nothing was read.
    """

    source: str
    lake: str
    tables: Mapping[str, TableReport]
    warnings: tuple[str, ...] = ()
    is_repeat: bool = False

    @property
    def changed_anything(self) -> bool:
        """Whether the lake is different now."""
        return any(table.new or table.changed or table.removed for table in self.tables.values())

    @property
    def versions(self) -> dict[str, int]:
        """Table -> version in the lake."""
        return {name: table.version for name, table in self.tables.items()}
