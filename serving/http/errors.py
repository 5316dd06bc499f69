"""One JSON shape for every error, and which status each error gets."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from retail_brain.errors import (
    DataError,
    ImpossibleError,
    ModelError,
    NotFoundError,
    RetailBrainError,
    UnavailableError,
    UsageError,
)

_STATUS: tuple[tuple[type[RetailBrainError], int], ...] = (
    (NotFoundError, 404),
    (ImpossibleError, 422),
    (ModelError, 422),
    (DataError, 422),
    (UsageError, 400),
)


class HttpError(RetailBrainError):
    """An error with its own status.

    Attributes:
        status: HTTP status.
        retry_after: seconds after which to ask again, or None.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        *,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message, details)
        self.status = status
        self.code = code
        self.retry_after = retry_after


def error_body(code: str, message: str, details: Any = None) -> bytes:
    """The contract's error shape as JSON."""
    return to_json({"error": {"code": code, "message": message, "details": details or {}}})


def unavailable(error: UnavailableError) -> HttpError:
    """A dependency that does not answer, without its address or name: they are nobody's business outside."""
    return HttpError(
        503, error.code, "the service cannot reach its database now. Ask again in a few seconds.", retry_after=5
    )


def status_of(error: RetailBrainError) -> int:
    """HTTP status of an error."""
    if isinstance(error, HttpError):
        return error.status
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def malformed(error: ValidationError) -> HttpError:
    """A request that cannot be read, without the values it held: they may be personal."""
    problems = [
        {"where": ".".join(map(str, problem["loc"])) or "body", "problem": problem["msg"]}
        for problem in error.errors(include_url=False, include_context=False, include_input=False)[:20]
    ]
    return HttpError(
        400,
        "malformed",
        f"the request cannot be read: {problems[0]['where']}: {problems[0]['problem']}"
        + (f", and {len(problems) - 1} more" if len(problems) > 1 else "")
        + ". See details and /docs.json.",
        {"problems": problems},
    )
