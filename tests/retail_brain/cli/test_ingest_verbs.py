"""The verbs `ingest` and `tables` as a user types them."""

import sys
from pathlib import Path

import pytest

from retail_brain.cli import main

GOOD = "date,store_id,product_id,units\n2025-03-01,A,x,1\n2025-03-02,A,x,2\n"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["retail-brain", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    folder = tmp_path / "chain"
    folder.mkdir()
    (folder / "daily_sales.csv").write_text(GOOD, encoding="utf-8")
    return folder


def test_ingest_says_what_it_did_and_tables_lists_it(
    chain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ("--home", tmp_path)
    assert run(monkeypatch, *home, "ingest", chain) == 0
    said = capsys.readouterr().err.splitlines()
    assert all(len(line) <= 80 for line in said if "Lake: " not in line)
    table = [line.split() for line in said if line.startswith(("table", "daily_sales"))]
    assert table[0] == ["table", "read", "new", "changed", "known", "set", "aside", "s"]
    assert table[1][:-1] == ["daily_sales", "2", "2", "0", "0", "0"]
    assert run(monkeypatch, *home, "ingest", chain) == 0
    said = capsys.readouterr().err
    assert "1 table unchanged (2 rows)" in said
    assert "Nothing new" in said
    assert run(monkeypatch, *home, "tables") == 0
    assert capsys.readouterr().out.split() == [
        "daily_sales",
        "2",
        "rows",
        "version",
        "0",
        "2025-03-01",
        "to",
        "2025-03-02",
    ]
    assert (tmp_path / "var" / "main" / "lake" / "daily_sales").is_dir()


@pytest.mark.parametrize(
    ("dataset", "code", "says"),
    [("nowhere", 1, "no dataset folder"), ("", 2, "name is empty"), ("x.toml", 1, "no mapping")],
)
def test_failure_is_one_paragraph_and_an_exit_code(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    dataset: str,
    code: int,
    says: str,
) -> None:
    assert run(monkeypatch, "--home", tmp_path, "ingest", dataset) == code
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert says in said
    assert said.count("\n") == 1


def test_tables_without_a_lake_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--home", tmp_path, "tables") == 1
    assert "retail-brain ingest DATASET" in capsys.readouterr().err
