"""The verbs `identity merge|split|undo|list|show`, from the decision to the persons of the next features."""

import json
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from features.jobs import build_features
from retail_brain.cli.app import app
from retail_brain.errors import NotFoundError, UsageError
from retail_brain.ingest import ingest
from retail_brain.lake import open_lake
from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.identity_decisions import IdentityDecision, links_in_force, overruled
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose lake has two cards on one phone, and a third person."""
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    data = tmp_path / "data"
    data.mkdir()
    receipts = {"transaction_id": ["a", "b", "c"], "customer_id": ["A1", "B2", "C3"], "product_id": ["P"] * 3}
    receipts |= {"sold_at": ["2026-02-03 09:00:00"] * 3, "store_id": ["S"] * 3}
    pl.DataFrame(receipts).with_columns(units=1, unit_price=5).write_csv(data / "transactions.csv")
    phones = {"id_type": ["phone"] * 3, "id_value": ["1", "1", "3"], "customer_id": ["A1", "B2", "C3"]}
    pl.DataFrame(phones).with_columns(source=pl.lit("till")).write_csv(data / "identities.csv")
    ingest(str(data), str(Workspace(tmp_path).lake), Settings(), SILENT)
    return tmp_path


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), "identity", *arguments])


def persons(home: Path) -> dict[str, str]:
    """Account -> person of features built now."""
    workspace = Workspace(home)
    build_features(open_lake(str(workspace.lake)), workspace.features, date(2026, 2, 3))
    table = pl.read_parquet(workspace.features / "identity" / "*.parquet")
    return dict(table.filter(pl.col("id_type") == "customer_id").select("id_value", "person_id").iter_rows())


def test_a_decision_says_from_when_it_counts(home: Path) -> None:
    first = json.loads(run(home, "merge", "B2", "C3", "--reason", "same form", "--json").stdout)
    assert (first["ids"]["counts_from"], first["ids"]["features_as_of"]) == ("the next features", None)
    assert "no features are built yet" in " ".join(first["messages"])
    persons(home)
    undone = json.loads(run(home, "undo", first["ids"]["decision_id"], "--json").stdout)
    assert undone["ids"]["features_as_of"] == "2026-02-03"


def test_a_split_and_a_merge_count_in_the_next_features_and_are_undone(home: Path) -> None:
    assert persons(home) == {"A1": "A1", "B2": "A1", "C3": "C3"}
    made = run(home, "split", "A1", "B2", "--reason", "mother and son", "--by", "Ms Li")
    assert made.exit_code == 0
    assert "A1, B2 are different people" in made.stdout
    assert "in doubt a channel stays closed" in made.stdout
    assert (
        "next `retail-brain features` (or publish) on: those in use, as of 2026-02-03, do not know of it" in made.stdout
    )
    assert run(home, "merge", "B2", "C3", "--reason", "same loyalty form").exit_code == 0
    assert persons(home) == {"A1": "A1", "B2": "B2", "C3": "B2"}
    shown = run(home, "show", "C3").stdout
    assert "joined by hand with B2" in shown
    assert "kept apart by hand from A1" in shown
    listed = run(home, "list").stdout.splitlines()
    assert "Ms Li: A1, B2  (mother and son)  counts" in listed[0]
    assert run(home, "undo", listed[0].split()[0], "--by", "Mr Wu").exit_code == 0
    # all three are one: A1 and B2 by their phone, B2 and C3 by hand
    assert persons(home) == {"A1": "A1", "B2": "A1", "C3": "A1"}
    assert "undone by Mr Wu" in run(home, "list").stdout
    assert run(home, "undo", listed[1].split()[0]).exit_code == 0
    assert persons(home) == {"A1": "A1", "B2": "A1", "C3": "C3"}
    with closing(Database(Workspace(home).database_url)) as database:
        deeds = [(entry.action, entry.actor) for entry in list_audit("main", database)]
    assert deeds == [
        ("identity.undo", "command line"),
        ("identity.undo", "Mr Wu"),
        ("identity.merge", "command line"),
        ("identity.split", "Ms Li"),
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (("merge", "A1", "nobody", "--reason", "x"), NotFoundError, "no table names the customer 'nobody'"),
        (("merge", "A1", "A1", "--reason", "x"), UsageError, "about two accounts or more; got 1"),
        (("split", "A1", "B2", "--reason", " "), UsageError, "needs a reason"),
        (("undo", "id_none"), NotFoundError, "no decision 'id_none'"),
    ],
)
def test_what_cannot_be_decided_is_refused(
    home: Path, arguments: tuple[str, ...], error: type[Exception], text: str
) -> None:
    result = run(home, *arguments)
    assert isinstance(result.exception, error)
    assert text in str(result.exception)
    assert run(home, "list").stdout == ""


def decision(kind: str, *accounts: str, undone: bool = False, name: str = "id") -> IdentityDecision:
    return IdentityDecision(name, kind, accounts, "r", "me", NOW, undone_at=NOW if undone else None)  # type: ignore[arg-type]


def test_of_decisions_about_the_same_accounts_the_newest_that_was_not_undone_counts() -> None:
    made = [decision("merge", "B", "A", "C"), decision("split", "A", "C"), decision("merge", "A", "C", undone=True)]
    assert [(link.kind, link.left, link.right) for link in links_in_force(made)] == [
        ("merge", "A", "B"),
        ("split", "A", "C"),
        ("merge", "B", "C"),
    ]


def test_a_decision_of_whose_accounts_later_ones_decide_is_overruled_by_the_newest() -> None:
    made = [
        decision("merge", "A", "B", name="first"),
        decision("merge", "C", "D", "E", name="in part"),
        decision("split", "B", "A", name="second"),
        decision("split", "C", "D", name="third"),
        decision("merge", "A", "B", name="taken back", undone=True),
    ]
    assert overruled(made) == {"first": "second"}
