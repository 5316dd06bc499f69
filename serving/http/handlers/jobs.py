"""Jobs over HTTP: list, watch, start and cancel them, and take the files that they load."""

import base64
import binascii
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from retail_brain.errors import ImpossibleError, RetailBrainError, UsageError
from retail_brain.jobs import KINDS, JobPlace, forget_unloaded, note_gone, start_job, uploads_in_use
from retail_brain.jobs.uploads import forms, new_upload_id, store_part
from retail_brain.operational.jobs import Job, ask_cancel, find_job, last_seconds, lines_of, list_jobs
from retail_brain.settings import Settings, load_settings
from retail_brain.sources.files import ENDINGS
from retail_brain.workspace import Workspace
from serving.http.errors import at_fault
from serving.http.file_places import without_places
from serving.http.handlers.call import Call
from serving.http.messages.job_messages import (
    JobCancelRequest,
    JobRequest,
    JobsRequest,
    JobStartRequest,
    JobUploadRequest,
)
from serving.http.note_words import note_words
from serving.http.refusals import in_words
from serving.planning.people.reasons import Language

_log = logging.getLogger("bentoml.retail_brain")
_SHARE_OF_BODY = 0.7
"""Share of a request's body that a part of a file may have: base64 makes 4 bytes of 3, and the rest is names."""


def listed(request: JobsRequest, call: Call) -> dict[str, Any]:
    """Jobs, the newest first, and what may be started.

    Raises:
        UnavailableError: the database does not answer.
    """
    place = _place(call)
    note_gone(place, call.now)
    forget_unloaded(place, call.now)
    page = {"limit": request.limit, "offset": request.offset}
    jobs, total = list_jobs(place.tenant, place.database, **page, detail=request.detail)
    settings = place.settings.jobs
    return {
        "jobs": [_row(job, call) for job in jobs],
        "total": total,
        "may_start": settings.may_start,
        "kinds": [{"kind": name, "options": list(kind.options), "loads": kind.loads} for name, kind in KINDS.items()],
        "sources": sorted(settings.sources),
        "forms": list(forms()),
        "endings": list(ENDINGS),
        "upload_bytes": settings.upload_bytes,
        "part_bytes": int(call.state.settings.serving.max_body_bytes * _SHARE_OF_BODY),
    }


def one(request: JobRequest, call: Call) -> dict[str, Any]:
    """A job and lines of its log.

    Raises:
        NotFoundError: there is no such job.
        UnavailableError: the database does not answer.
    """
    place = _place(call)
    note_gone(place, call.now)
    job = find_job(place.tenant, place.database, request.job_id)
    lines = lines_of(place.tenant, place.database, job.job_id, after=request.after, limit=request.limit)
    return {
        "job": _row(job, call),
        "lines": [
            {"number": line.number, "at": _text(line.at), "text": without_places(line.text, call.state.home)}
            for line in lines
        ],
        "seconds_last_time": last_seconds(place.tenant, place.database, job.kind, job.arguments),
    }


def start(request: JobStartRequest, call: Call) -> dict[str, Any]:
    """Starts a job; one that the same person started under the same `job_id` before is told as it stands.

    Raises:
        ImpossibleError: the settings forbid it, or files that were sent must be looked at first.
        ConflictError: another job of the tenant runs, or the `job_id` was used for another.
        NotFoundError: what it loads is not there.
        UsageError: it does not take these arguments.
    """
    place = _place(call)
    _check_may_start(place)
    given = request.model_dump(mode="json", exclude={"kind", "job_id"}, exclude_none=True)
    who = call.principal.name
    job = start_job(place, request.kind, given, by=who, now=call.now, job_id=request.job_id)
    return {"job": _row(job, call)}


def cancel(request: JobCancelRequest, call: Call) -> dict[str, Any]:
    """Asks a job to stop.

    Raises:
        NotFoundError: there is no such job.
        ImpossibleError: it has ended.
    """
    place = _place(call)
    note_gone(place, call.now)
    job = ask_cancel(place.tenant, place.database, request.job_id, by=call.principal.name, now=call.now)
    return {"job": _row(job, call)}


def upload(request: JobUploadRequest, call: Call) -> dict[str, Any]:
    """Stores a part of a file that is to be loaded.

    Raises:
        UsageError: the name is no data file's, or the content is not base64.
        ImpossibleError: files may not be sent, or they are too many or too large.
        ConflictError: parts before this one are missing, or a job reads the files.
    """
    place = _place(call)
    _check_may_start(place)
    try:
        content = base64.b64decode(request.content, validate=True)
    except (binascii.Error, ValueError):
        raise UsageError(
            "the content is not base64. Send the bytes of the part as base64.", {"problem": "not_base64"}
        ) from None
    name, upload_id = request.file_name, request.upload or new_upload_id()
    most = place.settings.jobs.upload_bytes
    in_use = uploads_in_use(place)
    size = store_part(place.workspace, upload_id, name, request.offset, content, most_bytes=most, in_use=in_use)
    return {"upload": upload_id, "file_name": name, "size": size}


def _place(call: Call) -> JobPlace:
    workspace = Workspace(call.state.home, call.principal.tenant)
    return JobPlace(workspace, _settings(workspace, call), call.state.database)


def _settings(workspace: Workspace, call: Call) -> Settings:
    """The tenant's settings; the last good ones while its file has a mistake, as for every other route.

    Raises:
        HttpError: it has one, and nothing is published: what is wrong stands in the log, not in the answer.
    """
    try:
        return load_settings(workspace)
    except UsageError as error:
        if call.published is None:
            _log.warning("tenant %s has settings that cannot be used: %s", workspace.tenant, error)
            raise at_fault(workspace.tenant) from None
        return call.view.settings


def _check_may_start(place: JobPlace) -> None:
    if not place.settings.jobs.may_start:
        raise ImpossibleError(
            "jobs may not be started over HTTP here (jobs.may_start is false). Ask the administrator, or use "
            "`retail-brain jobs start`.",
            {"problem": "jobs_off"},
        )


def _row(job: Job, call: Call) -> dict[str, Any]:
    row = {
        "job_id": job.job_id,
        "kind": job.kind,
        "arguments": dict(job.arguments),
        "state": job.state,
        "is_stopping": job.is_open and job.cancel_at is not None,
        "started_by": job.started_by,
        "started_at": _text(job.started_at),
        "seen_at": _text(job.seen_at),
        "finished_at": None if job.finished_at is None else _text(job.finished_at),
        "seconds": round(max(((job.finished_at or call.now) - job.started_at).total_seconds(), 0.0), 1),
        "cancel_by": job.cancel_by,
        "step": job.step,
        "step_done": job.step_done,
        "step_total": job.step_total,
        "steps": [dict(step) for step in job.steps],
        "exit_code": job.exit_code,
        "result": None if job.result is None else _result(job.result, call.language),
        "error": None if job.error is None else _error(job.error, call.language),
    }
    # what a verb prints names files from the root of the machine on
    shown: dict[str, Any] = without_places(row, call.state.home)
    return shown


def _result(stored: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """What a job did, its warnings in the language asked for where there is a sentence for them."""
    if language != "zh":
        return dict(stored)
    return {**stored, "warnings": [note_words(text) for text in stored.get("warnings", [])]}


def _error(stored: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Why a job did not end well, in the language asked for where its problem has a name."""
    error = RetailBrainError(stored["message"], stored.get("details"))
    error.code = stored["code"]
    return {"code": error.code, "message": in_words(error, language), "details": error.details}


def _text(moment: datetime) -> str:
    return moment.isoformat()
