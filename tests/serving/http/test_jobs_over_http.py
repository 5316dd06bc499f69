"""Jobs over HTTP: who may, what is offered, the whole way of files that are sent, and what is refused."""

import base64
import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from retail_brain.errors import RetailBrainError, UsageError
from retail_brain.files import write_text
from retail_brain.jobs.kinds import KINDS, check_arguments
from retail_brain.jobs.start import this_host
from retail_brain.jobs.uploads import check_name
from retail_brain.locks import inheritable_lock
from retail_brain.operational.database import Database
from retail_brain.operational.jobs import Line, add_job, end_job, note_progress
from retail_brain.operational.keys import ROLES, create_key
from retail_brain.settings import JobSettings, Settings
from retail_brain.workspace import Workspace
from serving.http.access import ScopedBy
from serving.http.handlers import jobs as handlers
from serving.http.messages.job_messages import (
    JobResponse,
    JobsResponse,
    JobStartRequest,
    JobStartResponse,
    JobUploadRequest,
)
from serving.http.routes import ROUTES

TENANT = "jobs"
MAY = {"data_scientist", "admin"}
BODIES: dict[str, dict[str, Any]] = {
    "/jobs": {},
    "/job": {"job_id": "job_none"},
    "/job_start": {"kind": "ingest", "source": "nowhere"},
    "/job_cancel": {"job_id": "job_none"},
    "/job_upload": {"file_name": "sales.toml", "content": ""},
}
Ask = Callable[..., Any]


@pytest.fixture
def place(client: Any, synthetic: Any, database: Database) -> Iterator[Workspace]:
    workspace = Workspace(client.home, TENANT)
    write_text(workspace.settings_file, '[jobs]\nsources = {tills = "/nowhere/tills"}\nupload_bytes = 500\n')
    if not workspace.answers.exists():
        synthetic.publish_synthetic(workspace, "first")
        for role in ROLES:
            key = create_key(TENANT, database, role=role, name=f"{role}先生", now=datetime.now(UTC))
            client.keys[TENANT, role] = key
        client.wait_for(TENANT)
    yield workspace
    for job in client.ask("/jobs", {}, tenant=TENANT)["jobs"]:
        if job["state"] == "running":
            end_job(TENANT, database, job["job_id"], "done", now=datetime.now(UTC))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", BODIES)
def test_only_data_scientists_and_administrators_may(client: Any, place: Workspace, path: str, role: str) -> None:
    status = client.post(path, BODIES[path], tenant=TENANT, role=role).status_code
    assert (status != 403) == (role in MAY), (path, role)


def test_what_may_be_started_is_offered_and_no_address_is_told(client: Any, place: Workspace) -> None:
    answer = client.ask("/jobs", {}, tenant=TENANT)
    JobsResponse.model_validate(answer)
    assert (answer["may_start"], answer["sources"], answer["upload_bytes"]) == (True, ["tills"], 500)
    assert {"tables", "seen", "dsfinv-k"} <= set(answer["forms"])
    offered = {kind["kind"]: kind for kind in answer["kinds"]}
    assert offered["train_demand"]["options"] == ["as_of", "preset"]
    assert [kind for kind, about in offered.items() if about["loads"]] == ["check", "ingest"]
    assert "/nowhere" not in str(answer)


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({"kind": "ingest", "source": "/etc"}, 404, "job_source_unknown"),
        ({"kind": "ingest", "upload": "up_0123456789abcdef"}, 404, "upload_gone"),
        ({"kind": "ingest", "upload": "../etc"}, 400, None),
        ({"kind": "ingest", "dataset": "/etc"}, 400, None),
        ({"kind": "ingest"}, 400, "job_load_one"),
        ({"kind": "simulate"}, 400, None),
        ({"kind": "train_demand", "preset": "slow"}, 400, None),
        ({"kind": "features", "preset": "fast"}, 400, "job_arguments"),
        ({"kind": "publish", "as_of": "yesterday"}, 400, None),
        ({"kind": "features", "as_of": "2999-01-01"}, 422, "day_to_come"),
    ],
)
def test_what_cannot_be_run_is_refused(
    client: Any, place: Workspace, body: dict[str, Any], status: int, problem: str | None
) -> None:
    answer = client.post("/job_start", body, tenant=TENANT)
    assert (answer.status_code, answer.json()["error"]["details"].get("problem")) == (status, problem)


