"""Runs the verb of a job and watches over it: lines and progress go to the database, a wish to cancel comes from it."""

import json
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from retail_brain.errors import RetailBrainError, UnavailableError
from retail_brain.jobs.kinds import command_of
from retail_brain.jobs.start import JobPlace, command_line, environment
from retail_brain.jobs.uploads import forget_upload, keep_seen
from retail_brain.operational.jobs import (
    Job,
    Line,
    State,
    end_job,
    find_job,
    is_cancel_asked,
    note_progress,
)
from retail_brain.progress import EVENTS_VARIABLE
from retail_brain.supervised import supervised_by

_TICK_SECONDS = 1.0
"""Seconds between two writes of what is new, and two looks whether the job shall stop. By judgement."""
_SIGN_SECONDS = 10.0
"""Seconds after which a job that prints nothing writes that it lives. By judgement."""
_AWAY_SECONDS = 600.0
"""Seconds in which the end of a job is tried to be stored while the database does not answer. By judgement."""
_LINE_CHARACTERS = 500
"""Characters of a line of the log that are kept: a sentence of an error has fewer. By judgement."""
_STEPS = 200
"""Steps of a job that are kept: the longest training has a few dozen. By judgement."""
_MESSAGES = 300
"""Lines of a result that are kept, each of at most `_LINE_CHARACTERS`: a look at a folder of exports. By judgement."""
_RESULT_BYTES = 4_000_000
"""Bytes of a result that are read: more is no result of a verb that jobs run. By judgement."""
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class _Seen:
    """What is known of a running verb and not stored yet."""

    lines: list[Line] = field(default_factory=list)
    count: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    stdout: bytearray = field(default_factory=bytearray)

    def printed(self, text: str, now: datetime) -> None:
        """Notes a line of the log."""
        # NUL stands in no text of PostgreSQL; a bar that moves prints its last state behind the last return
        shown = _ESCAPES.sub("", text).replace("\x00", "").rstrip().rpartition("\r")[2]
        if shown.strip():
            self.count += 1
            self.lines.append(Line(self.count, now, shown[:_LINE_CHARACTERS]))

    def told(self, text: str) -> None:
        """Notes an event of the progress reporter."""
        with suppress(ValueError, TypeError, KeyError):  # another program may have written there
            event = json.loads(text)
            if "step" in event:
                self.values |= {"step": event["step"], "step_done": None, "step_total": None}
            elif "part" in event:
                self.values |= {"step": event["part"], "step_done": event["done"], "step_total": event["total"]}
            elif "ended" in event:
                step = {"name": event["ended"], **{name: event[name] for name in ("rows", "seconds", "note")}}
                self.steps = [*self.steps, step][-_STEPS:]
                self.values |= {"steps": self.steps, "step": None, "step_done": None, "step_total": None}

    def result(self) -> dict[str, Any]:
        """What the verb said at its end; empty where it did not get to say it."""
        try:
            told = json.loads(bytes(self.stdout).decode(errors="replace").strip().rpartition("\n")[2])
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}


