"""Log lines as text or JSON, and the id that ties a request's line, its errors and its answer together."""

import json
import logging
import re
import sys
import time
from secrets import token_hex
from typing import Literal

from starlette.types import Scope

from serving.http.compression import header

LogFormat = Literal["text", "json"]
HEADER = b"x-request-id"
_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""Ids of a proxy that are taken over: anything else could forge a log line, or hold what a person typed."""


def request_id(scope: Scope) -> str:
    """The id that a proxy gave the request in `X-Request-Id`, or a new one.

    >>> request_id({"headers": [(b"x-request-id", b"proxy-7")]})
    'proxy-7'
    >>> len(request_id({"headers": [(b"x-request-id", b"two words")]}))
    32
    """
    given = header(scope, HEADER)
    return given.decode("ascii") if _ACCEPTED.fullmatch(given) else token_hex(16)


def write_request_line(
    log_format: LogFormat, method: str, route: str, status: int, seconds: float, identity: str
) -> None:
    """Writes one request's line to stderr: when, what, how it ended, how long it took, and its id."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if log_format == "json":
        values = {"at": now, "level": "info", "method": method, "route": route, "status": status}
        line = json.dumps(values | {"ms": round(seconds * 1000, 1), "request_id": identity})
    else:
        line = f"{now} {method} {route} {status} {seconds * 1000:.1f} ms {identity}"
    sys.stderr.write(line + "\n")


class JsonFormatter(logging.Formatter):
    """Log records as one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON: when, level, logger and message; a traceback where there is one."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        values = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            values["traceback"] = self.formatException(record.exc_info)
        return json.dumps(values, ensure_ascii=False)


def use_json_logs() -> None:
    """Makes BentoML's handlers, through which our own records go too, write JSON."""
    for name in ("", "bentoml"):
        for handler in logging.getLogger(name).handlers:
            handler.setFormatter(JsonFormatter())
