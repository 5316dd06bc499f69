"""The verbs `rules` as an operator types them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from retail_brain.cli.app import app
from retail_brain.errors import ImpossibleError, UsageError

RULES = """
[[rules]]
action = "pin"
values = ["P9"]
name = "端午"

[[rules]]
action = "exclude"
attribute = "category"
values = ["酒"]
stores = ["S1"]
ends_at = "2001-01-01T00:00:00"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    path = tmp_path / "rules.toml"
    path.write_text(RULES, encoding="utf-8")
    return path


def run(file: Path, *arguments: str, tenant: str = "main") -> Result:
    return CliRunner().invoke(app, ["--home", str(file.parent), "--tenant", tenant, "--quiet", "rules", *arguments])


def test_rules_are_checked_set_listed_and_remembered(file: Path) -> None:
    assert run(file, "list").stdout == "0 rules, version 0\n"
    checked = run(file, "check", str(file))
    assert checked.stdout == "2 rules can be used\n"
    assert "no lake" in checked.stderr
    assert run(file, "list").stdout == "0 rules, version 0\n"
    assert run(file, "set", str(file), "--by", "李").stdout == "2 rules are version 1\n"
    listed = run(file, "list", "--out", str(file.with_name("again.toml"))).stdout
    assert "active   pin        product_id   端午" in listed
    assert "ended    exclude    category     exclude category 酒 in S1" in listed
    assert "2 rules, version 1, set by 李" in listed
    assert run(file, "set", str(file.with_name("again.toml")), "--version", "1").stdout == "2 rules are version 2\n"
    other = run(file, "set", str(file), "--version", "1", "--by", "王")
    assert isinstance(other.exception, ImpossibleError)
    assert run(file, "list", tenant="other").stdout == "0 rules, version 0\n"
    history = run(file, "history").stdout.splitlines()
    assert [line.split()[-1] for line in history] == ["line", "李"]


def test_bad_rules_are_refused_and_change_nothing(file: Path) -> None:
    file.write_text('[[rules]]\naction = "explode"\n', encoding="utf-8")
    for verb in ("check", "set"):
        assert isinstance(run(file, verb, str(file)).exception, UsageError)
    assert run(file, "list").stdout == "0 rules, version 0\n"
