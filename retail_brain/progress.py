"""Progress reports of long work on stderr: steps with rows and seconds, and a bar inside a step."""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from retail_brain.counted import agreeing, counted

T = TypeVar("T")
EVENTS_VARIABLE = "RETAIL_BRAIN_PROGRESS_FD"
"""Environment variable with the file descriptor that gets events as lines of JSON, for the process that watches."""
_EVENT_SECONDS = 0.5
"""Seconds between two events about parts of a step: nobody reads faster. By judgement."""


@dataclass
class Step:
    """A running step; `rows` and `note` are printed with it if they are set before it ends."""

    name: str
    rows: int | None = None
    note: str = ""


class Listener(Protocol):
    """Is told of every step and line, whether they are printed or not."""

    def timed(self, name: str, rows: int | None, seconds: float, note: str) -> None:
        """A step has ended."""

    def said(self, text: str) -> None:
        """A line was said."""


class Progress:
    """Reports steps on stderr; `Progress(quiet=True)` prints nothing."""

    def __init__(self, *, quiet: bool = False, listener: Listener | None = None, events: int | None = None) -> None:
        """Prints on stderr and tells others.

        Args:
            quiet: print nothing.
            listener: is told of every step and line.
            events: file descriptor that gets a line of JSON when a step begins, ends, or has done a part of its work.
        """
        self._listener = listener
        self._events = events
        self._console = Console(file=sys.stderr, quiet=quiet, highlight=False, markup=False)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Times a step; prints `name  rows  seconds` when it ends well."""
        started = time.perf_counter()
        step = Step(name)
        self._tell(step=name)
        if self._console.is_terminal:
            with self._console.status(name):
                yield step
        else:
            yield step
        rows = counted(step.rows, "row") if step.rows is not None else ""
        seconds = time.perf_counter() - started
        if self._listener is not None:
            self._listener.timed(step.name, step.rows, seconds, step.note)
        self._tell(ended=step.name, rows=step.rows, seconds=round(seconds, 3), note=step.note)
        self._console.print(
            f"  {step.name:<38} {rows:>18} {seconds:>7.1f} s  {agreeing(step.note)}".rstrip(), soft_wrap=True
        )

    def track(self, items: Iterable[T], name: str, total: int | None = None) -> Iterator[T]:
        """Yields the items under a progress bar (only on a terminal)."""
        items = items if self._events is None else self._counted(items, name, total)
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        # without a terminal the bar would end in an empty line
        hidden = not self._console.is_terminal
        with RichProgress(*columns, console=self._console, transient=True, disable=hidden) as bar:
            yield from bar.track(items, total=total, description=name)

    def _counted(self, items: Iterable[T], name: str, total: int | None) -> Iterator[T]:
        of = len(items) if total is None and isinstance(items, Sized) else total
        told = 0.0
        for done, item in enumerate(items):
            if time.monotonic() - told >= _EVENT_SECONDS:
                told = time.monotonic()
                self._tell(part=name, done=done, total=of)
            yield item

    def _tell(self, **event: Any) -> None:
        if self._events is not None:
            with suppress(OSError):  # whoever watched is gone; the work goes on
                os.write(self._events, (json.dumps(event, ensure_ascii=False) + "\n").encode())

    def say(self, text: str) -> None:
        """Prints one line."""
        if self._listener is not None:
            self._listener.said(text)
        self._console.print(agreeing(text), soft_wrap=True)


def watching_descriptor() -> int | None:
    """The file descriptor that the process which started this one reads events from; None where it does not."""
    text = os.environ.get(EVENTS_VARIABLE, "")
    return int(text) if text.isdigit() else None


SILENT = Progress(quiet=True)
