"""Long work that goes on where a killed process stopped: tables of stores kept beside the file they will become."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    import polars as pl


class StoreParts:
    """Tables of stores, written one by one into a hidden folder beside `out` and joined at the end.

    The folder is named after what was asked for, so that parts of other work are never taken for one's own; those are
    removed.
    """

    def __init__(self, out: Path, work: Sequence[object]) -> None:
        """Looks for what an earlier run of the same work left.

        Args:
            out: the file to become, .parquet or .csv.
            work: everything that the tables depend on; written as JSON it tells one work from another.
        """
        self._out = out
        digest = hashlib.sha256(json.dumps(work, default=str, sort_keys=True).encode("utf-8")).hexdigest()[:16]
        prefix = f".{out.name}.parts-"
        self._folder = out.parent / f"{prefix}{digest}"
        if out.parent.is_dir():
            for other in out.parent.iterdir():
                if other.name.startswith(prefix) and other != self._folder and other.is_dir():
                    shutil.rmtree(other, ignore_errors=True)

    @property
    def done(self) -> list[str]:
        """Stores whose tables are there, sorted."""
        found = self._folder.glob("*.parquet") if self._folder.is_dir() else ()
        return sorted(unquote(path.stem) for path in found)

    def add(self, store_id: str, table: "pl.DataFrame") -> None:
        """Writes the table of a store, whole or not at all."""
        from retail_brain.files import atomic_path

        self._folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(self._folder / f"{quote(store_id, safe='')}.parquet") as aside:
            table.write_parquet(aside)

    def join(self, empty: "pl.DataFrame") -> int:
        """Writes all tables into `out`, in order of store_id, removes the parts and returns the rows.

        Args:
            empty: the table without rows, for work without a store.

        Raises:
            UsageError: the file's ending is neither .parquet nor .csv.
        """
        import polars as pl

        from retail_brain.files import atomic_path

        tables = [pl.scan_parquet(self._folder / f"{quote(store, safe='')}.parquet") for store in self.done]
        whole = pl.concat([empty.lazy(), *tables])
        with atomic_path(self._out) as aside:
            if self._out.suffix == ".csv":
                whole.sink_csv(aside)
            else:
                whole.sink_parquet(aside)
        rows = int(whole.select(pl.len()).collect().item())
        shutil.rmtree(self._folder, ignore_errors=True)
        return rows
