"""The verbs `guides` as a shop's manager types them, on the synthetic answers of the service's tests."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from retail_brain.cli.app import app
from retail_brain.errors import ImpossibleError, NotFoundError, UsageError
from retail_brain.workspace import Workspace
from serving.planning.guides.lists import TASK_COLUMNS
from serving.planning.guides.people import MOVE_COLUMNS
from serving.store.answers_manifest import read_manifest, write_manifest
from serving.store.rows import write_rows
from tests.serving.synthetic import publish_synthetic


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """G1 looks after C00001 to C00003, G2 after C00004; C00001 bought on the last day of the lake."""
    home = tmp_path_factory.mktemp("guides")
    folder = publish_synthetic(Workspace(home), "first")
    person = {"stage": ["friend"] * 200, "guide_id": ["G1"] * 3 + ["G2"] + [None] * 196}
    write_rows(folder, "person", pl.DataFrame(person))
    manifest = read_manifest(folder)
    (folder / "manifest.json").unlink()
    write_manifest(folder, manifest)
    (home / "var" / "main" / "settings.toml").write_text("[guides]\nholdout_share = 0.0\n", encoding="utf-8")
    sold = {
        "transaction_id": ["t"],
        "sold_at": [datetime(2025, 3, 3, 9)],
        "store_id": ["S001"],
        "product_id": ["P0001"],
    }
    (home / "data").mkdir()
    line = pl.DataFrame(sold | {"customer_id": ["C00001"], "units": [2.0], "unit_price": [5.0]})
    line.write_parquet(home / "data" / "transactions.parquet")
    made = CliRunner().invoke(app, ["--home", str(home), "--quiet", "ingest", str(home / "data")])
    assert made.exit_code == 0, made.output
    return home


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), "--quiet", "guides", *arguments])


def test_a_day_from_the_lists_to_the_credit_and_the_leaving(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    assert run(home, "save", "G2", "--name", "王", "--capacity", "5").stdout == "G2: version 1\n"
    assert run(home, "list").stdout == ("G1  S001      3 people   20 a day\nG2  S001      1 people    5 a day  王\n")
    assert run(home, "make").stdout.startswith("2025-03-01: ")
    out = home / "tasks.csv"
    assert run(home, "tasks", "--guide", "G1", "--out", str(out)).exit_code == 0
    lines = pl.read_csv(out)
    assert lines.columns == [*TASK_COLUMNS, "reason_zh"]
    assert run(home, "tasks", "--day", "2025-04-01", "--out", str(home / "none.csv")).exit_code == 0
    assert pl.read_csv(home / "none.csv").columns == lines.columns
    assert set(lines["guide_id"]) == {"G1"}
    told = lines.filter(pl.col("customer_id") == "C00001")["task_id"][0]
    answers = home / "answers.csv"
    answers.write_text(f"answer_id,task_id,outcome,at\na1,{told},done,2025-03-01T12:00:00\n")
    assert run(home, "answer", str(answers)).stdout == "1 answers stored, 0 were known\n"
    assert run(home, "answer", str(answers)).stdout == "0 answers stored, 1 were known\n"
    people = home / "people.csv"
    people.write_text("referral_id,guide_id,customer_id,at\nr1,G2,C9,2025-03-01T12:00:00\n")
    assert run(home, "refer", str(people)).stdout == "1 referrals stored, 0 people were brought before, 0 refused\n"
    people.write_text("referral_id,guide_id,customer_id,at\nr1,G2,C9,2025-03-01T12:00:00\nr2,G2,C00004,2025-03-01\n")
    assert run(home, "refer", str(people)).stdout == (
        "0 referrals stored, 1 people were brought before, 1 refused\n"
        "  r2: customer 'C00004' was known before: a referral brings somebody new\n"
    )
    credit = home / "credit.csv"
    assert run(home, "credit", "--out", str(credit)).stdout == f"2 guides -> {credit}\n"
    rows = {row["guide_id"]: row for row in pl.read_csv(credit).to_dicts()}
    assert (rows["G1"]["done"], rows["G1"]["receipts"], rows["G1"]["sales"], rows["G2"]["referrals"]) == (1, 1, 10.0, 1)
    assert "held out" in run(home, "effect").stdout
    assert run(home, "leave", "G1").stdout == "G1 left on 2025-03-01: 3 people have another guide, 0 have none\n"
    moves = home / "moves.csv"
    assert run(home, "history", "--customer", "C00001", "--out", str(moves)).exit_code == 0
    assert tuple(pl.read_csv(moves).columns) == MOVE_COLUMNS
    assert run(home, "history", "--customer", "C00009", "--out", str(home / "none.csv")).exit_code == 0
    assert tuple(pl.read_csv(home / "none.csv").columns) == MOVE_COLUMNS
    assert pl.read_csv(moves).select("before", "guide_id", "rule").rows() == [("G1", "G2", "same_shop")]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("answer_id,task_id\na,b\n", UsageError),
        ("answer_id,task_id,outcome,at\na,b,sold,2025-03-01T12:00:00\n", UsageError),
        ("answer_id,task_id,outcome,at\na,b,done,noon\n", UsageError),
        ("answer_id,task_id,outcome,at\na,,done,2025-03-01T12:00:00\n", UsageError),
        ("answer_id,task_id,outcome,at\na,nothing,done,2025-03-01T12:00:00\n", NotFoundError),
        ("answer_id,task_id,outcome,at\na,nothing,done,2099-03-01T12:00:00\n", ImpossibleError),
    ],
)
def test_answers_that_cannot_be_read_are_refused_and_nothing_is_stored(home: Path, text: str, error: type) -> None:
    file = home / "bad.csv"
    file.write_text(text)
    assert isinstance(run(home, "answer", str(file)).exception, error)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["leave", "G9"], NotFoundError),
        (["leave", "G2", "--to", "G2"], ImpossibleError),
        (["make", "--guide", "G9"], NotFoundError),
        (["tasks", "--guide", "G9", "--out", "lists.csv"], NotFoundError),
        (["make", "--day", "2020-01-01"], ImpossibleError),
        (["make", "--day", "2099-01-01"], ImpossibleError),
        (["leave", "G2", "--on", "2099-01-01"], UsageError),
        (["make", "--day", "soon"], UsageError),
        (["save", "G7", "--store", "S9"], NotFoundError),
    ],
)
def test_what_cannot_be_done_is_an_error_of_its_kind(home: Path, arguments: list[str], error: type) -> None:
    assert isinstance(run(home, *arguments).exception, error)


@pytest.mark.parametrize(
    ("line", "error"),
    [("r9,G9,C9,2025-03-01T12:00:00", NotFoundError), ("r9,G2,C9,2099-03-01T12:00:00", ImpossibleError)],
)
def test_referrals_to_unknown_guides_or_of_the_future_are_refused(home: Path, line: str, error: type) -> None:
    file = home / "bad_people.csv"
    file.write_text(f"referral_id,guide_id,customer_id,at\n{line}\n")
    assert isinstance(run(home, "refer", str(file)).exception, error)
