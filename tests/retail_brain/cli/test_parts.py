"""Tables of stores that are kept until the whole is there."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.cli.parts import StoreParts

EMPTY = pl.DataFrame(schema={"store_id": pl.String, "units": pl.Float64})


def _table(store: str) -> pl.DataFrame:
    return pl.DataFrame({"store_id": [store] * 2, "units": [1.0, 2.0]})


def test_a_cut_off_run_goes_on_with_the_stores_that_are_missing(tmp_path: Path) -> None:
    out = tmp_path / "forecasts.parquet"
    first = StoreParts(out, ["model 1", 28])
    first.add("S/2", _table("S/2"))
    again = StoreParts(out, ["model 1", 28])
    assert again.done == ["S/2"]
    again.add("S1", _table("S1"))
    assert again.join(EMPTY) == 4
    assert pl.read_parquet(out)["store_id"].to_list() == ["S/2", "S/2", "S1", "S1"]
    assert [path.name for path in tmp_path.iterdir()] == ["forecasts.parquet"]


def test_parts_of_other_work_are_not_taken_but_removed(tmp_path: Path) -> None:
    out = tmp_path / "forecasts.csv"
    StoreParts(out, ["model 1", 28]).add("S1", _table("S1"))
    other = StoreParts(out, ["model 2", 28])
    assert other.done == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_work_without_a_store_is_an_empty_table(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"forecasts.{suffix}"
    assert StoreParts(out, []).join(EMPTY) == 0
    found = pl.read_csv(out) if suffix == "csv" else pl.read_parquet(out)
    assert found.columns == EMPTY.columns
