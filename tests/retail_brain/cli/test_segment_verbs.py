"""The verbs `segments` as a marketer types them, on a small chain; the same people over HTTP are in tests/serving."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from retail_brain.api import open_tenant
from retail_brain.cli.app import app
from retail_brain.errors import ConflictError, NotFoundError, UsageError

TODAY = datetime(2026, 2, 28, 12)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose features are built: C1 bought tea yesterday, C2 bread a hundred days ago, C3 nothing."""
    home = tmp_path_factory.mktemp("segments")
    lines = [
        ("t1", TODAY, "P1", None),
        ("t2", TODAY - timedelta(1), "P1", "C1"),
        ("t3", TODAY - timedelta(100), "P2", "C2"),
    ]
    receipts = pl.DataFrame(lines, schema=["transaction_id", "sold_at", "product_id", "customer_id"], orient="row")
    receipts = receipts.with_columns(store_id=pl.lit("S1"), units=pl.lit(1.0), unit_price=pl.lit(9.0))
    tables = {
        "transactions": receipts,
        "products": pl.DataFrame({"product_id": ["P1", "P2"], "category": ["茶", "面包"]}),
        "customers": pl.DataFrame({"customer_id": ["C1", "C2", "C3"], "level": ["gold", "basic", "gold"]}),
        "stores": pl.DataFrame({"store_id": ["S1"], "region": ["华东"]}),
        "consents": pl.DataFrame({"customer_id": ["C1"], "channel": ["sms"], "granted": [True], "changed_at": [TODAY]}),
    }
    (home / "data").mkdir()
    for name, frame in tables.items():
        frame.write_parquet(home / "data" / f"{name}.parquet")
    for arguments in (["ingest", str(home / "data")], ["features"]):
        result = CliRunner().invoke(app, ["--home", str(home), "--quiet", *arguments])
        assert result.exit_code == 0, result.output
    return home


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), "--quiet", "segments", *arguments])


def test_an_expression_is_counted_with_what_can_match_nobody(home: Path) -> None:
    counted = run(home, "count", "bought(category = 茶, last 30 days) and level = gold")
    assert counted.stdout.splitlines()[0] == "1 of 3 people on 2026-02-28"
    assert "1 with an account, 1 may be contacted" in counted.stdout
    misspelt = run(home, "count", "bought(category = 茶叶)")
    assert "no row of bought has category = '茶叶'" in misspelt.stderr


def test_a_segment_is_saved_listed_shown_and_taken_out_of_use(home: Path, tmp_path: Path) -> None:
    saved = run(home, "save", "金卡", "level = gold", "--owner", "小李", "--note", "会员日", "--version", "0")
    assert saved.stdout.splitlines()[-1] == "segment '金卡' is version 1"
    assert "level = gold" in run(home, "list").stdout
    assert "2 people on 2026-02-28; 2 on 2026-02-28" in run(home, "show", "金卡").stdout
    file = tmp_path / "segment.json"
    file.write_text(run(home, "show", "金卡", "--as-json").stdout, encoding="utf-8")
    assert json.loads(file.read_text(encoding="utf-8"))["owner"] == "小李"
    assert "version 1" in run(home, "save", "再来", f"@{file}").stdout
    out = tmp_path / "members.csv"
    assert run(home, "members", "金卡", "--out", str(out)).exit_code == 0
    assert pl.read_csv(out)["customer_id"].to_list() == ["C1", "C3"]
    assert isinstance(run(home, "save", "金卡", "level = basic", "--version", "7").exception, ConflictError)
    assert "out of use" in run(home, "remove", "金卡").stdout
    assert isinstance(run(home, "show", "金卡").exception, NotFoundError)
    assert "removed" in run(home, "history", "金卡").stdout


def test_with_json_the_verbs_tell_ids_counts_and_rows(home: Path, tmp_path: Path) -> None:
    def told(*arguments: str) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(run(home, *arguments, "--json").stdout)
        return result

    counted = told("count", "level = gold")
    assert counted["ids"] == {"as_of": "2026-02-28"}
    assert (counted["counts"]["people"], counted["counts"]["of"]) == (2, 3)
    saved = told("save", "json", "level = gold")
    assert saved["ids"] == {"as_of": "2026-02-28", "segment": "json", "version": 1}
    assert "json" in [row["name"] for row in told("list")["rows"]]
    shown = told("show", "json")
    assert (shown["rows"][0]["text"], shown["counts"]) == ("level = gold", {"people_when_saved": 2, "people": 2})
    members = told("members", "json", "--out", str(tmp_path / "m.csv"))
    assert (members["counts"], members["ids"]) == ({"people": 2, "rows": 2}, {"as_of": "2026-02-28"})
    assert "open on 28 February, the day of the features" in members["messages"][-1]
    assert {"table": "people", "column": "level", "kind": "text"} in told("columns")["rows"]
    assert told("remove", "json")["ids"] == {"segment": "json"}
    assert [row["is_removed"] for row in told("history", "json")["rows"]] == [True, False]


def test_a_static_segment_stays_as_it_was_saved(home: Path) -> None:
    run(home, "save", "那天", "level = gold", "--static")
    run(home, "save", "现在", "level = gold")
    extra = home / "more"
    extra.mkdir()
    pl.DataFrame({"customer_id": ["C4"], "level": ["gold"]}).write_parquet(extra / "customers.parquet")
    for arguments in (["ingest", str(extra)], ["features"]):
        assert CliRunner().invoke(app, ["--home", str(home), "--quiet", *arguments]).exit_code == 0
    assert "2 people on 2026-02-28; 2 on" in run(home, "show", "那天").stdout
    assert "2 people on 2026-02-28; 3 on" in run(home, "show", "现在").stdout


def test_the_python_api_selects_the_same_people(home: Path) -> None:
    people = open_tenant(home=home).segment("bought(category = 茶, last 30 days)")
    assert people["customer_ids"].to_list() == [["C1"]]


def test_columns_lists_what_may_be_named(home: Path) -> None:
    listed = run(home, "columns").stdout
    for text in ("people\n", "  level ", "stores\n", "  region ", "bought(...)\n", "  category ", "did(...)\n"):
        assert text in listed


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("lvl = gold", "nearest are level"),
        ("@nowhere.txt", "no file"),
        ("{bad", "no JSON"),
        ('{"op": "x"}', "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused(home: Path, expression: str, says: str) -> None:
    refused = run(home, "count", expression)
    assert isinstance(refused.exception, UsageError)
    assert says in str(refused.exception)


def test_without_features_it_says_what_to_run(tmp_path: Path, home: Path) -> None:
    (tmp_path / "var" / "main").mkdir(parents=True)
    (tmp_path / "var" / "main" / "lake").symlink_to(home / "var" / "main" / "lake")
    refused = run(tmp_path, "count", "spend > 1")
    assert isinstance(refused.exception, NotFoundError)
    assert "retail-brain features" in str(refused.exception)
