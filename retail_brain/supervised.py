"""Ends a verb whose supervisor is gone: nobody would cancel it any more, or store how it ended."""

import os
import signal
import threading
import time

SUPERVISOR_VARIABLE = "RETAIL_BRAIN_SUPERVISOR_FD"
"""Environment variable: a file descriptor that ends when the process which watches over this one does, a blank, and the
seconds between the wish to stop and the kill."""

_USUAL_SECONDS = 20
"""The same seconds where none are passed: the default of `jobs.cancel_seconds`, whose module is slow to import here."""


def supervised_by(descriptor: int, cancel_seconds: float) -> dict[str, str]:
    """The environment variable that a verb is started with.

    Args:
        descriptor: that ends with the process which watches over the verb.
        cancel_seconds: seconds that the verb has to end by itself: the setting `jobs.cancel_seconds`.
    """
    return {SUPERVISOR_VARIABLE: f"{descriptor} {cancel_seconds}"}


def end_with_supervisor() -> None:
    """Ends this process, and what it started, when the process that watches over it ends; nothing where none does.

    The operating system closes the other end of the pipe however that process ends, also where it is killed.
    """
    # taken out: what this process starts is ended with it, and need not watch too
    descriptor, _, seconds = os.environ.pop(SUPERVISOR_VARIABLE, "").partition(" ")
    if descriptor.isdigit():
        # a worker of the service that started before an upgrade passes the descriptor alone
        given = (int(descriptor), float(seconds or _USUAL_SECONDS))
        threading.Thread(target=_wait, args=given, name="retail-brain-supervisor", daemon=True).start()


def _wait(descriptor: int, cancel_seconds: float) -> None:
    os.read(descriptor, 1)  # nothing is ever written: it returns at the end
    if os.getpgrp() != os.getpid():
        return  # not in a group of its own, so others would be stopped with it
    os.killpg(0, signal.SIGINT)
    time.sleep(cancel_seconds)
    os.killpg(0, signal.SIGKILL)
