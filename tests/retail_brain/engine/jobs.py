"""Job functions of the tests: workers find them by their address."""

import json
import os
import sys
import time
from pathlib import Path

from retail_brain.errors import ExtensionError


def doubled(path: str, options: str) -> str:
    """Writes twice the number in a file."""
    out = Path(path).with_suffix(".out")
    out.write_text(str(int(Path(path).read_text()) * json.loads(options)["times"]))
    return str(out)


def waits(path: str, options: str) -> str:
    """Doubles the number 0; for others waits for what never comes, until its worker is ended."""
    while Path(path).stem != "0":
        time.sleep(0.01)
    return doubled(path, options)


def kills_once(path: str, options: str) -> str:
    """Kills its process the first time that it is called for a file, as a full machine would."""
    mark = Path(path).with_suffix(".mark")
    if json.loads(options).get("always") or (json.loads(options).get("dies") and not mark.exists()):
        mark.touch()
        os.kill(os.getpid(), 9)
    return doubled(path, options)


def fails(path: str, options: str) -> str:
    """Raises an error of ours, or another."""
    if json.loads(options)["ours"]:
        raise ExtensionError("a feature is wrong", {"kind": "features"})
    raise ValueError("not a number")


def tells(path: str, options: str) -> str:
    """The threads that it may use, and its process; prints something as well."""
    sys.stdout.write("said\n")
    return f"{os.environ.get('POLARS_MAX_THREADS')} {os.getpid()}"
