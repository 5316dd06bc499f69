"""The verbs transfers, counts, leftovers, and replenish under limits, run as a user runs them."""

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.decisions.excess_stock import LEFTOVERS
from retail_brain.decisions.phantom_stock import CYCLE_COUNTS
from retail_brain.decisions.transfers import TRANSFERS
from retail_brain.errors import DataError, MissingTableError, ModelError, NotFoundError, UsageError
from retail_brain.workspace import Workspace
from serving.store.consistency.report import CHECKS, CONSISTENCY, CONTRADICTIONS, is_consistent, summarised
from serving.store.current_answers import open_current


def run(home, *words):
    return CliRunner().invoke(app, ["--home", str(home), "--quiet", *words])


@pytest.mark.parametrize(
    ("verb", "columns"), [("transfers", TRANSFERS), ("counts", CYCLE_COUNTS), ("leftovers", LEFTOVERS)]
)
def test_each_verb_writes_its_table_even_where_there_is_little_to_say(home, tmp_path, verb, columns):
    result = run(home, verb, "--out", str(tmp_path / "out.parquet"))
    assert result.exit_code == 0, result.output
    assert dict(pl.read_parquet(tmp_path / "out.parquet").schema) == columns


def test_orders_keep_within_every_limit_and_their_prices_are_written(home, tmp_path):
    (tmp_path / "limits.csv").write_text("limit,unit,capacity,store_id\ntruck,units,5,S1\n", encoding="utf-8")
    words = ("--limits", str(tmp_path / "limits.csv"), "--budget", "30", "--out", str(tmp_path / "orders.csv"))
    result = run(home, "replenish", *words)
    assert result.exit_code == 0, result.output
    orders, prices = pl.read_csv(tmp_path / "orders.csv"), pl.read_csv(tmp_path / "orders_limits.csv")
    assert orders["order_cost"].sum() <= 30
    assert orders.filter(store_id="S1")["order_quantity"].sum() <= 5
    assert set(prices["limit"]) == {"budget", "truck"}
    assert "limit" in set(orders["reason_code"])


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["counts", "--out", "c.txt"], UsageError),
        (["transfers", "--out", "t.csv", "--stores", "nowhere"], NotFoundError),
        (["replenish", "--out", "o.csv", "--limits", "missing.csv"], UsageError),
        (["replenish", "--out", "o.csv", "--limits", "bad.csv"], DataError),
    ],
)
def test_what_cannot_be_done_is_said(home, tmp_path, monkeypatch, words, error):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.csv").write_text("limit,unit\nall,money\n", encoding="utf-8")
    result = run(home, *words)
    assert result.exit_code != 0
    assert isinstance(result.exception, error), result.output


@pytest.mark.parametrize("verb", ["transfers", "counts", "leftovers"])
def test_a_chain_that_does_not_say_what_its_shops_hold_is_told_so(home, tmp_path, verb):
    (tmp_path / "sales").mkdir()
    sales = pl.read_parquet(home / "data" / "daily_sales.parquet")
    sales.write_parquet(tmp_path / "sales" / "daily_sales.parquet")
    lake = str(tmp_path / "lake")
    assert run(home, "ingest", str(tmp_path / "sales"), "--lake", lake).exit_code == 0
    result = run(home, verb, "--out", str(tmp_path / "out.csv"), "--lake", lake)
    assert isinstance(result.exception, MissingTableError), result.output
    assert not (tmp_path / "out.csv").exists()
    # without stock nobody knows that nothing is left over
    result = run(home, "audience", "--leftovers", "--out", str(tmp_path / "out.csv"), "--lake", lake)
    assert isinstance(result.exception, MissingTableError | ModelError), result.output


def test_kind_without_a_model_is_told_so(home):
    result = run(home, "models", "recommender")
    assert result.exit_code == 0
    assert "no recommender model was trained yet" in result.output


def test_consistency_is_checked_on_what_is_published_and_ends_with_one_where_nothing_is_explained(
    home, tmp_path, monkeypatch
):
    answers = Workspace(home).answers
    assert isinstance(run(home, "check", "consistency").exception, ModelError)
    assert run(home, "publish").exit_code == 0
    # it looks at what is published alone: no database is asked
    monkeypatch.setenv("RETAIL_BRAIN_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    result = run(home, "check", "consistency", "--out", str(tmp_path / "found.parquet"))
    summary = pl.DataFrame(open_current(answers).manifest.consistency, schema=CONSISTENCY)
    assert summary["check"].to_list() == list(CHECKS)
    assert result.exit_code == (0 if is_consistent(summary) else 1), result.output
    found = pl.read_parquet(tmp_path / "found.parquet")
    assert dict(found.schema) == CONTRADICTIONS
    assert summarised(found).equals(summary)
    assert all(check in result.output for check in CHECKS)
