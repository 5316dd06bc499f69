"""Runs verbs in forks of a process that has its libraries loaded: a tenth of the time of a process of their own."""

import ctypes
import json
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

from fault_tools import Outcome
from home_prints import Print, fingerprint

LOADED = (
    "retail_brain.ingest",
    "retail_brain.lake",
    "retail_brain.operational.upgrade",
    "serving.planning.campaigns.push",
    "serving.planning.guides.lists",
    "serving.planning.people.contact_lists",
    "serving.planning.people.opt_outs",
    "serving.planning.people.received_events",
    "serving.planning.stock.order_details",
    "serving.planning.stock.order_export",
    "serving.planning.stock.receipts",
    "serving.planning.triggers.deliver",
    "serving.planning.triggers.evaluate",
    "serving.planning.triggers.settle",
    "serving.privacy.erase",
    "serving.store.answer_set",
    "serving.store.publishing.run",
    "serving.store.suggested_orders",
    "serving.upkeep.backup",
    "serving.upkeep.restore",
)
"""Modules that verbs of rows and files use; none of them starts a thread, which a fork would not have."""


def load() -> None:
    """Loads the libraries."""
    for name in LOADED:
        __import__(name)


def run_forked(home: Path, *arguments: object, timeout: float = 1800) -> Outcome:
    """Runs a verb to its end in a fork of this process, as `fault_tools.run` does in a new one."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if pid == 0:
            _child(said.fileno(), ["retail-brain", "--home", str(home), *map(str, arguments)])
        code = _waited(pid, began + timeout)
        said.seek(0)
        text = said.read().decode(errors="replace")
    return Outcome(code, text, time.monotonic() - began)


def fingerprint_forked(home: Path) -> Print:
    """The fingerprint of a home, taken in a fork: reading a lake starts threads."""
    with tempfile.NamedTemporaryFile("r+") as told:
        pid = os.fork()
        if pid == 0:
            Path(told.name).write_text(json.dumps(fingerprint(home)))
            os._exit(0)
        _waited(pid, time.monotonic() + 300)
        found: Print = json.load(told)
    return found


def _waited(pid: int, until: float) -> int:
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            os.kill(pid, 9)
        time.sleep(0.02)


def _child(out: int, arguments: list[str]) -> None:
    """The verb; ends the process as C does, so that the library that counts changes can tell them."""
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.argv = arguments
    code = 1
    try:
        from retail_brain.cli import main

        main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:  # noqa: BLE001  # told, as Python would
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    ctypes.CDLL(None).exit(code)
