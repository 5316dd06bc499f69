"""The verbs `keys` and `orders` as an operator types them."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from retail_brain.cli.app import app
from retail_brain.errors import DataError, NotFoundError, UsageError
from retail_brain.operational.database import Database
from retail_brain.operational.decisions import Decision, store_decisions
from retail_brain.operational.keys import find_key
from retail_brain.workspace import Workspace


@pytest.fixture(autouse=True)
def _own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), *arguments])


def test_a_key_is_shown_once_listed_without_itself_and_revoked(tmp_path: Path) -> None:
    key = run(tmp_path, "keys", "create", "--role", "merchandiser", "--name", "李女士").stdout.strip()
    database = Database(Workspace(tmp_path).database_url)
    found = find_key(database, key, now=datetime.now(UTC))
    assert found is not None
    assert found.name == "李女士"
    listed = run(tmp_path, "keys", "list").stdout
    assert found.key_id in listed
    assert "valid" in listed
    assert key not in listed
    assert run(tmp_path, "--tenant", "other", "keys", "list").stdout == ""
    assert run(tmp_path, "keys", "revoke", found.key_id).exit_code == 0
    assert "revoked" in run(tmp_path, "keys", "list").stdout
    assert find_key(database, key, now=datetime.now(UTC)) is None
    database.close()


def test_a_second_key_of_a_name_is_warned_about_beside_the_key(tmp_path: Path) -> None:
    Workspace(tmp_path).root.mkdir(parents=True)
    first = run(tmp_path, "keys", "create", "--role", "admin", "--name", "Li")
    assert first.stderr == ""
    elsewhere = run(tmp_path, "--tenant", "mian", "keys", "create", "--role", "admin", "--name", "Li")
    assert "holds nothing of tenant 'mian' yet (it has main)" in elsewhere.stderr
    second = run(tmp_path, "keys", "create", "--role", "marketer", "--name", "Li")
    assert second.exit_code == 0
    assert len(second.stdout.split()) == 1
    assert f"1 valid key has the name 'Li' already: {first.stdout[:9]}." in second.stderr
    assert run(tmp_path, "keys", "revoke", "_".join(first.stdout.split("_")[:2])).exit_code == 0
    assert "1 valid key has" in run(tmp_path, "keys", "create", "--role", "admin", "--name", "Li").stderr
    assert run(tmp_path, "keys", "create", "--role", "admin", "--name", "Wang").stderr == ""


def test_decided_orders_are_exported_once(tmp_path: Path) -> None:
    assert run(tmp_path, "keys", "create", "--role", "admin").exit_code == 0
    database = Database(Workspace(tmp_path).database_url)
    now = datetime.now(UTC)
    decision = Decision("d1", "s1", "店", "奶", date(2025, 2, 28), "approved", 2.0, 2.0, None, "李")
    store_decisions("main", database, [decision], now=now)
    database.close()
    target = str(tmp_path / "orders.csv")
    assert "1 orders in 1 exports" in run(tmp_path, "orders", "export", "--to", target).stdout
    assert "nothing new" in run(tmp_path, "orders", "export", "--to", target).stdout


def test_what_arrived_is_noted_once_and_the_order_book_says_how_far_it_came(tmp_path: Path) -> None:
    assert run(tmp_path, "keys", "create", "--role", "admin").exit_code == 0
    database = Database(Workspace(tmp_path).database_url)
    decision = Decision("d1", "s1", "店", "奶", date(2025, 2, 28), "approved", 2.0, 2.0, None, "李")
    store_decisions("main", database, [decision], now=datetime.now(UTC))
    database.close()
    came = tmp_path / "came.csv"
    came.write_text("suggestion_id,units\ns1,2\n", encoding="utf-8")
    assert isinstance(run(tmp_path, "orders", "receive", str(came)).exception, DataError)
    words = ("orders", "receive", str(came), "--on", "2025-03-03", "--by", "ERP")
    assert "1 receipts noted, 0 were known" in run(tmp_path, *words).stdout
    assert "0 receipts noted, 1 were known" in run(tmp_path, *words).stdout
    assert "1 lines (1 received)" in run(tmp_path, "orders", "list", "--out", str(tmp_path / "book.csv")).stdout
    book = pl.read_csv(tmp_path / "book.csv")
    assert book.select("state", "order_quantity", "received_units", "open_units").rows() == [
        ("received", 2.0, 2.0, 0.0)
    ]
    none = run(tmp_path, "orders", "list", "--state", "rejected", "--out", str(tmp_path / "none.parquet"))
    assert "0 lines" in none.stdout
    assert isinstance(run(tmp_path, "orders", "receive", "no.csv", "--on", "2025-03-03").exception, UsageError)
    assert run(tmp_path, "orders", "list", "--state", "lost", "--out", "x.csv").exit_code == 2


def test_a_key_of_an_unknown_role_and_an_unknown_key_are_clear_errors(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path, "keys", "create", "--role", "boss").exception, UsageError)
    assert isinstance(run(tmp_path, "keys", "revoke", "rb_0").exception, NotFoundError)
    assert run(tmp_path, "keys", "create").exit_code == 2
