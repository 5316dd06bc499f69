"""Maps errors to HTTP status codes and to the one JSON shape of errors."""

import errno
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from retail_brain.decisions.nul import said_of
from retail_brain.errors import (
    ConflictError,
    DataError,
    DayToComeError,
    ExpressionError,
    ImpossibleError,
    ModelError,
    NoRoomError,
    NotFoundError,
    RetailBrainError,
    UnavailableError,
    UsageError,
)
from serving.http.field_words import place_and_words

# the first that fits counts: a subclass with a status of its own stands before its base
_STATUS: tuple[tuple[type[RetailBrainError], int], ...] = (
    (DayToComeError, 422),
    (ExpressionError, 422),
    (NotFoundError, 404),
    (ConflictError, 409),
    (ImpossibleError, 422),
    (ModelError, 422),
    (DataError, 422),
    (UsageError, 400),
)


_LIMITS = ("ge", "gt", "le", "lt", "min_length", "max_length", "multiple_of", "expected")
"""Parts of a field's error that say what was wanted, and hold nothing of what was sent."""

_OF_DATABASE: Mapping[Any, str] = {
    "database_held": "another process holds the service's database, and nothing was stored. Ask again soon.",
    "read_only": "the service's database takes no writes now, and nothing was stored. Ask again later.",
    "maybe_stored": "the service's database was lost while it stored what was sent, which may be stored. Look again "
    "before you send it again.",
}
"""Problem of a database that takes no writes, or was lost at one -> text."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""What the system says where a disk or a quota is full."""


class HttpError(RetailBrainError):
    """An error with a status of its own, for what only HTTP knows: keys, sizes, overload.

    Attributes:
        status: HTTP status.
        retry_after: seconds after which to ask again, or None.
        allow: methods that the route answers, where another was used, or None.
        closes: whether the connection ends with the answer, since the rest of the request's body is not read.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        *,
        retry_after: int | None = None,
        allow: str | None = None,
        closes: bool = False,
    ) -> None:
        super().__init__(message, details)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.allow = allow
        self.closes = closes


def error_body(code: str, message: str, details: Any = None) -> bytes:
    """JSON bytes of an error, in the shape of docs/contract.md."""
    return to_json({"error": {"code": code, "message": message, "details": details or {}}})


def unavailable(error: UnavailableError) -> HttpError:
    """503 for a database that does not answer or whose disk is full; without its address, nobody's business outside."""
    if isinstance(error, NoRoomError):
        return no_room()
    problem = error.details.get("problem")
    text = _OF_DATABASE.get(problem, "the service cannot reach its database now. Ask again in a few seconds.")
    return HttpError(503, error.code, text, {"problem": problem} if problem in _OF_DATABASE else {}, retry_after=5)


def is_no_room(error: OSError) -> bool:
    """Whether a disk or a quota is full; Polars says so in the text alone."""
    return error.errno in _NO_ROOM or any(f"(os error {number})" in str(error) for number in _NO_ROOM)


def no_room() -> HttpError:
    """503 for a disk that is full: what was sent is not stored."""
    text = "the service has no room left on its disk, and nothing was stored. Ask again in a few seconds."
    return HttpError(503, UnavailableError.code, text, {"problem": "disk_full"}, retry_after=5)


def too_late() -> HttpError:
    """503 for an answer that took too long, where nothing can have been stored."""
    message = "the answer took too long. Ask for less, or again in a few seconds."
    return HttpError(503, "overloaded", message, retry_after=5)


def still_busy() -> HttpError:
    """503 for a request that was not begun: too many alike, or too many writes, were given up and still run."""
    message = (
        "earlier requests took too long and are still worked on, so this one was not begun, and nothing was stored. "
        "Ask again in a few seconds."
    )
    return HttpError(503, "overloaded", message, {"problem": "earlier_still_run"}, retry_after=5)


def maybe_stored() -> HttpError:
    """503 for a write that took too long: it goes on, and nobody knows yet whether it stores what was sent."""
    message = "the answer took too long, and what was sent may have been stored. Look again before you send it again."
    return HttpError(503, "overloaded", message, {"problem": "maybe_stored"}, retry_after=5)


def not_published(tenant: str) -> HttpError:
    """503 for a tenant without published answers."""
    message = f"tenant {tenant} has no answers yet. Run `retail-brain --tenant {tenant} publish`."
    return HttpError(503, "not_published", message, retry_after=10)


def at_fault(tenant: str) -> HttpError:
    """503 for a tenant that has something, none of which can be read: what is wrong stands in the log."""
    message = (
        f"the answers, the settings or the database of tenant {tenant} cannot be read now; they are tried again every "
        "few seconds. `retail-brain doctor` on the service's machine says what is wrong and what mends it."
    )
    return HttpError(503, "at_fault", message, retry_after=10)


def newer_answers(tenant: str) -> HttpError:
    """503 for a tenant whose answers a newer version published than this service can read."""
    message = (
        f"the answers of tenant {tenant} were published by a newer version of retail-brain than this service runs. "
        "Start the service again with that version, or publish with this one."
    )
    return HttpError(503, "at_fault", message, {"problem": "answers_newer"}, retry_after=10)


def place_of(error: BaseException) -> str:
    """Where an error was raised: file and line only, for its text may hold what a person sent."""
    trace: Any = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "unknown" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


def status_of(error: RetailBrainError) -> int:
    """HTTP status code of an error; 500 for a kind that is not in the table."""
    if isinstance(error, HttpError):
        return error.status
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def _limit(context: Mapping[str, Any]) -> Any:
    """The limit that a value missed, as the request's description has it; None where it missed none."""
    return next((context[name] for name in _LIMITS if name in context), None)


def malformed(error: ValidationError) -> HttpError:
    """400 for a request that cannot be read: where and why, without the values, which may be personal data.

    422 where all of it can be read and only days or hours do not follow each other (`impossible`).
    """
    # at most 20: a long list of bad rows must not become a longer answer
    found = error.errors(include_url=False)
    problems = [
        {"where": ".".join(map(str, problem["loc"])) or "body", "problem": said_of(problem), "type": problem["type"]}
        | ({"limit": limit} if (limit := _limit(problem.get("ctx", {}))) is not None else {})
        for problem in found[:20]
    ]
    is_read = all(problem["type"] == "impossible" for problem in found)
    return HttpError(
        422 if is_read else 400,
        "impossible" if is_read else "malformed",
        f"the request cannot be {'meant' if is_read else 'read'}: {place_and_words(problems[0])}"
        + (f", and {len(problems) - 1} more" if len(problems) > 1 else "")
        + ". See details and /docs.json.",
        {"problems": problems},
    )
