"""Workers on this machine: processes that were started anew, each with its share of the cores."""

import json
import os
import queue
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from retail_brain.engine.executor import (
    MOST_ATTEMPTS,
    JobFunction,
    Part,
    check_address,
    cores,
    died_each_time,
    result_of,
    same_code,
    say_rerun,
    thread_bounds,
)
from retail_brain.progress import SILENT, Progress

_END_SECONDS = 10
"""Seconds that an idle worker has to end before it is killed. By judgement."""


class _DiedError(Exception):
    """The worker ended before it answered."""


class LocalPool:
    """Runs parts in processes of its own, which are started with the first part.

    Attributes:
        workers: processes.
        threads: threads of each: together no more than cores, but at least one.
    """

    def __init__(self, workers: int | None = None) -> None:
        """Notes the size.

        Args:
            workers: processes; None: as many as there are cores.
        """
        self.workers = workers or cores()
        self.threads = max(1, cores() // self.workers)
        self._runs: list[_Run] = []
        self._idle: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        for _ in range(self.workers):
            self._idle.put(None)

    def map(
        self, function: JobFunction, parts: Sequence[Part], progress: Progress = SILENT, what: str = "parts"
    ) -> Iterator[str]:
        """See `retail_brain.engine.executor.Executor`."""
        address = check_address(function)
        run = _Run()
        self._runs.append(run)
        threads = ThreadPoolExecutor(self.workers, thread_name_prefix="engine")
        try:
            waiting = [threads.submit(self._work, run, address, part) for part in parts]
            for part, future in zip(parts, progress.track(waiting, what, total=len(parts)), strict=True):
                yield result_of(future.result(), part)
            say_rerun(len(run.died), what, progress)
        finally:
            run.stop()  # after an error nobody wants what is still worked out
            threads.shutdown(wait=True, cancel_futures=True)
            self._runs.remove(run)

    def close(self) -> None:
        """Ends the workers, also of a run that was left and not closed."""
        for run in self._runs:
            run.stop()
        for _ in range(self.workers):
            worker = self._idle.get()
            if worker is not None:
                worker.end()
            self._idle.put(None)

    def _work(self, run: "_Run", address: str, part: Part) -> dict[str, Any]:
        """Has one worker run a part, and another one where that died."""
        worker = self._idle.get()
        try:
            for _ in range(MOST_ATTEMPTS):
                if run.is_stopped:
                    raise CancelledError
                worker = worker or _Worker(self.threads)
                try:
                    with run.working(worker):
                        return worker.ask(address, part)
                except _DiedError:
                    worker.end()
                    worker = None
                    run.died.append(part.name)
            raise died_each_time(part)
        finally:
            self._idle.put(worker)


@dataclass
class _Run:
    """One call of `map`.

    Attributes:
        died: names of the parts whose worker died, once for each time.
        is_stopped: whether nobody waits for the parts any more.
        busy: workers at work.
    """

    died: list[str] = field(default_factory=list)
    is_stopped: bool = False
    busy: list["_Worker"] = field(default_factory=list)

    @contextmanager
    def working(self, worker: "_Worker") -> Iterator[None]:
        """Context of a worker at work, which `stop` ends."""
        self.busy.append(worker)
        try:
            if self.is_stopped:  # between the two
                worker.kill()
            yield
        finally:
            self.busy.remove(worker)

    def stop(self) -> None:
        """Ends the workers at work."""
        self.is_stopped = True
        for worker in list(self.busy):
            worker.kill()


class _Worker:
    """One process (`retail_brain.engine.worker`)."""

    def __init__(self, threads: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "retail_brain.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | same_code() | thread_bounds(threads),
            encoding="utf-8",
        )

    def ask(self, address: str, part: Part) -> dict[str, Any]:
        """The outcome of a call.

        Raises:
            _DiedError: the process ended first.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps([address, part.path, part.options]) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except OSError as error:
            raise _DiedError from error
        if not answer.endswith("\n"):
            raise _DiedError
        outcome: dict[str, Any] = json.loads(answer)
        return outcome

    def kill(self) -> None:
        """Ends the process at once; whoever asked it hears that it died."""
        self._process.kill()

    def end(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
