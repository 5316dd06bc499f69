"""Requests and responses of jobs: work that is started, watched and cancelled."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from retail_brain.jobs.kinds import KINDS, JobKind
from retail_brain.sources.files import ENDINGS
from serving.http.messages.common import (
    GIVEN,
    NO_NUL,
    WHOLE,
    Day,
    Flag,
    Id,
    JsonSchema,
    Offset,
    Strict,
    config,
    every,
    exactly_one,
    required,
    when,
)

JobKindName = Literal[
    "check",
    "ingest",
    "collect_events",
    "features",
    "train_demand",
    "train_recommender",
    "promote_demand",
    "promote_recommender",
    "publish",
    "measure_orders",
]
_JobId = Annotated[str, Field(min_length=1, max_length=40, pattern=NO_NUL)]
_CASES = "|".join("".join(f"[{c}{c.upper()}]" if c.isalpha() else "[.]" for c in one) for one in ENDINGS)
_FILE_NAME = rf"^[^/\\\x00-\x1f.-][^/\\\x00-\x1f]*({_CASES})$"
_BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
"""Stated in the schema alone, as is the name: the handler refuses others in words that say what to send."""
_NULL: JsonSchema = {"type": "null"}
_UploadId = Annotated[str, Field(pattern=r"^up_[0-9a-f]{16}$", description="as `/job_upload` gives it")]


class JobsRequest(BaseModel):
    """Jobs, the newest first; without `detail`, `steps` are empty and `result` is null: `/job` gives them."""

    model_config = config({}, {"limit": 5, "detail": False})

    limit: Annotated[int, Field(strict=True, ge=1, le=200), WHOLE] = 50
    offset: Offset = 0
    detail: Annotated[Flag, Field(description="false: a list alone, which is much smaller")] = True


class JobStep(Strict):
    """A step that is done."""

    name: str
    rows: int | None
    seconds: float
    note: str


class JobError(Strict):
    """Why a job did not end well."""

    code: str
    message: str
    details: dict[str, Any]


class JobResult(Strict):
    """What the verb said at its end."""

    ids: dict[str, Any]
    counts: dict[str, Any]
    warnings: list[str]
    messages: list[str]


class JobRow(Strict):
    """A job: `stopped` is one whose process went away before it ended, as when the machine started anew.

    `is_stopping` is true from the wish to cancel it until its process has ended.
    """

    job_id: str
    kind: JobKindName
    arguments: dict[str, str]
    state: Literal["waiting", "running", "done", "failed", "cancelled", "stopped"]
    is_stopping: bool
    started_by: str
    started_at: str
    seen_at: str
    finished_at: str | None
    seconds: float
    cancel_by: str | None
    step: str | None
    step_done: int | None
    step_total: int | None
    steps: list[JobStep]
    exit_code: int | None
    result: JobResult | None
    error: JobError | None


class JobOffer(Strict):
    """A kind of job that may be started, and what it takes."""

    kind: JobKindName
    options: list[str]
    loads: bool


class JobsResponse(Strict):
    """Jobs; what may be started, and from where it may load. `part_bytes` is the most that one part of a file holds."""

    jobs: list[JobRow]
    total: int
    may_start: bool
    kinds: list[JobOffer]
    sources: list[str]
    forms: list[str]
    endings: list[str]
    upload_bytes: int
    part_bytes: int


class JobRequest(BaseModel):
    """One job with lines of its log: those after a number, or the last ones."""

    model_config = config({"job_id": "job_1f3a5c7e9b0d"}, {"job_id": "job_1f3a5c7e9b0d", "after": 120})

    job_id: _JobId
    after: Annotated[
        int | None, Field(strict=True, ge=0, le=10_000_000, description="number of the last line that is known"), WHOLE
    ] = None
    limit: Annotated[int, Field(strict=True, ge=1, le=1000), WHOLE] = 200


class JobLine(Strict):
    """A line that the verb printed."""

    number: int
    at: str
    text: str


class JobResponse(Strict):
    """A job, lines of its log, and the seconds that the last job of its kind took that ended well."""

    job: JobRow
    lines: list[JobLine]
    seconds_last_time: float | None


def _takes(name: str, kind: JobKind) -> JsonSchema:
    """What a kind of job may be started with over HTTP."""
    loads = exactly_one({"source": GIVEN}, {"upload": GIVEN}) if kind.loads else {}
    others = {"as_of", "preset"} - set(kind.options) | (set() if kind.loads else {"source", "upload", "form"})
    return when(required(kind={"const": name}), {"properties": dict.fromkeys(sorted(others), _NULL)} | loads)


class JobStartRequest(BaseModel):
    """Starts a job, if none of the tenant runs.

    What is loaded is a `source` that the settings name (`jobs.sources`), or files that were sent (`upload`), read as
    `form` says: `tables` (each file is a table of the contract), `seen` (as a job `check` of them found), or the name
    of a ready mapping. No path of the server can be named.
    """

    model_config = config(
        {"kind": "ingest", "source": "tills"},
        {"kind": "check", "upload": "up_0123456789abcdef"},
        {"kind": "train_demand", "preset": "fast"},
        {"kind": "publish", "as_of": "2026-02-28"},
        rule=every(*(_takes(name, kind) for name, kind in KINDS.items())),
    )

    kind: JobKindName
    source: Annotated[Id | None, Field(description="a name of jobs.sources")] = None
    upload: _UploadId | None = None
    form: Annotated[str | None, Field(max_length=100, pattern=NO_NUL)] = None
    as_of: Annotated[Day | None, Field(description="last visible day; null: the last of the sales")] = None
    preset: Literal["fast", "full"] | None = None
    job_id: Annotated[
        str | None,
        Field(
            pattern=r"^job_[0-9a-f]{12,32}$",
            description="made by the client: the same job sent again under it starts once; null: a new one",
        ),
    ] = None


class JobStartResponse(Strict):
    """The job that was started."""

    job: JobRow


class JobCancelRequest(BaseModel):
    """Cancels a job that runs or waits."""

    model_config = config({"job_id": "job_1f3a5c7e9b0d"})

    job_id: _JobId


class JobUploadRequest(BaseModel):
    """A part of a file that is to be loaded. The first part of the first file names no `upload`; it gets one.

    Parts are sent in their order; one that is sent again changes nothing.
    """

    model_config = config({"file_name": "transactions.csv", "offset": 0, "content": "c3RvcmVfaWQK"})

    upload: _UploadId | None = None
    file_name: Annotated[
        str, Field(min_length=1, max_length=150, pattern=NO_NUL, json_schema_extra={"pattern": _FILE_NAME})
    ]
    offset: Annotated[int, Field(strict=True, ge=0, le=1_000_000_000_000), WHOLE] = 0
    content: Annotated[
        str, Field(description="bytes of the part as base64", pattern=NO_NUL, json_schema_extra={"pattern": _BASE64})
    ]


class JobUploadResponse(Strict):
    """The load that the file belongs to, and the bytes of the file that are there."""

    upload: str
    file_name: str
    size: int
