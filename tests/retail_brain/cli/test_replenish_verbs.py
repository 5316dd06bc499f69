"""The verbs replenish and simulate, and the refusals of audience and assign, run as a user runs them."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.errors import ImpossibleError, ModelError, NotFoundError, UsageError


def _run(home: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["--home", str(home), "--quiet", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_replenish_writes_one_line_per_series_with_a_reason(home):
    _run(home, "replenish", "--out", str(home / "orders.csv"))
    table = pl.read_csv(home / "orders.csv")
    assert table.select("store_id", "product_id").is_unique().all()
    assert table["store_id"].unique().sort().to_list() == ["S0", "S1"]
    assert (table["order_quantity"] >= 0).all()
    assert table["reason"].str.len_chars().min() > 20


def test_replenish_keeps_a_budget_and_the_shops_asked_for(home):
    _run(home, "replenish", "--stores", "S1", "--budget", "50", "--out", str(home / "few.parquet"))
    table = pl.read_parquet(home / "few.parquet")
    assert table["store_id"].unique().to_list() == ["S1"]
    assert table["order_cost"].sum() <= 50


def test_simulate_writes_its_report(home):
    days = ("--from", "2024-05-12", "--tune-days", "7")
    _run(home, "simulate", "--forecast", "moving", *days, "--out", str(home / "replay"))
    table = pl.read_csv(home / "replay" / "summary.csv")
    assert {"suggested", "cover", "legacy", "perfect"} <= set(table["policy"])
    assert (home / "replay" / "cost_to_service.png").stat().st_size > 10_000


def test_a_weekly_chain_is_replayed_by_weeks(tmp_path):
    weeks = pl.date_range(date(2023, 1, 2), date(2024, 12, 23), "1w", eager=True)
    rows = [(week, store, "p", 3.0 + number % 4) for store in ("a", "b") for number, week in enumerate(weeks)]
    (tmp_path / "data").mkdir()
    sales = pl.DataFrame(rows, schema=["date", "store_id", "product_id", "units"], orient="row")
    sales.write_csv(tmp_path / "data" / "daily_sales.csv")
    settings = tmp_path / "var" / "main" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[data]\nperiod = "week"\n', encoding="utf-8")
    _run(tmp_path, "ingest", str(tmp_path / "data"))
    days = ("--from", "2024-12-03", "--tune-days", "56")
    _run(tmp_path, "simulate", "--forecast", "moving", *days, "--out", str(tmp_path / "replay"))
    report = (tmp_path / "replay" / "REPORT.md").read_text(encoding="utf-8")
    assert "2 series over 3 weeks from 2024-12-09" in report
    refused = CliRunner().invoke(
        app,
        ["--home", str(tmp_path), "--quiet", "simulate", "--from", "2024-12-24", "--out", str(tmp_path / "none")],
    )
    assert isinstance(refused.exception, ImpossibleError)
    assert "no whole week lies between 2024-12-24 and 2024-12-29" in str(refused.exception)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["replenish", "--out", "orders.xlsx"], UsageError, "wanted .parquet or .csv"),
        (["replenish", "--out", "o.csv", "--budget", "-5"], UsageError, "budget"),
        (["replenish", "--out", "o.csv", "--stores", "nowhere"], NotFoundError, "nowhere"),
        (["audience", "--product", "P00", "--out", "a.csv"], ModelError, "recommender"),
        (["audience", "--out", "a.txt"], UsageError, "wanted .parquet or .csv"),
        (["assign", "--campaigns", "missing.csv", "--out", "a.csv"], UsageError, "missing.csv"),
        (["simulate", "--forecast", "dreams", "--out", "r"], UsageError, "dreams"),
        (["simulate", "--policy", "luck", "--forecast", "moving", "--out", "r"], UsageError, "luck"),
    ],
)
def test_what_cannot_be_done_is_said(home, tmp_path, monkeypatch, words, error, said):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["--home", str(home), "--quiet", *words])
    assert isinstance(result.exception, error), result.output
    assert said in str(result.exception)
    assert list(tmp_path.iterdir()) == []
