"""Answers of the fake service about jobs: a list that tests fill, and files that are sent."""

import base64
from typing import Any

from serving.http.messages.job_messages import JobKindName
from tests.serving.page.fake_chain import error

JOBS: list[dict[str, Any]] = []
"""The newest first."""
LINES: list[str] = []
SENT: dict[str, bytes] = {}
OFFER: dict[str, Any] = {"may_start": True, "sources": ["tills"], "upload_bytes": 1_000_000}
PART_BYTES = 40
"""Bytes of a part: few, so that a small file is sent in several."""
UPLOAD = "up_0123456789abcdef"
_OPTIONS: dict[JobKindName, list[str]] = {
    "check": [],
    "ingest": [],
    "collect_events": [],
    "features": ["as_of"],
    "train_demand": ["as_of", "preset"],
    "train_recommender": ["as_of", "preset"],
    "promote_demand": [],
    "promote_recommender": [],
    "publish": ["as_of"],
    "measure_orders": ["as_of"],
}


def forget() -> None:
    JOBS.clear()
    LINES.clear()
    SENT.clear()
    OFFER.update(may_start=True, sources=["tills"], upload_bytes=1_000_000)


def made(job_id: str, kind: str, state: str = "running", **more: Any) -> dict[str, Any]:
    """A job; what is not named is as of one that has just begun."""
    row: dict[str, Any] = dict.fromkeys(("finished_at", "cancel_by", "step", "step_done", "step_total", "exit_code"))
    row |= {"job_id": job_id, "kind": kind, "state": state, "arguments": {}, "is_stopping": False, "steps": []}
    row |= {"started_by": "李女士", "started_at": "2026-03-01T09:00:00+00:00", "seen_at": "2026-03-01T09:00:05+00:00"}
    return row | {"seconds": 75.0, "result": None, "error": None} | more


def jobs(body: dict[str, Any]) -> dict[str, Any]:
    kinds = [
        {"kind": kind, "options": options, "loads": kind in {"check", "ingest"}} for kind, options in _OPTIONS.items()
    ]
    forms = {"forms": ["tables", "seen", "dsfinv-k"], "endings": [".csv", ".xlsx"], "part_bytes": PART_BYTES}
    return {"jobs": JOBS[: body.get("limit", 50)], "total": len(JOBS), "kinds": kinds, **OFFER, **forms}


def job(body: dict[str, Any]) -> Any:
    found = [one for one in JOBS if one["job_id"] == body["job_id"]]
    if not found:
        details = {"problem": "job_unknown", "job_id": body["job_id"]}
        return error(404, "not_found", f"there is no job {body['job_id']!r}.", **details)
    numbered = [{"number": at, "at": "2026-03-01T09:00:05+00:00", "text": text} for at, text in enumerate(LINES, 1)]
    new = [line for line in numbered if line["number"] > (body.get("after") or 0)]
    return {"job": found[0], "lines": new, "seconds_last_time": 150.0}


def start(body: dict[str, Any]) -> Any:
    job_id = body.get("job_id") or f"job_{len(JOBS)}"
    if known := [one for one in JOBS if one["job_id"] == job_id]:
        return {"job": known[0]}
    if JOBS and JOBS[0]["state"] == "running":
        details = {"problem": "job_running", "job_id": JOBS[0]["job_id"], "job_kind": JOBS[0]["kind"], "who": "李女士"}
        return error(409, "conflict", "another job runs", **details)
    arguments = {name: value for name, value in body.items() if name not in {"kind", "job_id"}}
    JOBS.insert(0, made(job_id, body["kind"], arguments=arguments, seconds=0.0))
    return {"job": JOBS[0]}


def cancel(body: dict[str, Any]) -> dict[str, Any]:
    JOBS[0] |= {"is_stopping": True, "cancel_by": "王先生"}
    return {"job": JOBS[0]}


def upload(body: dict[str, Any]) -> Any:
    name, known = body["file_name"], SENT.get(body["file_name"], b"")
    if body.get("offset", 0) != len(known):
        return error(409, "conflict", "a gap", problem="upload_gap", file_name=name, size=len(known))
    SENT[name] = known + base64.b64decode(body["content"])
    return {"upload": UPLOAD, "file_name": name, "size": len(SENT[name])}
