"""The verbs `keys` and `orders` as an operator types them."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from retail_brain.cli.app import app
from retail_brain.errors import NotFoundError, UsageError
from retail_brain.operational.database import Database
from retail_brain.operational.decisions import Decision, store_decisions
from retail_brain.operational.keys import find_key
from retail_brain.settings import Workspace


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


def test_a_key_of_an_unknown_role_and_an_unknown_key_are_clear_errors(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path, "keys", "create", "--role", "boss").exception, UsageError)
    assert isinstance(run(tmp_path, "keys", "revoke", "rb_0").exception, NotFoundError)
    assert run(tmp_path, "keys", "create").exit_code == 2