def test_what_a_job_takes_stands_in_the_schema(tmp_path: Path) -> None:
    fits = Draft202012Validator(JobStartRequest.model_json_schema()).is_valid
    settings = Settings(jobs=JobSettings(sources={"tills": "/nowhere"}))
    given = {"source": "tills", "upload": "up_0123456789abcdef", "form": "tables", "as_of": "2026-02-28"}
    given["preset"] = "fast"
    for kind, count in itertools.product(KINDS, range(len(given) + 1)):
        for names in itertools.combinations(given, count):
            arguments = {name: given[name] for name in names}
            is_taken = not is_usage(check_arguments, kind, arguments, settings, Workspace(tmp_path))
            for absent in ({}, dict.fromkeys(given)):
                assert fits({"kind": kind, **absent, **arguments}) == is_taken, (kind, names)


@pytest.mark.parametrize(
    "name", ["a.csv", "销售.XLSX", "a b.Csv.gz", "..csv", "-a.csv", "a/b.csv", "a.toml", "csv", "a\n.csv"]
)
def test_what_a_file_may_be_called_stands_in_the_schema(name: str) -> None:
    fits = Draft202012Validator(JobUploadRequest.model_json_schema()).is_valid
    assert fits({"file_name": name, "content": "eA=="}) != is_usage(check_name, name)
    assert not fits({"file_name": name, "content": "?"})


def is_usage(check: Callable[..., object], *given: object) -> bool:
    """Whether a check refuses as what a description can state; files that are not there are another matter."""
    try:
        check(*given)
    except UsageError:
        return True
    except RetailBrainError:
        return False
    return False


def test_a_running_job_is_watched_cancelled_and_holds_the_place(
    client: Any, place: Workspace, database: Database
) -> None:
    now = datetime.now(UTC)
    with inheritable_lock(place.root / "jobs" / "job_a.lock"):
        add_job(TENANT, database, "job_a", "publish", {}, by="Li", now=now, host=this_host(), is_gone=lambda _: True)
        values = {"seen_at": now, "step": "forecasts", "step_done": 2, "step_total": 8}
        lines = [Line(1, now, "one"), Line(2, now, f"from /srv/far/lake to {place.root}/answers")]
        note_progress(TENANT, database, "job_a", values, lines, kept=9)
        seen = client.ask("/job", {"job_id": "job_a", "after": 1}, tenant=TENANT)
        JobResponse.model_validate(seen)
        assert (seen["job"]["step"], seen["job"]["step_done"], seen["job"]["is_stopping"]) == ("forecasts", 2, False)
        assert [line["text"] for line in seen["lines"]] == [f"from …/lake to var/{TENANT}/answers"]
        busy = client.error("/job_start", {"kind": "features"}, tenant=TENANT)
        assert (busy["code"], busy["details"]["problem"], busy["details"]["who"]) == ("conflict", "job_running", "Li")
        asked = client.ask("/job_cancel", {"job_id": "job_a"}, tenant=TENANT, role="data_scientist")
        assert (asked["job"]["is_stopping"], asked["job"]["cancel_by"]) == (True, "data_scientist先生")
        steps = [{"name": "forecasts", "rows": 8, "seconds": 1.0, "note": ""}]
        note_progress(TENANT, database, "job_a", {"steps": steps, "seen_at": now}, [], kept=9)
    # its process is gone
    assert client.ask("/jobs", {}, tenant=TENANT)["jobs"][0]["state"] == "stopped"
    result = {"ids": {}, "counts": {}, "warnings": [], "messages": [f"see {place.root}/lake"]}
    add_job(TENANT, database, "job_d", "publish", {}, by="Li", now=now, host=this_host(), is_gone=lambda _: True)
    end_job(TENANT, database, "job_d", "done", now=now, result=result)
    whole, small = (client.ask("/jobs", {"limit": 2, **given}, tenant=TENANT) for given in ({}, {"detail": False}))
    JobsResponse.model_validate(small)
    result["messages"] = [f"see var/{TENANT}/lake"]
    assert [(job["result"], job["steps"]) for job in whole["jobs"]] == [(result, []), (None, steps)]
    assert small["jobs"] == [job | {"result": None, "steps": []} for job in whole["jobs"]]
    assert client.refused("/job_cancel", {"job_id": "job_a"}, tenant=TENANT) == (422, "impossible")
    assert client.refused("/job", {"job_id": "job_b"}, tenant=TENANT) == (404, "not_found")
    assert client.refused("/job", {"job_id": "job_a"}, tenant="other") == (404, "not_found")


