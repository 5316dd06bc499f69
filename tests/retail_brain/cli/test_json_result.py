"""`--json`: every verb has it, stdout is one JSON object however the verb ends, and exit codes stay."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from retail_brain.cli import main
from retail_brain.cli.app import app
from retail_brain.cli.json_result import Result, _Lines

ROOT: Any = typer.main.get_command(app)
KEYS = {"verb", "ok", "exit_code", "seconds", "ids", "counts", "files", "rows", "steps", "warnings", "messages"}
HEADER = "transaction_id,sold_at,store_id,product_id,customer_id,units,unit_price\n"


def leaves(command: Any = ROOT, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every verb."""
    for name, verb in getattr(command, "commands", {}).items():
        yield from leaves(verb, (*path, name))
    if path and not hasattr(command, "commands"):
        yield path


def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, dict[str, Any]]:
    """Exit code and the only object on stdout."""
    monkeypatch.setattr(sys, "argv", ["retail-brain", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    told = json.loads(capsys.readouterr().out)
    assert set(told) >= KEYS
    assert told["exit_code"] == ended.value.code
    assert told["ok"] is (ended.value.code == 0)
    return int(told["exit_code"]), told


def test_there_are_many_verbs() -> None:
    assert len(list(leaves())) > 40


@pytest.mark.parametrize("path", list(leaves()), ids=" ".join)
def test_every_verb_has_it_and_tells_of_a_wrong_call(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ROOT
    for name in path:
        command = command.commands[name]
    assert any("--json" in option.opts for option in command.params)
    code, told = call(monkeypatch, capsys, *path, "--no-such-option", "--json")
    assert (code, told["error"]["code"], told["verb"]) == (2, "usage", " ".join(path))


@pytest.mark.parametrize(
    "words",
    [
        ["tables"],
        ["features"],
        ["publish"],
        ["forecast", "--horizon", "7", "--out", "f.csv"],
        ["quarantine", "show", "x"],
        ["replenish", "--out", "o.csv"],
        ["recommend", "--k", "3", "--out", "r.csv"],
        ["check", "consistency"],
        ["what-if", "--store", "S", "--product", "P"],
        ["train", "demand"],
        ["promote", "demand"],
    ],
    ids=lambda words: words[0],
)
def test_a_verb_that_fails_says_why_in_json(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, told = call(monkeypatch, capsys, "--home", str(tmp_path), "--quiet", *words, "--json")
    assert code in (1, 2)
    assert told["error"]["message"]


@pytest.mark.parametrize(
    "words", [["sources"], ["extensions"], ["keys", "list"], ["orders", "list", "--out", "book.csv"]], ids=" ".join
)
def test_a_verb_that_lists_gives_rows_or_files(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, told = call(monkeypatch, capsys, "--home", str(tmp_path), *words, "--json")
    assert code == 0
    if words == ["sources"]:
        assert {"name", "description"} == set(told["rows"][0])
    if words[0] == "orders":
        assert told["files"] == [{"path": "book.csv", "rows": 0}]


def test_ingest_tells_counts_versions_seconds_and_warnings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    lines = "".join(f"t{n},2026-01-0{n} 10:00:00,S,P,,1,2\n" for n in range(1, 6)) + "bad,soon,S,P,,1,2\n"
    (tmp_path / "data" / "transactions.csv").write_text(HEADER + lines)
    words = ["--home", str(tmp_path), "ingest", str(tmp_path / "data"), "--json"]
    _, told = call(monkeypatch, capsys, *words)
    assert told["counts"]["transactions"] | {"read": 6, "new": 5, "set_aside": 1} == told["counts"]["transactions"]
    assert told["ids"]["versions"] == {"transactions": 0}
    assert told["seconds"] > 0
    assert {"read transactions", "write transactions"} <= {step["name"] for step in told["steps"]}
    assert any("set aside 1" in message for message in told["messages"])
    _, again = call(monkeypatch, capsys, *words)
    assert (again["counts"]["transactions"]["new"], again["counts"]["transactions"]["unchanged"]) == (0, 5)
    _, rows = call(monkeypatch, capsys, "--home", str(tmp_path), "tables", "--json")
    assert [(row["name"], row["rows"]) for row in rows["rows"]] == [("transactions", 5)]


def test_without_it_nothing_changes(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["--home", str(tmp_path), "keys", "create", "--role", "marketer"])
    assert shown.output.startswith("rb_")
    again = CliRunner().invoke(app, ["--home", str(tmp_path), "keys", "create", "--role", "marketer", "--json"])
    told = json.loads(again.stdout)
    assert told["ids"]["key"].startswith("rb_")
    assert any("name 'marketer' already" in text for text in told["warnings"])


def test_a_stream_that_outlives_the_one_it_passes_text_on_to_goes_quietly() -> None:
    onward = io.StringIO()
    stream = _Lines(Result(), onward)
    stream.write("note: three rows were left out\n")
    onward.close()
    stream.flush()
    stream.close()
    assert stream.closed
