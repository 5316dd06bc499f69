"""Jobs that a real service started go on when it is stopped and when it is killed, and are cancelled afterwards."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from retail_brain.files import write_text
from retail_brain.jobs import JobPlace, is_gone
from retail_brain.locks import is_held
from retail_brain.operational.database import Database
from retail_brain.operational.jobs import ask_cancel, find_job
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace

PATIENCE_SECONDS = 120
WAITS = """
import os, sys, time
if "features" in sys.orig_argv:
    open(os.environ["RB_TEST_VERB"], "w").write(str(os.getpid()))
    time.sleep(600)
"""
"""What the verb of the job is here: Python runs it before our command."""


def wait_for(what: Callable[[], Any]) -> Any:
    until = time.monotonic() + PATIENCE_SECONDS
    while not (found := what()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)
    return found


def ask(port: int, path: str, key: str, **body: str) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def served(home: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A service as an operator starts it, once it answers; its processes are gone at the end."""
    call = [sys.executable, "-c", "from retail_brain.cli import main; main()", "--home", str(home), "serve"]
    process = subprocess.Popen([*call, "--port", str(port), "--workers", "1"])
    try:
        wait_for(lambda: is_up(port))
        yield process
    finally:
        process.terminate()
        process.wait()
        wait_for(lambda: not is_up(port))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobPlace]:
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    write_text(tmp_path / "first" / "sitecustomize.py", WAITS)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(tmp_path / "first"), os.getenv("PYTHONPATH")])))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))  # a killed process leaves its files
    monkeypatch.setenv("RB_TEST_VERB", str(tmp_path / "verb"))
    workspace = Workspace(tmp_path / "home")
    write_text(workspace.settings_file, "[jobs]\ncancel_seconds = 1\n")
    with closing(Database(workspace.database_url)) as database:
        upgrade(database)
        yield JobPlace(workspace, Settings(), database)


def test_a_job_goes_on_when_the_service_is_stopped_and_when_it_is_killed(place: JobPlace, tmp_path: Path) -> None:
    now, verb = datetime.now(UTC), tmp_path / "verb"
    key = create_key("main", place.database, role="data_scientist", name="Li", now=now)
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with served(place.workspace.home, port) as service:
        job_id = ask(port, "/job_start", key, kind="features")["job"]["job_id"]
        pid = wait_for(lambda: verb.exists() and verb.read_text())
        service.send_signal(signal.SIGTERM)
        assert service.wait(PATIENCE_SECONDS) == 0
    try:
        with served(place.workspace.home, port) as service:
            assert ask(port, "/job", key, job_id=job_id)["job"]["state"] == "running"
            service.kill()
        assert not is_gone(find_job("main", place.database, job_id), place, datetime.now(UTC))
        assert verb.read_text() == pid
        os.kill(int(pid), 0)
    finally:
        ask_cancel("main", place.database, job_id, by="Li", now=datetime.now(UTC))
        wait_for(lambda: not is_held(place.lock(job_id)))
    assert find_job("main", place.database, job_id).state == "cancelled"
