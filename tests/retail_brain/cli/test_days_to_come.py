"""Days that have not come are refused where something is told or asked of the past."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.errors import UsageError
from retail_brain.lake import open_lake


@pytest.mark.parametrize(
    "words",
    [
        ("contacts", "optout", "back.csv", "--on", "2999-01-01"),
        ("orders", "list", "--out", "book.csv", "--since", "2999-01-01"),
        ("events", "collect", "--since", "2999-01-01"),
        ("guides", "credit", "--since", "2999-01-01", "--out", "credit.csv"),
        ("features", "--as-of", "2999-01-01"),
    ],
)
def test_a_day_that_has_not_come_is_refused(
    tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "back.csv").write_text("customer_id\nc1\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["--home", str(tmp_path / "home"), *words])
    assert isinstance(done.exception, UsageError), done.output
    option = words[words.index("2999-01-01") - 1]
    assert f"{option} 2999-01-01 has not come yet" in str(done.exception)


@pytest.mark.parametrize("on", ["2025-03-05", None])
def test_refusals_of_a_day_count_from_its_end_and_none_lies_ahead(tmp_path: Path, on: str | None) -> None:
    data = tmp_path / "data"
    data.mkdir()
    head = "transaction_id,sold_at,store_id,product_id,customer_id,units,unit_price\n"
    (data / "transactions.csv").write_text(f"{head}t1,2025-03-01 10:00,S1,P1,c1,1,2\n", encoding="utf-8")
    text = "customer_id,channel,granted,changed_at\nc1,any,true,2025-01-01 10:00\n"
    (data / "consents.csv").write_text(text, encoding="utf-8")
    (tmp_path / "back.csv").write_text("customer_id\nc1\n", encoding="utf-8")
    day = () if on is None else ("--on", on)
    for words in (("ingest", str(data)), ("contacts", "optout", str(tmp_path / "back.csv"), *day)):
        done = CliRunner().invoke(app, ["--home", str(tmp_path), *words])
        assert done.exit_code == 0, done.output
    consents = open_lake(str(tmp_path / "var" / "main" / "lake")).scan("consents")
    (at,) = consents.filter(~pl.col("granted")).collect()["changed_at"]
    assert at <= datetime.now(UTC).astimezone().replace(tzinfo=None)
    assert on is None or at == datetime(2025, 3, 5, 23, 59, 59)