class _Verb:
    """The process of a verb, with the streams that it writes to."""

    def __init__(
        self, command: Sequence[str], place: JobPlace, inherited: Sequence[int], variables: Mapping[str, str]
    ) -> None:
        events, theirs = os.pipe()
        watched, alive = os.pipe()  # nothing is written: its end tells the verb that this process is gone
        ours = {EVENTS_VARIABLE: str(theirs), **supervised_by(watched, place.settings.jobs.cancel_seconds)}
        try:
            self.process = subprocess.Popen(  # noqa: S603  # our own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**environment(place.settings), **variables, **ours},
                cwd=place.workspace.home,
                pass_fds=[theirs, watched, *inherited],
                start_new_session=True,  # a group of its own: stopping it stops whatever it started
            )
        except BaseException:
            os.close(events)
            os.close(alive)
            raise
        finally:
            os.close(theirs)
            os.close(watched)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._open = {"stdout": self.process.stdout.fileno(), "stderr": self.process.stderr.fileno(), "events": events}
        self._ours = (events, alive)
        self._rest = dict.fromkeys(self._open, b"")
        self._selector = selectors.DefaultSelector()
        for name, descriptor in self._open.items():
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ, name)

    def read(self, seconds: float, seen: _Seen, now: Callable[[], datetime]) -> bool:
        """Reads what there is, waiting at most some seconds; returns whether more may come."""
        for key, _ in self._selector.select(seconds):
            try:
                data = os.read(key.fd, 65_536)
            except BlockingIOError:
                continue
            if not data:
                self._selector.unregister(key.fd)
                del self._open[key.data]
            self._take(key.data, data, seen, now)
        return bool(self._open)

    def _take(self, name: str, data: bytes, seen: _Seen, now: Callable[[], datetime]) -> None:
        if name == "stdout":
            seen.stdout += data[: max(_RESULT_BYTES - len(seen.stdout), 0)]
            return
        *lines, self._rest[name] = (self._rest[name] + data).split(b"\n")
        if not data and self._rest[name]:
            lines, self._rest[name] = [self._rest[name]], b""
        for line in lines:
            text = line.decode(errors="replace")
            if name == "stderr":
                seen.printed(text, now())
            else:
                seen.told(text)

    def stop(self, how: signal.Signals) -> None:
        """Sends a signal to the verb and whatever it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)

    def close(self) -> None:
        """Ends what is left, and closes the streams."""
        self.stop(signal.SIGKILL)
        self.process.wait()
        self._selector.close()
        for descriptor in self._ours:
            os.close(descriptor)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


def supervise(
    place: JobPlace,
    job_id: str,
    *,
    now: Callable[[], datetime],
    is_told: Callable[[], bool] = lambda: False,
    inherited: Sequence[int] = (),
    command: Sequence[str] | None = None,
) -> State:
    """Runs a job until its verb ends, is cancelled, or this process is told to end; returns how it ended.

    Args:
        place: the tenant.
        job_id: a job in state `running`, which the caller holds the lock of.
        now: the clock.
        is_told: whether this process was told to end, as when the machine goes down.
        inherited: descriptors that the verb gets, among them that of the lock.
        command: what to run in the place of the verb; tests give one.

    Raises:
        UnavailableError: the database does not answer at the beginning, or for long at the end.
    """
    job = find_job(place.tenant, place.database, job_id)
    seen = _Seen()
    try:
        words, variables = ([], {}) if command else command_of(job.kind, job.arguments, place.settings, place.workspace)
        verb = _Verb(command or command_line(place.workspace, words), place, inherited, variables)
    except (RetailBrainError, OSError) as error:
        details = getattr(error, "details", {"problem": "job_no_process"})
        about = {"code": getattr(error, "code", "failed"), "message": str(error), "details": details}
        end_job(place.tenant, place.database, job_id, "failed", now=now(), error=about)
        place.lock(job_id).unlink(missing_ok=True)
        return "failed"
    try:
        is_cancelled = _watch(verb, seen, place, job, is_told, now)
    finally:
        verb.close()
    return _finish(place, job, seen, verb.process.returncode, now, is_cancelled=is_cancelled, is_told=is_told())


def _watch(
    verb: _Verb, seen: _Seen, place: JobPlace, job: Job, is_told: Callable[[], bool], now: Callable[[], datetime]
) -> bool:
    """Reads, stores and listens until the verb has ended; returns whether it was cancelled."""
    written = ticked = time.monotonic()
    stopped_at: float | None = None
    is_cancelled = False
    while verb.process.poll() is None:
        if not verb.read(_TICK_SECONDS / 4, seen, now):
            time.sleep(_TICK_SECONDS / 4)  # it has closed its streams and goes on
        moment = time.monotonic()
        if moment - ticked < _TICK_SECONDS:
            continue
        ticked = moment
        with suppress(UnavailableError):  # it may answer again; the work goes on meanwhile
            is_cancelled = is_cancelled or is_cancel_asked(place.tenant, place.database, job.job_id)
            if seen.lines or seen.values or moment - written > _SIGN_SECONDS:
                _store(place, job, seen, now())
                written = moment
        if (is_cancelled or is_told()) and stopped_at is None:
            stopped_at = moment
            verb.stop(signal.SIGINT)
        if stopped_at is not None and moment - stopped_at > place.settings.jobs.cancel_seconds:
            verb.stop(signal.SIGKILL)
    # what it printed last; a process that it left behind may keep the streams open, so there is an end to this
    until = time.monotonic() + _TICK_SECONDS
    while verb.read(0.05, seen, now) and time.monotonic() < until:
        pass
    return is_cancelled


def _store(place: JobPlace, job: Job, seen: _Seen, now: datetime) -> None:
    kept = place.settings.jobs.lines
    lines = seen.lines[-kept:]
    note_progress(place.tenant, place.database, job.job_id, {**seen.values, "seen_at": now}, lines, kept=kept)
    seen.lines, seen.values = [], {}


def _finish(
    place: JobPlace,
    job: Job,
    seen: _Seen,
    exit_code: int,
    now: Callable[[], datetime],
    *,
    is_cancelled: bool,
    is_told: bool,
) -> State:
    """Stores how a job ended, and forgets what it needed."""
    said = seen.result()
    state: State = "done"
    if exit_code:
        state = "cancelled" if is_cancelled else "stopped" if is_told else "failed"
    error = said.get("error") or (_without_words(said, exit_code) if state == "failed" else None)
    if job.kind in {"check", "ingest"} and "upload" in job.arguments and state == "done":
        _after_load(place, job, said)
    ends = time.monotonic() + _AWAY_SECONDS
    while True:
        try:
            _store(place, job, seen, now())
            end_job(
                place.tenant,
                place.database,
                job.job_id,
                state,
                now=now(),
                exit_code=exit_code,
                result=_bounded(said),
                error=error if state in {"failed", "stopped"} else None,
            )
            break
        except UnavailableError:
            if time.monotonic() > ends:
                raise
            time.sleep(_SIGN_SECONDS)
    place.lock(job.job_id).unlink(missing_ok=True)
    return state


def _after_load(place: JobPlace, job: Job, said: dict[str, Any]) -> None:
    upload = job.arguments["upload"]
    if job.kind == "ingest":
        forget_upload(place.workspace, upload)
    elif (mapping := said.get("ids", {}).get("mapping")) and not said.get("counts", {}).get("questions"):
        keep_seen(place.workspace, upload, mapping)


def _bounded(said: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a verb's result: ids, counts, warnings and what it said, each list limited."""
    lists = {
        name: [str(text)[:_LINE_CHARACTERS] for text in said.get(name, [])[:_MESSAGES]]
        for name in ("warnings", "messages")
    }
    return {"ids": said.get("ids", {}), "counts": said.get("counts", {}), **lists}


def _without_words(said: dict[str, Any], exit_code: int) -> dict[str, Any]:
    """The error of a verb that told of none: the last that it said, such as why a version is not put into use."""
    if exit_code > 0 and said.get("messages"):
        text = str(said["messages"][-1])[:_LINE_CHARACTERS]
        return {"code": "refused", "message": text, "details": {"problem": "job_refused", "said": text}}
    return {"code": "killed", **_killed(exit_code)}


def _killed(exit_code: int) -> dict[str, Any]:
    """Message and details of a verb that was ended, or ended without a word."""
    if exit_code == -signal.SIGKILL:
        text = "the system ended the work, most often for want of memory. Start it when less runs, or on more memory."
        return {"message": text, "details": {"problem": "job_out_of_memory"}}
    if exit_code < 0:
        text = f"the work was ended by signal {-exit_code}. Start it again: what was finished is taken over."
        return {"message": text, "details": {"problem": "job_signal", "signal": -exit_code}}
    text = f"the work ended with exit code {exit_code}; the last lines of its log say why."
    return {"message": text, "details": {"problem": "job_exit", "exit_code": exit_code}}
