"""The verbs `jobs` as an operator types them."""

import json
import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from retail_brain.cli.app import app
from retail_brain.errors import ImpossibleError, NotFoundError, UnavailableError, UsageError
from retail_brain.jobs import JobPlace
from retail_brain.operational.database import Database
from retail_brain.operational.jobs import end_job, tenants_with_open_jobs


@pytest.fixture(autouse=True)
def _own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), "jobs", *arguments])


def test_a_job_is_started_waited_for_listed_and_shown(tmp_path: Path) -> None:
    assert "no job was started yet" in run(tmp_path, "list").stdout
    (tmp_path / "data").mkdir()
    rows = "date,store_id,product_id,units,unit_price\n2025-02-28,S1,P1,3,2.5\n"
    (tmp_path / "data" / "daily_sales.csv").write_text(rows, encoding="utf-8")
    started = run(tmp_path, "start", "ingest", "--dataset", str(tmp_path / "data"), "--wait")
    assert started.exit_code == 0, started.output
    assert re.search(r"daily_sales +1 +1", started.stderr)
    job_id = started.stdout.split()[0]
    assert re.search(rf"{job_id}  done .* ingest dataset=", run(tmp_path, "list").stdout)
    shown = run(tmp_path, "show", job_id, "--lines", "1").stdout
    assert "Lake: " in shown
    assert json.loads(run(tmp_path, "list", "--json").stdout)["rows"][0]["state"] == "done"
    assert isinstance(run(tmp_path, "cancel", job_id).exception, ImpossibleError)


def test_a_job_that_fails_says_why_and_ends_with_1(tmp_path: Path) -> None:
    failed = run(tmp_path, "start", "ingest", "--dataset", str(tmp_path / "nothing"), "--wait")
    assert failed.exit_code == 1
    assert f"{tmp_path}/nothing" in failed.stderr
    shown = run(tmp_path, "show", failed.stdout.split()[0]).stdout
    assert "failed" in shown
    assert "Mend what the message says" in shown


def test_what_waits_for_a_worker_is_run_or_cancelled(tmp_path: Path) -> None:
    settings = tmp_path / "var" / "main" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[jobs]\nrunner = "worker"\n', encoding="utf-8")
    first = run(tmp_path, "start", "features").stdout.strip()
    assert "waiting" in run(tmp_path, "list").stdout
    assert f"{first} is cancelled" in run(tmp_path, "cancel", first).stdout
    assert run(tmp_path, "work", "--once").stdout == ""
    second = run(tmp_path, "start", "features").stdout.strip()
    assert f"{second}  features" in run(tmp_path, "work", "--once").stdout
    assert "failed" in run(tmp_path, "list").stdout  # there is no lake


def test_a_worker_serves_all_tenants_of_a_home_and_one_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def launched(place: JobPlace, job_id: str, _lock: int, now: datetime) -> None:
        end_job(place.tenant, place.database, job_id, "done", now=now)

    def of(tenant: str, *words: str) -> Result:
        return CliRunner().invoke(app, ["--home", str(tmp_path), "--tenant", tenant, "jobs", *words])

    monkeypatch.setattr("retail_brain.jobs.start._launch", launched)
    files = {tenant: tmp_path / "var" / tenant / "settings.toml" for tenant in ("north", "south", "west")}
    for tenant, settings in files.items():
        settings.parent.mkdir(parents=True)
        settings.write_text('[jobs]\nrunner = "worker"\n', encoding="utf-8")
        assert of(tenant, "start", "features").exit_code == 0
    alone = of("south", "work", "--once").stdout
    assert "tenant south" in alone
    assert "tenant north" not in alone
    # a mistake in the settings of one is said once, and stops no other
    files["west"].write_text("[jobs\n", encoding="utf-8")
    done = run(tmp_path, "work", "--once")
    assert (done.exit_code, done.stderr.count("no job of west can be started")) == (0, 1)
    assert "tenant north" in done.stdout
    files["south"].write_text("", encoding="utf-8")
    assert "warning: jobs.runner is not worker in the settings of south" in of("south", "work", "--once").stderr


def test_a_worker_outlives_its_database_and_a_folder_that_it_cannot_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tenant in ("main", "south"):
        settings = tmp_path / "var" / tenant / "settings.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text('[jobs]\nrunner = "worker"\n', encoding="utf-8")
        started = CliRunner().invoke(app, ["--home", str(tmp_path), "--tenant", tenant, "jobs", "start", "features"])
        assert started.exit_code == 0, started.output
    shutil.rmtree(tmp_path / "var" / "main" / "jobs")
    (tmp_path / "var" / "main" / "jobs").write_text("no folder")
    answers: list[Exception | None] = [UnavailableError("the database is away"), UnavailableError("away still"), None]

    def waited_for(database: Database) -> set[str]:
        if not answers:
            raise KeyboardInterrupt  # as an operator ends it
        if (fault := answers.pop(0)) is not None:
            raise fault
        return set(tenants_with_open_jobs(database))

    def launched(place: JobPlace, job_id: str, _lock: int, now: datetime) -> None:
        end_job(place.tenant, place.database, job_id, "done", now=now)

    monkeypatch.setattr("retail_brain.jobs.start._launch", launched)
    monkeypatch.setattr("retail_brain.cli.jobs_verbs._waited_for", waited_for)
    monkeypatch.setattr("retail_brain.cli.jobs_verbs._LOOK_SECONDS", 0)
    worked = CliRunner().invoke(app, ["--home", str(tmp_path), "jobs", "work"])
    assert "no job of any tenant can be started: the database is away" in worked.stderr
    assert "no job of main can be started: FileExistsError" in worked.stderr
    assert "tenant south" in worked.stdout


def test_jobs_of_a_tenant_whose_folder_is_gone_are_said(tmp_path: Path) -> None:
    settings = tmp_path / "var" / "main" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[jobs]\nrunner = "worker"\n', encoding="utf-8")
    waiting = run(tmp_path, "start", "features").stdout.strip()
    shutil.rmtree(settings.parent)
    done = run(tmp_path, "work", "--once")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.count("no job of main can be started: there is no folder") == 1
    assert f"{waiting} is cancelled" in run(tmp_path, "cancel", waiting).stdout


def test_what_cannot_be_started_is_a_clear_error(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path, "start", "simulate").exception, UsageError)
    assert isinstance(run(tmp_path, "start", "ingest").exception, UsageError)
    assert isinstance(run(tmp_path, "start", "ingest", "--source", "tills").exception, NotFoundError)
    assert isinstance(run(tmp_path, "show", "job_none").exception, NotFoundError)
