"""Ends a verb whose supervisor is gone: nobody would cancel it any more, or store how it ended."""

import os
import signal
import threading
import time

SUPERVISOR_VARIABLE = "RETAIL_BRAIN_SUPERVISOR_FD"
"""Environment variable with a file descriptor that ends when the process which watches over this one does."""
_STOP_SECONDS = 20.0
"""Seconds between the wish to stop and the kill: as the setting `jobs.cancel_seconds` has it by default."""


def end_with_supervisor() -> None:
    """Ends this process, and what it started, when the process that watches over it ends; nothing where none does.

    The operating system closes the other end of the pipe however that process ends, also where it is killed.
    """
    # taken out: what this process starts is ended with it, and need not watch too
    text = os.environ.pop(SUPERVISOR_VARIABLE, "")
    if text.isdigit():
        threading.Thread(target=_wait, args=(int(text),), name="retail-brain-supervisor", daemon=True).start()


def _wait(descriptor: int) -> None:
    os.read(descriptor, 1)  # nothing is ever written: it returns at the end
    if os.getpgrp() != os.getpid():
        return  # not in a group of its own, so others would be stopped with it
    os.killpg(0, signal.SIGINT)
    time.sleep(_STOP_SECONDS)
    os.killpg(0, signal.SIGKILL)
