"""A dataset folder and a lake, for the tests of ingest."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.ingest import IngestReport, ingest
from retail_brain.ingest.look import evidence, report
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings

HEADER = "transaction_id,sold_at,store_id,product_id,customer_id,units,unit_price\n"


class Chain:
    """A dataset folder and a lake."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "chain"
        self.folder.mkdir()
        self.lake = str(root / "lake")

    def write(self, name: str, text: str | bytes) -> None:
        (self.folder / name).write_bytes(text.encode() if isinstance(text, str) else text)

    def sell(self, *lines: str) -> None:
        self.write("transactions.csv", HEADER + "".join(line + "\n" for line in lines))

    def ingest(self, max_bad: float = 1.0, *, replace: bool = False, **data: object) -> IngestReport:
        settings = Settings(data=DataSettings.model_validate({"max_quarantine_share": max_bad, **data}))
        return ingest(str(self.folder), self.lake, settings, SILENT, replace=replace)

    def rows(self, table: str) -> list[dict[str, object]]:
        return open_lake(self.lake).scan(table).collect().to_dicts()

    def bad(self, table: str) -> pl.DataFrame:
        return pl.read_parquet(Path(self.lake) / "quarantine" / f"{table}.parquet")


@pytest.fixture(scope="session", autouse=True)
def _each_column_once() -> Iterator[None]:
    """What a look has found out of the values of a column, looks of later tests take over: it depends on them only."""
    seen: dict[tuple[object, ...], Any] = {}

    @contextmanager
    def kept() -> Iterator[None]:
        token = evidence._SEEN.set(seen)
        try:
            yield
        finally:
            evidence._SEEN.reset(token)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "each_column_once", kept)
        yield


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path)
