"""Progress reports of long work on stderr: steps with rows and seconds, and a bar inside a step."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

T = TypeVar("T")


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

    def __init__(self, *, quiet: bool = False, listener: Listener | None = None) -> None:
        self._listener = listener
        self._console = Console(file=sys.stderr, quiet=quiet, highlight=False, markup=False)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Times a step; prints `name  rows  seconds` when it ends well."""
        started = time.perf_counter()
        step = Step(name)
        if self._console.is_terminal:
            with self._console.status(name):
                yield step
        else:
            yield step
        rows = f"{step.rows:,} rows" if step.rows is not None else ""
        seconds = time.perf_counter() - started
        if self._listener is not None:
            self._listener.timed(step.name, step.rows, seconds, step.note)
        self._console.print(f"  {step.name:<38} {rows:>18} {seconds:>7.1f} s  {step.note}".rstrip(), soft_wrap=True)

    def track(self, items: Iterable[T], name: str, total: int | None = None) -> Iterator[T]:
        """Yields the items under a progress bar (only on a terminal)."""
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        # without a terminal the bar would end in an empty line
        hidden = not self._console.is_terminal
        with RichProgress(*columns, console=self._console, transient=True, disable=hidden) as bar:
            yield from bar.track(items, total=total, description=name)

    def say(self, text: str) -> None:
        """Prints one line."""
        if self._listener is not None:
            self._listener.said(text)
        self._console.print(text, soft_wrap=True)


SILENT = Progress(quiet=True)
