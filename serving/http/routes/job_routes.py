"""Routes of jobs: loading, features, training and publishing, started and watched."""

from serving.http.access import Scope, ScopedBy
from serving.http.handlers import jobs
from serving.http.messages.job_messages import (
    JobCancelRequest,
    JobRequest,
    JobResponse,
    JobsRequest,
    JobsResponse,
    JobStartRequest,
    JobStartResponse,
    JobUploadRequest,
    JobUploadResponse,
)
from serving.http.routes.route import Route

ROUTES: tuple[Route, ...] = (
    Route(
        "/jobs",
        "Jobs, the newest first, and what may be started",
        JobsRequest,
        JobsResponse,
        jobs.listed,
        (Scope.JOBS,),
        threaded=True,
        tag="jobs",
        scoped_by=ScopedBy.HEADQUARTERS,
        needs_answers=False,
    ),
    Route(
        "/job",
        "One job: how far it is, how it ended, its log",
        JobRequest,
        JobResponse,
        jobs.one,
        (Scope.JOBS,),
        threaded=True,
        tag="jobs",
        scoped_by=ScopedBy.HEADQUARTERS,
        needs_answers=False,
    ),
    Route(
        "/job_start",
        "Start loading, features, training or publishing",
        JobStartRequest,
        JobStartResponse,
        jobs.start,
        (Scope.JOBS,),
        threaded=True,
        tag="jobs",
        scoped_by=ScopedBy.HEADQUARTERS,
        needs_answers=False,
    ),
    Route(
        "/job_cancel",
        "Cancel a job",
        JobCancelRequest,
        JobStartResponse,
        jobs.cancel,
        (Scope.JOBS,),
        threaded=True,
        tag="jobs",
        scoped_by=ScopedBy.HEADQUARTERS,
        needs_answers=False,
    ),
    Route(
        "/job_upload",
        "Send a part of a file that is to be loaded",
        JobUploadRequest,
        JobUploadResponse,
        jobs.upload,
        (Scope.JOBS,),
        threaded=True,
        tag="jobs",
        scoped_by=ScopedBy.HEADQUARTERS,
        needs_answers=False,
    ),
)
