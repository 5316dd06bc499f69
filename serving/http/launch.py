"""Starts the service's processes, waits until they answer, and stops them."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from retail_brain.errors import RetailBrainError
from retail_brain.extensions import extension_names
from serving.http.orphans import death_signal

_SAY_EVERY_SECONDS = 30.0
"""Seconds between notes that the service is still starting. Chosen by judgement, not measured."""
_QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
}


def environment(home: Path, workers: int) -> dict[str, str]:
    """Environment variables of the service's processes.

    A worker computes each request in one thread: more would only take the cores from the other workers.
    """
    root = str(Path(__file__).resolve().parents[2])
    ours = {
        "RETAIL_BRAIN_HOME": str(home),
        "RETAIL_BRAIN_WORKERS": str(workers),
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")])),
    }
    # an operator's environment overrides the defaults above it, never what this run needs
    return _QUIET | os.environ | ours


def serve(
    home: Path,
    *,
    host: str,
    port: int,
    workers: int,
    on_ready: Callable[[], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> int:
    """Serves the answers of all tenants under a home folder until it is stopped; returns the exit code.

    Args:
        home: the folder that holds `var/`.
        host: address to listen on.
        port: port to listen on.
        workers: number of processes.
        on_ready: called once when the service answers.
        say: called every half minute, while it waits, with a line that says for what.

    Raises:
        RetailBrainError: the address cannot be listened on, or the service ended before it answered.
        ExtensionError: a route of another package cannot be served.
    """
    check_address(host, port)
    check_routes()
    command = [sys.executable, "-m", "bentoml", "serve", "serving.service:service", "--host", host, "--port", str(port)]
    _stop_when_told()
    process = subprocess.Popen(  # noqa: S603  # our own command
        command,
        env=environment(home, workers),
        cwd=Path(__file__).resolve().parents[2],
        preexec_fn=death_signal(),  # noqa: PLW1509  # one system call, and no thread of ours runs yet
    )
    try:
        wait_until_ready(process, f"http://{host}:{port}/livez", say or _quiet)
        if on_ready is not None:
            on_ready()
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        return 0
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _quiet(_text: str) -> None:
    pass


def _stop_when_told() -> None:
    """Lets signals that end us end the service's processes too, as after Ctrl-C: else they would keep the port.

    systemd and containers stop by SIGTERM, a terminal that closes by SIGHUP, which `nohup` has us ignore. Nothing needs
    a signal to be read anew: answers and settings of tenants are looked at all the time.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def check_address(host: str, port: int) -> None:
    """Stops where an address is not this machine's or its port is taken, before the processes start.

    Raises:
        RetailBrainError: it cannot be listened on.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # as the server will set it: connections of an earlier run that still close do not block the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen(1)
    except OSError as error:
        raise RetailBrainError(
            f"{host}:{port} cannot be listened on: {error.strerror}. Choose another with --host or --port."
        ) from error


def check_routes() -> None:
    """Stops where a route of another package cannot be served, before the processes start.

    Raises:
        ExtensionError: it cannot; the message names its entry point.
    """
    if extension_names("routes"):
        from serving.http.outside_routes import all_routes  # noqa: PLC0415  # heavy, and few have such routes

        all_routes()


def wait_until_ready(process: "subprocess.Popen[bytes]", url: str, say: Callable[[str], None]) -> None:
    """Waits until an address of the service answers well, as long as the process lives.

    Large answers take minutes to check and map on a slow disk, so there is no limit; every `_SAY_EVERY_SECONDS` it says
    what it waits for.

    Raises:
        RetailBrainError: the process ended.
    """
    started = said = time.monotonic()
    while True:
        if process.poll() is not None:
            raise RetailBrainError(
                f"the service ended with exit code {process.returncode} before it was ready; its log above says why. "
                "If the port is taken, choose another with --port."
            )
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  # our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        if time.monotonic() - said >= _SAY_EVERY_SECONDS:
            said = time.monotonic()
            say(
                f"  waiting for the service's processes to answer {url} ({said - started:.0f} s so far; Ctrl-C ends it)"
            )
