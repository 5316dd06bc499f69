"""Tables as files: no cell of a CSV file runs as a formula, and what is read back is what was written."""

from pathlib import Path

import polars as pl

from retail_brain.cli.table_files import read_table, write_table

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
