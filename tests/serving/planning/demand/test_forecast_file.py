"""Forecasts of stores that are kept until the whole file is there."""

import contextlib
from pathlib import Path

import polars as pl
import pytest

from retail_brain.checkpoints import resumable_work, work_beside
from serving.planning.demand.forecast_table import write_forecast_file

EMPTY = pl.DataFrame(schema={"store_id": pl.String, "units": pl.Float64})


def _table(store: str) -> pl.DataFrame:
    return pl.DataFrame({"store_id": [store] * 2, "units": [1.0, 2.0]})


def _cut_off(out: Path, digest: str, store: str) -> None:
    with contextlib.suppress(KeyboardInterrupt), resumable_work(work_beside(out)) as work:
        work.checkpoints(digest).write(store, _table(store))
        raise KeyboardInterrupt


@pytest.mark.parametrize("store", ["S/2", "..", ".", "S%2F", "华东大区上海市浦东新区第一百二十八号旗舰店"])
def test_a_cut_off_run_goes_on_with_the_stores_that_are_missing(tmp_path: Path, store: str) -> None:
    out = tmp_path / "forecasts.parquet"
    _cut_off(out, "model 1", store)
    with resumable_work(work_beside(out)) as work:
        again = work.checkpoints("model 1")
        assert again.names() == [store]
        again.write("S1", _table("S1"))
        assert write_forecast_file(out, again, EMPTY) == 4
    stores = sorted([store, "S1"])
    assert pl.read_parquet(out)["store_id"].to_list() == [stores[0], stores[0], stores[1], stores[1]]
    assert [path.name for path in tmp_path.iterdir()] == ["forecasts.parquet"]


def test_parts_of_other_work_are_not_taken_but_removed(tmp_path: Path) -> None:
    out = tmp_path / "forecasts.csv"
    _cut_off(out, "model 1", "S1")
    with resumable_work(work_beside(out)) as work:
        assert work.checkpoints("model 2").names() == []
        assert [path.name for path in work.folder.iterdir()] == ["lock"]
    assert list(tmp_path.iterdir()) == []


def test_csv_file_holds_no_formula(tmp_path: Path) -> None:
    out = tmp_path / "forecasts.csv"
    with resumable_work(work_beside(out)) as work:
        parts = work.checkpoints("model 1")
        parts.write("S1", pl.DataFrame({"store_id": ["=S1", "S2"], "units": [-1.0, 2.0]}))
        write_forecast_file(out, parts, EMPTY)
    assert pl.read_csv(out).rows() == [("'=S1", -1.0), ("S2", 2.0)]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_work_without_a_store_is_an_empty_table(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"forecasts.{suffix}"
    with resumable_work(work_beside(out)) as work:
        assert write_forecast_file(out, work.checkpoints("nothing"), EMPTY) == 0
    written = pl.read_csv(out) if suffix == "csv" else pl.read_parquet(out)
    assert written.columns == EMPTY.columns
