"""What goes wrong outside of our own errors is still one paragraph and an exit code."""

import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from retail_brain.cli import main
from tests.outside_package import Install

Invoke = Callable[..., tuple[int, str]]
SALES = "date,store_id,product_id,units\n" + "".join(f"2025-03-{day:02},A,x,1\n" for day in range(1, 29))


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["retail-brain", "--home", str(tmp_path), "--quiet", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return run


@pytest.fixture
def lake(tmp_path: Path, invoke: Invoke) -> Path:
    folder = tmp_path / "chain"
    folder.mkdir()
    (folder / "daily_sales.csv").write_text(SALES, encoding="utf-8")
    assert invoke("ingest", folder)[0] == 0
    return tmp_path / "var" / "main" / "lake"


@pytest.mark.parametrize(
    ("out", "says"),
    [("table", "no ending"), ("table.xlsx", "no ending"), ("folder.csv", "is a folder"), ("file/x.csv", "no folder")],
)
@pytest.mark.parametrize("verb", ["forecast", "replenish", "recommend", "audience"])
def test_unusable_out_is_refused_before_the_work(
    tmp_path: Path, invoke: Invoke, verb: str, out: str, says: str
) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").write_text("")
    code, said = invoke(verb, "--out", tmp_path / out)
    assert code == 2
    assert said.startswith(f"Error: --out {tmp_path / out} ")
    assert says in said


def test_folder_that_cannot_be_made_is_one_paragraph(tmp_path: Path, lake: Path, invoke: Invoke) -> None:
    (tmp_path / "file").write_text("")
    code, said = invoke("features", "--as-of", "2025-03-20", "--out", tmp_path / "file" / "features")
    assert code == 1
    assert said.startswith("Error: ")
    assert str(tmp_path / "file") in said
    assert said.count("\n") == 1


def test_damaged_log_of_the_lake_is_explained(lake: Path, invoke: Invoke) -> None:
    (lake / "daily_sales" / "_delta_log" / f"{0:020}.json").write_text("{half", encoding="utf-8")
    code, said = invoke("tables")
    assert code == 1
    assert "table daily_sales" in said
    assert "log is damaged" in said
    assert said.count("\n") == 1


def test_cut_data_file_is_explained(lake: Path, invoke: Invoke) -> None:
    for part in (lake / "daily_sales").glob("*.parquet"):
        part.write_bytes(part.read_bytes()[:-20])
    code, said = invoke("tables")
    assert code == 1
    assert "Error: a data file could not be read" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("debug", [False, True])
def test_a_failing_connector_is_one_paragraph_and_a_traceback_on_request(
    invoke: Invoke, install: Install, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    install(
        "till_package", "def open_till(address, scratch): 1 / 0", {"connectors": {"till": "till_package:open_till"}}
    )
    monkeypatch.setenv("RETAIL_BRAIN_DEBUG", "1" if debug else "")
    code, said = invoke("ingest", "till://store-7")
    assert code == 1
    assert "Error: the connector 'till' failed while 'till://store-7' was opened: ZeroDivisionError" in said
    assert ("ZeroDivisionError: division by zero\n\nThe above exception" in said) == debug
    assert (said.count("\n") == 1) != debug


def test_a_mistake_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch, lake: Path, invoke: Invoke) -> None:
    def wrong(*_: object) -> None:
        raise pl.exceptions.ColumnNotFoundError("units")

    monkeypatch.setattr("retail_brain.lake.describe_lake", wrong)
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        main_of(monkeypatch, lake)


def main_of(monkeypatch: pytest.MonkeyPatch, lake: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["retail-brain", "tables", "--lake", str(lake)])
    main()
