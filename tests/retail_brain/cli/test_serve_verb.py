"""`serve` starts whatever is wrong with one tenant's settings or the database, and says so."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.workspace import Workspace


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """With what the service's processes were started."""
    calls: list[dict[str, Any]] = []

    def serve(home: Path, **given: Any) -> int:
        calls.append({"home": home} | given)
        return 0

    monkeypatch.setattr("serving.http.launch.serve", serve)
    return calls


def serve(home: Path, *options: str) -> str:
    result = CliRunner().invoke(app, ["--home", str(home), *options, "serve"])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_a_mistake_in_another_section_leaves_that_of_the_service_in_use(
    tmp_path: Path, started: list[dict[str, Any]]
) -> None:
    settings = Workspace(tmp_path).settings_file
    settings.parent.mkdir(parents=True)
    settings.write_text('[data]\ncontry = "CN"\n[serving]\nport = 8123\nworkers = 3\n')
    said = serve(tmp_path)
    assert "warning:" in said
    assert "data.contry" in said
    assert "its section [serving] alone" in said
    assert (started[0]["port"], started[0]["workers"]) == (8123, 3)


@pytest.mark.parametrize("content", ["[serving\n", "[serving]\nprot = 1\n", "serving = 3\n"])
def test_settings_that_cannot_be_used_at_all_give_the_defaults(
    tmp_path: Path, started: list[dict[str, Any]], content: str
) -> None:
    settings = Workspace(tmp_path).settings_file
    settings.parent.mkdir(parents=True)
    settings.write_text(content)
    said = serve(tmp_path)
    assert "runs with the defaults" in said
    assert (started[0]["host"], started[0]["port"]) == ("127.0.0.1", 3000)


def test_the_settings_of_the_service_are_those_of_main_whoever_is_named(
    tmp_path: Path, started: list[dict[str, Any]]
) -> None:
    for tenant, port in (("main", 8123), ("two", 8124)):
        settings = Workspace(tmp_path, tenant).settings_file
        settings.parent.mkdir(parents=True)
        settings.write_text(f"[serving]\nport = {port}\n")
    assert "warning" not in serve(tmp_path, "--tenant", "two")
    assert started[0]["port"] == 8123


def test_a_database_that_cannot_be_read_is_waited_for(tmp_path: Path, started: list[dict[str, Any]]) -> None:
    database = tmp_path / "var" / "operational.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"no database" * 1000)
    said = serve(tmp_path)
    assert "file is not a database" in said
    assert "is ready once it answers" in said
    assert len(started) == 1


def test_logs_in_json_are_nothing_but_json(
    tmp_path: Path, started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve_and_tell(home: Path, **given: Any) -> int:
        started.append({"home": home} | given)
        given["on_ready"]()
        given["say"]("  waiting for the service's processes (3 s so far)")
        return 0

    monkeypatch.setattr("serving.http.launch.serve", serve_and_tell)
    settings = Workspace(tmp_path).settings_file
    settings.parent.mkdir(parents=True)
    settings.write_text('[data]\ncontry = "CN"\n[serving]\nlog_format = "json"\n')
    (tmp_path / "var" / "operational.db").write_bytes(b"no database" * 1000)
    result = CliRunner().invoke(app, ["--home", str(tmp_path), "serve"])
    lines = [json.loads(line) for line in result.output.splitlines()]
    assert [line["level"] for line in lines] == ["warning", "warning", "info", "info"]
    assert "Page: http://127.0.0.1:3000/ui/" in lines[2]["message"]
