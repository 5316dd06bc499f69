"""What an executor is, and what the kinds of executors share."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from retail_brain.engine.calls import load, resolve
from retail_brain.errors import RetailBrainError
from retail_brain.progress import SILENT, Progress

JobFunction = Callable[[str, str], str]
"""(path of what it reads, options as JSON) -> path of what it wrote: whole files or none, since it may run twice."""
MOST_ATTEMPTS = 3
"""Times that a part is begun whose worker died: a kill or a full machine may pass, a part that kills its worker does
not. By judgement."""
_BOUNDING = (
    "OMP_NUM_THREADS",
    "OMP_THREAD_LIMIT",  # holds also where a library (LightGBM) is told another number
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "POLARS_MAX_THREADS",
)


@dataclass(frozen=True)
class Part:
    """One part of a job.

    Attributes:
        name: what errors call it, such as `bucket 3 of person features`.
        path: file or folder that it reads.
        options: everything else that it needs, as JSON.
    """

    name: str
    path: str
    options: str


class Executor(Protocol):
    """Runs the parts of jobs; close it at the end (`open_executor` does)."""

    @property
    def workers(self) -> int:
        """Parts that run at once."""

    @property
    def threads(self) -> int:
        """Threads that each of them may use: together no more than cores, but at least one."""

    def map(
        self, function: JobFunction, parts: Sequence[Part], progress: Progress = SILENT, what: str = "parts"
    ) -> Iterator[str]:
        """Yields what the function returns for each part, in the order of the parts.

        A part whose worker died is run again, and how many were is said.

        Args:
            function: a function at the top of a module.
            parts: its inputs.
            progress: shows a bar.
            what: name of the bar.

        Raises:
            RetailBrainError: a part failed (an error of ours keeps its class; the message or a note names the part), or
                its worker died each time.
        """

    def close(self) -> None:
        """Ends the workers; the executor may be used again."""


def cores() -> int:
    """Threads that this process may use at once: its cores, or fewer where the environment bounds them."""
    bounds = [int(text) for name in _BOUNDING if (text := os.environ.get(name, "")).isdigit() and int(text) > 0]
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([here, *bounds])


def thread_bounds(threads: int) -> dict[str, str]:
    """Environment of a worker that may use so many threads; libraries read it when they are imported."""
    return dict.fromkeys(_BOUNDING, str(threads))


def same_code() -> dict[str, str]:
    """Environment of a worker on this machine that finds the code of this process, whatever put it on the path."""
    return {"PYTHONPATH": os.pathsep.join(str(Path(folder).absolute()) for folder in sys.path)}


def result_of(outcome: Mapping[str, Any], part: Part) -> str:
    """The path that a call returned (`retail_brain.engine.calls.outcome`).

    Raises:
        RetailBrainError: the function failed.
        Exception: of the class that it raised, where that takes one text.
    """
    if "path" in outcome:
        return str(outcome["path"])
    message = str(outcome["message"])
    error: Exception = RetailBrainError(f"{part.name} failed: {outcome['class']}: {message}")
    kind = resolve(str(outcome["class"]))
    if isinstance(kind, type) and issubclass(kind, RetailBrainError):
        error = kind(message, outcome["details"])
    elif isinstance(kind, type) and issubclass(kind, Exception):
        with suppress(TypeError):  # it takes more than a text
            error = kind(message)
    error.add_note(f"in {part.name}; its worker said:\n{outcome['traceback']}")
    raise error


def check_address(function: JobFunction) -> str:
    """The address of a function, which workers find it by.

    Raises:
        ValueError: it does not stand at the top of a module.
    """
    address = f"{function.__module__}:{function.__qualname__}"
    if load(address) is not function:
        raise ValueError(f"{address} is not at the top of a module; workers could not find it.")
    return address


def say_rerun(died: int, what: str, progress: Progress) -> None:
    """Says how many parts were run again."""
    if died:
        progress.say(f"  {what}: {died} of the parts run again, because their worker died (killed, or out of memory).")


def died_each_time(part: Part) -> RetailBrainError:
    """The error of a part whose worker died each time."""
    return RetailBrainError(
        f"the worker of {part.name} died {MOST_ATTEMPTS} times, so the job ends. Mostly that is too little memory: set "
        'fewer `engine.workers`, or kind = "process" under [engine].'
    )
