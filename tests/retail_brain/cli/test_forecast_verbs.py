"""The verbs forecast and backtest, run as a user runs them."""

from datetime import timedelta
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


def test_quantiles_of_the_settings_are_read_off_the_paths_of_a_model_trained_with_others(home: Path) -> None:
    out, settings = home / "wide.csv", home / "var" / "main" / "settings.toml"
    settings.write_text("[demand]\nquantiles = [0.01, 0.5, 0.99]\n", encoding="utf-8")
    try:
        _run(home, "forecast", "--horizon", "3", "--out", str(out))
    finally:
        settings.unlink()
    table = pl.read_csv(out)
    assert table.columns[3:] == ["forecast", "forecast_p01", "forecast_p50", "forecast_p99"]
    assert (table["forecast_p01"] <= table["forecast_p99"]).all()


def test_series_without_a_forecast_are_listed_with_a_reason_and_make_up_all_with_the_others(home: Path) -> None:
    out = home / "later.csv"
    sold = pl.read_parquet(home / "data" / "daily_sales.parquet")
    late = (sold["date"].max() + timedelta(days=29)).isoformat()
    _run(home, "forecast", "--horizon", "3", "--as-of", late, "--out", str(out))
    left_out = pl.read_csv(home / "later_left_out.csv")
    assert left_out.height > 0
    assert set(left_out["reason"]) == {"silent"}
    keys = ["store_id", "product_id"]
    parts = [left_out.select(keys), pl.read_csv(out, schema_overrides=dict.fromkeys(keys, pl.String)).select(keys)]
    named = pl.concat(parts).unique().sort(keys)
    assert named.rows() == sold.select(keys).unique().sort(keys).rows()


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
        "forecasts.parquet", "pit.parquet", "scores.csv", "sums.csv", "beside_ets.csv", "calibration.csv",
    }  # fmt: skip
    scores = pl.read_csv(out / "scores.csv")
    assert scores["method"].n_unique() == 6
    assert scores["cutoff"].n_unique() == 2
    assert "champion" in text
    assert "moving_average" in text