def test_files_are_sent_in_parts_and_loaded(client: Any, place: Workspace) -> None:
    rows = b"date,store_id,product_id,units,unit_price\n2025-02-28,S1,P1,3,2.5\n"
    parts = [(0, rows[:30]), (30, rows[30:])]
    upload = None
    for offset, part in parts:
        body = {"upload": upload, "file_name": "daily_sales.csv", "offset": offset}
        body["content"] = base64.b64encode(part).decode()
        upload = client.ask("/job_upload", body, tenant=TENANT)["upload"]
    started = client.ask("/job_start", {"kind": "ingest", "upload": upload, "form": "tables"}, tenant=TENANT)
    JobStartResponse.model_validate(started)
    until = time.monotonic() + 60
    while (job := client.ask("/job", {"job_id": started["job"]["job_id"]}, tenant=TENANT))["job"]["state"] == "running":
        assert time.monotonic() < until
        time.sleep(0.1)
    assert job["job"]["state"] == "done", job
    assert job["job"]["result"]["counts"]["daily_sales"]["new"] == 1
    assert not (place.root / "uploads" / str(upload)).exists()


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"file_name": "mapping.toml"}, 400, "upload_name"),
        ({"file_name": "../x.csv"}, 400, "upload_name"),
        ({"content": "?"}, 400, "not_base64"),
        ({"content": base64.b64encode(b"x" * 501).decode()}, 422, "upload_too_large"),
        ({"offset": 7}, 409, "upload_gap"),
        ({"upload": "up_x"}, 400, None),
    ],
)
def test_files_that_may_not_be_sent_are_refused(
    client: Any, place: Workspace, change: dict[str, Any], status: int, problem: str | None
) -> None:
    answer = client.post("/job_upload", {"file_name": "a.csv", "content": "eA=="} | change, tenant=TENANT)
    assert (answer.status_code, answer.json()["error"]["details"].get("problem")) == (status, problem)


def test_where_the_settings_forbid_it_nothing_is_started_but_watched(client: Any, place: Workspace) -> None:
    write_text(place.settings_file, "[jobs]\nmay_start = false\n")
    assert client.ask("/jobs", {}, tenant=TENANT)["may_start"] is False
    for path, body in (("/job_start", {"kind": "features"}), ("/job_upload", {"file_name": "a.csv", "content": ""})):
        assert client.error(path, body, tenant=TENANT)["details"] == {"problem": "jobs_off"}


def test_a_mistake_in_the_settings_is_not_the_callers_and_names_no_file(client: Any, place: Workspace) -> None:
    client.ask("/jobs", {}, tenant=TENANT)
    write_text(place.settings_file, "[jobs\n")
    assert client.ask("/jobs", {}, tenant=TENANT)["kinds"]
    empty = Workspace(client.home, "empty")
    write_text(empty.settings_file, "[jobs\n")
    try:
        error = client.error("/jobs", {}, tenant="empty")
    finally:
        empty.settings_file.unlink()
    assert (error["code"], "settings.toml" in error["message"]) == ("at_fault", False)


def test_a_part_of_a_file_fits_into_a_request(client: Any, place: Workspace) -> None:
    most = client.ask("/jobs", {}, tenant=TENANT)["part_bytes"]
    body = {"upload": "up_0123456789abcdef", "file_name": "a" * 140 + ".csv", "offset": 10**11}
    body["content"] = base64.b64encode(b"x" * most).decode()
    # it is read, and then found too large for a load
    assert client.error("/job_upload", body, tenant=TENANT)["details"]["problem"] == "upload_gap"
    assert handlers._SHARE_OF_BODY < 0.75


def test_a_tenant_without_answers_may_load_train_and_publish(client: Any) -> None:
    assert client.refused("/overview", {}, tenant="empty") == (503, "not_published")
    assert client.ask("/jobs", {}, tenant="empty")["jobs"] == []
    assert client.refused("/job", {"job_id": "job_a"}, tenant="empty") == (404, "not_found")
    assert client.refused("/job_start", {"kind": "ingest", "source": "x"}, tenant="empty") == (404, "not_found")


def test_only_routes_of_headquarters_answer_without_answers() -> None:
    free = [route for route in ROUTES if not route.needs_answers]
    assert {route.path for route in free} == set(BODIES)
    assert all(route.scoped_by is ScopedBy.HEADQUARTERS and route.depends_on is None for route in free)
