"""Tables as files: no cell of a CSV file runs as a formula, and what is read back is what was written."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.cli.table_files import read_ids, read_table, write_table
from retail_brain.errors import UsageError

TABLE = pl.DataFrame(
    {"product_id": ["=1+1", "-7", "+86 1", "@x", "\tx", "'quoted", "plain", None], "units": [-1.5, *range(7)]}
)


def test_no_cell_of_a_csv_file_runs_as_a_formula_and_numbers_stay_numbers(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "t.csv")
    raw = pl.read_csv(tmp_path / "t.csv")
    assert not raw["product_id"].str.contains(r"^[=+\-@\t\r]").any()
    assert raw["units"].to_list() == TABLE["units"].to_list()


def test_a_table_reads_back_as_it_was(tmp_path: Path) -> None:
    for name in ("t.csv", "t.parquet"):
        write_table(TABLE, tmp_path / name)
        assert read_table(tmp_path / name, "--in").equals(TABLE)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("customer_id\n007\nC2\n007\n", ["007", "C2"]),
        ("Customer_ID,name\nC1,x\n", ["C1"]),
        ("C1\n", ["C1"]),  # nothing but ids: the first one is no heading
        ("007\nC2\n\n C3\n", ["007", "C2", "C3"]),
    ],
)
def test_ids_are_read_with_and_without_a_heading(text: str, ids: list[str], tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text(text, encoding="utf-8")
    assert read_ids(tmp_path / "ids.csv", "--customers", "customer_id") == ids


def test_of_several_columns_one_must_be_named(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="wanted one named customer_id, or ids alone"):
        read_ids(tmp_path / "ids.csv", "--customers", "customer_id")
    pl.DataFrame({"who": ["C1"]}).write_parquet(tmp_path / "ids.parquet")
    assert read_ids(tmp_path / "ids.parquet", "--customers", "customer_id") == ["C1"]
