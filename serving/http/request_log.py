"""Log lines as text or JSON, and the id that ties a request's line, its errors and its answer together."""

import json
import logging
import re
import sys
import time
from contextlib import suppress
from functools import lru_cache
from random import Random
from typing import Literal

from starlette.types import Scope

from serving.http.compression import header
from serving.http.cut_answers import Cut
from serving.http.soon import Soon

LogFormat = Literal["text", "json"]
HEADER = b"x-request-id"
_LATE_SECONDS = 0.02
"""Seconds that a line may wait for others: so much of the log is lost with a worker that is killed. Under load a piece
is full, and written, every few milliseconds; one line at a time costs a request as much as a third of its answer."""
_PIECE_BYTES = 4_000
"""Bytes written at once: Linux writes up to 4,096 (`PIPE_BUF`) to a pipe without other writers in between."""
_NUMBERS = Random()  # noqa: S311  # ids tell requests apart and guard nothing; seeded by the system in each worker
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
    return given.decode("ascii") if given and _ACCEPTED.fullmatch(given) else f"{_NUMBERS.getrandbits(128):032x}"


def request_line(
    log_format: LogFormat, method: str, route: str, status: int, seconds: float, identity: str, cut: Cut | None = None
) -> str:
    """One request's line: when, what, how it ended, how long it took, its id, and what is missing of its answer."""
    now = _instant(int(time.time()))
    if log_format == "json":
        level = "info" if cut is None else "warning"
        values = {"at": now, "level": level, "method": method, "route": route, "status": status}
        told = {} if cut is None else cut.values()
        return json.dumps(values | {"ms": round(seconds * 1000, 1), "request_id": identity} | told)
    line = f"{now} {method} {route} {status} {seconds * 1000:.1f} ms {identity}"
    return line if cut is None else f"{line} {cut.text()}"


def refusal_line(log_format: LogFormat, reason: str, status: int, seconds: float, identity: str) -> str:
    """The line of a connection that was refused before its request could be read: it has no method and no route."""
    now = _instant(int(time.time()))
    if log_format == "json":
        values = {"at": now, "level": "warning", "method": None, "route": None, "status": status}
        return json.dumps(values | {"ms": round(seconds * 1000, 1), "request_id": identity, "refused": reason})
    return f"{now} - - {status} {seconds * 1000:.1f} ms {identity} refused: {reason}"


@lru_cache(maxsize=2)
def _instant(second: int) -> str:
    """The Unix time as text; the requests of a second share it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


class RequestLog:
    """Writes request lines to stderr, those of a moment together: a call to the system costs as much as an answer.

    Lines are never later than `_LATE_SECONDS`, and a piece is written whole, so that lines of several workers on one
    pipe do not mix. Faults do not come this way: they are logged at once.
    """

    def __init__(self) -> None:
        """Starts with no line waiting; used from the event loop of one worker."""
        self._waiting: list[str] = []
        self._size = 0
        self._soon = Soon(self.flush, _LATE_SECONDS)

    def add(self, line: str) -> None:
        """Writes a line soon."""
        if self._size + len(line) > _PIECE_BYTES:
            self.flush()
        self._waiting.append(line)
        self._size += len(line) + 1
        self._soon.ask()

    def flush(self) -> None:
        """Writes what waits."""
        self._soon.cancel()
        if self._waiting:
            text = "\n".join(self._waiting) + "\n"
            self._waiting, self._size = [], 0
            # a full disk behind stderr must not fail requests
            with suppress(OSError):
                sys.stderr.write(text)
                sys.stderr.flush()


REQUEST_LOG = RequestLog()


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
