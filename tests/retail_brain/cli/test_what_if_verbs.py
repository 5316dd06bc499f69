"""The verbs what-if, elasticities, recovery, overrides and ledger, run as a user runs them."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.errors import ImpossibleError, NotFoundError, UnconfirmedError, UsageError

LAST = date(2024, 5, 19)
"""Last day of the eighty of the small chain."""


def _run(home: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["--home", str(home), "--quiet", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_what_if_says_what_a_price_does(home: Path) -> None:
    out = home / "what_if.csv"
    words = ["what-if", "--store", "S0", "--product", "P01", "--horizon", "5"]
    said = _run(home, *words, "--price", "7", "--promotion", "--out", str(out))
    assert "P01 in S0, 5 periods from 2024-05-20" in said
    assert "expected_margin     not known" in said
    assert "outside all prices" in said
    table = pl.read_csv(out)
    assert table["price_changed"].to_list() == [7.0] * 5
    assert (table["forecast_changed"] - table["forecast"] - table["difference"]).abs().max() < 1e-9
    assert "difference          0.00" in _run(home, *words)


def test_what_if_refuses_what_cannot_be(home: Path) -> None:
    with pytest.raises(ImpossibleError, match="more than 0"):
        _run(home, "what-if", "--store", "S0", "--product", "P01", "--price", "-3")
    with pytest.raises(NotFoundError, match="S9"):
        _run(home, "what-if", "--store", "S9", "--product", "P01")
    with pytest.raises(UsageError, match=r"\.parquet or \.csv"):
        _run(home, "what-if", "--store", "S0", "--product", "P01", "--out", str(home / "x.txt"))


def test_elasticities_have_intervals(home: Path) -> None:
    out = home / "elasticities.parquet"
    _run(home, "elasticities", "--out", str(out))
    table = pl.read_parquet(out)
    assert table["product_id"].to_list() == ["P00", "P01", "P02", "P03"]
    assert (table["low"] <= table["elasticity"]).all()
    assert (table["elasticity"] <= table["high"]).all()


def test_elasticities_say_where_they_are_assumed_and_where_prices_are_those_paid(home: Path, tmp_path: Path) -> None:
    (tmp_path / "sales").mkdir()
    sales = pl.read_parquet(next((home / "data").rglob("daily_sales.parquet")))
    sales.with_columns(unit_price=pl.lit(3.0)).write_parquet(tmp_path / "sales" / "daily_sales.parquet")
    lake = str(tmp_path / "lake")
    _run(home, "ingest", str(tmp_path / "sales"), "--lake", lake)
    said = _run(home, "elasticities", "--out", str(tmp_path / "e.csv"), "--lake", lake)
    assert "assumed elasticity" in said
    assert "theirs are the prices paid" in said
    planned = _run(home, "elasticities", "--out", str(tmp_path / "e.csv"))
    assert "assumed" not in planned
    assert "prices paid" not in planned


def test_recovery_sums_to_its_days(home: Path) -> None:
    audit, days = home / "audit.csv", home / "days.csv"
    _run(home, "recovery", "--out", str(audit))
    _run(home, "recovery", "--by-day", "--out", str(days))
    by_day = pl.read_csv(days)
    assert pl.read_csv(audit)["added"].sum() == pytest.approx((by_day["demand"] - by_day["sold"]).sum())


def test_accidents_are_listed_with_what_counts(home: Path) -> None:
    out = home / "accidents.csv"
    _run(home, "accidents", "--out", str(out))
    assert pl.read_csv(out).columns == ["store_id", "product_id", "date", "units", "counted", "reason"]


def test_an_override_is_forecast_measured_and_taken_back(home: Path) -> None:
    early = (LAST - timedelta(days=10)).isoformat()
    out = home / "ledger.csv"
    assert "nothing to measure yet" in _run(home, "ledger", "--out", str(out))
    said = ["--store", "S0", "--product", "P01", "--until", "2024-05-15", "--reason", "庙会", "--as-of", early]
    _run(home, "overrides", "add", "--factor", "3", "--by", "王芳", "--id", "o1", *said)
    assert "o1  active     S0 P01  factor 3" in _run(home, "overrides", "list", "--as-of", early)
    assert "o1  expired" in _run(home, "overrides", "list")
    forecasts = [home / "engine.csv", home / "said.csv"]
    words = ["forecast", "--as-of", early, "--horizon", "8", "--stores", "S0", "--products", "P01"]
    _run(home, *words, "--out", str(forecasts[0]))
    _run(home, *words, "--with-overrides", "--out", str(forecasts[1]))
    engine, changed = (pl.read_csv(path)["forecast"] for path in forecasts)
    assert (changed / engine).round(6).to_list() == [3.0] * 5 + [1.0] * 3
    _run(home, "publish", "--as-of", early)
    told = _run(home, "ledger", "--out", str(out))
    assert "1 days of forecasts" in told
    assert "王芳: override" in told
    table = pl.read_csv(out)
    assert set(table.filter(pl.col("scope") == "all")["touch"]) == {"naive", "moving_average", "engine", "override"}
    user = {row["touch"]: row for row in table.filter(pl.col("scope") == "user").iter_rows(named=True)}
    assert user["override"]["bias_sum"] > user["engine"]["bias_sum"]
    _run(home, "overrides", "withdraw", "o1", "--as-of", early)
    assert "o1  withdrawn" in _run(home, "overrides", "list")
    _run(home, "ledger", "--out", str(out))
    assert "override" not in pl.read_csv(out)["touch"].to_list(), "taken back on the day it was made"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--store", "S0", "--factor", "2", "--units", "3"], UsageError),
        (["--store", "S0"], UsageError),
        (["--factor", "2"], UsageError),
        (["--store", "S9", "--factor", "2"], NotFoundError),
        (["--store", "S0", "--factor", "2", "--from", "2099-01-02"], UsageError),
        (["--store", "S0", "--factor", "2"], UnconfirmedError),
        (["--store", "S0", "--factor", "1e-300", "--confirm-exception"], UsageError),
    ],
)
def test_an_override_that_cannot_be_is_refused(home: Path, words: list[str], error: type[Exception]) -> None:
    with pytest.raises(error):
        _run(home, "overrides", "add", "--reason", "r", "--until", "2099-01-01", *words)
    with pytest.raises(NotFoundError, match="no override"):
        _run(home, "overrides", "withdraw", "never")
