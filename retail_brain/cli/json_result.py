"""The option `--json` of every verb: one JSON object on stdout instead of sentences, for schedulers and scripts.

What a verb prints is collected, files and steps are noted where they are written and timed, and verbs add their ids and
counts with `reported()`. Progress and errors go to stderr as always, and exit codes stay as they are.
"""

import functools
import inspect
import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

import typer

from retail_brain.errors import RetailBrainError, UsageError

_OPTION = Annotated[bool, typer.Option("--json", help="One JSON object on stdout: ids, counts, seconds, warnings.")]
_WARNING = ("note:", "warning:")
_INTERRUPTED = 130
"""Exit code of a command that was stopped by the keyboard, as shells have it."""


@dataclass
class Result:
    """What a verb did.

    Attributes:
        ids: names of what was made or changed, such as a model's version.
        counts: numbers of rows and things.
        files: tables that were written, with their rows.
        rows: the rows of a verb that lists something.
        steps: timed steps of long work.
        warnings: remarks that ask for attention.
        messages: everything that would have been printed.
    """

    ids: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def timed(self, name: str, rows: int | None, seconds: float, note: str) -> None:
        """Notes a step that has ended."""
        self.steps.append({"name": name, "rows": rows, "seconds": round(seconds, 3), "note": note})

    def said(self, text: str) -> None:
        """Notes a line; lines that begin with a note or warning are warnings too."""
        line = text.strip()
        if line:
            self.messages.append(line)
        for start in _WARNING:
            if line.startswith(start):
                self.warnings.append(line.removeprefix(start).strip())

    def wrote(self, path: object, rows: int) -> None:
        """Notes a table that was written."""
        self.files.append({"path": str(path), "rows": rows})


_current: list[Result] = [Result()]


def reported() -> Result:
    """The result of the verb that runs; what is added to it is shown with `--json` alone."""
    return _current[0]


def with_json(verb: Callable[..., None], name: str) -> Callable[..., None]:
    """The verb with the option `--json`; a verb that has one of its own stays as it is.

    Args:
        verb: what the command calls.
        name: what it is called by, such as `orders export`.
    """
    signature = inspect.signature(verb)
    if "json" in signature.parameters:
        return verb

    @functools.wraps(verb)
    def run(*args: Any, result_as_json: bool = False, **options: Any) -> None:
        _current[0] = Result()
        if not result_as_json:
            return verb(*args, **options)
        with _emitted(name):
            return verb(*args, **options)

    option = inspect.Parameter("result_as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_OPTION)
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), option])  # type: ignore[attr-defined]
    run.__annotations__ = {**verb.__annotations__, "result_as_json": _OPTION}
    return run


@contextmanager
def _emitted(name: str) -> Iterator[None]:
    """Collects what is printed, and prints the result as JSON, whatever way the verb ends."""
    started, stdout = time.perf_counter(), sys.stdout
    code, error = 0, None
    try:
        with redirect_stdout(_Lines(reported())), redirect_stderr(_Lines(reported(), sys.stderr)):
            yield
    except BaseException as problem:
        code, error = _exit_code(problem), _error(problem)
        raise
    finally:
        emit(name, code, time.perf_counter() - started, error, stdout)


def emit(name: str, code: int, seconds: float, error: Mapping[str, Any] | None, stdout: Any) -> None:
    """Prints the result as one line of JSON."""
    told = {"verb": name, "ok": code == 0, "exit_code": code, "seconds": round(seconds, 3), **asdict(reported())}
    if error is not None:
        told["error"] = error
    stdout.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")


def _exit_code(problem: BaseException) -> int:
    if isinstance(problem, KeyboardInterrupt):
        return _INTERRUPTED
    if isinstance(problem, UsageError):
        return 2
    return int(getattr(problem, "exit_code", 1))


def _error(problem: BaseException) -> dict[str, Any] | None:
    if isinstance(problem, typer.Exit):  # the verb has said why
        return None
    if isinstance(problem, RetailBrainError):
        return {"code": problem.code, "message": str(problem), "details": problem.details}
    return {"code": "failed", "message": str(problem) or type(problem).__name__, "details": {}}


class _Lines(io.TextIOBase):
    """A text stream that notes whole lines, and passes text on where it is told to."""

    def __init__(self, result: Result, onward: Any = None) -> None:
        self._result, self._onward, self._open = result, onward, ""

    def write(self, text: str) -> int:
        if self._onward is not None:
            # stderr: progress is noted by its reporter, so only warnings of verbs are kept
            self._onward.write(text)
            if not text.startswith(_WARNING):
                return len(text)
        *lines, self._open = (self._open + text).split("\n")
        for line in lines:
            self._result.said(line)
        return len(text)

    def flush(self) -> None:
        # Python flushes once more when this object goes, perhaps after the stream that it passed text on to was closed
        if self._onward is not None and not self._onward.closed:
            self._onward.flush()

    def isatty(self) -> bool:
        return bool(self._onward is not None and self._onward.isatty())
