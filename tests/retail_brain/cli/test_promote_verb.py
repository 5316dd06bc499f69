"""What `promote` leaves on record."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.workspace import Workspace
from training.promotion import Promotion


@pytest.mark.parametrize("promoted", [True, False])
def test_a_promotion_is_in_the_audit_with_its_reason_and_a_refused_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, promoted: bool
) -> None:
    def fake(*given: Any, **_: Any) -> Promotion:
        return Promotion(given[-1].version, promoted, 3, "-", "better" if promoted else "not_better")

    monkeypatch.setattr("training.promotion.promote", fake)
    words = ["promote", "demand", "4", "--reason", "fresh goods", "--no-publish"]
    done = CliRunner().invoke(app, ["--home", str(tmp_path), *words])
    assert done.exit_code == (0 if promoted else 1), done.output
    with closing(Database(Workspace(tmp_path).database_url)) as database:
        entries = list_audit("main", database)
    told = [(one.actor, one.action, one.subject, dict(one.details)) for one in entries]
    details = {"before": 3, "outcome": "better", "reason": "fresh goods"}
    assert told == ([("command line", "model.promoted", "demand version 4", details)] if promoted else [])


def test_nothing_is_promoted_where_the_audit_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").write_text("a file where the database's folder would be", encoding="utf-8")
    monkeypatch.setenv("RETAIL_BRAIN_DATABASE_URL", f"sqlite:///{tmp_path}/taken/operational.db")
    monkeypatch.setattr("training.promotion.promote", lambda *_, **__: pytest.fail("promoted"))
    done = CliRunner().invoke(app, ["--home", str(tmp_path), "promote", "demand", "--no-publish"])
    assert done.exit_code != 0
    assert "taken" in str(done.exception)
