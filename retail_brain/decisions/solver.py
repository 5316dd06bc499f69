"""Solves mixed-integer programmes with HiGHS, and keeps what the library prints off standard output."""

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scipy.optimize import OptimizeResult, milp

_ONE_AT_A_TIME = threading.Lock()


def solve_milp(*arguments: Any, **options: Any) -> OptimizeResult:
    """`scipy.optimize.milp` with its arguments.

    HiGHS prints lines of its own debugging on standard output that no option turns off; they go to standard error, so
    that what a program prints can be read by another.
    """
    with _printing_to_stderr():
        return milp(*arguments, **options)


@contextmanager
def _printing_to_stderr() -> Iterator[None]:
    """What compiled code prints on standard output meanwhile goes to standard error, where there is one."""
    # File descriptor 1 belongs to the whole process: two threads must not exchange it at once.
    with _ONE_AT_A_TIME:
        try:
            stdout_copy = os.dup(1)
        except OSError:
            yield
            return
        if sys.stdout is not None:
            sys.stdout.flush()
        try:
            os.dup2(2, 1)
            yield
        finally:
            # C buffers its output: without the flush it would come out after the descriptor is back.
            _flush()
            os.dup2(stdout_copy, 1)
            os.close(stdout_copy)


def _flush() -> None:
    """Writes out what C's own buffer holds."""
    if os.name == "posix":
        ctypes.CDLL(None).fflush(None)
