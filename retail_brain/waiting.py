"""Ends work that nobody waits for any more: a thread cannot be stopped, but it can look whether it is wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event

from retail_brain.errors import RetailBrainError

_LEFT: ContextVar[Event | None] = ContextVar("left", default=None)
"""Set once whoever asked has left; threads see that of the question they were started for."""


class NobodyWaitsError(RetailBrainError):
    """Whoever asked has been told that it took too long: the rest is not worked out."""

    code = "overloaded"


@contextmanager
def waited_for() -> Iterator[None]:
    """While it lasts somebody waits for what is computed in it; afterwards threads that it started are left alone."""
    left = Event()
    token = _LEFT.set(left)
    try:
        yield
    finally:
        left.set()
        _LEFT.reset(token)


def stop_if_nobody_waits() -> None:
    """Called between steps that take long, before anything is stored.

    Raises:
        NobodyWaitsError: the question that this work is for was given up.
    """
    left = _LEFT.get()
    if left is not None and left.is_set():
        raise NobodyWaitsError("nobody waits for this answer any more; the rest was not worked out.")
