"""The verbs `campaign` as a marketer types them, on the synthetic answers of the service's tests."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from retail_brain.cli.app import app
from retail_brain.errors import ConflictError, NotFoundError, UsageError
from retail_brain.workspace import Workspace
from tests.serving.synthetic import publish_synthetic

DRAFT = """
name = "Milk"
product_ids = ["P0001", "P0008"]
starts_on = 2025-03-01
ends_on = 2025-03-15
holdout_share = 0.25
size = 20

[[slots]]
channel = "sms"
text = "Milk"
text_zh = "牛奶"
contact_cost = 0.01
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    publish_synthetic(Workspace(tmp_path), "first")
    (tmp_path / "milk.toml").write_text(DRAFT, encoding="utf-8")
    return tmp_path


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), "--quiet", "campaign", *arguments])


def test_a_campaign_from_file_to_list_of_people(home: Path) -> None:
    assert run(home, "save", "milk", str(home / "milk.toml"), "--by", "Li").stdout == "milk: draft, version 1\n"
    seen = run(home, "preview", "milk").stdout.splitlines()
    assert seen[0] == "milk: previewed, version 2, as of 2025-02-28"
    assert seen[1] == "  200 people considered"
    assert "20 left  Ranked below the size asked for" in "\n".join(seen)
    approved = run(home, "approve", "milk", "--by", "Wang").stdout
    assert approved.startswith("milk: approved by Wang, version 3: ")
    assert "the published answers know nothing after 2025-02-28" in approved
    assert "contacts that are handed over replay past days" in approved
    assert run(home, "list").stdout.startswith("milk  running    v3  2025-03-01..2025-03-15  Milk")
    assert '"approved_by": "Wang"' in run(home, "show", "milk").stdout
    out = home / "people.csv"
    assert run(home, "contacts", "milk", "--out", str(out)).stdout == f"20 people -> {out}\n"
    people = pl.read_csv(out)
    assert people.height == 20
    assert set(people["group"]) == {"contact", "holdout"}
    assert run(home, "stop", "milk", "--reason", "empty").stdout == "milk: stopped by command line, version 4\n"


def as_json(home: Path, *arguments: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(home, *arguments, "--json").stdout)
    return told


def test_with_json_the_verbs_tell_ids_counts_rows_and_files(home: Path) -> None:
    saved = as_json(home, "save", "milk", str(home / "milk.toml"))
    assert saved["ids"] == {"campaign": "milk", "version": 1, "state": "draft"}
    assert as_json(home, "preview", "milk", "--by", "Li")["counts"]["considered"] == 200
    approved = as_json(home, "approve", "milk", "--by", "Wang")
    assert approved["ids"] == {"campaign": "milk", "version": 3, "state": "approved"}
    told = approved["counts"]["contacts"]
    assert told + approved["counts"]["holdout"] == 20
    assert [(row["campaign_id"], row["state"]) for row in as_json(home, "list")["rows"]] == [("milk", "running")]
    assert as_json(home, "show", "milk")["rows"][0]["approved_by"] == "Wang"
    assert as_json(home, "contacts", "milk", "--out", str(home / "people.csv"))["counts"] == {"people": 20}
    without_lake = run(home, "push", "milk", "--to", str(home / "due.csv"), "--day", "2025-03-14")
    assert isinstance(without_lake.exception, NotFoundError)  # consents are asked again
    sales = home / "sales"
    sales.mkdir()
    head = "transaction_id,sold_at,store_id,product_id,customer_id,units,unit_price\n"
    lines = "".join(f"t{n},2025-02-{n:02} 10:00,S,P,a,1,2\n" for n in range(1, 20))
    (sales / "transactions.csv").write_text(head + lines, encoding="utf-8")
    assert CliRunner().invoke(app, ["--home", str(home), "--quiet", "ingest", str(sales)]).exit_code == 0
    early = run(home, "push", "milk", "--to", str(home / "due.csv"), "--day", "2020-01-01")
    assert "2020-01-01 is no day of the campaign, which begins on 2025-03-01" in early.stdout
    sent = as_json(home, "push", "milk", "--to", str(home / "due.csv"), "--day", "2025-03-14")
    assert sent["counts"] == {"contacts": told}
    assert sent["files"] == [{"path": str(home / "due.csv"), "rows": told}]
    assert as_json(home, "stop", "milk", "--reason", "empty")["ids"]["state"] == "stopped"


def test_people_are_shared_out_among_drafts_and_stored_where_asked_for(home: Path) -> None:
    for name in ("milk", "tea"):
        run(home, "save", name, str(home / "milk.toml"))
    out = home / "shared.csv"
    said = run(home, "assign", "--out", str(out)).stdout.splitlines()
    assert said[0].startswith("tea  draft           20 people (20 alone), one more place is worth ")
    assert said[-1].endswith(f"of what is possible beside what runs -> {out}")
    people, campaigns = pl.read_csv(out), pl.read_csv(home / "shared_campaigns.csv")
    assert people["customer_id"].is_unique().all()
    assert dict(campaigns.select("campaign_id", "assigned").iter_rows()) == {"milk": 20, "tea": 20}
    told = as_json(home, "assign", "milk", "--apply", "--out", str(out))
    assert (told["counts"]["stored"], told["rows"][0]["assigned"]) == (1, 20)
    assert as_json(home, "show", "milk")["rows"][0]["version"] == 2


def test_what_cannot_be_done_is_said(home: Path) -> None:
    assert isinstance(run(home, "preview", "nothing").exception, NotFoundError)
    (home / "bad.toml").write_text(DRAFT.replace('name = "Milk"', ""), encoding="utf-8")
    assert "name: Field required" in str(run(home, "save", "bad", str(home / "bad.toml")).exception)
    assert isinstance(run(home, "save", "bad", str(home / "bad.csv")).exception, UsageError)
    run(home, "save", "milk", str(home / "milk.toml"))
    run(home, "save", "milk", str(home / "milk.toml"), "--version", "1")
    assert isinstance(run(home, "preview", "milk", "--version", "1").exception, ConflictError)
