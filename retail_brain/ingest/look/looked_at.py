"""A file that was looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.sources.base import FileTable


@dataclass(frozen=True)
class LookedAt:
    """One file that was looked at, with what it feeds; `title` is the text above its header."""

    path: Path
    table: FileTable
    keys: Mapping[str, str]
    sample: pl.DataFrame
    columns: Columns
    proposal: Proposal
    title: str = ""

    @property
    def place(self) -> tuple[Path, str]:
        """Its path, and the key of its sheet or section: those of one file feed tables of their own."""
        return self.path, self.keys.get("sheet") or self.keys.get("section") or self.keys.get("element", "")
