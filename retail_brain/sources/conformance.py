"""Conformance tests of connectors: subclass `ConnectorConformance` in your own tests and run pytest."""

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from retail_brain.errors import DataError, NotFoundError
from retail_brain.sources.base import Source
from retail_brain.sources.connectors import Connector, check_source
from retail_brain.tables import TABLES


class ConnectorConformance:
    """Tests of what the ingest relies on. Override `connector`, `address` and `broken_address`.

    Attributes:
        address: of a dataset that can be read, without `NAME://`.
        broken_address: of one that cannot; None for a connector of a single dataset that is always there.
    """

    address: str = ""
    broken_address: str | None = None

    def connector(self) -> Connector:
        """The connector under test."""
        raise NotImplementedError("give the connector under test: def connector(self): return ...")

    @pytest.fixture(autouse=True)
    def _removals(self) -> Iterator[None]:
        yield
        for remove in vars(self).pop("_removers", []):
            remove()

    def open(self, address: str) -> Source:
        """Opens a dataset in a scratch folder of its own, which is removed after the test."""
        folder = Path(tempfile.mkdtemp(prefix="connector-"))
        # pytest does not run the fixture for an object that somebody makes: there it goes with the object
        remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        vars(self).setdefault("_removers", []).append(remove)
        return self.connector()(address, folder)

    def read(self, address: str) -> None:
        """Opens a dataset and reads all its rows."""
        for table in self.open(address).tables.values():
            table.frame.collect()

    def test_gives_canonical_tables_as_lazy_frames(self) -> None:
        check_source("under test", self.open(self.address))

    def test_has_sales_with_the_columns_they_need(self) -> None:
        source = self.open(self.address)
        sales = [name for name in ("transactions", "daily_sales") if name in source.tables]
        assert sales, f"wanted transactions or daily_sales; got {sorted(source.tables)}"
        for name, table in source.tables.items():
            missing = set(TABLES[name].required) - set(table.frame.collect_schema().names())
            assert not missing, f"{name} lacks the columns {sorted(missing)}"

    def test_every_row_can_be_read(self) -> None:
        for name, table in self.open(self.address).tables.items():
            for batch in table.frame.collect_batches(chunk_size=100_000):
                assert not any(kind == pl.Object for kind in batch.dtypes), f"{name} holds Python objects"

    def test_opening_twice_gives_the_same_name_and_the_same_first_rows(self) -> None:
        first, second = self.open(self.address), self.open(self.address)
        assert first.name == second.name
        assert list(first.tables) == list(second.tables)
        for name, table in first.tables.items():
            assert table.frame.head(1_000).collect().equals(second.tables[name].frame.head(1_000).collect()), (
                f"{name} differs"
            )

    def test_a_broken_dataset_is_refused_with_its_address_and_what_to_do(self) -> None:
        if self.broken_address is None:
            pytest.skip("the connector has a single dataset")
        with pytest.raises((DataError, NotFoundError)) as refused:
            self.read(self.broken_address)
        message = str(refused.value)
        assert self.broken_address in message, f"the message does not name the address: {message}"
        assert message.count(". ") >= 1, f"the message does not say what to do in a sentence of its own: {message}"
