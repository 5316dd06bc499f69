"""Ends processes whose parent was killed: they would go on answering, and hold the port against the next start."""

import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

_log = logging.getLogger("bentoml.retail_brain")
_LOOK_SECONDS = 1.0
"""Seconds between two looks at the parent: a service that is started again waits about that long. By judgement."""
_GRACE_SECONDS = 15.0
"""Seconds for the requests under way: as long as BentoML gives them by default settings. By judgement."""
_WORKER = "_bentoml_impl.worker.service"
"""Module that BentoML's main process starts as a worker."""
_SET_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG` of Linux's `prctl`."""


def end_with_parent() -> threading.Event:
    """Begins to watch the parent of a worker process; setting the event ends that.

    Only workers watch: whatever else serves, as a test does, may outlive the shell that started it.
    """
    ended = threading.Event()
    main = getattr(sys.modules.get("__main__"), "__spec__", None)
    if main is not None and main.name == _WORKER:
        watch = threading.Thread(target=_watch, args=(os.getppid(), ended), name="retail-brain-parent", daemon=True)
        watch.start()
    return ended


def _watch(parent: int, ended: threading.Event) -> None:
    while not ended.wait(_LOOK_SECONDS):
        if os.getppid() != parent:
            _log.warning("the main process of the service is gone: this worker ends")
            os.kill(os.getpid(), signal.SIGTERM)
            if not ended.wait(_GRACE_SECONDS):
                os._exit(1)
            return


def death_signal() -> Callable[[], None] | None:
    """What a child process calls before it begins, to be asked to end when its parent is killed; None but on Linux."""
    ask = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None
    return None if ask is None else lambda: ask(_SET_DEATH_SIGNAL, int(signal.SIGTERM))
