"""The verbs forecast and backtest, run as a user runs them."""

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.errors import ModelError, UsageError


def _run(home: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["--home", str(home), "--quiet", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_forecast_writes_one_row_per_series_and_date(home: Path) -> None:
    out = home / "forecasts.parquet"
    _run(home, "forecast", "--horizon", "5", "--out", str(out))
    table = pl.read_parquet(out)
    assert table.columns[:4] == ["store_id", "product_id", "date", "forecast"]
    assert table.group_by("store_id", "product_id").len()["len"].unique().to_list() == [5]
    assert table["store_id"].unique().sort().to_list() == ["S0", "S1"]


def test_forecast_of_one_store_and_a_new_product_as_csv_with_drivers(home: Path) -> None:
    out = home / "some.csv"
    words = [
        "--stores",
        "S1",
        "--products",
        "P01",
        "--products",
        "新品",
        "--horizon",
        "2",
        "--explain",
        "--out",
        str(out),
    ]
    _run(home, "forecast", *words)
    table = pl.read_csv(out)
    assert table["product_id"].to_list() == ["P01", "P01", "新品", "新品"]
    drivers = table.select(pl.col("^driver_.*$")).sum_horizontal()
    assert (drivers - table["forecast"]).abs().max() < 1e-6


def test_another_ending_is_a_usage_error(home: Path) -> None:
    with pytest.raises(UsageError, match=r"\.parquet or \.csv"):
        _run(home, "forecast", "--out", str(home / "forecasts.xlsx"))


def test_without_a_champion_the_error_says_what_to_do(home: Path) -> None:
    with pytest.raises(ModelError, match="retail-brain train demand"):
        _run(home, "--tenant", "other", "forecast", "--out", str(home / "x.csv"))


def test_backtest_writes_forecasts_and_scores_of_every_method(home: Path) -> None:
    out = home / "backtest"
    text = _run(home, "backtest", "demand", "--horizon", "7", "--windows", "2", "--out", str(out))
    assert {path.name for path in out.iterdir()} == {
        "forecasts.parquet", "pit.parquet", "scores.csv", "sums.csv", "beside_ets.csv",
    }  # fmt: skip
    scores = pl.read_csv(out / "scores.csv")
    assert scores["method"].n_unique() == 6
    assert scores["cutoff"].n_unique() == 2
    assert "champion" in text
    assert "moving_average" in text
